"""After the last part: compose the pieces, list the rows, end the archives, write and sign the manifests.

Answers `paused` where time ran out before all lists were written; called again then.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, out_of_time
from waybill.core.attempt import held_run
from waybill.core.plan import read_plan
from waybill.core.run import known_key
from waybill.core.seal import seal
from waybill.core.seal_bench import SealBench
from waybill.wiring import buckets, engines, lists, stores, vault

RESERVE_SECONDS = 420.0
"""For one more PDF, and for reading what is composed."""


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    run = held_run(stores.runs(), key, event["epoch"])
    plan = read_plan(buckets.stage(), key)
    bench = SealBench(
        stage=buckets.stage(),
        signer=vault.signer(),
        secrets=vault.secrets(),
        archive=engines.zip_encoder,
        pdf=lists.pdf,
        attempt=context.aws_request_id,
        out_of_time=out_of_time(context, RESERVE_SECONDS),
    )
    sealed = seal(plan, bench)
    if sealed is None:
        return {"status": "paused"}
    stores.run_log(minimal=run.minimal_log).note(key, plan.planned_at, "seal", sealed.summary())
    return {"status": "sealed", **sealed.work(plan)}
