from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime

import pytest

from tests.core.made import CATALOG
from waybill.core.ingest import media_key, parse_key, survey, take_records, unzipped
from waybill.core.rows import SourceFormat

TICKETS = CATALOG["chat_tickets"]


def lines(*rows: object) -> bytes:
    return b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in rows)


def ticket(number: int, at: str = "2026-03-09T10:00:00Z", **more: object) -> dict[str, object]:
    return {"ticket_id": f"t{number}", "created_at": at, **more}


def test_a_key_says_whose_data_it_is() -> None:
    place = parse_key("tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.ndjson.gz")
    assert place is not None
    assert (place.tenant, place.dataset, place.format) == ("acme", "chat_tickets", SourceFormat.NDJSON_GZ)


@pytest.mark.parametrize(
    "key",
    [
        "chat_tickets/x.ndjson",
        "tenant=Acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.ndjson",
        "tenant=acme/dataset=chat_tickets/x.ndjson",
        "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.exe",
        "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/deeper/x.ndjson",
    ],
)
def test_a_key_that_follows_no_rule_is_nobodys(key: str) -> None:
    assert parse_key(key) is None


@pytest.mark.parametrize("name", ["", "..", "../other/x.wav", "a//b.wav", "/x.wav", "a\\b.wav", "./x"])
def test_a_media_name_cannot_leave_its_folder(name: str) -> None:
    assert media_key("acme", "recordings", name) is None


def test_good_records_are_kept_by_day_and_bad_ones_named() -> None:
    body = lines(
        ticket(1),
        b"{broken",
        ticket(2, at="2026-03-09T11:59:59+01:00"),
        {"ticket_id": "t3"},
        ticket(4, colour="red"),
        ticket(5, reopened="yes"),
        ticket(6, at="yesterday"),
        [1, 2],
        ticket(7, at="2026-03-10T12:00:00Z"),
    )
    intake = take_records(body, "acme", TICKETS)
    assert intake.accepted == 3
    assert [r["line"] for r in intake.rejects] == [2, 4, 5, 6, 7, 8]
    assert "unknown field 'colour'" in intake.rejects[2]["reason"]
    assert sorted("/".join(k.split("/")[2:4]) for k in intake.objects) == ["dt=2026-03-09/hr=10", "dt=2026-03-10/hr=12"]
    assert all(parse_key(k) for k in intake.objects)


def test_the_same_records_again_are_the_same_objects() -> None:
    body = lines(ticket(1), ticket(2))
    assert take_records(body, "acme", TICKETS).objects == take_records(body, "acme", TICKETS).objects


def test_a_survey_counts_rows_and_their_span() -> None:
    body = lines(ticket(1, at="2026-03-09T10:00:00Z"), b"nonsense", ticket(2, at="2026-03-09T10:30:00+02:00"), b"")
    seen = survey(io.BytesIO(body), SourceFormat.NDJSON, TICKETS)
    assert (seen.rows, seen.rejects) == (2, 1)
    assert seen.first == datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    assert seen.last == datetime(2026, 3, 9, 10, tzinfo=UTC)


def test_a_truncated_gzip_is_a_reject_and_not_the_end() -> None:
    whole = gzip.compress(lines(*(ticket(n) for n in range(5_000))))
    seen = survey(io.BytesIO(whole[:-200]), SourceFormat.NDJSON_GZ, TICKETS)
    assert seen.rejects == 1
    assert seen.rows > 0


def test_a_csv_is_surveyed_by_its_header() -> None:
    body = b"ticket_id,created_at\nt1,2026-03-09T10:00:00Z\nt2,\n"
    seen = survey(io.BytesIO(body), SourceFormat.CSV, TICKETS)
    assert (seen.rows, seen.rejects) == (1, 1)


def test_a_body_is_unzipped_within_its_limit() -> None:
    assert unzipped(gzip.compress(b"abc"), "gzip", 10) == b"abc"
    assert unzipped(b"abc", "", 10) == b"abc"
    for body, encoding, said in [
        (gzip.compress(b"x" * 100), "gzip", "grows beyond"),
        (gzip.compress(b"abc")[:-4], "gzip", "ends too early"),
        (b"abc", "gzip", "broken"),
        (b"abc", "br", "not known"),
    ]:
        with pytest.raises(ValueError, match=said):
            unzipped(body, encoding, 10)
