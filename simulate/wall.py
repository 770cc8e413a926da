"""The wall clock of a zone, read from its zone file (TZif, RFC 9636) with no other code's help.

Seconds throughout: UTC seconds since 1970, and local seconds, which are what the clock shows counted as if it were UTC.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib import resources

DAY = 86_400
LAST_YEAR = 2040
_EPOCH = date(1970, 1, 1).toordinal()
_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_FOOTER = re.compile(rf"{_NAME}([-+:\d]+)(?:{_NAME}([-+:\d]+)?,([^,]+),([^,]+))?")
_RULE = re.compile(r"(?:M(\d+)\.(\d)\.(\d)|(J?)(\d+))(?:/([-+:\d]+))?")


class Wall:
    """`changes`: UTC seconds and the offset that holds from there on, the first one since ever."""

    def __init__(self, changes: Sequence[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in changes]
        self._offsets = [offset for _, offset in changes]

    def changes_between(self, start: date, end: date) -> list[int]:
        """The instants in `[start, end)`, in UTC, at which the offset changes."""
        first, last = (bisect_left(self._starts, local_day(day)) for day in (start, end))
        return [self._starts[n] for n in range(max(first, 1), last) if self._offsets[n] != self._offsets[n - 1]]

    def first_shows(self, local: int) -> int:
        """The first instant at which the clock shows that time; one that it skips is shown later by as much as it skips."""
        # No offset is a day and a half: the clock shows it between these two.
        low = max(0, bisect_right(self._starts, local - 2 * DAY) - 1)
        high = bisect_right(self._starts, local + 2 * DAY)
        ends = [*self._starts[low + 1 : high], local + 9 * DAY]
        for start, end, offset in zip(self._starts[low:high], ends, self._offsets[low:high], strict=True):
            if start <= local - offset < end:
                return local - offset
        for n in range(low + 1, high):
            before, after = self._offsets[n - 1], self._offsets[n]
            if self._starts[n] + before <= local < self._starts[n] + after:
                return local - before
        raise AssertionError(f"the clock neither shows nor skips {local}")


@cache
def wall(zone: str) -> Wall:
    """The wall clock of an IANA zone up to LAST_YEAR."""
    raw = resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    first = _Block(raw, 0, 4)
    block = _Block(raw, first.end, 8)
    changes = [(-(1 << 60), block.first_offset), *block.changes]
    footer = raw[block.end :].decode().strip()
    return Wall([*changes, *(c for c in _footer_changes(footer) if c[0] > changes[-1][0])])


class _Block:
    """One data block of the file, whose times have `width` bytes."""

    def __init__(self, raw: bytes, at: int, width: int) -> None:
        utc, std, leaps, times, types, letters = struct.unpack_from(">6l", raw, at + 20)
        place = at + 44
        instants = struct.unpack_from(f">{times}{'q' if width == 8 else 'l'}", raw, place)
        kinds = raw[place + times * width : place + times * (width + 1)]
        place += times * (width + 1)
        offsets = [struct.unpack_from(">lBB", raw, place + 6 * n)[0] for n in range(types)]
        self.first_offset: int = offsets[0]
        self.changes = [(instant, offsets[kind]) for instant, kind in zip(instants, kinds, strict=True)]
        self.end = place + 6 * types + letters + leaps * (width + 4) + std + utc


def _footer_changes(footer: str) -> Iterator[tuple[int, int]]:
    """What the footer says of the years after the table: two changes a year, or none."""
    found = _FOOTER.fullmatch(footer)
    if found is None or found[3] is None:
        return
    standard = -_seconds(found[1])
    summer = -_seconds(found[2]) if found[2] else standard + 3600
    for year in range(1970, LAST_YEAR + 1):
        yield from sorted([(_moment(found[3], year) - standard, summer), (_moment(found[4], year) - summer, standard)])


def _moment(rule: str, year: int) -> int:
    """The local second of that year that a rule such as `M3.4.4/50` or `J60` names."""
    found = _RULE.fullmatch(rule)
    assert found is not None, rule
    clock = _seconds(found[6]) if found[6] else 7200
    if found[1] is None:
        leap = found[4] == "J" and int(found[5]) > 59 and date(year, 3, 1).timetuple().tm_yday == 61
        return local_day(date(year, 1, 1)) + (int(found[5]) - (1 if found[4] else 0) + leap) * DAY + clock
    month, week, weekday = (int(found[n]) for n in (1, 2, 3))
    first = date(year, month, 1)
    day = 1 + (weekday - first.isoweekday()) % 7 + 7 * (week - 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    while day > (following - first).days:
        day -= 7
    return local_day(first) + (day - 1) * DAY + clock


def _seconds(text: str) -> int:
    """`-3:30` as seconds."""
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return -seconds if text.startswith("-") else seconds


def local_day(day: date) -> int:
    """The local second with which that day starts."""
    return (day.toordinal() - _EPOCH) * DAY
