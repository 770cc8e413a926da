"""Once more, as a person asks for it: a run that did not succeed goes on, or a window is run anew.

A retry keeps the run's identity and its frozen plan: the same names, the same bytes, and a file that has its receipt is not
sent again. A window that is run again is a new generation, with a plan of its own.
"""

from __future__ import annotations

from datetime import datetime

from waybill.core.arrival import runs_by_arrival
from waybill.core.dispatch import Tick, next_generation
from waybill.core.errors import Conflict, NotFound
from waybill.core.freeze import CARRIES_LATE_ROWS, run_again_advice
from waybill.core.plan import Probed, plan_if_staged
from waybill.core.ports import Runs
from waybill.core.rule import Rule, RuleState
from waybill.core.run import Run, RunState
from waybill.core.standing import standing
from waybill.core.window import stamp


def retry(run: Run, runs: Runs, stage: Probed, at: datetime) -> Run:
    """The run, scheduled once more as its next epoch, for that time; start it then, or leave it to the sweep. Raises Conflict,
    with what to do instead, where it has not ended or has succeeded, where its rows are owed or delivered by another run, and
    where its plan is not kept any more.
    """
    _refuse_by_state(run)
    again = run_again_advice(run.key.rule_id, run.window)
    plan = plan_if_staged(stage, run.key)
    if plan is None and run.parts is not None:
        raise Conflict("The run's frozen plan is kept for 14 days and is gone.", again)
    if plan is not None and plan.carried:
        raise Conflict(CARRIES_LATE_ROWS, again)
    for other in standing(runs, run.key.tenant, run.key.rule_id, run.window.start, run.window.end):
        if other.key != run.key:
            said = f"The run {other.key.run_id} of {other.window} is {other.state.value}."
            raise Conflict(said, f"See that run, or: {again}")
    return runs.retry(run.key, run.epoch, at)


def _refuse_by_state(run: Run) -> None:
    again = run_again_advice(run.key.rule_id, run.window)
    if not run.state.ended:
        raise Conflict(f"The run has not ended; it is {run.state.value}.", "Wait for its end, or cancel it first.")
    if run.state is RunState.SUCCESS:
        raise Conflict("The run has delivered everything.", f"To have it once more: {again}")
    if run.amends and run.state is RunState.PARTIAL:
        raise Conflict("The run delivers late rows alone, which no other run may deliver too.", again)
    if run.amends:
        raise Conflict(
            "The run delivers late rows, which are owed again since it ended.",
            f"Deliver what is owed now: POST /rules/{run.key.rule_id}/amend.",
        )


def run_window(rule: Rule, runs: Runs, tick: Tick, start: datetime) -> Run:
    """The rule's window that starts at `start`, once more as a new generation. Raises NotFound where no run has had that
    window, Conflict where the rule is not active or a run of the window is under way.
    """
    if rule.state is not RuleState.ACTIVE:
        raise Conflict("The rule is not active.", "Activate it, then run the window.")
    tried = [r for r in runs.of_window(rule.tenant, rule.rule_id, start) if not r.amends]
    if not tried:
        raise NotFound(
            f"No run of the rule has a window that starts at {stamp(start)}.",
            f"See GET /rules/{rule.rule_id}/runs; POST /rules/{rule.rule_id}/backfills runs windows that never ran.",
        )
    under_way = next((r for r in tried if not r.state.ended), None)
    if under_way is not None:
        raise Conflict(
            f"The window's run {under_way.key.run_id} is {under_way.state.value}.",
            "Wait for its end, or cancel it first.",
        )
    sequences = tried[0].sequences if runs_by_arrival(rule) else None
    return next_generation(rule, runs, tick, tried[0].window, sequences)
