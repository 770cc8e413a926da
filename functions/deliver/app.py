"""Some files of a run to one destination, one after another. Answers `paused` before its time is up; called again then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler, out_of_time
from waybill.core.errors import ConfigurationError, TransientError, WaybillError
from waybill.core.plan import read_plan
from waybill.core.run import Failure, known_key
from waybill.core.seal import read_sealed
from waybill.core.shipment import Dock, ship

RESERVE_SECONDS = 30.0
"""One part's time at a slow destination, and the resume point's."""


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key, runs = known_key(event["tenant"], event["run_id"]), wiring.runs()
    # A worker is gone when its time is up; the minute is for clocks that differ.
    gone = wiring.now() + timedelta(milliseconds=context.get_remaining_time_in_millis(), minutes=1)
    plan = read_plan(wiring.stage(), key)
    sealed = read_sealed(plan, wiring.stage())
    saved = wiring.destinations().get(plan.tenant, event["destination_id"])
    dock = Dock(
        log=wiring.run_log(minimal=runs.get(key).minimal_log),
        stage=wiring.stage(),
        lake=wiring.lake(),
        dial=lambda: wiring.dial(saved, plan.run_id),
        pace=lambda: wiring.pace(saved),
        out_of_time=out_of_time(context, RESERVE_SECONDS),
        now=wiring.now,
        held=lambda: runs.get(key).held_by(event["epoch"]),
        hold_manifest=lambda: runs.hold_manifest(key, event["epoch"], gone),
        place=saved.place,
    )
    try:
        status = ship(plan, sealed, event["destination_id"], event["shard"], dock)
    except WaybillError as error:
        tenants, passing = isinstance(error, ConfigurationError), isinstance(error, TransientError)
        failure = Failure(str(error), tenants, passing)
        wiring.run_log().failed(key, event["destination_id"], failure)
        raise
    return {"status": status}
