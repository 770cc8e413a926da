"""Lists of detail records: every delivered row, in order, in CSV and PDF, whatever else the rule delivers."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.core.stage import MemoryStage
from tests.engines.manifests import entries_of
from tests.engines.test_package import PASSWORD, Bench, bench, media, one_part_each, recording, seal_bench, tickets
from waybill.core import detail_files
from waybill.core.plan import Carried
from waybill.core.seal import seal

BOTH = {"formats": ["csv", "pdf"], "fields": ["conversation_id", "start_time", "from_number", "from_name"]}
CSV, PDF = "detail-records.recordings.csv", "detail-records.recordings.pdf"
SCRIPTS = ("Grüße", "مرحبا", "שלום", "हिन्दी", "日本語")


def call(number: int, **more: Any) -> bytes:
    row = {"conversation_id": f"r{number}", "start_time": f"2026-03-09T10:00:{number % 60:02d}Z", **more}
    return json.dumps(row).encode() + b"\n"


def rows_of(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def text_of(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return "\n".join(page.extract_text() for page in pages).replace("\0", "")


def calls(tmp_path: Path, objects: list[bytes], **changes: Any) -> Bench:
    given: dict[str, Any] = {"data": [{"dataset": "recordings"}], "detail_records": BOTH, **changes}
    return bench(tmp_path, objects, "recordings", **given)


def test_a_csv_lists_every_delivered_row_in_order_and_in_the_schedules_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_part_each(monkeypatch)
    objects = [call(1, from_number="+49 30 1") + call(2, from_name="=1+1"), call(3, from_name='a "b"\nc'), call(4)]
    berlin = {"frequency": "daily", "zone": "Europe/Berlin"}
    here = calls(tmp_path, objects, schedule=berlin, format="ndjson")
    files = here.delivered()
    delivered = [json.loads(line)["conversation_id"] for line in files["recordings.ndjson"].splitlines()]
    found = rows_of(files[CSV])
    assert [row["conversation_id"] for row in found] == delivered == ["r1", "r2", "r3", "r4"]
    assert list(found[0]) == BOTH["fields"]
    assert found[0]["start_time"] == "2026-03-09T11:00:01+01:00"
    assert (found[0]["from_number"], found[1]["from_name"], found[2]["from_name"]) == ("'+49 30 1", "'=1+1", 'a "b"\nc')
    listed = [f for f in json.loads(files["waybill.json"])["files"] if f["kind"] == "details"]
    assert [(f["name"], f["dataset"], f["rows"]) for f in listed] == [(CSV, "recordings", 4), (PDF, "recordings", 4)]


def test_a_pdf_says_what_was_asked_by_whom_and_has_every_row_in_any_script(tmp_path: Path) -> None:
    objects = [b"".join(call(n, from_name=name, extensions=["4711"]) for n, name in enumerate(SCRIPTS))]
    data = [{"dataset": "recordings", "filter": {"op": "<", "args": [{"property": "duration_seconds"}, 7]}}]
    no_rows = calls(tmp_path, objects, data=data, schedule={"frequency": "daily", "zone": "Asia/Tokyo"})
    assert list(no_rows.delivered()) == ["waybill.json", "waybill.json.jws"]
    data[0] |= {"filter": "conversation_type is null", "assigned": {"extensions": ["4711"]}}
    here = calls(tmp_path / "all", objects, data=data)
    here.folder.mkdir()
    text = text_of(here.delivered()[PDF])
    for said in (
        "Daily tickets: detail records of", "Window: 2026-03-09T00:00:00+00:00 to 2026-03-10T00:00:00+00:00 (UTC)",
        "In UTC: 2026-03-09T00:00:00Z to 2026-03-10T00:00:00Z", "Query: (conversation_type is null) AND (", "4711", "Rows: 5",
        "Requested by: a test", "page 1 of 1", "r0", "r4", "Grüße", "日本語",
    ):  # fmt: skip
        assert said in text


def test_a_list_of_late_rows_says_so(tmp_path: Path) -> None:
    here = calls(tmp_path, [call(1)])
    here.plan = here.plan.model_copy(update={"amends": True})
    assert "Late rows alone" in text_of(here.delivered()[PDF])
    carried = Carried(run_id="r", window_start=here.plan.window_start, window_end=here.plan.window_end, sequences={})
    again = Bench(
        here.plan.model_copy(update={"amends": False, "carried": (carried,)}), MemoryStage(), here.lake, tmp_path
    )
    assert "With late rows of 1 earlier window" in text_of(again.delivered()[PDF])


def test_scope_media_has_no_data_file_but_lists_all_the_same(tmp_path: Path) -> None:
    rows = recording(1, "1.wav") + recording(2)
    here = calls(tmp_path, [rows], data=[{"dataset": "recordings", "scope": "media"}])
    media(here, "1.wav", b"sound")
    files = here.delivered()
    assert list(files) == ["media/1.wav", CSV, PDF, "waybill.json", "waybill.json.jws"]
    assert [row["conversation_id"] for row in rows_of(files[CSV])] == ["r1", "r2"]


def test_a_row_is_delivered_and_listed_or_neither(tmp_path: Path) -> None:
    """`from_digits` is only in the list, `duration_seconds` only in the file: a wrong one makes the row a reject of both."""
    rows = call(1) + call(2, from_digits="many") + call(3, duration_seconds="long") + call(4)
    data = [{"dataset": "recordings", "fields": ["conversation_id", "duration_seconds"]}]
    here = calls(
        tmp_path, [rows], data=data, detail_records={"formats": ["csv"], "fields": ["conversation_id", "from_digits"]}
    )
    files = here.delivered()
    assert [r["conversation_id"] for r in rows_of(files[CSV])] == ["r1", "r4"]
    assert [r["conversation_id"] for r in json.loads(files["recordings.json"])] == ["r1", "r4"]
    assert len(files["rejects.ndjson"].splitlines()) == 2


def test_lists_are_in_order_and_without_duplicates_where_the_files_are(tmp_path: Path) -> None:
    rows = call(5) + call(1) + call(5) + call(3)
    here = calls(tmp_path, [rows], order="time", duplicates="drop")
    assert [r["conversation_id"] for r in rows_of(here.delivered()[CSV])] == ["r1", "r3", "r5"]


def test_a_long_list_is_cut_into_pdfs_and_goes_on_where_time_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_part_each(monkeypatch)
    monkeypatch.setattr(detail_files, "PDF_ROWS", 20)
    objects = [b"".join(call(n) for n in range(start, start + 9)) for start in (0, 9, 18, 27, 36)]
    here = calls(tmp_path, objects)
    whole = here.delivered()
    names = [f"detail-records.recordings-{n:03d}.pdf" for n in (1, 2, 3)]
    assert [n for n in whole if n.endswith(".pdf")] == names
    assert "Rows of this file: 21 to 40 of 45" in text_of(whole[names[1]])
    listed = [[int(n) for n in re.findall(r"\br(\d+) 2026", text_of(whole[name]))] for name in names]
    assert listed == [list(range(20)), list(range(20, 40)), list(range(40, 45))]

    slow = Bench(here.plan, MemoryStage(), here.lake, tmp_path)
    slow.package()
    answers = [seal(here.plan, seal_bench(slow.stage, out_of_time=lambda: True)) for _ in range(3)]
    assert [sealed is None for sealed in answers] == [True, True, False]
    assert {n: d for n, d in slow.delivered().items() if not n.endswith(".jws")} == {
        n: d for n, d in whole.items() if not n.endswith(".jws")
    }


def test_a_list_of_long_texts_is_cut_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_files, "PDF_BYTES", 1_000)
    files = calls(tmp_path, [b"".join(call(n, from_name="long " * 60) for n in range(7))]).delivered()
    pdfs = [text_of(d) for n, d in files.items() if n.endswith(".pdf")]
    assert [re.findall(r"\br(\d+) 2026", text) for text in pdfs] == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert "Rows of this file: 7 to 7 of 7" in pdfs[2]


def test_lists_are_entries_of_an_archive_and_lie_nowhere_else(tmp_path: Path) -> None:
    here = calls(tmp_path, [call(1)], archive={"method": "zip_aes256"}, layout={"preset": "data_ops"})
    files = here.delivered()
    archive = f"waybills/{here.plan.run_id}/Daily tickets.zip"
    assert list(files) == [archive, *(f"waybills/{here.plan.run_id}/waybill.json{end}" for end in ("", ".jws"))]
    inside = entries_of(files[archive], PASSWORD)
    assert list(inside)[1:] == [CSV, PDF, "recordings.schema.json", "waybill.json", "waybill.json.jws"]
    assert [r["conversation_id"] for r in rows_of(inside[CSV])] == ["r1"]
    assert "r1" in text_of(inside[PDF])


def test_a_window_without_rows_has_a_list_only_where_empty_files_are_asked_for(tmp_path: Path) -> None:
    assert not [n for n in calls(tmp_path, []).delivered() if n.startswith("detail")]
    here = calls(tmp_path / "empty", [], empty_window="empty_file")
    here.folder.mkdir()
    files = here.delivered()
    assert (rows_of(files[CSV]), "Rows: 0" in text_of(files[PDF])) == ([], True)


def test_nothing_is_listed_where_nobody_asked(tmp_path: Path) -> None:
    here = bench(tmp_path, [tickets(1)])
    assert not [n for n in here.delivered() if n.startswith("detail")]
    assert not [k for k in here.stage.kept if "details" in k]
