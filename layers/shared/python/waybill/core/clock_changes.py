"""Where the clocks of a zone change, and which local times that skips or doubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from waybill.core.window import shown_at, to_local

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ClockChange:
    """At the instant `at` (UTC), clocks go forward by `by`, or back where it is negative. `day`: the local day they leave, or
    go back to.
    """

    at: datetime
    by: timedelta
    day: date


class Oddity(StrEnum):
    """What is odd about a local time: the clocks skip it, or show it twice."""

    GAP = "gap"
    FOLD = "fold"


def clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[ClockChange]:
    """The changes in `[start, end)`, in order. Two that undo each other within a day are not seen."""
    before = start - _SECOND
    while before < end - _SECOND:
        after = min(before + _DAY, end - _SECOND)
        if _offset(before, zone) != _offset(after, zone):
            at = _first_changed(before, after, zone)
            by = _offset(at, zone) - _offset(before, zone)
            local = to_local(at, zone)
            yield ClockChange(at, by, min(local, local - by).date())
        before = after


def oddity(local: datetime, zone: ZoneInfo) -> Oddity | None:
    """What is odd about a naive local time; None for nothing."""
    match len(list(shown_at(local, zone))):
        case 0:
            return Oddity.GAP
        case 1:
            return None
        case _:
            return Oddity.FOLD


def _first_changed(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second in `(before, after]` whose offset is not that of `before`."""
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
