"""Windows: half-open UTC intervals, and how a local time becomes a UTC instant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EVENT_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
    r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
)


@dataclass(frozen=True, order=True)
class Window:
    """`[start, end)` in UTC, whole seconds; start < end."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound.tzinfo is not UTC or bound.microsecond:
                raise ValueError(f"a window's bound is whole seconds in UTC, not {bound!r}")
        if self.start >= self.end:
            raise ValueError(f"a window starts before it ends, not {self.start} to {self.end}")

    def __str__(self) -> str:
        return f"{stamp(self.start)}/{stamp(self.end)}"

    def overlaps(self, first: datetime, last: datetime) -> bool:
        """Whether an event between `first` and `last`, both included, can lie in the window."""
        return first < self.end and last >= self.start


def stamp(instant: datetime) -> str:
    """`2026-03-29T01:00:00Z`: how instants are written in names, keys and manifests."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """The opposite of `stamp`; takes any ISO 8601 instant with an offset. Raises ValueError without one."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return parsed.astimezone(UTC)


def event_time(value: object) -> datetime | None:
    """The instant that a row's value says, as the row engine reads it (RFC 3339, an offset always); None where it says none.

    A fraction's digits beyond microseconds are cut off.
    """
    if not isinstance(value, str) or not _EVENT_TIME.fullmatch(value):
        return None
    try:
        return instant(value)
    except (ValueError, OverflowError):
        return None


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """A naive local time as UTC.

    A local time that does not exist moves forward by the gap; one that happens twice means the first (RFC 5545, 3.3.5).
    """
    first = next(shown_at(local, zone), None)
    # PEP 495: fold=0 in a gap reads the offset from before it, which lands past the gap by exactly the gap's length.
    return first if first is not None else local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def shown_at(local: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants (UTC) at which the zone's clocks show a naive local time, in order: one, none in a gap, two in a fold."""
    found = None
    for fold in (0, 1):
        moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        # zoneinfo errs where a zone's table ends and its rule begins: only what shows the time counts.
        if moment != found and to_local(moment, zone) == local:
            found = moment
            yield moment


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """A UTC instant as naive local time."""
    return moment.astimezone(zone).replace(tzinfo=None)


def floor_hour(moment: datetime) -> datetime:
    """The start of the UTC hour that holds `moment`."""
    return moment.replace(minute=0, second=0, microsecond=0)


def whole_second_up(moment: datetime) -> datetime:
    """The first whole second that is not before `moment`."""
    floor = moment.replace(microsecond=0)
    return floor if floor == moment else floor + timedelta(seconds=1)


def local_date(moment: datetime, zone: str) -> str:
    """The local date of a UTC instant, `2026-03-29`."""
    return to_local(moment, ZoneInfo(zone)).date().isoformat()


def local_time(moment: datetime, zone: str, precision: str = "auto") -> str:
    """A UTC instant as its zone writes it, with the offset: `2026-03-29T03:00:00+02:00`."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec=precision)
