"""The five device-event types as their receivers read them: exactly the columns, strings in base64, in order, once."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.core.test_catalog import DEVICE_EVENTS
from tests.engines.test_package import bench
from tests.engines.test_package_shapes import data_files

AT = "2026-03-09T10:0{}:00Z"
EVENTS: dict[str, dict[str, Any]] = {
    "connectivity": {"event_id": "e{}", "event_time": AT, "dsn": "AC000W000123456", "status": "Online"},
    "datapoint": {"id": "e{}", "created_at": AT, "property_name": "Blue_LED", "value": "0", "echo": True, "closed": False},
    "datapointack": {"ack_id": "e{}", "created_at": AT, "ack_status": 200, "ack_message": "0", "acked_at": AT},
    "location": {"event_id": "e{}", "created_at": AT, "lat": 44.7695, "long": -69.4283, "provider": "ip-based"},
    "registration": {"event_id": "e{}", "event_time": AT, "registered": False, "unregistered_at": AT},
}  # fmt: skip


def event(kind: str, number: int) -> bytes:
    def filled(value: Any) -> Any:
        return value.format(number) if isinstance(value, str) else value

    row = {name: filled(value) for name, value in EVENTS[kind].items()}
    return json.dumps({**row, "event_type": kind}).encode() + b"\n"


@pytest.mark.parametrize("kind", EVENTS)
def test_each_type_is_one_csv_with_the_references_columns(kind: str, tmp_path: Path) -> None:
    objects = [b"".join(event(kind, n) for n in (3, 1)), b"".join(event(kind, n) for n in (2, 1, 0))]
    here = bench(tmp_path, objects, kind, layout={"preset": "device_events"}, data=[{"dataset": kind}])
    files = data_files(here.delivered())
    assert list(files) == [f"{kind}/2026-03-09-00:00:00/{kind}.csv"]
    path = tmp_path / "delivered.csv"
    path.write_bytes(next(iter(files.values())))
    found = duckdb.connect().execute(f"SELECT * FROM read_csv('{path}', all_varchar = true)")
    columns = [column[0] for column in found.description]
    assert columns == DEVICE_EVENTS[kind].split()
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    assert len(rows) == 4
    assert {base64.b64decode(row["event_type"]).decode() for row in rows} == {kind}
    times = [row.get("created_at") or row.get("event_time") or row["unregistered_at"] for row in rows]
    assert times == [AT.format(n) for n in range(4)]


def test_values_that_are_no_strings_are_as_the_reference_shows_them(tmp_path: Path) -> None:
    here = bench(
        tmp_path, [event("location", 1)], "location", layout={"preset": "device_events"}, data=[{"dataset": "location"}]
    )
    path = tmp_path / "delivered.csv"
    path.write_bytes(next(iter(data_files(here.delivered()).values())))
    (row,) = duckdb.connect().execute(f"SELECT lat, long, ip FROM read_csv('{path}', all_varchar = true)").fetchall()
    assert row == ("44.7695", "-69.4283", None)
