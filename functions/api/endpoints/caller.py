"""The verified caller, from the authorizer's context and nowhere else."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from waybill.core.access import Caller, Permission
from waybill.core.errors import NotPermitted


def permitted(router: APIGatewayRouter, permission: Permission) -> Caller:
    """Who calls, if they may. Raises NotPermitted otherwise."""
    context = router.current_event.raw_event["requestContext"]["authorizer"]
    caller = Caller(
        tenant=context["tenant"],
        name=context["name"],
        permissions=frozenset(Permission(p) for p in str(context["permissions"]).split()),
    )
    if not caller.may(permission):
        raise NotPermitted(
            f"This key lacks the permission {permission.value}.", "Ask your administrator for a key that has it."
        )
    return caller
