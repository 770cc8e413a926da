from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.lake import OPEN, TICKETS, lines, ticket
from waybill.core import survey as surveys
from waybill.core.catalog import Dataset
from waybill.core.json_line import MAX_LINE
from waybill.core.rows import SourceFormat
from waybill.core.survey import MOST_COLUMNS, Columns, Survey, survey
from waybill.core.window import event_time


def seen(body: bytes, source: SourceFormat = SourceFormat.NDJSON, dataset: Dataset = TICKETS) -> Survey:
    return survey(io.BytesIO(body), source, dataset)


def test_a_survey_counts_rows_and_their_span() -> None:
    body = lines(ticket(1, at="2026-03-09T10:00:00Z"), b"nonsense", ticket(2, at="2026-03-09T10:30:00+02:00"), b"")
    found = seen(body)
    assert (found.rows, found.rejects, found.plain_size) == (2, 1, len(body))
    assert found.first == datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    assert found.last == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert found.columns == ("created_at:string", "ticket_id:string")


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-W10-1T10:00:00Z", "20260309T100000Z", "2026-03-09T10Z",
     "2026-03-09T10:00:00", "2026-02-30T10:00:00Z", "2026-03-09T24:00:00Z", "2026-03-09x10:00:00Z", "2026-03-09T10:00:00z"],
)  # fmt: skip
def test_what_the_row_engine_reads_no_time_from_is_no_time(text: str) -> None:
    assert event_time(text) is None
    assert seen(lines(ticket(1, at=text))).rejects == 1


@pytest.mark.parametrize("text", ["2026-03-09 10:00Z", "2026-03-09T10:00:00.123456789+0530", "2026-03-09T10:00:59+14"])
def test_what_the_row_engine_reads_is_read(text: str) -> None:
    assert event_time(text) is not None


@pytest.mark.parametrize(
    "line",
    [b'{"created_at": "2026-03-09T10:00:00Z", "first_response_seconds": 1.2345678901234567891}',
     b'{"created_at": "2026-03-09T10:00:00Z", "first_response_seconds": NaN}',
     b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\xff"}',
     b'{"created_at": "2026-03-09T10:00:00Z", "agent": "\\ud800"}',
     b"[1]", b"1", b'{"created_at": 5}', b"[" * 100_000],
)  # fmt: skip
def test_a_line_that_no_run_can_deliver_is_a_reject(line: bytes) -> None:
    found = seen(lines(line, ticket(1)))
    assert (found.rows, found.rejects) == (1, 1)


def test_of_a_time_that_is_there_twice_the_first_counts_as_the_row_engine_reads_it() -> None:
    line = b'{"created_at": "2026-03-09T10:00:00Z", "tags": {"created_at": 1}, "created_at": "2030-01-01T00:00:00Z"}'
    assert seen(line).last == datetime(2026, 3, 9, 10, tzinfo=UTC)


def test_a_line_without_an_end_is_one_reject_however_long_and_its_mark_of_utf8_is_none() -> None:
    body = b"\xef\xbb\xbf" + lines(ticket(1)) + b"x" * (2 * MAX_LINE + 9) + b"\n" + lines(ticket(2))
    found = seen(body)
    assert (found.rows, found.rejects, found.plain_size) == (2, 1, len(body))


def test_a_truncated_gzip_keeps_what_came_before_and_is_one_reject() -> None:
    rows = [ticket(n, agent=str(hash(n))) for n in range(5_000)]
    found = seen(gzip.compress(lines(*rows))[:-200], SourceFormat.NDJSON_GZ)
    assert found.rejects == 1
    assert 0 < found.rows < 5_000
    assert "damaged" in found.fault
    assert seen(gzip.compress(lines(*rows)), SourceFormat.NDJSON_GZ).plain_size == len(lines(*rows))
    assert seen(b"no gzip", SourceFormat.NDJSON_GZ).rejects == 1


def test_a_cut_connection_is_not_taken_for_a_file_that_ends_too_early() -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("cut")

    with pytest.raises(ConnectionResetError):
        survey(Cut(), SourceFormat.NDJSON_GZ, TICKETS)


