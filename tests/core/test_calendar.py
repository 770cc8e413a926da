from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from waybill.core.calendar import Entry, MarkKind, calendar_from
from waybill.core.schedule import first_boundary
from waybill.core.schedule_settings import AnySchedule, Schedule
from waybill.core.window import to_local
from waybill.core.zones import zone_named, zone_names

SETTLE = timedelta(minutes=5)
ADAPTER: TypeAdapter[AnySchedule] = TypeAdapter(Schedule)


def calendar(when: str, most: int, **given: Any) -> list[Entry]:
    made = ADAPTER.validate_python(given)
    start = first_boundary(made, datetime.fromisoformat(when).replace(tzinfo=UTC))
    return calendar_from(made, start, SETTLE, most)


def said(entries: list[Entry]) -> list[list[str]]:
    return [[f"{m.kind.value}: {m.sentence}" for m in e.marks] for e in entries]


BERLIN: dict[str, Any] = {"zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("given_", "when", "marks"),
    [
        ({"frequency": "daily", "at": "06:00", **BERLIN}, "2026-06-01", []),
        (
            {"frequency": "daily", "at": "06:00", **BERLIN},
            "2026-03-29",
            ["shorter: This day has 23 hours, not 24 hours: clocks go forward on 2026-03-29."],
        ),
        (
            {"frequency": "daily", "at": "02:30", **BERLIN},
            "2026-03-28",
            ["gap: 02:30 does not exist on 2026-03-29; it is delivered at 03:30."],
        ),
        (
            {"frequency": "daily", "at": "02:30", **BERLIN},
            "2026-10-24",
            ["fold: 02:30 comes twice on 2026-10-25; it is delivered at the first."],
        ),
        (
            {"frequency": "daily", "at": "00:00", "zone": "America/Havana"},
            "2025-11-01T12:00",
            ["fold: 00:00 comes twice on 2025-11-02; the window ends at the first."],
        ),
        (
            {"frequency": "daily", "zone": "Africa/Cairo"},
            "2026-04-24",
            [
                "gap: 00:00 does not exist on 2026-04-24; the window starts at 01:00.",
                "shorter: This day has 23 hours, not 24 hours: clocks go forward on 2026-04-24.",
            ],
        ),
        (
            {"frequency": "daily", "zone": "Australia/Lord_Howe"},
            "2026-04-04T14:00",
            ["longer: This day has 24 hours 30 minutes, not 24 hours: clocks go back on 2026-04-05."],
        ),
        (
            {"frequency": "daily", "zone": "Pacific/Apia"},
            "2011-12-29T12:00",
            ["gap: 2011-12-30 does not exist: the clocks skip it."],
        ),
        (
            {"frequency": "weekly", "zone": "Pacific/Apia"},
            "2011-12-29T12:00",
            ["gap: 2011-12-30 does not exist: the clocks skip it."],
        ),
        (
            {"frequency": "weekly", **BERLIN},
            "2026-10-24",
            ["longer: This week has 169 hours, not 168 hours: clocks go back on 2026-10-25."],
        ),
        (
            {"frequency": "weekly", "weekdays": ["monday", "friday"], **BERLIN},
            "2026-10-24",
            ["longer: This window has 73 hours, not 72 hours: clocks go back on 2026-10-25."],
        ),
        (
            {"frequency": "monthly", **BERLIN},
            "2026-03-05",
            ["shorter: This month has 743 hours, not 744 hours: clocks go forward on 2026-03-29."],
        ),
        (
            {"frequency": "quarterly", **BERLIN},
            "2026-03-05",
            ["shorter: This quarter has 2159 hours, not 2160 hours: clocks go forward on 2026-03-29."],
        ),
        ({"frequency": "yearly", **BERLIN}, "2026-03-05", []),
        (
            {"frequency": "once", "first_day": "2026-03-29", "last_day": "2026-03-30", **BERLIN},
            "2026-03-05",
            ["shorter: This window has 47 hours, not 48 hours: clocks go forward on 2026-03-29."],
        ),
        (
            {"frequency": "cron", "expression": "30 2 * * *", **BERLIN},
            "2026-03-29T02:00",
            [
                "gap: 02:30 does not exist on 2026-03-29; the window starts at 03:30.",
                "shorter: This window has 23 hours, not 24 hours: clocks go forward on 2026-03-29.",
            ],
        ),
        (
            {"frequency": "cron", "expression": "0,30 2,3 * * *", **BERLIN},
            "2026-03-28T20:00",
            ["shorter: This window has 22 hours 30 minutes, not 23 hours 30 minutes: clocks go forward on 2026-03-29."],
        ),
        (
            {"frequency": "hourly", **BERLIN},
            "2026-10-25T01:30",
            ["fold: 02:00 comes twice on 2026-10-25; the window starts at the second."],
        ),
    ],
)
def test_a_run_that_a_clock_change_alters_says_how(given_: dict[str, Any], when: str, marks: list[str]) -> None:
    assert said(calendar(when, 1, **given_)) == [marks]


def test_a_skipped_day_is_said_of_the_window_before_it_alone() -> None:
    assert [len(marks) for marks in said(calendar("2011-12-28T12:00", 3, frequency="daily", zone="Pacific/Apia"))] == [
        0,
        1,
        0,
    ]


def test_a_delivery_that_waits_for_rows_says_nothing_about_its_local_time() -> None:
    """Midnight comes twice at Havana, but the run is due only when its rows have settled."""
    found = calendar("2025-11-01T12:00", 1, frequency="daily", zone="America/Havana")
    assert not any("delivered" in m.sentence for m in found[0].marks)


def test_a_calendar_ends_where_its_schedule_does() -> None:
    assert len(calendar("2026-03-01", 9, frequency="daily", ends_at="2026-03-05T00:00:00Z")) == 4
    assert len(calendar("2026-03-01", 9, frequency="once", first_day="2026-03-01", last_day="2026-03-02")) == 1
    assert calendar("2026-03-01", 9, frequency="manual") == []


@given(
    zone=st.sampled_from(sorted(zone_names())),
    frequency=st.sampled_from(["daily", "weekly", "monthly", "quarterly"]),
    when=st.datetimes(datetime(1975, 1, 1), datetime(2036, 1, 1)),  # noqa: DTZ001
)
def test_a_window_is_marked_where_it_is_not_as_long_as_its_local_times_say(
    zone: str, frequency: str, when: datetime
) -> None:
    found = calendar(when.isoformat(), 12, frequency=frequency, zone=zone)
    assert all(b.window.start == a.window.end for a, b in pairwise(found))
    for entry in found:
        start, end = (to_local(b, zone_named(zone)) for b in (entry.window.start, entry.window.end))
        plain = end - start == entry.window.end - entry.window.start
        odd = {MarkKind.LONGER, MarkKind.SHORTER, MarkKind.GAP} & {m.kind for m in entry.marks}
        assert plain or odd, entry
        if not plain and start.time() == end.time():
            assert odd == {MarkKind.GAP} or odd & {MarkKind.LONGER, MarkKind.SHORTER}, entry
