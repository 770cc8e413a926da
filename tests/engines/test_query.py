"""Search, lists and previews with the real row engine, over a lake in memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.core.made import CATALOG
from tests.core.stage import MemoryLake
from tests.core.stores import MemoryLakeObjects
from waybill.core import lists
from waybill.core import preview as previews
from waybill.core.errors import InvalidInput
from waybill.core.lake_object import LakeObject
from waybill.core.lists import Asked, ListFormat, ListQuestion, listed
from waybill.core.plan import PlannedDestination
from waybill.core.preview import PreviewSettings, example_window, preview
from waybill.core.rows import SourceFormat
from waybill.core.schedule_settings import AnySchedule
from waybill.core.search import Question, Reading, Span, search
from waybill.core.survey import survey
from waybill.engines.list_pdf import pdf
from waybill.engines.list_xlsx import xlsx
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TICKETS = CATALOG["chat_tickets"]
MARCH = {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}


class Library:
    """A lake with registered objects, and how it is read."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.objects = MemoryLake(), MemoryLakeObjects()
        self.reading = Reading(self.objects, self.lake, Refined(DuckDbRows(folder), folder), folder, lambda: False)

    def put(
        self, *rows: dict[str, Any], tenant: str = "acme", dataset: str = "chat_tickets", archived: bool = False
    ) -> None:
        body = b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in rows)
        seen = survey(io.BytesIO(body), SourceFormat.NDJSON, CATALOG[dataset])
        key = f"tenant={tenant}/dataset={dataset}/dt=2026-03-09/hr=00/{len(self.lake.kept)}.ndjson"
        entry = LakeObject(
            key=key, version=self.lake.put(key, body), etag=key, size=len(body), rows=seen.rows, rejects=seen.rejects,
            format=SourceFormat.NDJSON, sequence=0, first_event=seen.first, last_event=seen.last, registered_at=NOW,
            plain_size=len(body), columns=seen.columns, archived=archived,
        )  # fmt: skip
        self.objects.register(tenant, dataset, entry)


def ticket(number: int, **more: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"t{number}",
        "created_at": f"2026-03-{1 + number % 28:02d}T10:00:00Z",
        "status": "open",
        **more,
    }


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def pages(library: Library, question: Question, limit: int) -> Iterator[list[Any]]:
    cursor = ""
    while True:
        found = search(question, "acme", TICKETS, library.reading, cursor, limit)
        yield [row["ticket_id"] for row in found.rows]
        cursor = found.cursor
        if not cursor:
            return


@given(st.lists(st.integers(0, 6), max_size=6), st.integers(1, 7))
@hypothesis_settings(max_examples=10)
def test_pages_together_are_all_rows_once_in_the_lakes_order(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int
) -> None:
    library, number, wanted = Library(tmp_path_factory.mktemp("lake")), 0, []
    for size in sizes:
        rows = [ticket(number + n, status="open" if n % 2 else "closed") for n in range(size)]
        wanted += [r["ticket_id"] for r in rows if r["status"] == "open"]
        number += size
        if rows:
            library.put(*rows)
    question = Question.model_validate({"span": MARCH, "filter": "status = 'open'"})
    found = list(pages(library, question, limit))
    assert [one for page in found for one in page] == wanted
    assert all(len(page) <= limit for page in found)


def test_what_is_registered_meanwhile_does_not_move_the_pages(library: Library) -> None:
    library.put(*(ticket(n) for n in range(5)))
    following = pages(library, Question.model_validate({"span": MARCH}), 2)
    seen = next(following)
    library.put(ticket(9))
    assert [*seen, *(one for page in following for one in page)] == [f"t{n}" for n in range(5)]


def test_a_search_stops_in_time_and_goes_on_where_it_stopped(library: Library) -> None:
    for n in range(3):
        library.put(ticket(n))
    asked = iter([False, True])
    hurried = replace(library.reading, enough=lambda: next(asked, True))
    found = search(Question.model_validate({"span": MARCH}), "acme", TICKETS, hurried, "", 10)
    assert [r["ticket_id"] for r in found.rows] == ["t0"]
    rest = search(Question.model_validate({"span": MARCH}), "acme", TICKETS, library.reading, found.cursor, 10)
    assert [r["ticket_id"] for r in rest.rows] == ["t1", "t2"]


