"""Dispatch: which windows are due, and the claims that make each of them run once.

The claim is the only thing that makes a run safe: not the tick, not the index, not the execution's name. A tick that comes
twice, late or never changes nothing that the next one does not heal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from waybill.core.catalog import Catalog
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Rules, Runs
from waybill.core.rule import Rule, RuleState, next_due, occurrence_at
from waybill.core.rule_settings import CatchUp, LogKept, Overlap
from waybill.core.run import Run, RunKey, RunState, SequenceRange, Trigger, execution_name, parse_run_id
from waybill.core.schedule import Occurrence, occurrence_from
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window, stamp

MOST_CLAIMS = 48
"""How often one tick moves one rule on: one that leaves out window after window does not hold back the others."""
LARGE_BYTES = 64 * 1024 * 1024
"""An EXPRESS execution lasts five minutes at most; larger runs are STANDARD."""


@dataclass(frozen=True)
class Tick:
    """What set dispatch off: at which scheduled `time`, through which door. `now` is only noted, never reckoned with."""

    time: datetime
    now: datetime
    trigger: Trigger
    tzdata: str


def claim_due(rule: Rule, runs: Runs, catalog: Catalog, tick: Tick) -> Iterator[Run]:
    """Claim what of `rule` is due at the tick's time, oldest first, as its policies say; yields the runs to start.

    A window waits while the run before it goes on, so a rule that lags behind catches up run by run. So does a trigger of a
    rule without a clock.
    """
    if isinstance(rule.settings.schedule, OnDemand):
        waits = rule.next_run is not None and rule.next_run <= tick.time
        run = claim_new(rule, runs, tick) if waits and not is_going(rule, runs) else None
        yield from [run] if run else []
        return
    for _ in range(MOST_CLAIMS):
        run = _next(rule, runs, catalog, tick)
        if run is None:
            return
        moved = moved_on(rule, run, catalog)
        if not runs.claim(rule, run, moved):
            return
        if not run.state.ended:
            yield run
        rule = moved


def _next(rule: Rule, runs: Runs, catalog: Catalog, tick: Tick) -> Run | None:
    """The run to claim, or the record of windows that are left out; None where nothing is to be done now."""
    if rule.state is not RuleState.ACTIVE or rule.next_run is None or rule.next_run > tick.time:
        return None
    due = due_at(rule, catalog, tick.time)
    first = next(due, None)
    if first is None:
        return None
    before = newest_run(rule, runs)
    if before is not None and not before.state.ended:
        if rule.settings.overlap is Overlap.QUEUE or first.due <= before.created_at:
            return None
        return left_out(rule, first.window, tick, f"{before.key.run_id} was still going when it was due")
    if rule.settings.catch_up is CatchUp.ALL:
        return new_run(rule, first.window, tick, first.due)
    return caught_up(rule, rule.settings.catch_up, [first, *due], tick)


def caught_up(rule: Rule, how: CatchUp, due: Sequence[Occurrence], tick: Tick) -> Run:
    """What comes next of windows that are `due` together: the oldest, one run for them all, or the record of those that the
    latest leaves out.
    """
    if how is CatchUp.MERGE:
        return new_run(rule, Window(rule.cursor, due[-1].window.end), tick, due[-1].due)
    if how is CatchUp.LATEST and len(due) > 1:
        missed = Window(rule.cursor, due[-1].window.start)
        return left_out(rule, missed, tick, f"{len(due)} windows were due at once, and only the latest was wanted")
    return new_run(rule, due[0].window, tick, due[0].due)


def due_at(rule: Rule, catalog: Catalog, time: datetime) -> Iterator[Occurrence]:
    """The rule's windows from its cursor on that are due at that time, oldest first."""
    cursor = rule.cursor
    while (found := occurrence_at(rule, cursor, catalog)) is not None and found.due <= time:
        yield found
        cursor = found.window.end


def newest_run(rule: Rule, runs: Runs) -> Run | None:
    """The run that the rule claimed last."""
    key = parse_run_id(rule.tenant, rule.newest_run)
    try:
        return runs.get(key) if key else None
    except NotFound:  # the auditor tells of it; what comes after must not wait for it
        return None


def is_going(rule: Rule, runs: Runs) -> bool:
    """Whether the run that the rule claimed last has not ended."""
    newest = newest_run(rule, runs)
    return newest is not None and not newest.state.ended


def left_out(rule: Rule, window: Window, tick: Tick, because: str) -> Run:
    """The record that keeps a rule's windows without a gap: a run that was cancelled before it began."""
    run = new_run(rule, window, tick, tick.time)
    said = f"Left out: {because}. Retry this run to have it after all."
    return replace(run, state=RunState.CANCELLED, finished_at=tick.now, message=said)


def moved_on(rule: Rule, run: Run, catalog: Catalog) -> Rule:
    """The rule as the claim of `run` leaves it."""
    cursor = run.window.end
    active = rule.state is RuleState.ACTIVE
    return replace(
        rule,
        cursor=cursor,
        next_run=next_due(rule, cursor, catalog) if active else None,
        newest_run=rule.newest_run if run.state.ended else run.key.run_id,
        version=rule.version + 1,
    )


