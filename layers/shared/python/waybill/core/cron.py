"""Cron expressions: five fields (minute, hour, day of the month, month, day of the week) and the local times they name.

Lists, ranges, steps and English names are taken. A field that leaves out some of its values restricts; where both the day of
the month and the day of the week do, a day that either of them names counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import pairwise

CLOSEST_MINUTES = 5
"""Fire times nearer to each other than this are refused: each is a run with files of its own."""
_CYCLE_DAYS = 28 * 366
"""After 28 years every date has met every weekday, leap years included."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """Names of the values, from `low` on."""

    @property
    def allowed(self) -> str:
        named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{named}"


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True)
class Expression:
    """What an expression names. `times`: local times of a day, rising; `weekdays` count from Sunday, 0."""

    times: tuple[time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def on(self, day: date) -> bool:
        """Whether it fires on that day."""
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if len(self.days) < 31 and len(self.weekdays) < 7:
            return of_month or of_week
        return of_month and of_week

    def fires_at(self, day: date, at: time) -> bool:
        return at in self.times and self.on(day)


@lru_cache(maxsize=1024)
def parse_cron(expression: str) -> Expression:
    """Raises ValueError, which says which field is wrong and what may stand there; also where it never fires, or more often
    than every five minutes.
    """
    texts = expression.lower().split()
    if len(texts) != len(_FIELDS):
        raise ValueError(
            f"a cron expression has five fields, minute, hour, day of the month, month and day of the week; this has"
            f" {len(texts)}. 06:30 from Monday to Friday is: 30 6 * * mon-fri"
        )
    minutes, hours, days, months, weekdays = (
        frozenset(_values(text, field)) for text, field in zip(texts, _FIELDS, strict=True)
    )
    times = tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes))
    cron = Expression(times, days, months, frozenset(day % 7 for day in weekdays))
    _check_ever(cron)
    _check_distance(cron)
    return cron


def _values(text: str, field: _Field) -> Iterator[int]:
    for item in text.split(","):
        span, slash, step = item.partition("/")
        low, high = _span(span, item, field)
        if slash and not (_is_number(step) and 1 <= int(step) <= field.high):
            raise _wrong(item, field, f"a step is a number from 1 to {field.high}, as in */5")
        if slash and span.isalnum():
            raise _wrong(item, field, f"a step needs * or a range, as in {span}-{field.high}/{step}")
        yield from range(low, high + 1, int(step) if slash else 1)


def _span(span: str, item: str, field: _Field) -> tuple[int, int]:
    if span == "*":
        return field.low, field.high
    first, dash, last = span.partition("-")
    low = _value(first, item, field)
    high = _value(last, item, field) if dash else low
    if field.names is _WEEKDAYS and high == 0 < low:
        return low, 7
    if high < low:
        raise _wrong(item, field, "a range goes from the smaller to the larger; write two ranges with a comma between")
    return low, high


def _value(text: str, item: str, field: _Field) -> int:
    if text in field.names:
        return field.low + field.names.index(text)
    if not _is_number(text) or not field.low <= int(text) <= field.high:
        raise _wrong(item, field, f"use {field.allowed}, or *, lists (1,3), ranges (1-3) and steps (*/5)")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3


def _wrong(item: str, field: _Field, allowed: str) -> ValueError:
    return ValueError(f"{item!r} cannot stand in the field {field.name}: {allowed}")


def _check_ever(cron: Expression) -> None:
    longest = max(monthrange(2024, month)[1] for month in cron.months)
    if len(cron.weekdays) == 7 and min(cron.days) > longest:
        raise ValueError(
            f"it never fires: no month that it names has a day {min(cron.days)}; choose an earlier day or other months"
        )


def _check_distance(cron: Expression) -> None:
    """Two times of one day, or the last of a day and the first of the next."""
    overnight = [(cron.times[-1], cron.times[0])] if _on_two_days_running(cron) else []
    for one, following in [*pairwise(cron.times), *overnight]:
        minutes = (following.hour - one.hour) * 60 + following.minute - one.minute
        if minutes % (24 * 60) < CLOSEST_MINUTES and len(cron.times) > 1:
            raise ValueError(
                f"it fires at {one:%H:%M} and again at {following:%H:%M}; leave at least {CLOSEST_MINUTES} minutes between"
                " two times, as in */5"
            )


def _on_two_days_running(cron: Expression) -> bool:
    days = (date(2000, 1, 1) + timedelta(days=n) for n in range(_CYCLE_DAYS))
    return any(cron.on(one) and cron.on(following) for one, following in pairwise(days))
