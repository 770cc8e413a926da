"""The REST API. Routes are in `endpoints/`, one file a resource; all errors leave as problem+json."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from endpoints import RESOURCES, cross_origin, description, problems
from waybill.boundary import Event, handler


@cache
def api() -> APIGatewayRestResolver:
    """Made at the first request: what it allows depends on the deployment's settings."""
    made = APIGatewayRestResolver(cors=cross_origin.rules())
    problems.install(made)
    for resource in RESOURCES:
        made.include_router(resource.router)
    description.install(made)
    return made


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    return api().resolve(dict(event), context)
