"""The survey of a Parquet file on the local disk, by DuckDB. See `core.survey`."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from waybill.core.catalog import Dataset
from waybill.core.survey import Columns, Survey
from waybill.engines.duckdb_locked import DESCRIPTORS, locked

MEMORY_MIB = 400
_INSTANT = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
)
_KINDS = (
    (r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)", "integer"),
    (r"(FLOAT|DOUBLE|DECIMAL.*)", "number"),
    (r"BOOLEAN", "boolean"),
    (r"(STRUCT|MAP|VARIANT|JSON).*|.*\]", "json"),
)


def survey(path: Path, dataset: Dataset) -> Survey:
    """Rows whose time column holds an instant, and as rejects all others. Never fails by what the file holds.

    A time column that is missing or of a type that is no time makes all rows rejects; a file that is no Parquet at all
    is one reject. Memory is bounded. A time without an offset means UTC, as DuckDB hands it to the row engine.
    """
    with path.open("rb") as file, contextlib.closing(_locked(path)) as connection:
        # By its descriptor, since DuckDB would take a `*` or `[` of a name for a pattern.
        place = f"/dev/fd/{file.fileno()}"
        try:
            return _surveyed(connection, f"read_parquet('{place}', hive_partitioning = false)", place, dataset)
        except duckdb.Error as error:
            lost = _rows_lost(connection, place)
            said = str(error).split("\n", 1)[0].replace(place, "the file").rstrip(".")[:300]
            return Survey(rejects=lost, fault=f"It cannot be read as Parquet: {said}.")


def _locked(path: Path) -> duckdb.DuckDBPyConnection:
    spill = Path(tempfile.gettempdir()) / "spill"
    return locked(threads=1, memory_mib=MEMORY_MIB, spill=spill, files=[path], folders=[DESCRIPTORS])


def _surveyed(connection: duckdb.DuckDBPyConnection, source: str, place: str, dataset: Dataset) -> Survey:
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    types = {str(name): str(kind) for name, kind, *_ in described}
    moment = _moment(dataset.time_field, types)
    wanted = f"SELECT count(*), count(m), min(m), max(m) FROM (SELECT {moment} AS m FROM {source})"  # noqa: S608
    total, timed, first, last = _one(connection, wanted)
    (plain_size,) = _one(connection, f"SELECT sum(total_uncompressed_size) FROM parquet_metadata('{place}')")  # noqa: S608
    return Survey(
        rows=timed,
        rejects=total - timed,
        first=_utc(first),
        last=_utc(last),
        plain_size=int(plain_size or 0),
        columns=_columns(connection, source, types, dataset),
        fault=_fault(dataset.time_field, types) if total and not timed else "",
    )


def _one(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple[Any, ...]:
    return tuple(connection.execute(statement).fetchall()[0])


def _moment(name: str, types: Mapping[str, str]) -> str:
    """SQL of a row's instant as TIMESTAMP in UTC, null where it has none. `name` is the catalogue's: letters, digits, `_`."""
    kind, column = types.get(name, ""), f'"{name}"'
    if kind == "DATE" or kind in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
        found = f"CASE WHEN isfinite({column}) THEN CAST({column} AS TIMESTAMP) END"
    elif kind.startswith("TIMESTAMP"):
        found = f"CASE WHEN isfinite({column}) THEN make_timestamp(epoch_us({column})) END"
    elif kind == "VARCHAR":
        found = (
            f"CASE WHEN regexp_full_match({column}, '{_INSTANT}') "
            f"THEN make_timestamp(epoch_us(TRY_CAST({column} AS TIMESTAMPTZ))) END"
        )
    else:
        found = "CAST(NULL AS TIMESTAMP)"
    return (
        f"CASE WHEN {found} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN {found} END"
    )


def _fault(name: str, types: Mapping[str, str]) -> str:
    if name not in types:
        return f"It has no column {name}, so its rows lie in no window."
    return f"Its column {name} is of type {types[name]} and holds no instant, so its rows lie in no window."


def _columns(
    connection: duckdb.DuckDBPyConnection, source: str, types: Mapping[str, str], dataset: Dataset
) -> tuple[str, ...]:
    columns = Columns(dataset)
    for name, kind in types.items():
        columns.add(name, _kind(kind))
    open_field = dataset.open_field or ""
    if types.get(open_field, "").startswith("STRUCT"):
        inside = connection.execute(f'DESCRIBE SELECT "{open_field}".* FROM {source}').fetchall()  # noqa: S608
        for name, kind, *_ in inside:
            columns.add_inside(str(name), _kind(str(kind)))
    elif types.get(open_field, "").startswith("MAP"):
        keys = f'SELECT DISTINCT unnest(map_keys("{open_field}")) AS k FROM {source} ORDER BY k LIMIT 501'  # noqa: S608
        value = types[open_field].removeprefix("MAP(").removesuffix(")").partition(", ")[2]
        for (name,) in connection.execute(keys).fetchall():
            columns.add_inside(str(name), _kind(value))
    elif types.get(open_field, "") in {"VARCHAR", "JSON"}:
        for name, kind in _json_keys(connection, source, open_field):
            columns.add_inside(name, kind)
    return columns.named()


def _json_keys(connection: duckdb.DuckDBPyConnection, source: str, open_field: str) -> list[tuple[str, str]]:
    """The names inside an open field that is kept as JSON text, with their kinds."""
    text = f"""CASE WHEN json_valid("{open_field}") AND json_type("{open_field}") = 'OBJECT' THEN "{open_field}" END"""
    wanted = (
        f"SELECT DISTINCT e.key, e.type FROM (SELECT CAST({text} AS JSON) AS j FROM {source}) t, json_each(t.j) e "  # noqa: S608
        "WHERE t.j IS NOT NULL ORDER BY ALL LIMIT 4000"
    )
    kinds = {
        "VARCHAR": "string",
        "DOUBLE": "number",
        "BOOLEAN": "boolean",
        "OBJECT": "json",
        "ARRAY": "json",
        "NULL": "null",
    }
    return [(str(k), kinds.get(str(t), "integer")) for k, t in connection.execute(wanted).fetchall()]


def _kind(column_type: str) -> str:
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, column_type)), "string")


def _rows_lost(connection: duckdb.DuckDBPyConnection, place: str) -> int:
    """How many rows the file says to have; 1, for the file itself, where it does not even say that."""
    try:
        (rows,) = _one(connection, f"SELECT num_rows FROM parquet_file_metadata('{place}')")  # noqa: S608
    except duckdb.Error:
        return 1
    return int(rows) or 1


def _utc(moment: object) -> datetime | None:
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else None