def test_another_tenants_rows_and_other_spans_are_not_found(library: Library) -> None:
    library.put(ticket(1))
    library.put(ticket(2), tenant="zeta")
    library.put({**ticket(3), "created_at": "2026-04-01T00:00:00Z"})
    assert list(pages(library, Question.model_validate({"span": MARCH}), 9)) == [["t1"]]


def test_archived_rows_are_found_where_they_are_asked_for(library: Library) -> None:
    library.put(ticket(1))
    library.put(ticket(2), archived=True)
    for source, wanted in (("online", ["t1"]), ("archived", ["t2"]), ("both", ["t1", "t2"])):
        assert list(pages(library, Question.model_validate({"span": MARCH, "source": source}), 9)) == [wanted]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filter": "nonsense = 1"}, "filter"),
        ({"filter": "status = 1"}, "filter"),
        ({"fields": ["ticket_id", "nonsense"]}, "fields.1"),
    ],
)
def test_a_wrong_question_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        Question.model_validate({"span": MARCH, **changes}).check(TICKETS)
    assert [e.field for e in wrong.value.errors] == [field]


@pytest.mark.parametrize("cursor", ["x", "W10=", "bnVsbA==", "WyJhIl0="])
def test_a_foreign_cursor_is_refused(library: Library, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        search(Question.model_validate({"span": MARCH}), "acme", TICKETS, library.reading, cursor, 5)


# --- lists

RENDERERS = {ListFormat.XLSX: lambda listing: xlsx(listing, Path("/tmp")), ListFormat.PDF: pdf}
ASKED = Asked("acme", "Ada", NOW, TICKETS)


def list_of(library: Library, **changes: Any) -> bytes:
    question = ListQuestion.model_validate({"span": MARCH, "fields": ["ticket_id", "created_at", "agent"], **changes})
    return b"".join(listed(question, ASKED, library.reading, RENDERERS))


def test_a_list_as_csv_is_safe_for_spreadsheets(library: Library) -> None:
    library.put(ticket(1, agent="=HYPERLINK(1)"), ticket(2))
    library.put(ticket(3, agent="Zoë"))
    text = list_of(library, format="csv", zone="Europe/Berlin").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [r["agent"] for r in rows] == ["'=HYPERLINK(1)", "", "Zoë"]
    assert rows[0]["created_at"] == "2026-03-02T11:00:00+01:00"


def test_a_list_as_xlsx_and_pdf_holds_the_rows_and_says_what_was_asked(library: Library) -> None:
    library.put(ticket(1, agent="Zoë"), ticket(2, agent="Иван"))
    book = openpyxl.load_workbook(io.BytesIO(list_of(library, format="xlsx", filter="status = 'open'")))
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["t1", "t2"]
    said = [str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row]
    assert any("status = 'open'" in one for one in said)
    reader = pypdf.PdfReader(io.BytesIO(list_of(library, format="pdf", title="Открытые")))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "t1" in text
    assert "Zoë" in text


def test_a_heading_names_one_zone_alone(library: Library) -> None:
    library.put({"conversation_id": "c1", "start_time": "2026-03-02T10:00:00Z"}, dataset="recordings")
    asked = replace(ASKED, dataset=CATALOG["recordings"])
    question = ListQuestion.model_validate(
        {"span": MARCH, "fields": ["start_time"], "format": "xlsx", "zone": "Asia/Kolkata"}
    )
    book = openpyxl.load_workbook(io.BytesIO(b"".join(listed(question, asked, library.reading, RENDERERS))))
    assert book.worksheets[0]["A1"].value == "Start Time (Asia/Kolkata)"


@pytest.mark.parametrize("kind", ListFormat)
def test_a_list_that_is_too_long_says_to_make_a_rule(
    library: Library, kind: ListFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", dict.fromkeys(ListFormat, 2))
    library.put(*(ticket(n) for n in range(3)))
    with pytest.raises(InvalidInput, match="make a rule"):
        list_of(library, format=kind)


# --- previews

WHERE = [PlannedDestination(destination_id="dst_one", name="One", kind="s3")]


def previewed(library: Library, span: dict[str, str] | None = None, **changes: Any) -> previews.Preview:
    given = {
        "name": "Tickets",
        "data": [{"dataset": "chat_tickets", "fields": ["ticket_id", "created_at"]}],
        "schedule": {"frequency": "monthly"},
        **changes,
    }
    asked = Span.model_validate(span) if span else None
    settings = PreviewSettings.model_validate(given)
    return preview("acme", settings, asked, CATALOG, WHERE, library.reading, NOW)


def test_a_preview_counts_what_it_read_and_shows_the_first_rows(library: Library) -> None:
    library.put(*(ticket(n) for n in range(10)))
    found = previewed(library, MARCH, layout={"preset": "data_ops"})
    (tickets,) = found.data
    assert (tickets.rows, tickets.exact, tickets.unreadable) == (10, True, 0)
    assert tickets.first_rows[0] == {"ticket_id": "t0", "created_at": "2026-03-01T10:00:00Z"}
    assert found.names[0].startswith("acme/chat_tickets/rul_0000000000000000_2026-03-01T00:00_2026-04-01T00:00/")
    assert found.names[-1].endswith("waybill.json.jws")
    assert found.sample is not None
    assert len(json.loads(found.sample.content)) == 10


def test_a_preview_estimates_what_it_does_not_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "READ_BYTES", 1)
    for start in (0, 100, 200):
        library.put(*(ticket(start + n, status="open" if n % 4 == 0 else "closed") for n in range(100)))
    found = previewed(library, MARCH, data=[{"dataset": "chat_tickets", "filter": "status = 'open'"}])
    (tickets,) = found.data
    assert (tickets.rows, tickets.exact) == (75, False)
    assert tickets.bytes == pytest.approx(3 * tickets.bytes / 3)
    assert len(tickets.first_rows) == 25


@pytest.mark.parametrize(
    ("changes", "name", "start"),
    [
        ({"format": "csv", "csv": "spreadsheet"}, "chat_tickets.csv", b"\xef\xbb\xbfticket_id"),
        ({"format": "xml"}, "chat_tickets.xml", b"<?xml"),
        ({"format": "parquet"}, "chat_tickets.parquet", b"PAR1"),
        ({"format": "json", "compression": "zstd"}, "chat_tickets.json", b"[\n{"),
    ],
)
def test_the_sample_is_a_file_as_a_run_writes_it(
    library: Library, changes: dict[str, Any], name: str, start: bytes
) -> None:
    library.put({**ticket(1), "status": "closed"})
    library.put(*(ticket(n) for n in range(200)))
    sample = previewed(library, MARCH, **changes).sample
    assert sample is not None
    assert sample.name == name
    assert sample.content.startswith(start)


def test_a_preview_of_nothing_is_empty(library: Library) -> None:
    found = previewed(library, MARCH)
    assert (found.data[0].rows, found.data[0].exact, found.sample) == (0, True, None)


@pytest.mark.parametrize(
    ("schedule", "start", "end"),
    [
        ({"frequency": "hourly"}, "2026-03-10T11:00", "2026-03-10T12:00"),
        ({"frequency": "daily", "zone": "Asia/Kolkata"}, "2026-03-08T18:30", "2026-03-09T18:30"),
        ({"frequency": "weekly"}, "2026-03-02T00:00", "2026-03-09T00:00"),
        ({"frequency": "yearly"}, "2025-01-01T00:00", "2026-01-01T00:00"),
        (
            {"frequency": "once", "first_day": "2026-01-01", "last_day": "2026-01-02"},
            "2026-01-01T00:00",
            "2026-01-03T00:00",
        ),
        ({"frequency": "manual"}, "2026-03-09T12:00", "2026-03-10T12:00"),
    ],
)
def test_the_example_window_is_the_newest_that_is_over(schedule: dict[str, Any], start: str, end: str) -> None:
    parsed: AnySchedule = PreviewSettings.model_validate(
        {"name": "x", "data": [{"dataset": "chat_tickets"}], "schedule": schedule}
    ).schedule
    found = example_window(parsed, NOW)
    assert (f"{found.start:%Y-%m-%dT%H:%M}", f"{found.end:%Y-%m-%dT%H:%M}") == (start, end)
