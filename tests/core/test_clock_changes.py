from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from waybill.core.clock_changes import ClockChange, Oddity, clock_changes, oddity
from waybill.core.zones import zone_named

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "year", "found"),
    [
        (
            "Europe/Berlin",
            2026,
            [
                ClockChange(datetime(2026, 3, 29, 1, tzinfo=UTC), HOUR, date(2026, 3, 29)),
                ClockChange(datetime(2026, 10, 25, 1, tzinfo=UTC), -HOUR, date(2026, 10, 25)),
            ],
        ),
        ("Asia/Kolkata", 2026, []),
        ("Pacific/Apia", 2026, []),
        (
            "America/St_Johns",
            2010,
            [
                ClockChange(datetime(2010, 3, 14, 3, 31, tzinfo=UTC), HOUR, date(2010, 3, 14)),
                ClockChange(datetime(2010, 11, 7, 2, 31, tzinfo=UTC), -HOUR, date(2010, 11, 6)),
            ],
        ),
    ],
)
def test_the_changes_of_a_year_are_found_to_the_second(zone: str, year: int, found: list[ClockChange]) -> None:
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    assert list(clock_changes(zone_named(zone), start, end)) == found


def test_a_change_at_the_start_counts_and_one_at_the_end_does_not() -> None:
    zone, at = zone_named("Europe/Berlin"), datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert len(list(clock_changes(zone, at, at + HOUR))) == 1
    assert list(clock_changes(zone, at - HOUR, at)) == []
    assert list(clock_changes(zone, at, at)) == []


def test_the_day_that_samoa_skipped_is_the_day_of_its_change() -> None:
    found = clock_changes(
        zone_named("Pacific/Apia"), datetime(2011, 12, 1, tzinfo=UTC), datetime(2012, 1, 9, tzinfo=UTC)
    )
    assert [(c.by, c.day) for c in found] == [(timedelta(days=1), date(2011, 12, 30))]


@pytest.mark.parametrize(
    ("local", "found"),
    [
        ("2026-03-29T01:59", None),
        ("2026-03-29T02:00", Oddity.GAP),
        ("2026-03-29T02:59", Oddity.GAP),
        ("2026-03-29T03:00", None),
        ("2026-10-25T02:00", Oddity.FOLD),
        ("2026-10-25T03:00", None),
    ],
)
def test_what_is_odd_about_a_local_time_of_berlin(local: str, found: Oddity | None) -> None:
    assert oddity(datetime.fromisoformat(local), zone_named("Europe/Berlin")) is found
