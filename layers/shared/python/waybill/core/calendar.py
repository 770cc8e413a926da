"""The next runs of a schedule, and a sentence wherever a change of the clocks alters one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from waybill.core.boundaries import latest_boundary
from waybill.core.clock_changes import ClockChange, Oddity, clock_changes, oddity
from waybill.core.cron import parse_cron
from waybill.core.plural import many
from waybill.core.schedule import Occurrence, delivery_time, occurrences
from waybill.core.schedule_settings import (
    AnySchedule,
    Arrival,
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
from waybill.core.window import Window, to_local, to_utc
from waybill.core.zones import zone_named

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_ORDER = ("first", "second")


class MarkKind(StrEnum):
    """`gap`, `fold`: a local time of the run is skipped or comes twice; `longer`, `shorter`: its window is."""

    GAP = "gap"
    FOLD = "fold"
    LONGER = "longer"
    SHORTER = "shorter"


@dataclass(frozen=True)
class Mark:
    kind: MarkKind
    sentence: str


@dataclass(frozen=True)
class Entry:
    """One run to come: what it covers, from when on it is delivered, and what clock changes do to it."""

    window: Window
    due: datetime
    marks: tuple[Mark, ...]


def calendar_from(schedule: AnySchedule, start: datetime, settle: timedelta, most: int) -> list[Entry]:
    """The next runs from the boundary `start` on, `most` of them where the schedule has as many."""
    return [
        Entry(one.window, one.due, tuple(_marks(schedule, one)))
        for one in islice(occurrences(schedule, start, settle), most)
    ]


def _marks(schedule: AnySchedule, occurrence: Occurrence) -> Iterator[Mark]:
    zone, window = zone_named(schedule.zone), occurrence.window
    # A boundary that a gap moved lies up to a day after the change.
    changes = list(clock_changes(zone, window.start - _DAY, window.end + _SECOND))
    # A change at the window's start was at the end of the one before.
    skipped = [c for c in changes if c.by >= _DAY and c.at > window.start]
    yield from (Mark(MarkKind.GAP, f"{c.day} does not exist: the clocks skip it.") for c in skipped)
    yield from _boundary_marks(schedule, window.start, "starts", zone)
    yield from _boundary_marks(schedule, window.end, "ends", zone)
    if not isinstance(schedule, Hourly):
        yield from _length_marks(schedule, window, changes, skipped)
    delivery = delivery_time(schedule, window)
    if delivery is not None and occurrence.due == to_utc(delivery, zone):
        yield from _delivery_marks(delivery, zone)


def _boundary_marks(schedule: AnySchedule, boundary: datetime, does: str, zone: ZoneInfo) -> Iterator[Mark]:
    local, named = to_local(boundary, zone), _named(schedule, boundary, zone)
    if named != local:
        said = f"{named:%H:%M} does not exist on {named.date()}; the window {does} at {_clock(local, named)}."
        yield Mark(MarkKind.GAP, said)
    elif oddity(local, zone) is Oddity.FOLD:
        which = _ORDER[boundary.astimezone(zone).fold]
        yield Mark(MarkKind.FOLD, f"{local:%H:%M} comes twice on {local.date()}; the window {does} at the {which}.")


def _length_marks(
    schedule: AnySchedule, window: Window, changes: Sequence[ClockChange], skipped: Sequence[ClockChange]
) -> Iterator[Mark]:
    """Where the window is not as long as its local times say. A day that the clocks skip has a mark of its own."""
    zone = zone_named(schedule.zone)
    wanted = _named(schedule, window.end, zone) - _named(schedule, window.start, zone)
    wanted -= sum((c.by for c in skipped), timedelta())
    length = window.end - window.start
    if length == wanted:
        return
    kind = MarkKind.LONGER if length > wanted else MarkKind.SHORTER
    because = " and ".join(
        f"{'forward' if c.by > timedelta() else 'back'} on {c.day}" for c in changes if c not in skipped
    )
    said = f"This {_noun(schedule, window)} has {_hours(length)}, not {_hours(wanted)}: clocks go {because}."
    yield Mark(kind, said)


def _delivery_marks(delivery: datetime, zone: ZoneInfo) -> Iterator[Mark]:
    match oddity(delivery, zone):
        case Oddity.GAP:
            real = to_local(to_utc(delivery, zone), zone)
            said = f"{delivery:%H:%M} does not exist on {delivery.date()}; it is delivered at {_clock(real, delivery)}."
            yield Mark(MarkKind.GAP, said)
        case Oddity.FOLD:
            said = f"{delivery:%H:%M} comes twice on {delivery.date()}; it is delivered at the first."
            yield Mark(MarkKind.FOLD, said)


def _named(schedule: AnySchedule, boundary: datetime, zone: ZoneInfo) -> datetime:
    """The local time that the schedule names for a boundary: what a clock shows there, unless a gap moved it."""
    local = to_local(boundary, zone)
    if _names(schedule, local):
        return local
    changes = clock_changes(zone, boundary - _DAY, boundary + _SECOND)
    return next((local - c.by for c in changes if c.by > timedelta() and _names(schedule, local - c.by)), local)


def _names(schedule: AnySchedule, local: datetime) -> bool:
    match schedule:
        case Hourly() | OnDemand() | Arrival():
            return True
        case Cron():
            return parse_cron(schedule.expression).fires_at(local.date(), local.time())
        case _:
            return local.time() == time()


def _noun(schedule: AnySchedule, window: Window) -> str:
    if isinstance(schedule, Once | WithoutClock) or latest_boundary(schedule, window.start) != window.start:
        return "window"
    match schedule:
        case Daily():
            return "day"
        case Weekly() if len(schedule.weekdays) == 1:
            return "week"
        case Monthly():
            return "month"
        case Quarterly():
            return "quarter"
        case Yearly():
            return "year"
        case _:
            return "window"


def _clock(local: datetime, named: datetime) -> str:
    """`03:30`, with the date where it is another day's."""
    return f"{local:%H:%M}" if local.date() == named.date() else f"{local:%H:%M} on {local.date()}"


def _hours(length: timedelta) -> str:
    hours, rest = divmod(length, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    said = many(hours, "hour")
    return f"{said} {many(minutes, 'minute')}" if minutes else said
