"""What the windows of a schedule are and when they are due, found without the platform's code.

Every local day is asked whether it holds a boundary, and the zone's wall clock says when that is.

All instants are UTC seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from simulate.wall import DAY, Wall, local_day

_HOUR = 3_600


@dataclass(frozen=True)
class Recurrence:
    """One recurrence, said twice: `settings` for the platform (without a zone), the rest for the oracle.

    `holds`: whether a local day has boundaries, at `times` (seconds of the day); None where every UTC hour is one.
    `delivered`: the local second of the delivery, given the first day after the window; None where it is due when settled.
    """

    settings: Mapping[str, Any]
    holds: Callable[[date], bool] | None = None
    times: Collection[int] = (0,)
    delivered: Callable[[date], int] | None = None


class Expected(NamedTuple):
    start: int
    end: int
    due: int


def expected(recurrence: Recurrence, wall: Wall, start: date, end: date, settle: int) -> Iterator[Expected]:
    """The windows between the boundaries that local days in `[start, end)` hold, in order."""
    named = _boundaries(recurrence, wall, start, end)
    for begin, following in pairwise(sorted(named)):
        due = following + settle
        if recurrence.delivered is not None:
            due = max(due, wall.first_shows(recurrence.delivered(named[following])))
        yield Expected(begin, following, due)


def _boundaries(recurrence: Recurrence, wall: Wall, start: date, end: date) -> dict[int, date]:
    """Each boundary with the local day that named it."""
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    if recurrence.holds is None:
        return {local_day(day) + hour * _HOUR: day for day in days for hour in range(24)}
    return {
        wall.first_shows(local_day(day) + second): day
        for day in days
        if recurrence.holds(day)
        for second in recurrence.times
    }


def holding(windows: list[Expected], moment: int) -> int:
    """The place of the window that holds the moment."""
    return bisect_right(windows, moment, key=lambda w: w.start) - 1


def hourly() -> Recurrence:
    return Recurrence({"frequency": "hourly"})


def daily(at: int) -> Recurrence:
    return Recurrence({"frequency": "daily", "at": _clock(at)}, lambda _: True, delivered=lambda d: local_day(d) + at)


def weekly(numbers: Collection[int], at: int) -> Recurrence:
    """`numbers`: 0 for Monday."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    first, *others = sorted(numbers)

    def delivered(day: date) -> int:
        return local_day(day) + (first * DAY if day.weekday() == 0 else 0) + at

    settings = {"frequency": "weekly", "at": _clock(at), "weekdays": [names[n] for n in sorted(numbers)]}
    return Recurrence(settings, lambda d: d.weekday() == 0 or d.weekday() in others, delivered=delivered)


def monthly(every: int, month: int, day: int, at: int) -> Recurrence:
    """`every` 1, 3 or 12 months, delivered in the `month`th of the next such period."""
    frequency = {1: "monthly", 3: "quarterly", 12: "yearly"}[every]

    def delivered(first: date) -> int:
        place = first.replace(month=first.month + month - 1)
        last = monthrange(place.year, place.month)[1]
        return local_day(place.replace(day=min(day, last))) + at

    settings = {"frequency": frequency, "at": _clock(at), "day": day, **({"month": month} if every > 1 else {})}
    return Recurrence(settings, lambda d: d.day == 1 and d.month % every == 1 % every, delivered=delivered)


def once(first: date, last: date) -> Recurrence:
    """The days from `first` to `last`, both included."""
    ends = {first, last + timedelta(days=1)}
    settings = {"frequency": "once", "first_day": first.isoformat(), "last_day": last.isoformat()}
    return Recurrence(settings, lambda day: day in ends)


def cron(
    minutes: Collection[int],
    hours: Collection[int],
    days: Collection[int] = (),
    months: Collection[int] = (),
    weekdays: Collection[int] = (),
) -> Recurrence:
    """None of `days`, `months` or `weekdays` (0 for Sunday) means every one."""

    def holds(day: date) -> bool:
        if months and day.month not in months:
            return False
        fits = [day.day in days] * bool(days) + [day.isoweekday() % 7 in weekdays] * bool(weekdays)
        return any(fits) or not fits

    fields = (minutes, hours, days, months, weekdays)
    expression = " ".join(",".join(map(str, sorted(field))) or "*" for field in fields)
    times = [hour * _HOUR + minute * 60 for hour in hours for minute in minutes]
    return Recurrence({"frequency": "cron", "expression": expression}, holds, times)


def _clock(at: int) -> str:
    return f"{at // _HOUR:02}:{at % _HOUR // 60:02}"
