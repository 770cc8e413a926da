"""A run's first step: freeze which lake objects it exports, and split them into parts."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.attempt import held_run
from waybill.core.dispatch import longest
from waybill.core.freeze import Registry, staged_plan
from waybill.core.run import known_key


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    run = held_run(wiring.runs(), key, event["epoch"])
    registry = Registry(wiring.runs(), wiring.lake_objects(), wiring.catalog(key.tenant))
    where = partial(wiring.planned_destinations, key.tenant)
    plan, note = staged_plan(run, registry, wiring.rules(), wiring.stage(), where, wiring.now())
    log = wiring.run_log(minimal=run.minimal_log)
    if note:
        log.note(key, wiring.now(), "late rows", note)
    parts, size = len(plan.parts), plan.estimated_bytes()
    wiring.runs().begin(key, event["epoch"], wiring.now(), parts, size, plan.sequences, longest(event["large"]))
    log.note(key, plan.planned_at, "plan", plan.summary())
    return {"parts": [part.index for part in plan.parts], "prepares": plan.settings.media.prepares}
