"""Schedules: which windows a rule has, and when each of them is due.

A window is a calendar period of the schedule's zone (an hour is a UTC hour); when it is delivered is a second, separate
thing, so that moving the delivery to another weekday or hour never moves a window. Windows tile time: the start of a
window is the end of the one before, over every clock change.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise

from waybill.core.boundaries import boundaries_after, latest_boundary, midnight
from waybill.core.schedule_settings import (
    AnySchedule,
    Arrival,
    Calendar,
    Cron,
    Daily,
    Hourly,
    Monthly,
    Once,
    OnDemand,
    Quarterly,
    Weekly,
    WithoutClock,
    Yearly,
)
from waybill.core.window import Window, to_local, to_utc, whole_second_up
from waybill.core.zones import zone_named


@dataclass(frozen=True)
class Occurrence:
    """One window and the instant from which it may be run."""

    window: Window
    due: datetime


def first_boundary(schedule: AnySchedule, created: datetime) -> datetime:
    """Where the first window starts: UTC, whole seconds."""
    if isinstance(schedule, Once):
        return _once(schedule).start
    if isinstance(schedule, Arrival):
        return created.astimezone(UTC).replace(microsecond=0)
    begin = (schedule.starts_at or created).astimezone(UTC)
    if isinstance(schedule, OnDemand):
        return whole_second_up(begin) if schedule.starts_at else begin.replace(microsecond=0)
    return latest_boundary(schedule, begin)


def occurrence_from(schedule: AnySchedule, start: datetime, settle: timedelta) -> Occurrence | None:
    """The window that starts at `start`, a boundary, and when it is due; None where the schedule has no more.

    `settle` is how long after its end a window's rows may still be on their way; no window is due before that.
    """
    if isinstance(schedule, WithoutClock):
        return None
    if isinstance(schedule, Once):
        window = _once(schedule)
        return Occurrence(window, window.end + settle) if start == window.start else None
    window = Window(start, next(boundaries_after(schedule, start)))
    if schedule.ends_at is not None and window.end > schedule.ends_at:
        return None
    settled = window.end + settle
    delivery = delivery_time(schedule, window)
    return Occurrence(window, max(settled, to_utc(delivery, zone_named(schedule.zone))) if delivery else settled)


def occurrences(schedule: AnySchedule, start: datetime, settle: timedelta) -> Iterator[Occurrence]:
    """All occurrences from the boundary `start` on; endless where the schedule is."""
    current = occurrence_from(schedule, start, settle)
    while current is not None:
        yield current
        current = occurrence_from(schedule, current.window.end, settle)


def windows_between(schedule: AnySchedule, start: datetime, end: datetime) -> Iterator[Window]:
    """The windows that meet `[start, end)`, in order, whole: those before `starts_at` too, none that ends after `ends_at`."""
    if isinstance(schedule, WithoutClock) or start >= end:
        return
    if isinstance(schedule, Once):
        window = _once(schedule)
        if start < window.end and window.start < end:
            yield window
        return
    first = latest_boundary(schedule, start)
    last = schedule.ends_at
    for one, following in pairwise(chain([first], boundaries_after(schedule, first))):
        if one >= end or (last is not None and following > last):
            return
        yield Window(one, following)


def delivery_time(schedule: AnySchedule, window: Window) -> datetime | None:
    """The local time, naive, that the schedule names for the window's delivery: a time of a day in the period that follows it.
    None where it names none: the window is due as soon as its rows have settled.
    """
    if isinstance(schedule, Hourly | Cron | Once | WithoutClock):
        return None
    following = to_local(window.end, zone_named(schedule.zone)).date()
    return datetime.combine(_delivery_day(schedule, following), schedule.at)


def _once(schedule: Once) -> Window:
    zone = zone_named(schedule.zone)
    return Window(midnight(schedule.first_day, zone), midnight(schedule.last_day + timedelta(days=1), zone))


def _delivery_day(schedule: Calendar, following: date) -> date:
    """`following`: the first local day after the window."""
    match schedule:
        case Daily():
            return following
        case Weekly():
            is_monday = following.weekday() == 0
            return following + timedelta(days=schedule.weekdays[0].number if is_monday else 0)
        case Monthly():
            return _clamped(following, schedule.day)
        case Quarterly() | Yearly():
            month = following.year * 12 + following.month - 1 + schedule.month - 1
            return _clamped(date(month // 12, month % 12 + 1, 1), schedule.day)


def _clamped(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))
