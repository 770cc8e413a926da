"""The connection test of one saved destination, for the API: write, read back, rename, delete a small object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    destination = wiring.dial(wiring.destinations().get(event["tenant"], event["destination_id"]), "probe")
    try:
        return {"steps": [asdict(step) for step in destination.probe()]}
    finally:
        destination.close()
