"""Who the caller is to the platform, so that a program or a page shows only what its user may do."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.caller import calling
from endpoints.operation import Access, operation

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class CallerView(BaseModel):
    """`user` and `groups` decide, at the level `user`, what is the caller's."""

    tenant: str
    name: str
    level: str
    permissions: list[str]
    user: str | None
    groups: list[str]


@router.get("/caller", **operation(Access.ANY_KEY))
def get_caller() -> CallerView:
    """Of the key or the token that the request came with."""
    caller = calling(router)
    return CallerView(
        tenant=caller.tenant,
        name=caller.name,
        level=caller.level.value,
        permissions=sorted(permission.value for permission in caller.permissions),
        user=caller.user or None,
        groups=sorted(caller.groups),
    )
