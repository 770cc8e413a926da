"""The audit: what should exist of a rule, reckoned from its schedule, against the runs that do. It tells, and cures nothing.

Neither the due index nor a claim is asked, and that the cursor passed a window is no proof that it has a run.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice, takewhile

from waybill.core.hole import Hole, HoleKind
from waybill.core.rule import Rule, RuleState, jitter
from waybill.core.run import Run, RunState
from waybill.core.schedule import occurrences, windows_between
from waybill.core.schedule_settings import AnySchedule, Once, WithoutClock
from waybill.core.window import Window, stamp
from waybill.core.window_runs import WindowRuns, by_window, claims, covering, uncovered

GRACE = timedelta(minutes=15)
"""How late a claim or a start may be: dispatch looks every minute, and the sweeper after two."""
LONGEST = timedelta(hours=26)
"""How long an attempt may take before a person should look. A step's call lasts 15 minutes at most and is tried seven times:
without news for two hours it is dead. A run of this length had many such steps, and a day's is overtaken by the next day's.
"""
MOST_UNCLAIMED = 1_000


def holes_of(
    rule: Rule,
    runs: Sequence[Run],
    now: datetime,
    settle: timedelta,
    since: datetime | None = None,
    waiting: datetime | None = None,
) -> list[Hole]:
    """Every hole of `rule`, where `runs` are all of its runs, or all whose window starts at `since` or later.

    `waiting`: since when an object waits that a rule that runs by arrival has not taken. The rule was read before: a claim that
    came between looks like no hole.
    """
    audit = _Audit(rule, runs, now, settle, since, waiting)
    return [
        *audit.missing(),
        *audit.overlaps(),
        *audit.strange(),
        *audit.unclaimed(),
        *audit.stalled(),
        *audit.failed(),
    ]


@dataclass(frozen=True)
class _Audit:
    rule: Rule
    runs: Sequence[Run]
    now: datetime
    settle: timedelta
    since: datetime | None
    waiting: datetime | None

    @cached_property
    def claims(self) -> list[Run]:
        return claims(self.rule, self.runs)

    @cached_property
    def windows(self) -> list[WindowRuns]:
        return by_window(self.runs)

    def missing(self) -> Iterator[Hole]:
        start = max(self.rule.begins, self.since or self.rule.begins)
        for window in uncovered(start, self.rule.cursor, covering(self.runs)):
            said = f"No run covers {window}, although the rule has gone on to later windows. Backfill it."
            yield self._hole(HoleKind.MISSING, window, (), said)

    def overlaps(self) -> Iterator[Hole]:
        furthest: Run | None = None
        for run in self.claims:
            if furthest is not None and run.window.start < furthest.window.end:
                both = Window(run.window.start, min(run.window.end, furthest.window.end))
                said = f"Two runs cover {both}: its rows may be delivered twice. Give the operator both ids."
                yield self._hole(HoleKind.OVERLAP, both, (furthest, run), said)
            if furthest is None or run.window.end > furthest.window.end:
                furthest = run

    def strange(self) -> Iterator[Hole]:
        """A run younger than the grace is not judged: the rule may have been read before it changed."""
        for run in self.claims:
            if run.created_at > self.now - GRACE:
                continue
            if run.window.end > self.rule.cursor:
                said = f"A run covers {run.window}, but the rule's next window starts at {stamp(self.rule.cursor)}."
            elif self._crooked(run.window):
                said = f"A run covers {run.window}, and the rule's schedule has no such window."
            else:
                continue
            yield self._hole(HoleKind.STRANGE, run.window, (run,), f"{said} Give the operator the run's id.")

    def _crooked(self, window: Window) -> bool:
        since, schedule = self.rule.schedule_since, self.rule.settings.schedule
        if window.end <= since or isinstance(schedule, WithoutClock):
            return False
        return not all(bound == since or is_boundary(schedule, bound) for bound in (window.start, window.end))

    def unclaimed(self) -> Iterator[Hole]:
        """A rule whose newest run has not ended may be waiting for it; one that claimed, waited or was changed just now is
        on its way.
        """
        newest = self.claims[-1] if self.claims else None
        if self.rule.state is not RuleState.ACTIVE or (newest is not None and not newest.state.ended):
            return
        moved = max([self.rule.updated_at, *_moments(newest)])
        if moved + GRACE > self.now:
            return
        if self.waiting is not None and self.waiting + GRACE <= self.now:
            window = Window(
                self.rule.cursor, max(self.now.replace(microsecond=0), self.rule.cursor + timedelta(seconds=1))
            )
            said = f"An object arrived at {stamp(self.waiting)}, and nothing has taken it. Run the rule, and tell the operator."
            yield self._hole(HoleKind.UNCLAIMED, window, (), said)
        coming = occurrences(self.rule.settings.schedule, self.rule.cursor, self.settle)
        patience = GRACE + jitter(self.rule)
        late = list(takewhile(lambda o: o.due + patience <= self.now, islice(coming, MOST_UNCLAIMED)))
        for window in uncovered(late[0].window.start, late[-1].window.end, covering(self.runs)) if late else ():
            first = next(o for o in late if o.window.end > window.start)
            said = f"{window} was due from {stamp(first.due)} on, and nothing has run it. Run the rule, and tell the operator."
            yield self._hole(HoleKind.UNCLAIMED, window, (), said)

    def stalled(self) -> Iterator[Hole]:
        for tried in self.windows:
            waiting = [r for r in tried.runs if r.state is RunState.SCHEDULED and self._older(r, GRACE)]
            hanging = [r for r in tried.runs if r.state is RunState.ONGOING and self._older(r, LONGEST)]
            if waiting or hanging:
                said = "has not started" if waiting else "has not ended"
                since = stamp(max(_moments((waiting or hanging)[0])))
                advice = (
                    "It is started again by itself; tell the operator if this stays." if waiting else "See its log."
                )
                message = f"A run of {tried.window} {said} since {since}. {advice}"
                yield self._hole(HoleKind.STALLED, tried.window, (*waiting, *hanging), message)

    def failed(self) -> Iterator[Hole]:
        if not self.windows:
            return
        arrived = [tried.window for tried in self.windows if tried.delivered]
        owed = uncovered(self.windows[0].window.start, max(tried.window.end for tried in self.windows), arrived)
        for tried in self.windows:
            newest = tried.newest
            if newest.state not in {RunState.FAILURE, RunState.PARTIAL}:
                continue
            before = bisect_left(owed, tried.window.end, key=lambda part: part.start)
            if before and owed[before - 1].end > tried.window.start:
                said = f"{tried.window} ended in {newest.state.value}, and nothing followed. See the run's log; run it again."
                yield self._hole(HoleKind.FAILED, tried.window, (newest,), said)

    def _older(self, run: Run, than: timedelta) -> bool:
        return max(_moments(run)) + than <= self.now

    def _hole(self, kind: HoleKind, window: Window, runs: Sequence[Run], message: str) -> Hole:
        ids = tuple(run.key.run_id for run in runs)
        return Hole(self.rule.tenant, self.rule.rule_id, kind, window, ids, message)


def _moments(run: Run | None) -> list[datetime]:
    """When something is known to have happened to the run."""
    return [m for m in (run.created_at, run.scheduled_for, run.started_at, run.finished_at) if m] if run else []


def is_boundary(schedule: AnySchedule, moment: datetime) -> bool:
    """Whether a window of the schedule starts or ends at `moment`, whatever it begins or ends with."""
    if isinstance(schedule, WithoutClock):
        return True
    endless = schedule if isinstance(schedule, Once) else schedule.model_copy(update={"ends_at": None})
    beside = windows_between(endless, moment - timedelta(seconds=1), moment + timedelta(seconds=1))
    return any(moment in (window.start, window.end) for window in beside)
