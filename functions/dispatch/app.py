"""Which windows are due? Claims them, and hands the claims to `fan_out`.

Four doors, one room: the heartbeat `{"time": ...}`; the queue, with one shard of what is due, `{"shard": ...}`; a schedule
that someone made in the AWS console, `{"rule_id": ..., "tenant": ...}`; and an event on the bus, of an upstream system or of
`ingest`, with `detail: {"tenant": ..., "dataset": ...}`.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger, measured
from waybill.core.dispatch import Tick, claim_line, is_large
from waybill.core.doors import batches, runs_asked_for
from waybill.core.errors import PermanentError
from waybill.core.rule import Rule
from waybill.core.run import Trigger
from waybill.core.window import instant, stamp
from waybill.wiring import buckets, clock, dispatching, starting

BATCH = 500
"""Claims are handed on in batches: the first runs start while the last are being claimed."""
THREADS = 8
"""Claims side by side: while one waits for the tables, others have the processor."""
_POOL = ThreadPoolExecutor(THREADS, "claims")  # kept for the next invocation: each thread has connections of its own


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    if "Records" in event:
        event = json.loads(event["Records"][0]["body"])
    tick = _tick(event)
    house = dispatching.house(_POOL.map, _log)
    claimed = 0
    for runs in batches(runs_asked_for(event, tick, house), BATCH):
        lines = "\n".join(claim_line(run, is_large(run)) for run in runs) + "\n"
        digest = hashlib.sha256(lines.encode()).hexdigest()[:24]
        batch = buckets.stage().put(f"claims/{stamp(tick.time)}/{digest}.jsonl", lines.encode())
        starting.workflow().fan_out(batch.key)
        claimed += len(runs)
        measured("WindowsClaimed", len(runs), trigger=tick.trigger.value)
    return {"time": stamp(tick.time), "claimed": claimed}


def _tick(event: Event) -> Tick:
    """The scheduled time, where the event has one: a late delivery must not change what is due."""
    now = clock.now()
    try:
        time = instant(str(event["time"])) if event.get("time") else now
    except ValueError as wrong:
        raise PermanentError(f"The event's time is no instant: {wrong}", "Send ISO 8601 with an offset.") from wrong
    trigger = Trigger.EVENT if "detail" in event else Trigger.SCHEDULE
    return Tick(time=time, now=now, trigger=trigger, tzdata=clock.tzdata_version())


def _log(rule: Rule) -> None:
    logger.exception("a rule's windows were not claimed", tenant=rule.tenant, rule_id=rule.rule_id)
