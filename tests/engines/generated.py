"""Many rows of three tenants in a lake on the disk, made by DuckDB from a seed, and the same rows read back by DuckDB.

Each tenant's dataset has an object an hour, in four formats in turn. A row lies in the object of the hour in which it came,
which is up to 90 minutes after its own time; so objects overlap. Some formats' objects miss a column, or have one that the
catalogue has not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from tests.core.made import CATALOG
from waybill.core.catalog import FieldType

START = datetime(2026, 3, 28, tzinfo=UTC)
"""Zones of Europe change their time a day later, and the month four days later."""
TENANTS = ("acme", "acme-eu", "zeta")
DATASETS = ("conversations", "chat_tickets")
ENDINGS = (".parquet", ".ndjson", ".csv", ".ndjson.gz")
_IN_TURN = (".parquet", ".ndjson", ".parquet", ".csv", ".parquet", ".ndjson.gz")

WORDS: dict[str, tuple[str, ...]] = {
    "channel": ("web", "whatsapp", "Voice", "VOICE", "", "e-mail"),
    "sender": ("user", "bot", "agent"),
    "language": ("de", "en", "EN", "pt-BR"),
    "status": ("open", "assigned", "resolved", "100% done", "100 done", "on_hold", "onahold"),
    "agent": ("Ann", "ann", "ÄNNE", "änne", "O'Neil", "x'; DROP TABLE rows; --", "日本"),
    "priority": ("low", "medium", "high", "urgent"),
}
_TEXTS = (
    "plain",
    "a,b",
    'He said ""no""',
    "two\nlines",
    "ünï 😀",
    "",
    "=1+1",
    "tab\there",
    "back\\slash",
    "long " * 60,
)
MISSING = ("topic", "team")
"""Columns that no object has."""


@dataclass(frozen=True)
class Made:
    """One object: its key in the lake, whose it is, and the SQL that makes its rows."""

    tenant: str
    dataset: str
    hour: int
    ending: str

    @property
    def key(self) -> str:
        hour = START + timedelta(hours=self.hour)
        place = f"tenant={self.tenant}/dataset={self.dataset}/dt={hour:%Y-%m-%d}/hr={hour:%H}"
        return f"{place}/{self.hour:04d}{self.ending}"


def objects(hours: int) -> Iterator[Made]:
    for one, tenant in enumerate(TENANTS):
        for other, dataset in enumerate(DATASETS):
            for hour in range(hours):
                yield Made(tenant, dataset, hour, _IN_TURN[(hour + one + other) % 6])


def database(path: Path) -> duckdb.DuckDBPyConnection:
    """A database of our own, in a file, which makes rows and reads them back."""
    connection = duckdb.connect(str(path))
    for statement in (
        "SET TimeZone = 'UTC'",
        "SET memory_limit = '1GiB'",
        "SET preserve_insertion_order = false",
        "CREATE MACRO u(k, c) AS (hash(k || c) % 1000003) / 1000003.0",
        "CREATE MACRO pick(words, k, c) AS words[1 + CAST(floor(u(k, c) * len(words)) AS INTEGER)]",
        "CREATE MACRO mostly(k, c, share, found) AS CASE WHEN u(k, c || '?') < share THEN found END",
    ):
        connection.execute(statement)
    return connection


def write(connection: duckdb.DuckDBPyConnection, made: Made, path: Path, rows: int) -> None:
    """Put the object's rows there. Same object, same rows."""
    start = f"TIMESTAMP '{START + timedelta(hours=made.hour):%Y-%m-%d %H:%M:%S}'"
    came = f"{start} + to_microseconds(i * 3600000000 // {rows})"
    event = f"date_trunc('millisecond', {came} - to_microseconds(CAST(pow(u(k, 'late'), 3) * 5400000000 AS BIGINT)))"
    sharp = f"CASE WHEN u(k, 'sharp') < 0.02 THEN date_trunc('hour', {event}) ELSE {event} END"
    keyed = f"SELECT i, '{made.tenant}:{made.dataset}:{made.hour}-' || i AS k FROM range({rows}) r(i)"
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in _columns(made).items())
    forms = {".csv": "FORMAT csv, HEADER true", ".parquet": "FORMAT parquet", ".ndjson": "FORMAT json"}
    form = forms.get(made.ending, "FORMAT json, COMPRESSION gzip")
    connection.execute(f"COPY (SELECT {columns} FROM (SELECT i, k, {sharp} AS t FROM ({keyed}))) TO '{path}' ({form})")


