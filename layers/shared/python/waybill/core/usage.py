"""What a tenant used: runs that ended, the rows and bytes that they delivered, by day in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

MOST_DAYS = 93


@dataclass(frozen=True)
class EndedRun:
    state: str
    rows: int
    bytes: int
    files: int


@dataclass(frozen=True)
class Usage:
    """`runs` counts by state. A run that was retried counts on the day of its last end."""

    runs: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    bytes: int = 0
    files: int = 0

    def __add__(self, other: Usage) -> Usage:
        states = sorted({*self.runs, *other.runs})
        runs = {state: self.runs.get(state, 0) + other.runs.get(state, 0) for state in states}
        return Usage(runs, self.rows + other.rows, self.bytes + other.bytes, self.files + other.files)


class EndedRuns(Protocol):
    def ended_on(self, tenant: str, day: date) -> Iterator[EndedRun]:
        """Each run that ended on that day in UTC, once. May lag behind by a second."""


def used(runs: Iterable[EndedRun]) -> Usage:
    total = Usage()
    for run in runs:
        total += Usage({run.state: 1}, run.rows, run.bytes, run.files)
    return total


def days(first: date, last: date) -> Iterator[date]:
    """Each from the first to the last, both of them too."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
