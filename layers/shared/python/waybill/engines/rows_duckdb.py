"""The row engine on DuckDB: lake objects on the local disk in, bytes of one output format out.

NDJSON is unzipped and joined into segments in memory (`rows_feed`, `rows_ahead`), so one statement reads any number of
small objects. CSV and Parquet are read from their files, one statement each. Rows leave by `COPY` into a pipe that the
consumer reads, so a slow consumer slows the statement down. Rejects leave the same way, as lines with a mark.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

import duckdb

from waybill.core.catalog import DataField
from waybill.core.errors import PermanentError
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import MAX_REJECTS, MediaFile, RowSource, Selection, SourceFormat, media_of
from waybill.engines import rows_feed, rows_select, rows_source, rows_writing
from waybill.engines.duckdb_locked import DESCRIPTORS, locked
from waybill.engines.rows_ahead import side_by_side
from waybill.engines.rows_pipe import copied
from waybill.engines.rows_rejects import Marks, described


@dataclass(frozen=True)
class DuckDbRows:
    """`core.rows.RowEngine`. `memory_limit_mib` bounds DuckDB's own memory; it needs about 400 a thread.

    Below `temp_dir` DuckDB may spill, in a folder of its own, which its statements may reach; none here needs to.
    """

    temp_dir: Path
    memory_limit_mib: int = 400
    threads: int = 1

    def select(self, sources: Sequence[RowSource], selection: Selection, writing: Writing) -> DuckDbStream:
        """See `core.rows.RowEngine.select`. A PermanentError comes while iterating, at the source that has it."""
        if not selection.fields:
            raise ValueError("a selection has at least one field")
        return DuckDbStream(self, tuple(sources), selection, writing, rows_select.needed(selection))

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]:
        """See `core.rows.RowEngine.media`. The rows are those of `select`: a row with a wrong field has no media."""
        dataset = selection.dataset
        if dataset.media is None:
            return
        asked = dict.fromkeys((*selection.fields, dataset.field(dataset.media.field)))
        alone = replace(selection, fields=tuple(asked))
        stream = DuckDbStream(self, tuple(sources), alone, Writing(RowFormat.NDJSON), rows_select.needed(selection))
        seen: set[bytes] = set()
        for line in _lines(stream):
            row = json.loads(line)
            for found in media_of(dataset, row):
                named = (found.name, found.key, found.related and (row.get(dataset.key_field), found.related))
                mark = blake2b(repr(named).encode(), digest_size=16).digest()
                if mark not in seen:
                    seen.add(mark)
                    yield found

    def connect(self, sources: Sequence[RowSource]) -> duckdb.DuckDBPyConnection:
        """A database in memory that can open these files and no others, and whose settings are locked."""
        return locked(
            threads=self.threads,
            memory_mib=self.memory_limit_mib,
            spill=self.temp_dir / "spill",
            files=[s.path for s in sources],
            folders=[DESCRIPTORS],
        )


@dataclass
class DuckDbStream:
    """`core.rows.RowStream`. Pieces of about 1 MiB that make one body together; a piece may end inside a row.

    Leaves no thread and no open file behind, also where its consumer stops early (`close` of the iterator).
    """

    engine: DuckDbRows
    sources: tuple[RowSource, ...]
    selection: Selection
    writing: Writing
    checked: tuple[DataField, ...]
    rows: int = field(default=0, init=False)
    rejected: int = field(default=0, init=False)
    duplicates: int = field(default=0, init=False)
    already_known: int = field(default=0, init=False)
    rejects: list[str] = field(default_factory=list, init=False)

    def __iter__(self) -> Generator[bytes, None, None]:
        body = self._body()
        yield from _comma_joined(body) if self.writing.format is RowFormat.JSON else body

    def _body(self) -> Generator[bytes, None, None]:
        """Rows of all sources, each ended by LF."""
        ndjson = (SourceFormat.NDJSON, SourceFormat.NDJSON_GZ)
        runs = itertools.groupby(enumerate(self.sources), lambda s: -1 if s[1].format in ndjson else s[0])
        for _, run in runs:
            group = tuple(source for _, source in run)
            try:
                yield from self._group(group)
            except duckdb.Error as error:
                names = group[0].path.name + (f" and {len(group) - 1} more" if len(group) > 1 else "")
                raise PermanentError(
                    f"The rows of {names} cannot be read ({_reason(error)}).", "Check the object in the lake."
                ) from None

    def _group(self, group: tuple[RowSource, ...]) -> Generator[bytes, None, None]:
        """The rows of sources that one statement reads."""
        marks = Marks(secrets.token_hex(16))
        values = self.selection.predicate.values if self.selection.predicate else ()
        options = rows_writing.copy_options(self.writing)
        with contextlib.closing(self.engine.connect(group)) as connection, contextlib.ExitStack() as files:
            source = rows_source.opened(connection, group, self.selection.dataset, self.checked, marks.word, files)

            def statement(input_path: str, output_path: str) -> str:
                columns = rows_writing.columns_of(self.writing, self.selection.fields, source.readings)
                rows = rows_select.select_rows(
                    source.sql(input_path),
                    source.readings,
                    self.selection,
                    fields=self.checked,
                    columns=columns,
                    mark=marks.word,
                )
                return f"COPY ({rows}) TO '{output_path}' {options}"

            def run(path: str) -> Generator[bytes, None, int]:
                own = connection.cursor() if source.fed else connection
                return copied(own, partial(statement, path), values)

            runs: Iterator[Generator[bytes, None, int]] = (run(path) for path in ("",))
            if source.fed:
                feed = files.enter_context(contextlib.closing(rows_feed.Feed(group, marks.word)))
                runs = files.enter_context(contextlib.closing(side_by_side(feed.segments(), run)))
            for written in runs:
                self.rows += yield from marks.taken_out(written)
            broken = source.broken()
        self.rows -= marks.lines
        self.rejected += marks.rejected + len(broken)
        listed = described(self.selection.dataset, group, marks.rejects, broken)
        self.rejects.extend(itertools.islice(listed, MAX_REJECTS - len(self.rejects)))


def _reason(error: duckdb.Error) -> str:
    """The error's words where they speak of a file or of memory; those of other errors can hold a row's values."""
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return str(error).split("\n", 1)[0].rstrip(".")
    return type(error).__name__


def _comma_joined(body: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Rows ended by LF as rows with `,` and LF between them. A row holds no LF of its own: JSON escapes it."""
    before = b""
    for block in body:
        yield before + block[:-1].replace(b"\n", b",\n")
        before = b",\n"


def _lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    for block in stream:
        yield from block.splitlines()
