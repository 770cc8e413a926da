"""Telling the bus that a run has ended, or that its rule was paused."""

from __future__ import annotations

from waybill.core.occasion import RULE_PAUSED, RUN_ENDED, RulePaused, RunEnded
from waybill.core.plan import Plan
from waybill.core.ports import Events
from waybill.core.rule import Rule
from waybill.core.run import Run
from waybill.core.window import stamp

LONGEST = 2_000
"""Characters of a sentence that goes over the bus; the run's log has all of it."""


def tell_ended(events: Events, run: Run, plan: Plan | None, follows: Run | None = None) -> None:
    """The run's attempt is over; `plan` is None where none was staged, `follows` the attempt that follows by itself. Raises
    TransientError where the event was not taken: send it again, under the same id.
    """
    told = RunEnded(
        id=f"{run.key.run_id}.{run.epoch}",
        at=stamp(run.finished_at or run.created_at),
        tenant=run.key.tenant,
        rule_id=run.key.rule_id,
        rule_name=run.rule_name,
        run_id=run.key.run_id,
        attempt=run.epoch,
        state=run.state.value,
        trigger=run.trigger.value,
        window_start=stamp(run.window.start),
        window_end=stamp(run.window.end),
        rows=run.rows or 0,
        bytes=run.bytes or 0,
        files=run.files or 0,
        rejects=run.rejects or 0,
        destinations=tuple(d.name for d in plan.destinations) if plan else (),
        message=shortened(run.message),
        next_attempt_at=stamp(follows.scheduled_for) if follows else None,
    )
    events.send(*RUN_ENDED, [told.model_dump(mode="json")])


def tell_paused(events: Events, rule: Rule, run: Run) -> None:
    """The rule was paused since `run` failed. Raises as `tell_ended`."""
    told = RulePaused(
        id=f"{rule.rule_id}.paused.{rule.version}",
        at=stamp(rule.updated_at),
        tenant=rule.tenant,
        rule_id=rule.rule_id,
        rule_name=rule.settings.name,
        run_id=run.key.run_id,
        because=shortened(rule.paused_because),
    )
    events.send(*RULE_PAUSED, [told.model_dump(mode="json")])


def shortened(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1]}…"
