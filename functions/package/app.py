"""One part of a run: its media listed, where they are prepared first; or its rows selected, written, encoded and staged."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler
from waybill.core.attempt import held_run
from waybill.core.media_list import list_media
from waybill.core.package import package_part
from waybill.core.plan import read_plan
from waybill.core.run import known_key
from waybill.core.workshop import Workshop
from waybill.wiring import buckets, engines, stores, vault


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    run = held_run(stores.runs(), key, event["epoch"])
    plan = read_plan(buckets.stage(), key)
    with tempfile.TemporaryDirectory(prefix="waybill-") as folder:
        workshop = Workshop(
            stage=buckets.stage(),
            lake=buckets.lake(),
            rows=engines.row_engine(),
            secrets=vault.secrets(),
            archive=engines.zip_encoder,
            compress=engines.compressor(),
            folder=Path(folder),
            attempt=context.aws_request_id,
        )
        if event.get("step") == "list_media":
            return {"batches": list(range(list_media(plan, event["part"], workshop)))}
        done = package_part(plan, event["part"], workshop)
    stores.run_log(minimal=run.minimal_log).part_done(key, done.index, done.rows, done.size)
    return {"part": done.index}
