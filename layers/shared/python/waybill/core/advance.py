"""How a backfill goes on: whoever looks at it claims its next windows, as many as may run at once.

Each claim adds the run and moves the backfill on in one transaction. So it does not matter how many look at the same moment, or
where one of them dies: each window is claimed once, and a claim that was not started is swept like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from waybill.core.backfill import Backfill, BackfillState, Only, is_covered, standing_windows
from waybill.core.dispatch import Tick, new_run
from waybill.core.errors import NotFound
from waybill.core.ports import Backfills, Rules, Runs
from waybill.core.rule import Rule, RuleState
from waybill.core.run import Run, Trigger, known_key
from waybill.core.window import Window


@dataclass(frozen=True)
class BackfillDesk:
    """What a backfill needs to go on."""

    rules: Rules
    runs: Runs
    backfills: Backfills


def advance_all(desk: BackfillDesk, tick: Tick) -> Iterator[Run]:
    """Let every active backfill go on; yields the runs that this call claimed, to be started."""
    for backfill in desk.backfills.active():
        yield from advance(backfill, desk, tick)


def advance_after(run: Run, desk: BackfillDesk, tick: Tick) -> Iterator[Run]:
    """Let the backfill of a run that has ended go on; nothing where it belongs to none."""
    if run.backfill:
        yield from advance(desk.backfills.get(run.key.tenant, run.key.rule_id, run.backfill), desk, tick)


def advance(backfill: Backfill, desk: BackfillDesk, tick: Tick) -> Iterator[Run]:
    """Claim its next windows while fewer than `at_once` of its runs are under way; yields the runs that this call claimed."""
    try:
        rule = desk.rules.get(backfill.tenant, backfill.rule_id)
    except NotFound:
        desk.backfills.move(backfill, backfill.ended(BackfillState.CANCELLED, tick.now, "The rule was deleted."))
        return
    while step := _step(backfill, rule, desk.runs, tick):
        moved, run = step
        if not desk.backfills.move(backfill, moved, run):
            return
        if run is not None:
            yield run
        backfill = moved


def _step(backfill: Backfill, rule: Rule, runs: Runs, tick: Tick) -> tuple[Backfill, Run | None] | None:
    """The backfill as the next step leaves it, and the run that the step adds; None where there is nothing to do now."""
    if backfill.state is not BackfillState.ACTIVE:
        return None
    running = tuple(r for r in backfill.running if not runs.get(known_key(backfill.tenant, r)).state.ended)
    if backfill.taken == len(backfill.windows):
        return None if running else (backfill.ended(BackfillState.DONE, tick.now), None)
    if len(running) >= backfill.at_once or rule.state is not RuleState.ACTIVE:
        return None
    window = backfill.windows[backfill.taken]
    moved = replace(backfill, running=running, taken=backfill.taken + 1, version=backfill.version + 1)
    if backfill.only is Only.MISSING and is_covered(window, standing_windows(rule, runs, window.start, window.end)):
        return replace(moved, left_out=moved.left_out + 1), None
    run = _run(backfill, rule, window, runs, tick)
    return replace(moved, running=(*running, run.key.run_id)), run


def _run(backfill: Backfill, rule: Rule, window: Window, runs: Runs, tick: Tick) -> Run:
    run = new_run(rule, window, replace(tick, trigger=Trigger.BACKFILL), tick.now)
    # The first generation of a window that the rule's own schedule has is never a backfill's.
    least = 1 if window.end <= rule.begins else 2
    generation = max(least, runs.newest_generation(rule.tenant, rule.rule_id, window.start) + 1)
    return replace(run, key=replace(run.key, generation=generation), backfill=backfill.backfill_id)
