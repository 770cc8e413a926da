"""Upstream data arrives: S3 says that an object lies in the lake; it is looked at and registered."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler, logger
from waybill.core.ingest import parse_key, survey
from waybill.core.plan import LakeObject


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Idempotent: S3 sends an event at least once, and a version is registered once. An object that is none of ours (no
    dataset of the catalogue, no known format) is logged and left alone.
    """
    registered = [_register(record["s3"]["object"]) for record in event.get("Records", [])]
    return {"registered": sum(1 for one in registered if one)}


def _register(found: dict[str, Any]) -> LakeObject | None:
    key = unquote_plus(found["key"])
    place = parse_key(key)
    if place is None or place.dataset not in wiring.catalog():
        logger.warning("not a lake object: %s", key)
        return None
    if place.media:
        return None
    lake = wiring.lake()
    there = lake.head(key, str(found.get("versionId") or ""))
    if there is None:
        logger.warning("gone before it was registered: %s", key)
        return None
    seen = survey(lake.open(key, there.version), place.format, wiring.catalog()[place.dataset])
    entry = LakeObject(
        key=key,
        version=there.version,
        etag=there.etag,
        size=there.size,
        rows=seen.rows,
        rejects=seen.rejects,
        format=place.format,
        sequence=0,
        first_event=seen.first,
        last_event=seen.last,
        registered_at=wiring.now(),
    )
    return wiring.lake_objects().register(place.tenant, place.dataset, entry)
