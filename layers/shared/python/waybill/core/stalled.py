"""Runs whose execution is over although nobody ended them: its time was up, or its last step failed again and again."""

from __future__ import annotations

from datetime import datetime

from waybill.core.again import retry
from waybill.core.errors import Conflict
from waybill.core.plan import Probed, plan_if_staged
from waybill.core.ports import Rules, Runs
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState
from waybill.core.settle import settle

MOST_ATTEMPTS = 5
_STOPPED = Outcome(
    RunState.FAILURE, "Its execution stopped without an end. Retry it; if it happens again, tell the operator."
)


def revived(run: Run, runs: Runs, rules: Rules, stage: Probed, now: datetime) -> Run | None:
    """The run's next attempt, to be started, or None where it may have no more or another one has its rows; it is a failure
    then. Idempotent: of several callers one gets the attempt.
    """
    if not runs.end(run.key, run.epoch, now, _STOPPED, NO_TOTALS):
        return None
    ended = runs.get(run.key)
    settle(ended, plan_if_staged(stage, run.key), runs, rules, now)
    if run.epoch >= MOST_ATTEMPTS:
        return None
    try:
        return retry(ended, runs, stage, now)
    except Conflict:
        return None