def claim_new(rule: Rule, runs: Runs, tick: Tick) -> Run | None:
    """Claim what a rule without a clock has not exported yet: `[cursor, the tick's time)`. None where that is nothing, or
    where another trigger was first.
    """
    end = tick.time.replace(microsecond=0)
    if rule.state is not RuleState.ACTIVE or end <= rule.cursor:
        return None
    run = new_run(rule, Window(rule.cursor, end), tick, tick.time)
    moved = replace(rule, cursor=end, next_run=None, newest_run=run.key.run_id, version=rule.version + 1)
    return run if runs.claim(rule, run, moved) else None


def claim_triggered(rule: Rule, rules: Rules, runs: Runs, catalog: Catalog, tick: Tick) -> Iterator[Run]:
    """What a trigger that names a rule claims: its due windows, or all that is new where it has no clock.

    Where the run before still goes on, the trigger waits for its end, or, as the rule's overlap says, it counts for nothing:
    what is new is then the next trigger's.
    """
    if not isinstance(rule.settings.schedule, OnDemand):
        yield from claim_due(rule, runs, catalog, tick)
    elif not is_going(rule, runs):
        run = claim_new(rule, runs, tick)
        yield from [run] if run else []
    elif rule.settings.overlap is Overlap.QUEUE:
        rules.look_at(rule, tick.time)


def run_now(rule: Rule, runs: Runs, catalog: Catalog, tick: Tick) -> Run:
    """The run that a person asks for: all that is new for a rule without a clock; else its next window if that is over,
    or else its latest window once more, as a new generation.

    Raises Conflict where there is nothing to run.
    """
    schedule = rule.settings.schedule
    if rule.state is not RuleState.ACTIVE:
        raise Conflict("The rule is not active.", "Activate it, then run it.")
    if isinstance(schedule, OnDemand):
        run = claim_new(rule, runs, tick)
        if run is None:
            raise Conflict("The rule has run for everything up to this second.", "Run it again a second later.")
        return run
    upcoming = occurrence_from(schedule, rule.cursor, timedelta())
    if upcoming is not None and upcoming.window.end <= tick.time:
        run = new_run(rule, upcoming.window, tick, tick.time)
        if runs.claim(rule, run, moved_on(rule, run, catalog)):
            return run
        raise Conflict("The window was claimed at the same moment.", "See the rule's runs.")
    return _again(rule, runs, tick)


def _again(rule: Rule, runs: Runs, tick: Tick) -> Run:
    latest = runs.of_rule(rule.tenant, rule.rule_id, "", 1).items
    if not latest:
        raise Conflict(
            f"The rule's first window is not over yet; it ends after {stamp(rule.cursor)}.",
            "Wait for it, or let the rule start earlier with schedule.starts_at.",
        )
    return next_generation(rule, runs, tick, latest[0].window)


def next_generation(
    rule: Rule, runs: Runs, tick: Tick, window: Window, sequences: Mapping[str, SequenceRange] | None = None
) -> Run:
    """The window once more, whole; `sequences` where it is a range of numbers. Raises Conflict where another one was made at
    the same moment.
    """
    run = replace(new_run(rule, window, tick, tick.time), sequences=sequences)
    generation = runs.newest_generation(rule.tenant, rule.rule_id, window.start) + 1
    run = replace(run, key=replace(run.key, generation=generation))
    runs.add(run)
    return run


def new_run(rule: Rule, window: Window, tick: Tick, scheduled_for: datetime) -> Run:
    """A run of the window that nobody has claimed yet, as its first generation."""
    return Run(
        key=RunKey(rule.tenant, rule.rule_id, window.start, 1),
        window=window,
        state=RunState.SCHEDULED,
        trigger=tick.trigger,
        epoch=1,
        scheduled_for=scheduled_for,
        created_at=tick.now,
        rule_name=rule.settings.name,
        minimal_log=rule.settings.log is LogKept.MINIMAL,
        tzdata=tick.tzdata,
        estimated_bytes=None if rule.settings.media.prepares else rule.last_bytes,
    )


def is_large(run: Run) -> bool:
    """Whether the run's execution must be STANDARD: the rule's last one was large, there was none to judge by (which is so
    for a rule that prepares media, too), or an attempt came to nothing.
    """
    return run.estimated_bytes is None or run.estimated_bytes > LARGE_BYTES or run.epoch > 1


def longest(large: bool) -> timedelta:
    """How long an attempt is waited for: an EXPRESS execution lives no longer, and a STANDARD one that does is followed by the
    next attempt, which goes on where it is; the steps of the old one then do nothing more.
    """
    return timedelta(hours=24) if large else timedelta(minutes=5)


def claim_line(run: Run, large: bool) -> str:
    """One line of the batch that `fan_out` reads; `input` is JSON text, as StartExecution takes it."""
    return json.dumps(
        {
            "type": "standard" if large else "express",
            "name": execution_name(run.key, run.epoch),
            "input": json.dumps(execution_input(run, large), separators=(",", ":")),
        },
        separators=(",", ":"),
    )


def execution_input(run: Run, large: bool) -> dict[str, str | int]:
    """What an execution is given: which run, which attempt, and how large it is taken for. No secret, no data."""
    return {"tenant": run.key.tenant, "run_id": run.key.run_id, "epoch": run.epoch, "large": large}
