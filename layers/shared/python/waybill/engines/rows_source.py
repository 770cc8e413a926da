"""A source as the row engine's SQL sees it: its rows, and how each field is read from them."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.errors import PermanentError
from waybill.core.rows import RowSource, SourceFormat
from waybill.engines import rows_open, rows_sql
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
    dataset: Dataset,
    fields: Sequence[DataField],
    key: str,
    files: contextlib.ExitStack,
) -> Source:
    """Sources that one statement reads: any number of NDJSON ones, or one file. `files` closes what was opened.

    Raises PermanentError or duckdb.Error where the file cannot be read.
    """
    source = group[0]
    if source.format in (SourceFormat.NDJSON, SourceFormat.NDJSON_GZ):
        return _ndjson_with_open(dataset, fields, key) if rows_open.wanted(dataset, fields) else _ndjson(fields, key)
    try:
        # By its descriptor, since DuckDB would take a `*` or `[` of a name for a pattern.
        file = files.enter_context(source.path.open("rb"))
        path = f"/dev/fd/{file.fileno()}"
        if source.format is SourceFormat.CSV:
            header = next(csv.reader(io.TextIOWrapper(source.path.open("rb"), "utf-8-sig", newline="")), [])
            return _csv(connection, path, header, dataset, fields)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PermanentError(f"{source.path.name} cannot be read: {error}.", "Check the object in the lake.") from error
    return _parquet(connection, path, dataset, fields)


def _ndjson(fields: Sequence[DataField], key: str) -> Source:
    kinds = {key: "JSON"} | {f.name: "VARCHAR" if f.type is FieldType.TIMESTAMP else "JSON" for f in fields}
    columns = "{" + ", ".join(f"{quote(name)}: '{kind}'" for name, kind in kinds.items()) + "}"

    def sql(path: str) -> str:
        # Without `format` and `records` the first row would decide how all are read.
        source = (
            f"read_ndjson('{path}', columns = {columns}, format = 'newline_delimited', records = 'true', "
            f"ignore_errors = true, compression = 'none', maximum_object_size = {MAX_LINE + 2 * CHUNK})"
        )
        values = "".join(f', CAST("{f.name}" AS VARCHAR) AS {raw(f)}' for f in fields)
        return f'SELECT CAST("{key}" AS VARCHAR) AS "#s"{values} FROM {source}'  # noqa: S608

    # As VARCHAR a string comes unquoted, and anything else as text that is no instant.
    read = {f.name: rows_sql.read_text(f) if f.type is FieldType.TIMESTAMP else rows_sql.read_json(f) for f in fields}
    return Source(sql, read, fed=True, broken=dict)


def _ndjson_with_open(dataset: Dataset, fields: Sequence[DataField], key: str) -> Source:
    """As `_ndjson`, by way of the whole line, since nobody knows the names of its columns."""
    listed = [f for f in fields if not f.open_key]
    names = [key, *(f.name for f in listed)]
    pointers = "[" + ", ".join(quote(f"/{n}") for n in names) + "]"
    columns = ['"#s"', *map(raw, listed)]
    values = "".join(
        f", nullif(CAST(\"#values\"[{n}] AS VARCHAR), 'null') AS {c}" for n, c in enumerate(columns, start=1)
    )
    rest = rows_open.without('"#line"', [key, *(f.name for f in dataset.fields)])
    read = {f.name: rows_sql.read_json(f) for f in listed}
    own = next(read[f.name].json for f in listed if f.name == dataset.open_field)

    def sql(path: str) -> str:
        lines = (
            f"read_ndjson_objects('{path}', format = 'newline_delimited', ignore_errors = true, "
            f"compression = 'none', maximum_object_size = {MAX_LINE + 2 * CHUNK})"
        )
        parsed = f'SELECT json AS "#line", json_extract(json, {pointers}) AS "#values" FROM {lines}'  # noqa: S608
        source = f'SELECT {rest} AS "#rest"{values} FROM ({parsed})'  # noqa: S608
        return rows_open.with_open(source, own, fields)

    return Source(sql, read | rows_open.readings(fields, dataset), fed=True, broken=dict)


def _csv(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    header: Sequence[str],
    dataset: Dataset,
    fields: Sequence[DataField],
) -> Source:
    present: dict[str, str] = {}
    for index, name in enumerate(header):
        present.setdefault(name, f'"c{index}"')
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
    read = {f.name: rows_sql.read_text(f) if f.name in present else rows_sql.read_nothing(f) for f in fields}
    members = {name: f"CAST(to_json({column}) AS VARCHAR)" for name, column in present.items()}
    sql, readings = _of_file(source, dataset, fields, present, read, members)
    return Source(lambda _: sql, readings, fed=False, broken=broken)


def _parquet(connection: duckdb.DuckDBPyConnection, path: str, dataset: Dataset, fields: Sequence[DataField]) -> Source:
    source = f"read_parquet('{path}', hive_partitioning = false)"
    schema = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    # DuckDB renames columns that differ in case alone; these are the file's own names.
    names = _top_level(connection.execute(f"SELECT name, num_children FROM parquet_schema('{path}')").fetchall())  # noqa: S608
    columns: dict[str, tuple[str, str]] = {}
    for name, (column, kind, *_) in zip(names, schema, strict=True):
        columns.setdefault(name, ('"' + column.replace('"', '""') + '"', str(kind)))
    as_text = ("JSON", "ENUM", "UUID")
    present = {
        name: f"CAST({column} AS VARCHAR)" if kind.startswith(as_text) else column
        for name, (column, kind) in columns.items()
    }
    read = {
        f.name: rows_sql.read_typed(f, columns[f.name][1]) if f.name in present else rows_sql.read_nothing(f)
        for f in fields
    }
    members = {name: rows_sql.member(column, kind) for name, (column, kind) in columns.items()}
    sql, readings = _of_file(source, dataset, fields, present, read, members)
    return Source(lambda _: sql, readings, fed=False, broken=dict)


def _top_level(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of a Parquet file's columns; its schema lists them before their own parts, from the root on."""
    names, parts = [], 0
    for name, children in schema[1:]:
        if not parts:
            names.append(name)
        else:
            parts -= 1
        parts += children or 0
    return names


def _of_file(
    source: str,
    dataset: Dataset,
    fields: Sequence[DataField],
    present: Mapping[str, str],
    readings: Mapping[str, Reading],
    members: Mapping[str, str],
) -> tuple[str, Mapping[str, Reading]]:
    """The SQL and the readings of a file; `members` has the JSON text of each of its columns, for an open object."""
    columns = [f"{present[f.name]} AS {raw(f)}" for f in fields if f.name in present and not f.open_key]
    if dataset.open_field is None or not rows_open.wanted(dataset, fields):
        return _select(columns, source), readings
    known = {f.name for f in dataset.fields}
    rest = rows_open.object_of({name: text for name, text in members.items() if name not in known})
    selected = _select([*columns, f'{rest} AS "#rest"'], source)
    own = readings[dataset.open_field].json
    return rows_open.with_open(selected, own, fields), {**readings, **rows_open.readings(fields, dataset)}


def _select(columns: Sequence[str], source: str) -> str:
    listed = ", ".join(['NULL AS "#s"', *columns])
    return f"SELECT {listed} FROM {source}"  # noqa: S608
