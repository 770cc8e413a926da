"""After the last part: compose the pieces, end the archive, write and sign the manifest."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.attempt import held_run
from waybill.core.plan import read_plan
from waybill.core.run import known_key
from waybill.core.seal import seal


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    held_run(wiring.runs(), key, event["epoch"])
    plan = read_plan(wiring.stage(), key)
    sealed = seal(plan, wiring.stage(), wiring.signer())
    wiring.run_log().note(key, plan.planned_at, "seal", sealed.summary())
    return sealed.work(plan)