def _columns(made: Made) -> dict[str, str]:
    """The object's columns and the SQL of each, over a row's key `k`, number `i` and time `t` (UTC)."""
    said = f"pick({_list(_TEXTS)}, k, 'text') || i"
    common = {
        "channel": f"mostly(k, 'channel', 0.9, {_word('channel')})",
        "language": f"mostly(k, 'language', 0.7, {_word('language')})",
    }
    if made.dataset == "conversations":
        found = {
            "message_id": "k",
            "sent_at": _time(made, "t"),
            "conversation_id": "'c' || i // 7",
            "position": "mostly(k, 'position', 0.95, CAST(floor(u(k, 'position') * 40) AS INTEGER) - 2)",
            "sender": _word("sender"),
            "text": f"mostly(k, 'text', 0.9, {said})",
            "confidence": "mostly(k, 'confidence', 0.8, round(u(k, 'confidence'), 3))",
            "entities": f"mostly(k, 'entities', 0.3, CAST({_JSON} AS JSON))",
            "read_at": f"mostly(k, 'read', 0.6, {_time(made, 't + to_seconds(i % 977)')})",
        }
    else:
        found = {
            "ticket_id": "k",
            "created_at": _time(made, "t"),
            "closed_at": f"mostly(k, 'closed', 0.6, {_time(made, 't + to_seconds(i % 977)')})",
            "status": _word("status"),
            "agent": f"mostly(k, 'agent', 0.8, {_word('agent')})",
            "priority": f"mostly(k, 'priority', 0.5, {_word('priority')})",
            "subject": f"mostly(k, 'text', 0.9, {said})",
            "tags": f"mostly(k, 'tags', 0.4, CAST({_JSON} AS JSON))",
            "first_response_seconds": "mostly(k, 'first', 0.8, round(u(k, 'first') * 500, 1))",
            "reopened": "mostly(k, 'reopened', 0.8, u(k, 'reopened') < 0.3)",
            "messages": "mostly(k, 'messages', 0.9, CAST(floor(u(k, 'messages') * 60) AS BIGINT))",
        }
    if made.hour % 3 == 0:
        return {**found, **common, "legacy_score": "i"}
    return {**dict(reversed(found.items())), "channel": common["channel"]}  # no language, and another order


_JSON = "'{\"vip\": ' || (u(k, 'vip') < 0.5) || ', \"n\": [' || i % 9 || ', \"ü\"]}'"


def _word(name: str) -> str:
    return f"pick({_list(WORDS[name])}, k, '{name}')"


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join("'" + w.replace("'", "''") + "'" for w in words) + "]"


def _time(made: Made, moment: str) -> str:
    """A time as text with one of four offsets, or as one of Parquet's types."""
    kind = made.hour // 4 % 3
    if made.ending == ".parquet" and kind:
        return f"({moment})" if kind == 1 else f"make_timestamptz(epoch_us({moment}))"
    zones = ((0, "Z"), (7200, "+02:00"), (-19800, "-05:30"), (0, "+00"))
    cases = " ".join(
        f"WHEN {n} THEN strftime({moment} + to_seconds({shift}), '%Y-%m-%dT%H:%M:%S.%f') || '{offset}'"
        for n, (shift, offset) in enumerate(zones)
    )
    return f"CASE i % 4 {cases} END"


# --- the same rows, read by DuckDB alone


def mirror(connection: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """A table a dataset, named for it, of all rows in the lake's files: `tenant` and each field in its own type."""
    for dataset in DATASETS:
        fields = CATALOG[dataset].fields
        columns = ", ".join(f'{_typed(f.name, f.type)} AS "{f.name}"' for f in fields)
        for number, (ending, files) in enumerate(_groups(lake, dataset)):
            source = _read(ending, files, dataset)
            there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
            absent = "".join(f', NULL AS "{f.name}"' for f in fields if f.name not in there)
            tenant = "regexp_extract(filename, 'tenant=([^/]*)', 1) AS tenant"
            rows = f"SELECT {tenant}, {columns} FROM (SELECT *{absent} FROM {source})"
            start = f"INSERT INTO {dataset}" if number else f"CREATE TABLE {dataset} AS"
            connection.execute(f"{start} {rows}")


def _groups(lake: Path, dataset: str) -> Iterator[tuple[str, list[str]]]:
    """Files that one statement can read: of one ending, and Parquet files of one type of time."""
    for ending in ENDINGS:
        files = sorted(str(p) for p in lake.glob(f"tenant=*/dataset={dataset}/*/*/*{ending}"))
        kinds = (0, 1, 2) if ending == ".parquet" else (None,)
        for kind in kinds:
            group = [f for f in files if kind is None or int(Path(f).name[:4]) // 4 % 3 == kind]
            if group:
                yield ending, group


def _read(ending: str, files: list[str], dataset: str) -> str:
    paths = "[" + ", ".join(f"'{f}'" for f in files) + "]"
    common = "filename = true, hive_partitioning = false, union_by_name = true"
    if ending == ".parquet":
        return f"read_parquet({paths}, {common})"
    if ending == ".csv":
        text = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"'"
        return f"read_csv({paths}, {text}, nullstr = '', allow_quoted_nulls = false, {common})"
    types = {FieldType.JSON: "JSON", FieldType.NUMBER: "DOUBLE", FieldType.INTEGER: "BIGINT"}
    named = ", ".join(f"{f.name}: '{types.get(f.type, 'VARCHAR')}'" for f in CATALOG[dataset].fields)
    return f"read_json({paths}, format = 'newline_delimited', columns = {{{named}}}, filename = true)"


def _typed(name: str, kind: FieldType) -> str:
    types = {
        FieldType.INTEGER: "BIGINT",
        FieldType.NUMBER: "DOUBLE",
        FieldType.BOOLEAN: "BOOLEAN",
        FieldType.TIMESTAMP: "TIMESTAMPTZ",
    }
    return f'CAST("{name}" AS {types.get(kind, "VARCHAR")})'
