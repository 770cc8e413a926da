"""A run's first step: freeze which lake objects it exports, and split them into parts."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler
from waybill.core.attempt import held_run
from waybill.core.dispatch import longest
from waybill.core.freeze import Registry, staged_plan
from waybill.core.run import known_key
from waybill.wiring import buckets, catalogs, clock, connections, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    run = held_run(stores.runs(), key, event["epoch"])
    registry = Registry(stores.runs(), stores.lake_objects(), catalogs.catalog(key.tenant))
    where = partial(connections.planned_destinations, key.tenant)
    plan, note = staged_plan(run, registry, stores.rules(), buckets.stage(), where, clock.now())
    log = stores.run_log(minimal=run.minimal_log)
    if note:
        log.note(key, clock.now(), "late rows", note)
    parts, size = len(plan.parts), plan.estimated_bytes()
    stores.runs().begin(key, event["epoch"], clock.now(), parts, size, plan.sequences, longest(event["large"]))
    log.note(key, plan.planned_at, "plan", plan.summary())
    return {"parts": [part.index for part in plan.parts], "prepares": plan.settings.media.prepares}
