"""What a tenant sets for a schedule: only types and what they must be. `schedule` says which windows follow from them."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from waybill.core.cron import parse_cron
from waybill.core.zones import ZoneName

FIRST_YEAR, LAST_YEAR = 1970, 2099
LONGEST_ONCE_DAYS = 366


def _whole_minute(value: time) -> time:
    if value.second or value.microsecond or value.tzinfo is not None:
        raise ValueError("give a local time of day as HH:MM; the zone is a field of its own")
    return value


def _in_range(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is out of range; give one from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("the offset from UTC is missing; write 2026-01-01T00:00:00+01:00, or Z at the end for UTC")
    _in_range(moment.date())
    return moment


def _known_expression(text: str) -> str:
    parse_cron(text)
    return " ".join(text.lower().split())


TimeOfDay = Annotated[
    time,
    AfterValidator(_whole_minute),
    # In JSON Schema the format `time` has an offset (RFC 3339); this is a time of the schedule's zone.
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:00)?$", "examples": ["06:00"]}),
]
Day = Annotated[date, AfterValidator(_in_range)]
Instant = Annotated[datetime, AfterValidator(_instant)]
CronText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_known_expression)]


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday, as `date.weekday()` counts."""
        return list(Weekday).index(self)


def _in_week_order(weekdays: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if len(set(weekdays)) != len(weekdays):
        raise ValueError("a weekday is named twice; name each once")
    return tuple(sorted(weekdays, key=lambda w: w.number))


class _Recurring(BaseModel):
    """What every recurrence has. `starts_at`: the first window is the one that holds it; the rule's creation if unset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: ZoneName = "UTC"
    starts_at: Instant | None = None
    ends_at: Instant | None = Field(default=None, description="No window that ends after this instant is run.")

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at; give a later end, or leave it out for none")
        return self


class Hourly(_Recurring):
    """Each UTC hour, as soon as it is over and its rows have settled."""

    frequency: Literal["hourly"]


class Daily(_Recurring):
    """Each local day, delivered at `at` on the next one."""

    frequency: Literal["daily"]
    at: TimeOfDay = time(0, 0)


class Weekly(_Recurring):
    """Each week, Monday to Sunday, delivered on the chosen weekday of the next one.

    Several weekdays cut the week: each but the first delivers the days of its week before it, and the first delivers the
    rest of the week before.
    """

    frequency: Literal["weekly"]
    at: TimeOfDay = time(0, 0)
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7), AfterValidator(_in_week_order)] = (
        Weekday.MONDAY,
    )


class Monthly(_Recurring):
    """Each month, delivered on day `day` of the next one; a day that the month lacks means its last."""

    frequency: Literal["monthly"]
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)


class Quarterly(_Recurring):
    """Each quarter, delivered on day `day` of month `month` (1 to 3) of the next one."""

    frequency: Literal["quarterly"]
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)
    month: int = Field(default=1, ge=1, le=3)


class Yearly(_Recurring):
    """Each year, delivered on day `day` of month `month` of the next one."""

    frequency: Literal["yearly"]
    at: TimeOfDay = time(0, 0)
    day: int = Field(default=1, ge=1, le=31)
    month: int = Field(default=1, ge=1, le=12)


class Cron(_Recurring):
    """From one fire time of the expression, a local time, to the next; delivered as soon as its rows have settled."""

    frequency: Literal["cron"]
    expression: Annotated[
        CronText, Field(description="Minute, hour, day of the month, month, day of the week: 30 6 * * mon-fri.")
    ]


class Once(BaseModel):
    """The local days from `first_day` to `last_day`, both included, once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["once"]
    zone: ZoneName = "UTC"
    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day; give the first day of the export, then the last")
        if (self.last_day - self.first_day).days > LONGEST_ONCE_DAYS:
            raise ValueError("a one-time export covers at most a year; make one rule a year")
        return self


class OnDemand(BaseModel):
    """No clock: `manual` runs by run-now or a schedule made elsewhere, `event` by an upstream event that names one of
    the rule's datasets. Each run covers everything since the one before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["manual", "event"]
    zone: ZoneName = "UTC"
    starts_at: Instant | None = None


class Arrival(BaseModel):
    """No clock: as soon as an object of one of the rule's datasets is registered, whatever the times of its rows. Each run
    takes what was registered since the one before, from the rule's creation on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["arrival"]
    zone: ZoneName = "UTC"


Calendar = Daily | Weekly | Monthly | Quarterly | Yearly
"""Windows of whole local days, delivered at a time of their own."""
Recurring = Hourly | Calendar | Cron
WithoutClock = OnDemand | Arrival
AnySchedule = Recurring | Once | WithoutClock
Schedule = Annotated[AnySchedule, Field(discriminator="frequency")]
