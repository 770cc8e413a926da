"""Upstream data arrives: S3 says that an object lies in the lake; it is looked at and registered."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger
from waybill.wiring import clock, registering


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Idempotent: S3 sends an event at least once. An object that is none of ours (no dataset of the catalogue, no known
    format), no record or gone is left alone.
    """
    return {"registered": sum(_register(record["s3"]["object"]) for record in event.get("Records", []))}


def _register(found: dict[str, Any]) -> bool:
    key = unquote_plus(found["key"])
    registered = registering.registrar().register(key, str(found.get("versionId") or ""), clock.now())
    if registered is None:
        logger.info("nothing to register: %s", key)
    return registered is not None
