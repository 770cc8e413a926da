"""Some files of a run to one destination, one after another. Answers `paused` before its time is up; called again then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, out_of_time
from waybill.core.errors import ConfigurationError, TransientError, WaybillError
from waybill.core.plan import read_plan
from waybill.core.run import Failure, known_key
from waybill.core.seal import read_sealed
from waybill.core.shipment import Dock, ship
from waybill.wiring import buckets, clock, connections, stores

RESERVE_SECONDS = 30.0
"""One part's time at a slow destination, and the resume point's."""


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key, runs = known_key(event["tenant"], event["run_id"]), stores.runs()
    # A worker is gone when its time is up; the minute is for clocks that differ.
    gone = clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis(), minutes=1)
    plan = read_plan(buckets.stage(), key)
    sealed = read_sealed(plan, buckets.stage())
    saved = stores.destinations().get(plan.tenant, event["destination_id"])
    dock = Dock(
        log=stores.run_log(minimal=runs.get(key).minimal_log),
        stage=buckets.stage(),
        lake=buckets.lake(),
        dial=lambda: connections.dial(saved, plan.run_id),
        pace=lambda: connections.pace(saved),
        out_of_time=out_of_time(context, RESERVE_SECONDS),
        now=clock.now,
        held=lambda: runs.get(key).held_by(event["epoch"]),
        hold_manifest=lambda: runs.hold_manifest(key, event["epoch"], gone),
        place=saved.place,
    )
    try:
        status = ship(plan, sealed, event["destination_id"], event["shard"], dock)
    except WaybillError as error:
        tenants, passing = isinstance(error, ConfigurationError), isinstance(error, TransientError)
        failure = Failure(str(error), tenants, passing)
        stores.run_log().failed(key, event["destination_id"], failure)
        raise
    return {"status": status}
