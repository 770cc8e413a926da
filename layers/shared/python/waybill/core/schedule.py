"""Schedules: which windows a rule has, and when each of them is due.

A window is a calendar period of the schedule's zone (an hour is a UTC hour); when it is delivered is a second, separate
thing, so that moving the delivery to another weekday or hour never moves a window. Windows tile time: the start of a
window is the end of the one before, over every clock change.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from waybill.core.window import Window, floor_hour, to_local, to_utc, whole_second_up


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name; ValueError says what would do."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not an IANA time zone; use a name such as Europe/Berlin, Asia/Kolkata or UTC"
        ) from None


def _known_zone(name: str) -> str:
    zone_named(name)
    return name


def _whole_minute(value: time) -> time:
    if value.second or value.microsecond or value.tzinfo is not None:
        raise ValueError("give a local time of day as HH:MM; the zone is a field of its own")
    return value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
TimeOfDay = Annotated[time, AfterValidator(_whole_minute)]


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class _Recurring(BaseModel):
    """What every recurrence has. `starts_at`: the first window is the one that holds it; the rule's creation if unset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = Field(default=None, description="No window that ends after this instant is run.")


class Hourly(_Recurring):
    """Each UTC hour, as soon as it is over and its rows have settled."""

    frequency: Literal["hourly"]
    zone: ZoneName = "UTC"


class Daily(_Recurring):
    """Each local day, delivered at `at` on the next one."""

    frequency: Literal["daily"]
    zone: ZoneName = "UTC"
    at: TimeOfDay = time(0, 0)


class Weekly(_Recurring):
    """Each week, Monday to Sunday, delivered on `weekday` of the next one."""

    frequency: Literal["weekly"]
    zone: ZoneName = "UTC"
    at: TimeOfDay = time(0, 0)
    weekday: Weekday = Weekday.MONDAY


class Monthly(_Recurring):
    """Each month, delivered on day `day` of the next one; a day that the month lacks means its last."""

    frequency: Literal["monthly"]
    zone: ZoneName = "UTC"
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)


class Quarterly(_Recurring):
    """Each quarter, delivered on day `day` of month `month` (1 to 3) of the next one."""

    frequency: Literal["quarterly"]
    zone: ZoneName = "UTC"
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)
    month: int = Field(default=1, ge=1, le=3)


class Yearly(_Recurring):
    """Each year, delivered on day `day` of month `month` of the next one."""

    frequency: Literal["yearly"]
    zone: ZoneName = "UTC"
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)
    month: int = Field(default=1, ge=1, le=12)


class Once(BaseModel):
    """The local days from `first_day` to `last_day`, both included, once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["once"]
    zone: ZoneName = "UTC"
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Once:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day; give the first day of the export, then the last")
        if (self.last_day - self.first_day).days > 366:
            raise ValueError("a one-time export covers at most a year; make one rule a year")
        return self


class OnDemand(BaseModel):
    """No clock: `manual` runs by run-now or a schedule made elsewhere, `event` by an upstream event that names one of
    the rule's datasets. Each run covers everything since the one before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["manual", "event"]
    zone: ZoneName = "UTC"
    starts_at: AwareDatetime | None = None


Calendar = Daily | Weekly | Monthly | Quarterly | Yearly
Recurring = Hourly | Calendar
Schedule = Annotated[
    Hourly | Daily | Weekly | Monthly | Quarterly | Yearly | Once | OnDemand, Field(discriminator="frequency")
]
AnySchedule = Hourly | Daily | Weekly | Monthly | Quarterly | Yearly | Once | OnDemand


@dataclass(frozen=True)
class Occurrence:
    """One window and the instant from which it may be run."""

    window: Window
    due: datetime


def first_boundary(schedule: AnySchedule, created: datetime) -> datetime:
    """Where the first window starts: UTC, whole seconds."""
    zone = ZoneInfo(schedule.zone)
    if isinstance(schedule, Once):
        return _midnight(schedule.first_day, zone)
    begin = (schedule.starts_at or created).astimezone(UTC)
    if isinstance(schedule, OnDemand):
        return whole_second_up(begin) if schedule.starts_at else begin.replace(microsecond=0)
    if isinstance(schedule, Hourly):
        return floor_hour(begin)
    return _midnight(_period_start(schedule, to_local(begin, zone).date()), zone)


def occurrence_from(schedule: AnySchedule, start: datetime, settle: timedelta) -> Occurrence | None:
    """The window that starts at `start`, a boundary, and when it is due; None where the schedule has no more.

    `settle` is how long after its end a window's rows may still be on their way; no window is due before that.
    """
    if isinstance(schedule, OnDemand):
        return None
    zone = ZoneInfo(schedule.zone)
    if isinstance(schedule, Once):
        window = Window(_midnight(schedule.first_day, zone), _midnight(schedule.last_day + timedelta(days=1), zone))
        return Occurrence(window, window.end + settle) if start == window.start else None
    window = Window(start, _next_boundary(schedule, start, zone))
    if schedule.ends_at is not None and window.end > schedule.ends_at.astimezone(UTC):
        return None
    settled = window.end + settle
    return Occurrence(window, settled if isinstance(schedule, Hourly) else max(settled, _delivery(schedule, window)))


def occurrences(schedule: AnySchedule, start: datetime, settle: timedelta) -> Iterator[Occurrence]:
    """All occurrences from the boundary `start` on; endless where the schedule is."""
    current = occurrence_from(schedule, start, settle)
    while current is not None:
        yield current
        current = occurrence_from(schedule, current.window.end, settle)


def _next_boundary(schedule: Recurring, start: datetime, zone: ZoneInfo) -> datetime:
    if isinstance(schedule, Hourly):
        return floor_hour(start) + timedelta(hours=1)
    day = _period_start(schedule, to_local(start, zone).date())
    while (boundary := _midnight(day, zone)) <= start:
        day = _next_period(schedule, day)
    return boundary


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_utc(datetime.combine(day, time(0, 0)), zone)


def _period_start(schedule: Calendar, day: date) -> date:
    """The first day of the period that holds `day`."""
    match schedule:
        case Daily():
            return day
        case Weekly():
            return day - timedelta(days=day.weekday())
        case Monthly():
            return day.replace(day=1)
        case Quarterly():
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        case Yearly():
            return day.replace(month=1, day=1)


def _next_period(schedule: Calendar, first_day: date) -> date:
    match schedule:
        case Daily():
            return first_day + timedelta(days=1)
        case Weekly():
            return first_day + timedelta(days=7)
        case Monthly():
            return _months_later(first_day, 1)
        case Quarterly():
            return _months_later(first_day, 3)
        case Yearly():
            return _months_later(first_day, 12)


def _months_later(first_day: date, months: int) -> date:
    index = first_day.year * 12 + first_day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _delivery(schedule: Calendar, window: Window) -> datetime:
    """The chosen local day and time in the period that follows the window."""
    zone = ZoneInfo(schedule.zone)
    following = _period_start(schedule, to_local(window.end, zone).date())
    match schedule:
        case Daily():
            day = following
        case Weekly():
            day = following + timedelta(days=list(Weekday).index(schedule.weekday))
        case Monthly():
            day = _clamped(following, schedule.day)
        case Quarterly() | Yearly():
            day = _clamped(_months_later(following, schedule.month - 1), schedule.day)
    return to_utc(datetime.combine(day, schedule.at), zone)


def _clamped(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))
