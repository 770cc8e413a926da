"""A source as the row engine's SQL sees it: its rows, and how each field is read from them."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from waybill.core.catalog import DataField
from waybill.core.errors import PermanentError
from waybill.core.rows import RowSource, SourceFormat
from waybill.engines import rows_sql
from waybill.engines.rows_feed import CHUNK, MAX_LINE
from waybill.engines.rows_sql import Reading, quote, raw


@dataclass(frozen=True)
class Source:
    """`sql(path)` yields `#s` and the raw columns; `fed` says that lines come through the input pipe.

    `broken()` is read after the rows: number and reason of records that are none at all.
    """

    sql: Callable[[str], str]
    readings: Mapping[str, Reading]
    fed: bool
    broken: Callable[[], dict[int, str]]


def opened(
    connection: duckdb.DuckDBPyConnection,
    group: Sequence[RowSource],
    fields: Sequence[DataField],
    key: str,
    files: contextlib.ExitStack,
) -> Source:
    """Sources that one statement reads: any number of NDJSON ones, or one file. `files` closes what was opened.

    Raises PermanentError or duckdb.Error where the file cannot be read.
    """
    source = group[0]
    if source.format in (SourceFormat.NDJSON, SourceFormat.NDJSON_GZ):
        return _ndjson(fields, key)
    try:
        # By its descriptor, since DuckDB would take a `*` or `[` of a name for a pattern.
        file = files.enter_context(source.path.open("rb"))
        path = f"/dev/fd/{file.fileno()}"
        if source.format is SourceFormat.CSV:
            header = next(csv.reader(io.TextIOWrapper(source.path.open("rb"), "utf-8-sig", newline="")), [])
            return _csv(connection, path, header, fields)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PermanentError(f"{source.path.name} cannot be read: {error}.", "Check the object in the lake.") from error
    return _parquet(connection, path, fields)


def _select(fields: Sequence[DataField], present: Mapping[str, str], mark: str, source: str) -> str:
    columns = "".join(f", {present[f.name]} AS {raw(f)}" for f in fields if f.name in present)
    return f'SELECT {mark} AS "#s"{columns} FROM {source}'  # noqa: S608


def _ndjson(fields: Sequence[DataField], key: str) -> Source:
    names = [f.name for f in fields]
    columns = "{" + ", ".join(f"{quote(n)}: 'JSON'" for n in (key, *names)) + "}"

    def sql(path: str) -> str:
        # Without `format` and `records` the first row would decide how all are read.
        source = (
            f"read_ndjson('{path}', columns = {columns}, format = 'newline_delimited', records = 'true', "
            f"ignore_errors = true, compression = 'none', maximum_object_size = {MAX_LINE + 2 * CHUNK})"
        )
        return _select(fields, {n: f'CAST("{n}" AS VARCHAR)' for n in names}, f'CAST("{key}" AS VARCHAR)', source)

    return Source(sql, {f.name: rows_sql.read_json(f) for f in fields}, fed=True, broken=dict)


def _csv(
    connection: duckdb.DuckDBPyConnection, path: str, header: Sequence[str], fields: Sequence[DataField]
) -> Source:
    present = {name: f'"c{i}"' for i, name in reversed(list(enumerate(header)))}
    columns = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header))) + "}"
    source = (
        f"read_csv('{path}', columns = {columns}, header = true, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', nullstr = '', allow_quoted_nulls = false, compression = 'none', max_line_size = {MAX_LINE}, "
        f"buffer_size = {2 * MAX_LINE}, "
        "store_rejects = true, ignore_errors = true, rejects_limit = 0)"
    )

    def broken() -> dict[int, str]:
        found = connection.execute("SELECT line, error_message FROM reject_errors ORDER BY line, column_idx DESC")
        return {line: message.split("\n", 1)[0].rstrip(".") for line, message in found.fetchall()}

    if not header:
        nothing = 'SELECT NULL AS "#s" WHERE FALSE'
        return Source(lambda _: nothing, {f.name: rows_sql.read_nothing(f) for f in fields}, fed=False, broken=dict)
    readings = {f.name: rows_sql.read_text(f) if f.name in present else rows_sql.read_nothing(f) for f in fields}
    return Source(lambda _: _select(fields, present, "NULL", source), readings, fed=False, broken=broken)


def _parquet(connection: duckdb.DuckDBPyConnection, path: str, fields: Sequence[DataField]) -> Source:
    source = f"read_parquet('{path}', hive_partitioning = false)"
    schema = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    types = {name: str(kind) for name, kind, *_ in schema}
    as_text = ("JSON", "ENUM", "UUID")
    present = {
        name: f'CAST("{name}" AS VARCHAR)' if kind.startswith(as_text) else f'"{name}"'
        for name, kind in types.items()
        if any(f.name == name for f in fields)
    }
    readings = {
        f.name: rows_sql.read_typed(f, types[f.name]) if f.name in present else rows_sql.read_nothing(f) for f in fields
    }
    return Source(lambda _: _select(fields, present, "NULL", source), readings, fed=False, broken=dict)
