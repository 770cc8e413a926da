"""Runs whose execution is over although nobody ended them: its time was up, or its last step failed again and again."""

from __future__ import annotations

from datetime import datetime

from waybill.core.again import retry
from waybill.core.errors import Conflict
from waybill.core.plan import Probed, plan_if_staged
from waybill.core.ports import Events, Rules, Runs
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState
from waybill.core.settle import settle
from waybill.core.telling import tell_ended

MOST_ATTEMPTS = 5
_STOPPED = Outcome(
    RunState.FAILURE, "Its execution stopped without an end. Retry it; if it happens again, tell the operator."
)


def revived(run: Run, runs: Runs, rules: Rules, stage: Probed, events: Events, now: datetime) -> Run | None:
    """The run's next attempt, to be started, or None where it may have no more or another one has its rows; it is a failure
    then. Idempotent: of several callers one gets the attempt.
    """
    if not runs.end(run.key, run.epoch, now, _STOPPED, NO_TOTALS):
        return None
    ended, plan = runs.get(run.key), plan_if_staged(stage, run.key)
    settle(ended, plan, runs, rules, now)
    again = _again(ended, runs, stage, now)
    tell_ended(events, ended, plan, again)
    return again


def _again(ended: Run, runs: Runs, stage: Probed, now: datetime) -> Run | None:
    if ended.epoch >= MOST_ATTEMPTS:
        return None
    try:
        return retry(ended, runs, stage, now)
    except Conflict:
        return None
