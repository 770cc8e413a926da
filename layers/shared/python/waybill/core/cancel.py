"""Cancelling a run, or a backfill. A run ends at once, and no step of it that starts later does anything.

The state decides, not the execution: each step asks for it first, and delivery asks before each file and at each resume point.
Stopping the execution only saves the steps that would ask in vain.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from waybill.core.backfill import Backfill, BackfillState
from waybill.core.errors import Conflict, TransientError
from waybill.core.plan import Probed, plan_if_staged
from waybill.core.plural import many
from waybill.core.ports import Backfills, Events, Rules, RunLog, Runs, Workflow
from waybill.core.run import Run, RunState, known_key
from waybill.core.settle import settle
from waybill.core.telling import tell_ended

_TRIES = 20
_CANCELLED_BY = "Cancelled by"


@dataclass(frozen=True)
class Records:
    """What a person's word on a run touches."""

    runs: Runs
    rules: Rules
    log: RunLog
    stage: Probed
    workflow: Workflow
    events: Events


def cancel(run: Run, records: Records, by: str, now: datetime) -> Run:
    """The run as it is then: cancelled, with what arrived before. Late rows that it held are owed again. Idempotent: a second
    call also makes good what a first one that broke off left undone.

    Raises Conflict for a run that has ended otherwise, goes with another run, or is delivering its manifest.
    """
    if run.carried_by and not run.state.ended:
        raise Conflict(f"These late rows go with the run {run.carried_by}.", "Cancel that run.")
    if not run.state.ended and records.runs.cancel(run.key, run.epoch, now, _message(run, records.log, by)):
        records.log.note(run.key, now, "cancel", f"cancelled by {by}")
    ended = records.runs.get(run.key)
    if not ended.state.ended:
        raise Conflict(
            "Every file of the run has arrived and its manifest is on its way; it cannot be cancelled any more.",
            "See the run; it ends within minutes. If it does not, cancel it again in a quarter of an hour.",
        )
    if ended.state is not RunState.CANCELLED:
        raise Conflict(f"The run has ended: {ended.state.value}.", "Only a scheduled or ongoing run can be cancelled.")
    plan = plan_if_staged(records.stage, ended.key)
    settle(ended, plan, records.runs, records.rules, now)
    if run.state is RunState.ONGOING:
        records.workflow.stop(ended)
    if ended.message.startswith(_CANCELLED_BY):  # what was left out is cancelled as well, and nobody's end
        tell_ended(records.events, ended, plan)
    return ended


def _message(run: Run, log: RunLog, by: str) -> str:
    arrived = len(log.receipts(run.key))
    if not arrived:
        return f"{_CANCELLED_BY} {by}. Nothing was delivered."
    files = many(arrived, "file has", "files have")
    return f"{_CANCELLED_BY} {by}. {files} arrived and stayed; no manifest names what arrived."


def cancel_backfill(
    backfill: Backfill, backfills: Backfills, records: Records, by: str, now: datetime, *, running: bool
) -> Backfill:
    """The backfill as it is then: it claims no further window. With `running`, its runs that are under way are cancelled as
    well, but for one whose manifest is on its way. Idempotent. Raises Conflict where the backfill is done.
    """
    for _ in range(_TRIES):
        if backfill.state is not BackfillState.ACTIVE:
            break
        cancelled = backfill.ended(BackfillState.CANCELLED, now, f"Cancelled by {by}.")
        if backfills.move(backfill, cancelled):
            backfill = cancelled
        else:
            backfill = backfills.get(backfill.tenant, backfill.rule_id, backfill.backfill_id)
    if backfill.state is BackfillState.ACTIVE:
        raise TransientError("The backfill claimed windows all the time.", "Cancel it again.")
    if backfill.state is BackfillState.DONE:
        raise Conflict("The backfill is done.", "Only an active backfill can be cancelled.")
    for run_id in backfill.running if running else ():
        with suppress(Conflict):
            cancel(records.runs.get(known_key(backfill.tenant, run_id)), records, by, now)
    return backfill