def test_a_csv_is_surveyed_by_its_header() -> None:
    body = (
        b"ticket_id,created_at,odd\nt1,2026-03-09T10:00:00Z,\nt2,,\n\nt3,2026-03-09T11:00:00Z\n"
        b't4,2026-03-09T12:00:00Z,"a\nb"\nt5,2026-03-09T12:00:00Z,\xff\nt6,2026-03-09T12:00:00Z,"open'
    )
    found = seen(body, SourceFormat.CSV)
    assert (found.rows, found.rejects, found.plain_size) == (2, 4, len(body))
    assert found.columns == ("created_at:string", "odd:string", "ticket_id:string")


def test_a_csv_without_its_time_column_says_so() -> None:
    found = seen(b"ticket_id\nt1\nt2\n", SourceFormat.CSV)
    assert (found.rows, found.rejects) == (0, 2)
    assert "no column created_at" in found.fault


def test_columns_are_named_as_a_rule_would_address_them() -> None:
    rows = lines(
        {"id": "a", "at": "2026-03-09T10:00:00Z", "city": "Bonn", "attributes": {"visits": 1, "x": None}},
        {"id": "b", "at": "2026-03-09T10:00:00Z", "city": None, "attributes": {"visits": "two", "a.b": 1, "n": 1.5}},
    )
    assert seen(rows, dataset=OPEN).columns == (
        "at:string",
        "attributes.a.b:integer",
        "attributes.city:string",
        "attributes.n:number",
        "attributes.visits:integer|string",
        "attributes.x:null",
        "attributes:json",
        "id:string",
    )


def test_columns_are_bounded_and_the_catalogues_own_find_room() -> None:
    rows = [{f"c{n}": n for n in range(400)}, {f"d{n}": n for n in range(400)}, ticket(1)]
    found = seen(lines(*rows)).columns
    assert len(found) <= MOST_COLUMNS + 1
    assert found[-1] == "..."
    assert {"created_at:string", "ticket_id:string"} <= set(found)


def test_the_columns_of_an_object_fit_into_an_item_of_a_table() -> None:
    rows = [{"é" * n + str(m) for m in range(400)} for n in (1, 63, 127, 190, 300, 10_000)]
    for dataset in (TICKETS, OPEN):
        found = seen(lines(*({name: {} for name in row} for row in rows)), dataset=dataset).columns
        assert 400 < len(found) <= MOST_COLUMNS + 1
        assert sum(len(name.encode()) for name in found) < 250_000


def test_what_is_too_large_to_be_read_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "LARGEST_PLAIN", 1 << 20)
    bomb = gzip.compress(bytes(1 << 25))
    assert len(bomb) < 40_000
    for body in (bomb, gzip.compress(lines(ticket(1)) * 100_000)):
        found = seen(body, SourceFormat.NDJSON_GZ)
        assert (found.rows, found.rejects, found.columns) == (0, 1, ())
        assert "several files" in found.fault


KEYS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["id", "at", "attributes", "city"])
VALUES: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), st.text(max_size=3), st.just([])
)
ROWS = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=5)


@given(st.lists(ROWS, max_size=6))
def test_every_name_that_is_listed_can_be_asked_for(rows: list[dict[str, object]]) -> None:
    columns = Columns(OPEN)
    for row in rows:
        columns.see(row)
    names = [entry.rpartition(":")[0] for entry in columns.named()]
    assert len(set(names)) == len(names)
    assert all(OPEN.has(name) for name in names)


@given(st.lists(st.sampled_from([lines(ticket(1)), b"\n", b"{\n", b"  \r\n", b"5\n", lines(ticket(2, at="never"))])))
def test_every_line_is_a_row_or_a_reject_or_empty(parts: list[bytes]) -> None:
    found = seen(b"".join(parts))
    assert found.rows + found.rejects == sum(1 for part in parts if part.strip())
    assert found.rows == sum(1 for part in parts if part == lines(ticket(1)))
