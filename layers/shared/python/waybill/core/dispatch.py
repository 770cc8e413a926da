"""Dispatch: which windows are due, and the claims that make each of them run once.

The claim is the only thing that makes a run safe: not the tick, not the index, not the execution's name. A tick that comes
twice, late or never changes nothing that the next one does not heal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from waybill.core.catalog import Catalog
from waybill.core.errors import Conflict
from waybill.core.ports import Runs
from waybill.core.rule import Rule, RuleState, next_due, settle_time
from waybill.core.run import Run, RunKey, RunState, Trigger, execution_name
from waybill.core.schedule import occurrence_from
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window, stamp

MOST_WINDOWS = 48
"""How many windows of one rule one tick claims: a rule that lags far behind does not hold back the others."""
SWEEP_AFTER = timedelta(minutes=2)
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
    """Claim every window of `rule` that is due at the tick's time, oldest first; yields the runs that this call claimed."""
    for _ in range(MOST_WINDOWS):
        if rule.state is not RuleState.ACTIVE or rule.next_run is None or rule.next_run > tick.time:
            return
        occurrence = occurrence_from(rule.settings.schedule, rule.cursor, settle_time(rule.settings, catalog))
        if occurrence is None:
            return
        run = _new_run(rule, occurrence.window, tick, rule.next_run)
        moved = _moved(rule, occurrence.window.end, catalog)
        if not runs.claim(rule, run, moved.cursor, moved.next_run):
            return
        yield run
        rule = moved


def claim_new(rule: Rule, runs: Runs, tick: Tick) -> Run | None:
    """Claim what a rule without a clock has not exported yet: `[cursor, the tick's time)`. None where that is nothing, or
    where another trigger was first.
    """
    end = tick.time.replace(microsecond=0)
    if rule.state is not RuleState.ACTIVE or end <= rule.cursor:
        return None
    run = _new_run(rule, Window(rule.cursor, end), tick, tick.time)
    return run if runs.claim(rule, run, end, None) else None


def claim_triggered(rule: Rule, runs: Runs, catalog: Catalog, tick: Tick) -> Iterator[Run]:
    """What a trigger that names a rule claims: its due windows, or all that is new where it has no clock."""
    if isinstance(rule.settings.schedule, OnDemand):
        run = claim_new(rule, runs, tick)
        return iter([run] if run else [])
    return claim_due(rule, runs, catalog, tick)


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
        run = _new_run(rule, upcoming.window, tick, tick.time)
        moved = _moved(rule, upcoming.window.end, catalog)
        if runs.claim(rule, run, moved.cursor, moved.next_run):
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
    window = latest[0].window
    run = _new_run(rule, window, tick, tick.time)
    generation = runs.newest_generation(rule.tenant, rule.rule_id, window.start) + 1
    run = replace(run, key=replace(run.key, generation=generation))
    runs.add(run)
    return run


def _new_run(rule: Rule, window: Window, tick: Tick, scheduled_for: datetime) -> Run:
    return Run(
        key=RunKey(rule.tenant, rule.rule_id, window.start, 1),
        window=window,
        state=RunState.SCHEDULED,
        trigger=tick.trigger,
        epoch=1,
        scheduled_for=scheduled_for,
        created_at=tick.now,
        rule_name=rule.settings.name,
        tzdata=tick.tzdata,
        estimated_bytes=rule.last_bytes,
    )


def _moved(rule: Rule, cursor: datetime, catalog: Catalog) -> Rule:
    """The rule as a claim leaves it."""
    return replace(rule, cursor=cursor, next_run=next_due(rule.settings, cursor, catalog), version=rule.version + 1)


def is_large(run: Run) -> bool:
    """Whether the run's execution must be STANDARD: the rule's last one was large, or there was none to judge by."""
    return run.estimated_bytes is None or run.estimated_bytes > LARGE_BYTES


def claim_line(run: Run, large: bool) -> str:
    """One line of the batch that `fan_out` reads; `input` is JSON text, as StartExecution takes it."""
    return json.dumps(
        {
            "type": "standard" if large else "express",
            "name": execution_name(run.key, run.epoch),
            "input": json.dumps(execution_input(run), separators=(",", ":")),
        },
        separators=(",", ":"),
    )


def execution_input(run: Run) -> dict[str, str | int]:
    """What every step of a run is given: which run, which attempt. No secret, no data."""
    return {"tenant": run.key.tenant, "run_id": run.key.run_id, "epoch": run.epoch}
