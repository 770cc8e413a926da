"""Boundaries and deliveries against an oracle that reads zone files itself and asks every day.

WAYBILL_ALL_ZONES=1 compares every zone from 1970 to 2037, in about ten minutes.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from pydantic import TypeAdapter

from simulate.oracle import Expected, Recurrence, cron, daily, expected, holding, hourly, monthly, weekly
from simulate.wall import wall
from waybill.core.schedule import first_boundary, occurrences, windows_between
from waybill.core.schedule_settings import AnySchedule, Schedule
from waybill.core.zones import zone_names

pytestmark = pytest.mark.thorough
ADAPTER: TypeAdapter[AnySchedule] = TypeAdapter(Schedule)
SETTLE = 300
HOUR = 3_600
HARD_ZONES = [
    *("Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Caracas", "America/Havana", "America/New_York"),
    *("America/Nuuk", "America/Santiago", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza"),
    *("Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin"),
    *("Europe/Dublin", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein"),
]
ALL = bool(os.environ.get("WAYBILL_ALL_ZONES"))
ZONES = sorted(zone_names()) if ALL else HARD_ZONES
FIRST, LAST = date(1970, 1, 1), date(2038, 1, 1)
RECURRENCES = {
    "daily": daily(2 * HOUR + 1800),
    "weekly": weekly([3], 0),
    "weekdays": weekly([1, 4, 6], 23 * HOUR + 3540),
    "monthly": monthly(1, 1, 31, 6 * HOUR),
    "quarterly": monthly(3, 2, 31, 0),
    "yearly": monthly(12, 2, 29, 12 * HOUR),
    "workdays": cron([30], [6], weekdays=[1, 2, 3, 4, 5]),
    "small hours": cron([0, 30], [0, 1, 2, 3, 23]),
    "either day": cron([15], [0], days=[1, 30], months=[3, 4, 10, 11, 12], weekdays=[0, 5]),
}
DENSE = {"daily", "weekdays", "workdays", "small hours"}
"""Of these only the days around each change of the clocks are compared, unless all is."""


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def spans(zone: str, kind: str) -> list[tuple[date, date]]:
    if ALL or kind not in DENSE:
        return [(FIRST, LAST)]
    days = [FIRST + timedelta(days=at // 86_400) for at in wall(zone).changes_between(FIRST, LAST)]
    return [(day - timedelta(days=2), day + timedelta(days=3)) for day in days]


@pytest.mark.parametrize("kind", RECURRENCES)
@pytest.mark.parametrize("zone", ZONES)
def test_every_window_is_the_oracles(zone: str, kind: str) -> None:
    recurrence, reach = RECURRENCES[kind], timedelta(days=5 if kind in DENSE else 400)
    schedule = ADAPTER.validate_python({**recurrence.settings, "zone": zone})
    for first, last in spans(zone, kind):
        around = expected(recurrence, wall(zone), first - reach, last + reach, SETTLE)
        start, end = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (first, last))
        wanted = [(w.start, w.end) for w in around if w.end > seconds(start) and w.start < seconds(end)]
        found = list(windows_between(schedule, start, end))
        assert [(seconds(w.start), seconds(w.end)) for w in found] == wanted


@pytest.mark.parametrize("kind", RECURRENCES)
@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Africa/Cairo", "Pacific/Apia", "America/Nuuk", "Australia/Lord_Howe"]
)
def test_every_delivery_is_the_oracles_however_one_gets_there(zone: str, kind: str) -> None:
    for created, days in ((datetime(2011, 12, 20, 11, tzinfo=UTC), 20), (datetime(2023, 3, 20, 11, tzinfo=UTC), 50)):
        compare_occurrences(RECURRENCES[kind], zone, created, days)
    compare_occurrences(RECURRENCES[kind], zone, datetime(2023, 10, 20, 11, tzinfo=UTC), 15)


def test_hours_are_utc_hours_in_every_zone() -> None:
    compare_occurrences(hourly(), "Australia/Lord_Howe", datetime(2026, 4, 1, 11, 20, tzinfo=UTC), 200)


def compare_occurrences(recurrence: Recurrence, zone: str, created: datetime, days: int) -> None:
    """One window after another, as a rule's cursor goes."""
    schedule = ADAPTER.validate_python({**recurrence.settings, "zone": zone})
    day = created.date()
    reach = timedelta(days=400)
    wanted = list(expected(recurrence, wall(zone), day - reach, day + reach + timedelta(days=days), SETTLE))
    wanted = wanted[holding(wanted, seconds(created)) :]
    wanted = [w for w in wanted if w.start < seconds(created) + days * 86_400]
    start = first_boundary(schedule, created)
    found = islice(occurrences(schedule, start, timedelta(seconds=SETTLE)), len(wanted))
    assert [Expected(seconds(o.window.start), seconds(o.window.end), seconds(o.due)) for o in found] == wanted
