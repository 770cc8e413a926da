"""How a window is cut into the periods of its files: local days, months, pairs of weeks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from waybill.core.catalog import FilePeriod
from waybill.core.window import Window, to_local, to_utc

_MONDAY = date(1970, 1, 5)
"""Pairs of weeks are counted from this Monday on, so that every run cuts at the same days."""


def periods_of(window: Window, period: FilePeriod, zone: str) -> Iterator[Window]:
    """The window's share of each period, in order: they tile the window, and none is empty."""
    if period is FilePeriod.WINDOW:
        yield window
        return
    place = ZoneInfo(zone)
    start, day = window.start, _first_day(period, to_local(window.start, place).date())
    while start < window.end:
        day = _next_day(period, day)
        end = min(_midnight(day, place), window.end)
        if end > start:
            yield Window(start, end)
            start = end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_utc(datetime.combine(day, time()), zone)


def _first_day(period: FilePeriod, day: date) -> date:
    match period:
        case FilePeriod.MONTH:
            return day.replace(day=1)
        case FilePeriod.TWO_WEEKS:
            return day - timedelta(days=(day - _MONDAY).days % 14)
        case _:
            return day


def _next_day(period: FilePeriod, first: date) -> date:
    match period:
        case FilePeriod.MONTH:
            return (first + timedelta(days=31)).replace(day=1)
        case FilePeriod.TWO_WEEKS:
            return first + timedelta(days=14)
        case _:
            return first + timedelta(days=1)
