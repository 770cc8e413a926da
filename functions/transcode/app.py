"""A batch of a part's media: decrypted, verified, stitched, transcoded, and staged."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, out_of_time
from waybill.core.attempt import held_run
from waybill.core.plan import read_plan
from waybill.core.prepare import LARGEST_LOCAL, Studio, prepare_batch
from waybill.core.run import known_key
from waybill.wiring import buckets, media, stores

RESERVE_SECONDS = 60


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, str]:
    key = known_key(event["tenant"], event["run_id"])
    held_run(stores.runs(), key, event["epoch"])
    plan = read_plan(buckets.stage(), key)
    ours = media.tenant_media(key.tenant)
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        studio = Studio(
            stage=buckets.stage(),
            lake=buckets.lake(),
            ciphers=ours.ciphers,
            checks=ours.checks,
            sounds=lambda: media.sounds(LARGEST_LOCAL),
            folder=Path(folder),
            attempt=context.aws_request_id,
            out_of_time=out_of_time(context, RESERVE_SECONDS),
        )
        return {"status": prepare_batch(plan, event["part"], event["batch"], studio)}
