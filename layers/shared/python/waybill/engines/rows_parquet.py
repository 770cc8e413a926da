"""Rows as one Parquet file a part.

The engine writes the rows as lossless CSV, which holds every value's own text; from there each column is cast to the
catalogue's type in one pass. The disk holds the rows once as CSV and once as Parquet.

| catalogue                | Parquet                                                                              |
| ------------------------ | ------------------------------------------------------------------------------------ |
| string, json, any        | UTF-8; json as its text, an open column's string without quotes                      |
| integer                  | INT64; if a value of the part needs more, DECIMAL(38, 0); if even that is too small, |
|                          | UTF-8 digits: no value is lost or rounded                                            |
| number                   | DOUBLE: a number of more digits is rounded to the nearest                            |
| boolean                  | BOOLEAN                                                                              |
| timestamp                | TIMESTAMP, UTC, microseconds; a finer fraction is cut off, not rounded               |
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from waybill.core.catalog import DataField, FieldType
from waybill.core.errors import PermanentError
from waybill.core.format import Compression, RowFormat, Writing
from waybill.core.rows import RowStream
from waybill.engines.rows_scratch import scratch
from waybill.engines.rows_sql import quote

WRITTEN_FIRST = Writing(RowFormat.CSV)
"""How the rows come in."""

PIECE = 1 << 20
GROUP_BYTES = 32 << 20
"""Of CSV, what a row group aims at: the writer holds a group in memory."""
_GROUP_ROWS = (2_048, 122_880)
_LONGEST_LINE = 64 << 20
_CODECS = {Compression.ZSTD: "zstd", Compression.GZIP: "gzip", Compression.NONE: "uncompressed"}


@dataclass
class ParquetStream:
    """`core.rows.RowStream`: a whole Parquet file in pieces of 1 MiB; also for no rows, with its columns then.

    `select` gives the rows as `WRITTEN_FIRST` says. Same rows, same bytes. `temp_dir` gets a folder of its own, gone
    when the stream ends. Raises what the rows raise, and PermanentError where memory or the disk is too small.
    """

    rows_as_csv: RowStream
    fields: tuple[DataField, ...]
    compression: Compression
    temp_dir: Path
    memory_limit_mib: int = 400
    rows: int = field(default=0, init=False)

    @property
    def rejects(self) -> Sequence[str]:
        return self.rows_as_csv.rejects

    @property
    def rejected(self) -> int:
        return self.rows_as_csv.rejected

    @property
    def duplicates(self) -> int:
        return self.rows_as_csv.duplicates

    @property
    def already_known(self) -> int:
        return self.rows_as_csv.already_known

    def __iter__(self) -> Generator[bytes, None, None]:
        with tempfile.TemporaryDirectory(prefix="parquet-", dir=self.temp_dir) as name:
            source, target = Path(name, "rows.csv"), Path(name, "rows.parquet")
            with source.open("wb") as file:
                for block in self.rows_as_csv:
                    file.write(block)
            self.rows = self.rows_as_csv.rows
            with scratch(Path(name), self.memory_limit_mib) as database:
                done = database.execute(self._copy(database, source, target)).fetchone()
            if done is None or int(done[0]) != self.rows:
                raise PermanentError(f"{self.rows} rows were selected, and {done} are in the Parquet file.")
            source.unlink()
            with target.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece

    def _copy(self, database: duckdb.DuckDBPyConnection, source: Path, target: Path) -> str:
        rows = _read(source, len(self.fields))
        kinds = _whole_number_types(database, rows, self.fields)
        columns = ", ".join(f"{_cast(f, n, kinds)} AS {_identifier(f.name)}" for n, f in enumerate(self.fields))
        low, high = _GROUP_ROWS
        group = max(low, min(high, GROUP_BYTES * self.rows // max(1, source.stat().st_size)))
        return (
            f"COPY (SELECT {columns} FROM {rows}) TO {quote(str(target))} "  # noqa: S608
            f"(FORMAT parquet, COMPRESSION {_CODECS[self.compression]}, ROW_GROUP_SIZE {group // low * low})"
        )


def _read(source: Path, columns: int) -> str:
    types = "{" + ", ".join(f"'c{n}': 'VARCHAR'" for n in range(columns)) + "}"
    return (
        f"read_csv({quote(str(source))}, columns = {types}, header = false, auto_detect = false, delim = ',', "
        "quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, compression = 'none', "
        f"max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE})"
    )


def _whole_number_types(database: duckdb.DuckDBPyConnection, rows: str, fields: Sequence[DataField]) -> dict[int, str]:
    """For each integer column the smallest type that holds all its values."""
    whole = [n for n, f in enumerate(fields) if f.type is FieldType.INTEGER]
    if not whole:
        return {}
    fits = ", ".join(
        f"coalesce(bool_and(c{n} IS NULL OR TRY_CAST(c{n} AS {kind}) IS NOT NULL), TRUE)"
        for n in whole
        for kind in ("BIGINT", "DECIMAL(38,0)")
    )
    found = database.execute(f"SELECT {fits} FROM {rows}").fetchone()  # noqa: S608
    assert found is not None
    pairs = zip(whole, found[::2], found[1::2], strict=True)
    return {n: "BIGINT" if small else "DECIMAL(38,0)" if large else "VARCHAR" for n, small, large in pairs}


def _cast(data_field: DataField, number: int, whole: dict[int, str]) -> str:
    column = f"c{number}"
    casts: dict[FieldType, Callable[[], str]] = {
        FieldType.INTEGER: lambda: f"CAST({column} AS {whole[number]})",
        FieldType.NUMBER: lambda: f"CAST({column} AS DOUBLE)",
        FieldType.BOOLEAN: lambda: f"CAST({column} AS BOOLEAN)",
        # A cast would round what is finer than a microsecond.
        FieldType.TIMESTAMP: lambda: f"CAST(regexp_replace({column}, '([.][0-9]{{6}})[0-9]+', '\\1') AS TIMESTAMPTZ)",
    }
    return casts[data_field.type]() if data_field.type in casts else column


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
