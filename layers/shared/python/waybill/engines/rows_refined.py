"""Rows in order, each once, and without those already known, on top of any row engine.

The engine runs twice over the same sources: once for the rows as they are to be written, which are put on the disk, and
once for each row's time and key. Only those are sorted and compared. A row's own bytes are moved and never read again,
so no value can be changed on the way, whatever the format.

Beside the engine's own memory a row costs memory only for a moment; the disk holds the part's rows once and about 100
bytes a row more.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from waybill.core.errors import PermanentError
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import MediaFile, Refinement, RowEngine, RowSource, RowStream, Selection
from waybill.engines import rows_parquet
from waybill.engines.rows_keys import NDJSON, Chosen, keys_alone, with_key, write_index
from waybill.engines.rows_parquet import ParquetStream

NO_REFINEMENT = Refinement()
PIECE = 1 << 20
_LF, _QUOTE = 10, 34


@dataclass(frozen=True)
class Refined:
    """Refines what `engine` selects. Files go into a folder of their own below `temp_dir`, gone when the stream ends."""

    engine: RowEngine
    temp_dir: Path
    memory_limit_mib: int = 400

    def select(
        self,
        sources: Sequence[RowSource],
        selection: Selection,
        writing: Writing,
        refinement: Refinement = NO_REFINEMENT,
    ) -> RowStream:
        """As `RowEngine.select`, with the refined rows, and in Parquet too (`rows_parquet` says with which types). A row
        whose key cannot be read is a reject, where there is anything to refine. Same input, same bytes.
        """
        if writing.format is RowFormat.PARQUET:
            csv = self.select(sources, selection, rows_parquet.WRITTEN_FIRST, refinement)
            return ParquetStream(csv, selection.fields, writing.parquet, self.temp_dir, self.memory_limit_mib)
        if refinement.nothing:
            return self.engine.select(sources, selection, writing)
        return RefinedStream(self, tuple(sources), selection, writing, refinement)

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]:
        """See `core.rows.RowEngine.media`: of all selected rows, whether refinement would leave them out or not."""
        return self.engine.media(sources, selection)


@dataclass
class RefinedStream:
    """`core.rows.RowStream`. `duplicates` and `already_known` count rows that were left out; the latter come first, so
    no row counts as both. `rows`, `rejected` and `rejects` are exact: rows + duplicates + already_known are all that
    were selected.
    """

    refined: Refined
    sources: tuple[RowSource, ...]
    selection: Selection
    writing: Writing
    refinement: Refinement
    rows: int = field(default=0, init=False)
    rejected: int = field(default=0, init=False)
    rejects: Sequence[str] = field(default=(), init=False)
    duplicates: int = field(default=0, init=False)
    already_known: int = field(default=0, init=False)

    def __iter__(self) -> Generator[bytes, None, None]:
        with tempfile.TemporaryDirectory(prefix="refine-", dir=self.refined.temp_dir) as name:
            folder = Path(name)
            total = self._put_aside(folder)
            self._write_keys(self.sources, folder / "index", total)
            self._write_keys(self.refinement.known, folder / "known")
            chosen = Chosen(folder / "index", folder / "known", self.refinement, self.refined.memory_limit_mib)
            separator = b",\n" if self.writing.format is RowFormat.JSON else b""
            yield from _moved(folder / "rows", folder / "ends", chosen.batches(), separator)
            self.rows, self.already_known = chosen.kept, chosen.already_known
            self.duplicates = total - self.rows - self.already_known

    def _put_aside(self, folder: Path) -> int:
        """Every selected row's bytes, and where each ends; returns how many there are."""
        is_json = self.writing.format is RowFormat.JSON
        writing = replace(self.writing, format=RowFormat.NDJSON) if is_json else self.writing
        stream = self.refined.engine.select(self.sources, with_key(self.selection), writing)
        count = 0
        with (folder / "rows").open("wb") as rows, (folder / "ends").open("wb") as ends:
            for ended in _row_ends(_copied(stream, rows), quoted=writing.format is RowFormat.CSV):
                ended.tofile(ends)
                count += ended.size
        self.rejected, self.rejects = stream.rejected, stream.rejects
        if count != stream.rows:
            raise PermanentError(f"{stream.rows} rows were written, and {count} can be told apart.")
        return count

    def _write_keys(self, sources: Sequence[RowSource], path: Path, expected: int | None = None) -> None:
        grouped_by = self.refinement.grouped_by
        stream = self.refined.engine.select(sources, keys_alone(with_key(self.selection), grouped_by), NDJSON)
        found = write_index(stream, self.selection, path, grouped_by)
        if expected is not None and found != expected:
            raise PermanentError(f"{expected} rows were written, but {found} keys.")


def _copied(blocks: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for block in blocks:
        file.write(block)
        yield block


def _row_ends(blocks: Iterable[bytes], *, quoted: bool) -> Iterator[npt.NDArray[np.uint64]]:
    """Where rows end, from the first block's start. Every row ends with LF; in CSV, one between quotes ends none."""
    start, quotes = 0, 0
    for block in blocks:
        codes = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(codes == _LF)
        if quoted:
            before = np.flatnonzero(codes == _QUOTE)
            ends = ends[(np.searchsorted(before, ends) + quotes) % 2 == 0]
            quotes += before.size
        yield (ends + (start + 1)).astype("<u8")
        start += len(block)


def _moved(rows: Path, ends: Path, batches: Iterator[list[int]], separator: bytes) -> Iterator[bytes]:
    """The rows of these numbers in pieces of about 1 MiB, joined by `separator` in place of their LF if there is one."""
    if not ends.stat().st_size:
        return
    borders = np.memmap(ends, "<u8", mode="r")
    held: list[bytes] = []
    size, before = 0, b""
    with rows.open("rb") as file:
        for start, end in _spans(borders, batches):
            data = os.pread(file.fileno(), end - start, start)
            held.append(before + data[:-1].replace(b"\n", separator) if separator else data)
            before = separator
            size += len(data)
            if size >= PIECE:
                yield b"".join(held)
                held, size = [], 0
    if held:
        yield b"".join(held)


def _spans(borders: npt.NDArray[np.uint64], batches: Iterator[list[int]]) -> Iterator[tuple[int, int]]:
    """Where these rows lie; neighbours that stay neighbours are taken in one, up to a piece."""
    first = last = -1
    for start, end in itertools.chain.from_iterable(_places(borders, np.asarray(b)) for b in batches):
        if start == last and end - first <= PIECE:
            last = end
            continue
        if last >= 0:
            yield first, last
        first, last = start, end
    if last >= 0:
        yield first, last


def _places(borders: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    starts = np.where(numbers > 0, borders[numbers - 1], 0)
    return zip(starts.tolist(), borders[numbers].tolist(), strict=True)
