"""Instants in a zone's own time, as SQL. The zone's rules are those of zoneinfo, as for windows: DuckDB's own tables of
zones are of another version than the one that a run records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Instants outside are written in UTC: zones had no common time before, and nobody knows their rules after."""

_BITS = 20
"""A table's entry is for 2**20 seconds, some 12 days: no longer than a zone keeps one offset, but for a few oddities."""

_DAY = 86_400


@dataclass(frozen=True)
class _Span:
    """Some 12 days: the offset in minutes before and after the second `change`; equal where there is no change.

    None where the offset changes twice.
    """

    before: int | None
    after: int | None
    change: int


def written(moment: str, fraction: str, zone: str) -> str:
    """SQL text of the TIMESTAMP `moment` (UTC) in the zone, with the digits of `fraction` and the zone's offset.

    An offset of odd seconds (before 1972) is the closest one in whole minutes, as RFC 3339 (5.8) has it: the instant
    stays exact. Where no offset is known, the instant is written in UTC.
    """
    spans = _spans(zone)
    second = f"(epoch_us({moment}) // 1000000)"
    index = f"(({second} - {_epoch(FIRST)}) >> {_BITS}) + 1"
    change = f"{_table('BIGINT', (s.change for s in spans))}[{index}]"

    def found(kind: str, before: Iterable[object], after: Iterable[object]) -> str:
        return (
            f"CASE WHEN {second} < {change} THEN {_table(kind, before)}[{index}] "
            f"ELSE {_table(kind, after)}[{index}] END"
        )

    minutes = found("INTEGER", (s.before for s in spans), (s.after for s in spans))
    suffix = found("VARCHAR", (_suffix(s.before) for s in spans), (_suffix(s.after) for s in spans))
    in_utc = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S') || {fraction} || 'Z'"
    local = f"strftime({moment} + to_minutes({minutes}), '%Y-%m-%dT%H:%M:%S') || {fraction} || {suffix}"
    inside = f"{moment} >= TIMESTAMP '{FIRST:%Y-%m-%d}' AND {moment} < TIMESTAMP '{LAST:%Y-%m-%d}'"
    return f"CASE WHEN {inside} THEN coalesce({local}, {in_utc}) ELSE {in_utc} END"


@cache
def _spans(zone: str) -> tuple[_Span, ...]:
    """The zone's offsets from FIRST to LAST. A change is found by looking at each day."""
    zone_info = ZoneInfo(zone)

    def offset(second: int) -> int:
        found = datetime.fromtimestamp(second, zone_info).utcoffset()
        return round(found.total_seconds() / 60) if found else 0

    spans = []
    for start in range(_epoch(FIRST), _epoch(LAST), 1 << _BITS):
        days = [*range(start, start + (1 << _BITS), _DAY), start + (1 << _BITS)]
        seen = [offset(day) for day in days]
        changes = [n for n in range(1, len(days)) if seen[n] != seen[n - 1]]
        if len(changes) > 1:
            spans.append(_Span(None, None, start))
            continue
        at = start
        if changes:
            low, at = days[changes[0] - 1], days[changes[0]]
            while at - low > 1:
                middle = (low + at) // 2
                low, at = (middle, at) if offset(middle) == seen[0] else (low, middle)
        spans.append(_Span(seen[0], seen[-1], at))
    return tuple(spans)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _table(kind: str, values: Iterable[object]) -> str:
    """A list as one constant: DuckDB reads a long text much faster than a long expression."""
    return f"CAST('[{', '.join('NULL' if v is None else str(v) for v in values)}]' AS {kind}[])"


def _suffix(minutes: int | None) -> str | None:
    if minutes is None:
        return None
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
