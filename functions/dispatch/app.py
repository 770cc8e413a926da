"""Which windows are due? Claims them, and hands the claims to `fan_out`.

Three doors, one room: the heartbeat `{"time": ...}`, a schedule that someone made in the AWS console
`{"rule_id": ..., "tenant": ...}`, and an upstream event on the bus with `detail: {"tenant": ..., "dataset": ...}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.advance import advance_all
from waybill.core.dispatch import SWEEP_AFTER, Tick, claim_due, claim_line, claim_triggered, is_large
from waybill.core.errors import NotFound, PermanentError
from waybill.core.run import Run, Trigger
from waybill.core.window import instant, stamp


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    tick = _tick(event)
    runs = list(chain(_claims(event, tick), _sweep(event, tick)))
    if runs:
        lines = "\n".join(claim_line(run, is_large(run)) for run in runs) + "\n"
        digest = hashlib.sha256(lines.encode()).hexdigest()[:24]
        batch = wiring.stage().put(f"claims/{stamp(tick.time)}/{digest}.jsonl", lines.encode())
        wiring.workflow().fan_out(batch.key)
    return {"time": stamp(tick.time), "claimed": len(runs)}


def _tick(event: Event) -> Tick:
    """The scheduled time, where the event has one: a late delivery must not change what is due."""
    now = wiring.now()
    try:
        time = instant(str(event["time"])) if event.get("time") else now
    except ValueError as wrong:
        raise PermanentError(f"The event's time is no instant: {wrong}", "Send ISO 8601 with an offset.") from wrong
    trigger = Trigger.EVENT if "detail" in event else Trigger.SCHEDULE
    return Tick(time=time, now=now, trigger=trigger, tzdata=wiring.tzdata_version())


def _claims(event: Event, tick: Tick) -> Iterator[Run]:
    rules, runs = wiring.rules(), wiring.runs()
    if "rule_id" in event:
        try:
            rule = rules.find(str(event["rule_id"]))
        except NotFound as missing:
            raise PermanentError(
                f"The schedule names the rule {event['rule_id']}, which does not exist.",
                "Correct or delete that schedule in EventBridge.",
            ) from missing
        yield from claim_triggered(rule, runs, wiring.catalog(rule.tenant), tick)
    elif "detail" in event:
        detail = event["detail"]
        for rule in rules.listening(str(detail.get("tenant", "")), str(detail.get("dataset", ""))):
            yield from claim_triggered(rule, runs, wiring.catalog(rule.tenant), tick)
    else:
        for rule in rules.due(tick.time):
            yield from claim_due(rule, runs, wiring.catalog(rule.tenant), tick)
        yield from advance_all(wiring.backfill_desk(), tick)


def _sweep(event: Event, tick: Tick) -> Iterator[Run]:
    """Claims that did not start: their execution is asked for again, under its own name."""
    if "rule_id" not in event and "detail" not in event:
        yield from wiring.runs().waiting(tick.now - SWEEP_AFTER)
