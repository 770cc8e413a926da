"""Rows that could not be read: found among the written lines by their mark, then named with line and reason."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from waybill.core.catalog import Dataset
from waybill.core.rows import MAX_REJECTS, RowSource, SourceFormat
from waybill.engines.rows_feed import fault_of, located


@dataclass(frozen=True)
class Reject:
    """Row `number` of the group's source `source`, counted from 1, has no fitting value in `field`."""

    source: int
    number: int
    field: str


@dataclass
class Marks:
    """Lines that are no rows. `word` starts each and is drawn anew for each statement, so no data can hold it.

    A marked line is `<word><row's number> <source that starts here> <field>` and ends with LF or the CSV's commas.
    """

    word: str
    lines: int = 0
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    _source: int = 0
    _before: int = 0
    _done: int = 0

    def taken_out(self, chunks: Generator[bytes, None, int]) -> Generator[bytes, None, int]:
        """The same bytes without marked lines, in blocks that end with LF; returns what `chunks` returned."""
        held: list[bytes] = []
        try:
            while True:
                chunk = next(chunks)
                cut = chunk.rfind(b"\n") + 1
                if cut:
                    block = self._unmarked(b"".join((*held, chunk[:cut])))
                    held = []
                    if block:
                        yield block
                held.append(chunk[cut:])
        except StopIteration as end:
            return int(end.value)
        finally:
            chunks.close()

    def _unmarked(self, block: bytes) -> bytes:
        word = self.word.encode()
        found = block.find(word)
        if found < 0:
            return block
        kept, done = [], 0
        while found >= 0:
            end = block.index(b"\n", found) + 1
            kept.append(block[done:found])
            self._note(block[found + len(word) : end].decode().rstrip(",\r\n"))
            done, found = end, block.find(word, end)
        return b"".join((*kept, block[done:]))

    def _note(self, line: str) -> None:
        number, source, fault = line.split(" ")
        self.lines += 1
        if source:
            self._at_border(int(source), int(number))
            return
        self.rejected += 1
        if len(self.rejects) < MAX_REJECTS:
            self.rejects.append(Reject(self._source, int(number) - self._before, fault))

    def _at_border(self, source: int, number: int) -> None:
        """The statement's row `number` is a line between sources, or the end of a segment (-1)."""
        if source == -1:
            self._done = number - self._before - 1
            return
        # A source that goes on from the last segment has `_done` rows there.
        self._before = number - (self._done if source == self._source else 0)
        self._source, self._done = source, 0


def described(
    dataset: Dataset, group: Sequence[RowSource], rejects: Sequence[Reject], broken: Mapping[int, str]
) -> Iterator[str]:
    """Each reject as `{"source", "line", "reason"}`, in the sources' order.

    `line` is the line of an NDJSON file, the record of a CSV file (its header is 1), the row of a Parquet file.
    No reason holds the value itself.
    """
    for index, source in enumerate(group):
        own = [r for r in rejects if r.source == index]
        if source.format in (SourceFormat.NDJSON, SourceFormat.NDJSON_GZ):
            named = _in_lines(dataset, source, own) if own else ()
        elif source.format is SourceFormat.CSV:
            named = _in_records(dataset, own, broken)
        else:
            named = ((r.number, _misfit(dataset, r.field)) for r in own)
        for line, reason in named:
            yield json.dumps({"source": source.path.name, "line": line, "reason": reason}, ensure_ascii=False)


def _misfit(dataset: Dataset, name: str) -> str:
    if name == dataset.time_field:
        return f"no readable time in '{name}'"
    if dataset.media is not None and name == dataset.media.field:
        return f"'{name}' is no list of media with name and key"
    if name == dataset.open_field:
        return f"'{name}' is no object"
    return f"the value of '{name}' is not of type {dataset.field(name).type}"


def _in_lines(dataset: Dataset, source: RowSource, own: Sequence[Reject]) -> Iterator[tuple[int, str]]:
    faults = {r.number: r.field for r in own}
    for (number, line), name in zip(located(source, list(faults)), faults.values(), strict=True):
        yield number, fault_of(line) or _misfit(dataset, name)


def _in_records(dataset: Dataset, own: Sequence[Reject], broken: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """The reader numbers only records that it could split: those between them count too."""
    records = iter(sorted(broken))
    next_broken = next(records, None)
    shift = 1
    named = dict(broken)
    for reject in own:
        while next_broken is not None and next_broken <= reject.number + shift:
            shift, next_broken = shift + 1, next(records, None)
        named[reject.number + shift] = _misfit(dataset, reject.field)
    yield from sorted(named.items())
