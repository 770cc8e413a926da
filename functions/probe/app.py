"""The connection test of one saved destination, for the API: every step from its name to the deletion of a small object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler
from waybill.core.rotation import Candidate
from waybill.wiring import connections, stores

RESERVE_SECONDS = 3.0
"""For the answer, so that a server that never answers is named by its step."""


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """With `candidate`, what shall take the place of the saved settings and credentials is tested."""
    saved = stores.destinations().get(event["tenant"], event["destination_id"])
    if "candidate" in event:
        saved = Candidate(**event["candidate"]).of(saved)
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    return {"steps": [asdict(step) for step in connections.probed(saved, seconds)]}
