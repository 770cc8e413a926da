"""The REST API. Routes are in `endpoints/`, one file a resource; all errors leave as problem+json."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from endpoints import (
    backfills,
    calendars,
    certificates,
    credentials,
    datasets,
    destination_changes,
    destinations,
    downloads,
    gaps,
    holes,
    problems,
    queries,
    records,
    rules,
    runs,
    signing_keys,
)
from waybill.boundary import Event, handler

api = APIGatewayRestResolver(enable_validation=True)
problems.install(api)
for resource in (
    datasets,
    records,
    queries,
    destinations,
    destination_changes,
    certificates,
    credentials,
    calendars,
    rules,
    backfills,
    runs,
    downloads,
    gaps,
    holes,
    signing_keys,
):
    api.include_router(resource.router)


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    return api.resolve(dict(event), context)
