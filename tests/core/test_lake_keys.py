from __future__ import annotations

from datetime import date

import pytest

from waybill.core.lake_keys import (
    LakePlace,
    media_key,
    merged_key,
    parse_key,
    partition_of,
    rejects_key,
    request_key,
)
from waybill.core.rows import SourceFormat


@pytest.mark.parametrize(
    ("ending", "source"),
    [
        ("ndjson", SourceFormat.NDJSON),
        ("ndjson.gz", SourceFormat.NDJSON_GZ),
        ("csv", SourceFormat.CSV),
        ("parquet", SourceFormat.PARQUET),
    ],
)
def test_a_key_says_whose_data_it_is(ending: str, source: SourceFormat) -> None:
    key = f"dt=2026-03-09/hr=10/x.{ending}"
    assert parse_key(f"tenant=acme/dataset=tickets/{key}") == LakePlace("acme", "tickets", source)
    assert parse_key(f"tenant=acme/dataset=tickets/archived/{key}") == LakePlace("acme", "tickets", source, True)


@pytest.mark.parametrize(
    "key",
    [
        "chat_tickets/x.ndjson",
        "tenant=Acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.ndjson",
        "tenant=acme/dataset=chat_tickets/x.ndjson",
        "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.exe",
        "tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/deeper/x.ndjson",
        "tenant=acme/dataset=chat_tickets/archived/archived/dt=2026-03-09/hr=10/x.ndjson",
        "tenant=acme/rejects/dt=2026-03-09/x.ndjson",
        "x/tenant=acme/dataset=chat_tickets/dt=2026-03-09/hr=10/x.ndjson",
    ],
)
def test_a_key_that_follows_no_rule_is_nobodys(key: str) -> None:
    assert parse_key(key) is None


def test_what_the_platform_writes_itself_is_never_taken_for_records() -> None:
    day = date(2026, 3, 9)
    for key in (
        rejects_key("acme", "tickets", day, "x"),
        request_key("acme", "tickets", "x"),
        merged_key("acme", "tickets", "x"),
        media_key("acme", "tickets", "dt=2026-03-09/hr=00/x.ndjson") or "",
    ):
        assert parse_key(key) == LakePlace("acme", "tickets", None), key
    assert parse_key(rejects_key("acme", "", day, "x")) is None


@pytest.mark.parametrize("name", ["", "..", "../other/x.wav", "a//b.wav", "/x.wav", "a\\b.wav", "./x"])
def test_a_media_name_cannot_leave_its_folder(name: str) -> None:
    assert media_key("acme", "recordings", name) is None


def test_a_folder_is_a_day_whatever_the_objects_are_called() -> None:
    folder = "tenant=acme/dataset=tickets/archived/dt=2026-03-09"
    assert partition_of(f"{folder}/hr=07/odd hr=1 name.ndjson") == folder
