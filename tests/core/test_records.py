from __future__ import annotations

import gzip
import io
import json

import pytest

from tests.core.lake import OPEN, TICKETS, lines, ticket
from tests.core.made import CATALOG
from waybill.core import records
from waybill.core.errors import InvalidInput
from waybill.core.lake_keys import parse_key
from waybill.core.records import LONGEST_RECORD, Intake, take_records, unzipped
from waybill.core.rows import SourceFormat
from waybill.core.survey import survey


def taken(body: bytes, name: str = "one") -> Intake:
    return take_records(body, "acme", TICKETS, name)


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
        ticket(8, at="0001-01-01T00:00:00Z"),
        ticket(9, at="0001-01-01T00:00:00+01:00"),
        ticket(10, first_response_seconds=10**400),
    )
    intake = taken(body)
    assert intake.accepted == 4
    assert [r.line for r in intake.rejects] == [2, 4, 5, 6, 7, 8, 11, 12]
    assert "unknown field 'colour'" in intake.rejects[2].reason
    assert intake.rejects[0].record == "{broken"
    folders = ["dt=0001-01-01/hr=00", "dt=2026-03-09/hr=10", "dt=2026-03-10/hr=12"]
    assert sorted("/".join(k.split("/")[2:4]) for k in intake.objects) == folders
    assert all(parse_key(k) for k in intake.objects)


def test_what_is_taken_is_what_the_survey_counts_and_is_kept_as_it_was_sent() -> None:
    sent = b'{"ticket_id": "t1",  "created_at": "2026-03-09T10:00:00Z", "first_response_seconds": 1.50}'
    (kept,) = taken(sent + b"\r\n").objects.values()
    assert gzip.decompress(kept) == sent + b"\n"
    assert survey(io.BytesIO(kept), SourceFormat.NDJSON_GZ, TICKETS).rows == 1


def test_the_same_request_again_makes_the_same_objects_and_another_one_others() -> None:
    body = lines(ticket(1), ticket(2))
    assert taken(body).objects == taken(body).objects
    assert not taken(body).objects.keys() & taken(body, "two").objects.keys()


def test_unknown_fields_are_taken_where_the_dataset_is_open() -> None:
    body = lines({"id": "a", "at": "2026-03-09T10:00:00Z", "city": "Bonn", "attributes": {"visits": 1}})
    intake = take_records(body, "acme", OPEN, "one")
    assert (intake.accepted, intake.rejects) == (1, [])
    (kept,) = intake.objects.values()
    assert gzip.decompress(kept) == body


def test_a_refused_record_is_kept_up_to_a_length_and_as_one_line() -> None:
    intake = taken(b'{"agent": "\xff' + b"x" * LONGEST_RECORD + b"\n")
    line = intake.rejects[0].as_line()
    assert line.count(b"\n") == 1
    assert len(json.loads(line)["record"]) == LONGEST_RECORD
    assert json.loads(line)["line"] == 1


def test_no_record_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="no record"):
        taken(b"\n \n")
    monkeypatch.setattr(records, "MOST_LINES", 2)
    with pytest.raises(InvalidInput, match="more than 2 lines"):
        taken(lines(ticket(1), ticket(2), ticket(3)))


def test_every_dataset_takes_a_row_with_its_key_and_its_time_alone() -> None:
    for dataset in CATALOG.values():
        body = lines({dataset.key_field: "a", dataset.time_field: "2026-03-09T10:00:00Z"})
        assert take_records(body, "acme", dataset, "one").accepted == 1


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
