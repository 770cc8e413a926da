"""A rule's runs by window: which of them tile its time, what they leave uncovered, and what was delivered of each window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from waybill.core.late import holes
from waybill.core.rule import Rule
from waybill.core.run import Run, RunState, SequenceRange
from waybill.core.window import Window


@dataclass(frozen=True)
class WindowRuns:
    """All runs of one window, by generation; the first of them is of the whole window."""

    window: Window
    runs: tuple[Run, ...]

    @property
    def newest(self) -> Run:
        """The newest run of the whole window."""
        return [r for r in self.runs if not r.amends][-1]

    @property
    def delivered(self) -> tuple[Run, ...]:
        """The runs whose rows together are what arrived, each row once: the newest that delivered the whole window, and the
        amendments that hold what it had not considered. Empty where nothing arrived in full.
        """
        done = [r for r in self.runs if r.state is RunState.SUCCESS]
        whole = [r for r in done if not r.amends][-1:]
        return (*whole, *(r for r in done if whole and r.amends and not _within(r, whole[0])))

    @property
    def considered(self) -> Mapping[str, Sequence[SequenceRange]]:
        """Of each dataset, which registered objects the delivered runs have considered: apart from each other, in order."""
        found: dict[str, list[SequenceRange]] = {}
        for run in self.delivered:
            for dataset, range_ in (run.sequences or {}).items():
                found.setdefault(dataset, []).append(range_)
        return {dataset: joined(ranges) for dataset, ranges in found.items()}


def _within(amendment: Run, whole: Run) -> bool:
    known = whole.sequences or {}
    return all(name in known and r.upto <= known[name].upto for name, r in (amendment.sequences or {}).items())


def joined(ranges: Sequence[SequenceRange]) -> list[SequenceRange]:
    """The same numbers in as few ranges as will do."""
    upto = max((r.upto for r in ranges), default=0)
    return holes(holes(ranges, upto), upto)


def by_window(runs: Iterable[Run]) -> list[WindowRuns]:
    """The windows that have a run of the whole of them, oldest first."""
    found: dict[Window, list[Run]] = {}
    for run in runs:
        found.setdefault(run.window, []).append(run)
    return [
        WindowRuns(window, tuple(sorted(tried, key=lambda r: r.key.generation)))
        for window, tried in sorted(found.items())
        if not all(r.amends for r in tried)
    ]


def claims(rule: Rule, runs: Iterable[Run]) -> list[Run]:
    """The runs that tile the rule's time since it begins, oldest first."""
    return sorted((r for r in runs if r.tiles and r.window.start >= rule.begins), key=lambda r: r.window)


def covering(runs: Iterable[Run]) -> list[Window]:
    """Windows that some run of the whole window has taken charge of. A backfill may have mended a hole."""
    return [r.window for r in runs if r.key.generation == 1 and not r.amends]


def read_back(newest_first: Iterable[Run], since: datetime | None) -> tuple[list[Run], datetime | None]:
    """Runs whose window starts at `since` or later, and on to the claim before, which may reach past it; with that claim's
    start. None there where these are all runs, as they are without `since`.
    """
    found = []
    for run in newest_first:
        found.append(run)
        if since is not None and run.window.start <= since and run.tiles:
            return found, run.window.start
    return found, None


def uncovered(start: datetime, end: datetime, windows: Iterable[Window]) -> list[Window]:
    """What of `[start, end)` no window covers, in order, neighbours in one."""
    found, reached = [], start
    for window in sorted(windows):
        if window.start >= end:
            break
        if window.start > reached:
            found.append(Window(reached, window.start))
        reached = max(reached, window.end)
    if reached < end:
        found.append(Window(reached, end))
    return found
