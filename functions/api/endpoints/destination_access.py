"""Who may deliver to a destination: everybody of the tenant, or some users and groups."""

from __future__ import annotations

from dataclasses import replace

from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict

from endpoints.caller import calling
from endpoints.operation import operation
from waybill.core.access import Permission
from waybill.core.sharing import Sharing
from waybill.wiring import stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class DestinationAccess(BaseModel):
    """`limited_to` null: everybody of the tenant. Administrators may always."""

    model_config = ConfigDict(extra="forbid")

    limited_to: Sharing | None


@router.put("/destinations/<destination_id>/access", **operation(Permission.MANAGE_DESTINATIONS, changes=True))
def limit_destination(destination_id: str, body: DestinationAccess) -> DestinationAccess:
    """For rules that are made or changed from now on; those that deliver there already go on."""
    caller = calling(router)
    saved = stores.destinations().get(caller.tenant, destination_id)
    limited = body.limited_to.model_dump(mode="json") if body.limited_to else None
    stores.destinations().replace(replace(saved, limited_to=limited, version=saved.version + 1), saved.version)
    return body
