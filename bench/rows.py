"""What the benches of the row engine share: the input, the two sides, and the check that they wrote the same rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import Bench, Mismatch, Side
from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.core.select import compile_filter
from waybill.core.window import Window
from waybill.engines.rows_duckdb import DuckDbRows

ROWS = 1_000_000
MEMORY_MIB, THREADS = 400, 1

_TYPES = {
    "message_id": "string", "conversation_id": "string", "sent_at": "timestamp", "seen_at": "timestamp",
    "position": "integer", "sender": "string", "text": "string", "score": "number", "escalated": "boolean",
    "tags": "json",
}  # fmt: skip
DATASET = Dataset(
    name="messages",
    title="Messages",
    description="Like conversations, with a column of every type.",
    time_field="sent_at",
    key_field="message_id",
    fields=tuple(DataField(name=n, type=FieldType(t), description="for the bench") for n, t in _TYPES.items()),
)
WINDOW = Window(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))
"""27 of the input's 30 days."""

FILTER = "sender <> 'agent' OR position >= 5"

# Every value follows from the row's number, so the input is the same wherever it is made.
_INPUT = """
    SELECT md5(i::VARCHAR) AS message_id, 'conv-' || (i // 12) AS conversation_id,
    TIMESTAMP '2026-03-01' + to_milliseconds(CAST(i * 2592000000 / {rows} AS BIGINT)) AS sent_at,
    CASE WHEN i % 4 > 0 THEN date_trunc('second', sent_at + to_seconds(i % 3600)) END AS seen_at,
    (i % 12)::BIGINT AS position, ['user', 'bot', 'agent'][CAST(hash(i) % 3 AS INTEGER) + 1] AS sender,
    CASE i % 5 WHEN 0 THEN 'She said "hello"' || chr(10) || 'and left C:\\temp' WHEN 1 THEN 'Grüße aus Köln 😀, 東京 ' || i
        ELSE 'Where is my order ' || i || '? It was promised for yesterday, and I am still waiting for it.' END AS text,
    CASE WHEN i % 3 > 0 THEN CAST(hash(i) % 1000000 AS INTEGER) / 1000 END AS score, i % 7 = 0 AS escalated,
    ('["t' || i % 9 || '",{{"n":' || i % 100 || '}}]')::JSON AS tags FROM range({rows}) t(i)
"""

_DUCKDB_TYPES = {
    "string": "VARCHAR", "timestamp": "TIMESTAMP", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
    "json": "JSON",
}  # fmt: skip


def comparison(name: str, source: SourceFormat, read: str) -> Bench:
    """Rows of a file of this format written as NDJSON; `read` is how a user of DuckDB reads its `{path}`."""

    def prepare(folder: Path, size: float) -> str:
        rows = int(ROWS * size)
        (folder / "rows").write_text(str(rows))
        options = "FORMAT parquet" if source is SourceFormat.PARQUET else "FORMAT json, COMPRESSION gzip"
        query = query_of(rows) if source is SourceFormat.PARQUET else as_text(query_of(rows))
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{folder / 'input'}' ({options})")
        mib = (folder / "input").stat().st_size / 2**20
        return (
            f"{rows:,} rows, 10 fields, {mib:.0f} MiB of {source.value}, window keeps 90 %, filter {FILTER!r}; both sides one "
            f"process, {THREADS} thread, memory_limit {MEMORY_MIB} MiB, read the file themselves and write NDJSON to a file"
        )

    def ours(folder: Path) -> float:
        selection = Selection(DATASET, WINDOW, compile_filter(FILTER, DATASET), DATASET.fields)
        engine = DuckDbRows(folder, MEMORY_MIB, THREADS)
        stream = engine.select([RowSource(folder / "input", source)], selection, Writing(RowFormat.NDJSON))
        with (folder / "ours").open("wb", buffering=0) as file:
            for block in stream:
                file.write(block)
        if stream.rejected:
            raise Mismatch(f"{stream.rejected} rows were rejected")
        return _rows_of(folder)

    def peer(folder: Path) -> float:
        with duckdb.connect() as connection:
            for setting in (f"threads = {THREADS}", f"memory_limit = '{MEMORY_MIB}MiB'"):
                connection.execute(f"SET {setting}")
            where = f"sent_at >= '{WINDOW.start:%Y-%m-%d}' AND sent_at < '{WINDOW.end:%Y-%m-%d}' AND ({FILTER})"
            found = read.format(path=folder / "input", columns=_columns())
            connection.execute(f"COPY (SELECT * FROM {found} WHERE {where}) TO '{folder / 'peer'}' (FORMAT json)")
        return _rows_of(folder)

    def _rows_of(folder: Path) -> float:
        """Rows read, which both sides count the same."""
        return float((folder / "rows").read_text())

    return Bench(name, "rows/s", Side("waybill", ours), Side("duckdb COPY", peer), prepare, same_rows)


def query_of(rows: int) -> str:
    """The input's rows, for DuckDB."""
    return _INPUT.format(rows=rows)


def as_text(query: str) -> str:
    """The lake's instants say their offset."""
    return f"SELECT * REPLACE ({_stamped('sent_at')}, {_stamped('seen_at')}) FROM ({query})"


def _stamped(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%gZ') AS {column}"


def _columns() -> str:
    return "{" + ", ".join(f"{n}: '{_DUCKDB_TYPES[t]}'" for n, t in _TYPES.items()) + "}"


def same_rows(folder: Path) -> None:
    """Raises Mismatch unless the files `ours` and `peer` have the same rows, whatever their order and their spelling."""
    ours, peer = _summed(folder / "ours"), _summed(folder / "peer")
    if ours != peer or not ours[0]:
        raise Mismatch(f"ours has {ours[0]} rows and the peer {peer[0]}, or they hold other values")


def _summed(path: Path) -> tuple[int, int]:
    """How many rows there are, and the sum of their hashes."""
    count, total = 0, 0
    with path.open("rb") as file:
        for line in file:
            row = {name: _plain(_TYPES[name], value) for name, value in json.loads(line).items()}
            digest = blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=8).digest()
            count, total = count + 1, (total + int.from_bytes(digest)) % 2**64
    return count, total


def _plain(kind: str, value: Any) -> Any:
    """The peer writes instants as `2026-03-29 01:00:00.5`, and numbers with a point."""
    if kind == "timestamp" and value is not None:
        date, time = value.rstrip("Z").replace("T", " ").split(" ")
        return f"{date} {time.rstrip('0').rstrip('.') if '.' in time else time}"
    return float(value) if kind == "number" and value is not None else value
