"""Boundaries: the instants at which one window of a recurring schedule ends and the next starts.

A schedule names boundaries as local times of local days; each is converted on its own. In a gap of the clocks, two of them may
become one instant, or change their order: what is given here is strictly rising.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from waybill.core.cron import Expression, parse_cron
from waybill.core.schedule_settings import Cron, Daily, Hourly, Monthly, Quarterly, Recurring, Weekly, Yearly
from waybill.core.window import floor_hour, to_local, to_utc
from waybill.core.zones import zone_named

_DAY = timedelta(days=1)
_MIDNIGHT = "0 0 * * *"
_LOOK_BACK_DAYS = (2, 8, 32, 400, 4_000)
"""How far back the latest boundary is looked for, one after another: 29 February may be eight years away. Two at least: what a
gap moved to a day comes before the last that the day itself names.
"""


def boundaries_after(schedule: Recurring, moment: datetime) -> Iterator[datetime]:
    """Every boundary later than `moment`, strictly rising, endless: UTC, whole seconds."""
    if isinstance(schedule, Hourly):
        yield from (floor_hour(moment) + timedelta(hours=n) for n in count(1))
    zone = zone_named(schedule.zone)
    # A time of the day before that lies in a gap may have moved to this day.
    for boundary in _rising(schedule, zone, to_local(moment, zone).date() - _DAY):
        if boundary > moment:
            yield boundary


def latest_boundary(schedule: Recurring, moment: datetime) -> datetime:
    """The last boundary that is not later than `moment`: UTC, whole seconds."""
    if isinstance(schedule, Hourly):
        return floor_hour(moment)
    zone = zone_named(schedule.zone)
    for back in _LOOK_BACK_DAYS:
        first = to_local(moment, zone).date() - back * _DAY
        passed = list(takewhile(lambda b: b <= moment, _rising(schedule, zone, first)))
        if passed:
            return passed[-1]
    raise ValueError(f"{schedule.frequency} has no boundary before {moment}")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Where a local day starts, or where it would."""
    return to_utc(datetime.combine(day, time()), zone)


def _rising(schedule: Recurring, zone: ZoneInfo, first: date) -> Iterator[datetime]:
    """The boundaries that are named by `first` and the days after it."""
    expression = schedule.expression if isinstance(schedule, Cron) else _MIDNIGHT
    waiting: set[datetime] = set()
    for day in _days(schedule, first):
        earliest = _earliest(day, zone)
        if waiting:
            yield from sorted(b for b in waiting if b < earliest)
        waiting = {b for b in waiting if b >= earliest} | _named(expression, day, zone)


@lru_cache(maxsize=512)
def _named(expression: str, day: date, zone: ZoneInfo) -> frozenset[datetime]:
    """The instants of the expression's times on that day; they are the same for every rule of it in that zone."""
    return frozenset(to_utc(datetime.combine(day, at), zone) for at in parse_cron(expression).times)


@lru_cache(maxsize=4096)
def _earliest(day: date, zone: ZoneInfo) -> datetime:
    """No time of that local day, or of a later one, comes before this. Only a gap at midnight lets it come before midnight, and
    no gap is longer than a day.
    """
    start = midnight(day, zone)
    return start if to_local(start, zone) == datetime.combine(day, time()) else start - _DAY


def _days(schedule: Recurring, first: date) -> Iterator[date]:
    """The local days from `first` on that hold a boundary; endless."""
    every = (first + n * _DAY for n in count())
    match schedule:
        case Hourly() | Daily():
            return every
        case Weekly():
            cuts = {0, *(w.number for w in schedule.weekdays[1:])}
            return (day for day in every if day.weekday() in cuts)
        case Monthly():
            return _month_starts(first, 1)
        case Quarterly():
            return _month_starts(first, 3)
        case Yearly():
            return _month_starts(first, 12)
        case Cron():
            return _fire_days(parse_cron(schedule.expression), first)


def _month_starts(first: date, step: int) -> Iterator[date]:
    """The first days of every `step`th month, from January on."""
    month = first.year * 12 + first.month - (1 if first.day == 1 else 0)
    return (date(n // 12, n % 12 + 1, 1) for n in count(month + -month % step, step))


def _fire_days(cron: Expression, first: date) -> Iterator[date]:
    for month in _month_starts(first.replace(day=1), 1):
        if month.month in cron.months:
            days = (month + n * _DAY for n in range(monthrange(month.year, month.month)[1]))
            yield from (day for day in days if day >= first and cron.on(day))
