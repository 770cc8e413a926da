"""What a rule's settings make of a package: limits, compression, Parquet, presets of names, media chosen and renamed."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from tests.engines.test_package import bench, ids, media, one_part_each, tickets
from waybill.core import parts


def data_files(files: dict[str, bytes]) -> dict[str, bytes]:
    return {n: d for n, d in files.items() if not n.rpartition("/")[2].startswith(("waybill.json", "rejects"))
            and not n.endswith(".schema.json")}  # fmt: skip


def test_files_obey_the_rules_limit_whoever_wrote_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_part_each(monkeypatch)
    objects = [tickets(*range(7)), tickets(7), tickets(*range(8, 12))]
    files = data_files(bench(tmp_path, objects, file_limit={"rows": 3}).delivered())
    assert list(files) == [f"chat_tickets-part-{n:04d}.json" for n in range(1, 6)]
    read = [ids(json.loads(data)) for data in files.values()]
    assert [len(rows) for rows in read] == [3, 3, 2, 3, 1]
    assert [one for rows in read for one in rows] == [f"t{n}" for n in range(12)]


def test_limited_files_in_an_archive(tmp_path: Path) -> None:
    limited = bench(tmp_path, [tickets(*range(5))], file_limit={"rows": 2}, archive={"method": "zip"}, format="csv")
    (archive,) = data_files(limited.delivered()).values()
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names = opened.namelist()[:-3]
        assert names == [f"chat_tickets-part-0001-{n:04d}.csv" for n in (1, 2, 3)]
        counts = [len(list(csv.reader(io.StringIO(opened.read(n).decode())))) - 1 for n in names]
    assert counts == [2, 2, 1]


@pytest.mark.parametrize(
    ("compression", "name", "unpack"),
    [
        ("gzip", "chat_tickets.json.gz", gzip.decompress),
        (
            "zstd",
            "chat_tickets.json.zst",
            lambda data: zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read(),
        ),
    ],
)
def test_compressed_pieces_of_many_parts_are_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str, name: str, unpack: Any
) -> None:
    one_part_each(monkeypatch)
    here = bench(tmp_path, [tickets(1), tickets(2), tickets(3)], compression=compression)
    assert ids(json.loads(unpack(here.delivered()[name]))) == ["t1", "t2", "t3"]


def test_parquet_is_one_file_a_part_with_the_catalogues_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_part_each(monkeypatch)
    files = data_files(bench(tmp_path, [tickets(1, 2), tickets(3)], format="parquet").delivered())
    assert list(files) == ["chat_tickets-part-0001.parquet", "chat_tickets-part-0002.parquet"]
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    glob = str(tmp_path / "*.parquet")
    found = (
        duckdb.connect()
        .execute(f"SELECT ticket_id, created_at::VARCHAR, typeof(created_at) FROM '{glob}' ORDER BY 1")
        .fetchall()
    )
    assert [(one, kind) for one, _, kind in found] == [(f"t{n}", "TIMESTAMP WITH TIME ZONE") for n in (1, 2, 3)]


@pytest.mark.parametrize("archive", ["none", "zip"])
def test_an_empty_parquet_file_has_its_columns(tmp_path: Path, archive: str) -> None:
    files = bench(tmp_path, [], format="parquet", empty_window="empty_file", archive={"method": archive}).delivered()
    data = data_files(files)
    content = next(iter(data.values()))
    if archive == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            content = opened.read("chat_tickets.parquet")
    (tmp_path / "empty.parquet").write_bytes(content)
    found = duckdb.connect().execute(f"DESCRIBE SELECT * FROM '{tmp_path / 'empty.parquet'}'").fetchall()
    assert found[0][:2] == ("ticket_id", "VARCHAR")
    outside = [tickets(1, at="2026-03-08T10:00:00Z") + tickets(2, at="2026-03-11T10:00:00Z")]
    none = bench(tmp_path / "none", outside, format="parquet", archive={"method": archive})
    none.folder.mkdir()
    assert data_files(none.delivered()) == {}


def test_the_layout_data_ops_has_a_file_a_month_below_the_runs_folder(tmp_path: Path) -> None:
    rows = tickets(1, at="2026-03-09T10:00:00Z")
    here = bench(tmp_path, [rows], layout={"preset": "data_ops"})
    files = here.delivered()
    assert here.plan.folder == "acme"
    name = next(iter(data_files(files)))
    assert name == (
        "chat_tickets/rul_0123456789abcdef_2026-03-09T00:00_2026-03-10T00:00/"
        "2026-03-09T00:00+00:00--2026-03-10T00:00+00:00.json"
    )
    assert f"waybills/{here.plan.run_id}/waybill.json" in files


def test_a_window_of_several_months_is_cut_at_local_months(tmp_path: Path) -> None:
    rows = tickets(1, at="2026-01-31T22:59:59Z") + tickets(2, at="2026-01-31T23:00:00Z") + tickets(3)
    once = {"frequency": "once", "zone": "Europe/Berlin", "first_day": "2026-01-15", "last_day": "2026-03-09"}
    files = data_files(bench(tmp_path, [rows], layout={"preset": "data_ops"}, schedule=once).delivered())
    ends = {n.rpartition("/")[2]: ids(json.loads(d)) for n, d in files.items()}
    assert ends == {
        "2026-01-15T00:00+01:00--2026-02-01T00:00+01:00.json": ["t1"],
        "2026-02-01T00:00+01:00--2026-03-01T00:00+01:00.json": ["t2"],
        "2026-03-01T00:00+01:00--2026-03-10T00:00+01:00.json": ["t3"],
    }


def test_where_a_colon_cannot_be_a_dash_is(tmp_path: Path) -> None:
    here = bench(tmp_path, [tickets(1)], layout={"preset": "data_ops"}, archive={"method": "zip"})
    with zipfile.ZipFile(io.BytesIO(next(iter(data_files(here.delivered()).values())))) as opened:
        assert "2026-03-09T00-00_2026-03-10T00-00" in opened.namelist()[0]


def datapoint(n: int, at: str, value: str = "on") -> bytes:
    row = {"id": f"d{n}", "created_at": at, "dsn": "AC1", "base_type": "string", "value": value, "echo": True}
    return json.dumps(row).encode() + b"\n"


def test_device_events_come_in_order_once_in_base64_in_a_folder_by_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 400)
    hours = [f"2026-03-09T{h:02d}:00:00Z" for h in range(8)]
    first = b"".join(datapoint(n, hours[n]) for n in (7, 3, 1))
    second = b"".join(datapoint(n, hours[n], "späť") for n in (0, 3, 5, 1))
    here = bench(tmp_path, [first, second], dataset="datapoint", layout={"preset": "device_events"})
    files = data_files(here.delivered())
    assert len(here.plan.parts) > 1
    assert list(files) == ["datapoint/2026-03-09-00:00:00/datapoint.csv"]
    rows = [row for data in files.values() for row in csv.DictReader(io.StringIO(data.decode()))]
    assert [base64.b64decode(r["id"]).decode() for r in rows] == ["d0", "d1", "d3", "d5", "d7"]
    assert {base64.b64decode(r["value"]).decode() for r in rows} == {"on", "späť"}
    assert rows[0]["created_at"] == hours[0]
    manifest = next(d for n, d in here.delivered().items() if n.endswith("/waybill.json"))
    assert json.loads(manifest)["totals"]["duplicates_left_out"] == 2


def recording(number: int, *names: str, at: str = "2026-03-09T10:00:00Z") -> bytes:
    files = [{"name": n.rsplit("/", 1)[-1], "key": n} for n in names]
    row = {"conversation_id": f"r{number}", "start_time": at, "from_number": f"+49 {number}", "files": files}
    return json.dumps(row).encode() + b"\n"


def recorded(
    tmp_path: Path, layout: dict[str, Any], choice: dict[str, Any] | None = None, **changes: Any
) -> dict[str, bytes]:
    rows = recording(1, "a/1.wav", "a/1.vtr") + recording(2, "b/1.wav", at="2026-03-09T23:30:00Z")
    data = [{"dataset": "recordings", "scope": "both", **(choice or {})}]
    here = bench(tmp_path, [rows], "recordings", data=data, layout=layout, **changes)
    for name in ("a/1.wav", "a/1.vtr", "b/1.wav"):
        media(here, name, name.encode())
    return here.delivered()


def test_recordings_lie_in_folders_by_local_date(tmp_path: Path) -> None:
    zone = {"frequency": "once", "zone": "Europe/Berlin", "first_day": "2026-03-09", "last_day": "2026-03-10"}
    files = recorded(tmp_path, {"preset": "recordings"}, schedule=zone)
    assert set(data_files(files)) == {
        "2026-03-09/recordings.json", "2026-03-09/1.wav", "2026-03-09/1.vtr", "2026-03-10/recordings.json", "2026-03-10/1.wav",
    }  # fmt: skip


def test_two_files_of_one_name_are_both_delivered(tmp_path: Path) -> None:
    files = data_files(recorded(tmp_path, {"preset": "recordings", "date_folders": False}))
    sounds = {n: d for n, d in files.items() if n.endswith(".wav")}
    assert set(sounds.values()) == {b"a/1.wav", b"b/1.wav"}
    assert "recordings-2026-03-09.json" in files


@pytest.mark.parametrize("archive", ["none", "zip"])
def test_media_are_renamed_by_the_row(tmp_path: Path, archive: str) -> None:
    layout = {"preset": "recordings", "rename": "{row.from_number}_{time}_{row.direction}"}
    files = recorded(tmp_path, layout, archive={"method": archive})
    if archive == "zip":
        with zipfile.ZipFile(io.BytesIO(files["Daily tickets.zip"])) as opened:
            files = {n: opened.read(n) for n in opened.namelist()}
    assert files["2026-03-09/+49 1_10-00-00_none.wav"] == b"a/1.wav"
    assert files["2026-03-09/+49 1_10-00-00_none.vtr"] == b"a/1.vtr"


def test_scope_and_extensions_choose_what_is_delivered(tmp_path: Path) -> None:
    only = recorded(tmp_path, {}, {"scope": "media", "extensions": ["WAV"]})
    assert set(data_files(only)) == {"media/a/1.wav", "media/b/1.wav"}
    assert "recordings.schema.json" not in only


def test_archived_and_online_objects_are_told_apart(tmp_path: Path) -> None:
    for source, wanted in (("online", ["t1"]), ("archived", ["t2"]), ("both", ["t1", "t2"])):
        folder = tmp_path / source
        folder.mkdir()
        here = bench(
            folder, [tickets(1), tickets(2)], data=[{"dataset": "chat_tickets", "source": source}], archived={2}
        )
        assert ids(json.loads(here.delivered()["chat_tickets.json"])) == wanted


def test_the_schema_file_names_columns_types_and_meanings(tmp_path: Path) -> None:
    choice = [{"dataset": "chat_tickets", "fields": ["ticket_id", "created_at", "tags"]}]
    schema = json.loads(bench(tmp_path, [tickets(1)], data=choice).delivered()["chat_tickets.schema.json"])
    assert [(f["name"], f["type"]) for f in schema["fields"]] == [
        ("ticket_id", "string"), ("created_at", "datetime"), ("tags", "any"),
    ]  # fmt: skip
    assert schema["primaryKey"] == ["ticket_id"]


def test_times_are_written_in_the_rules_zone_where_asked(tmp_path: Path) -> None:
    berlin = {"frequency": "daily", "zone": "Europe/Berlin"}
    files = bench(tmp_path, [tickets(1, at="2026-03-09T22:30:00Z")], schedule=berlin, times="zone").delivered()
    assert json.loads(files["chat_tickets.json"])[0]["created_at"] == "2026-03-09T23:30:00+01:00"
