"""The verified caller, from the authorizer's context and nowhere else."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from waybill.core.access import Caller, Permission
from waybill.core.errors import NotPermitted


class Admission(BaseMiddlewareHandler[ApiGatewayResolver]):
    """Stands before an operation, and before anybody looks at what was sent. `needs` None: any caller who is known."""

    def __init__(self, needs: Permission | None) -> None:
        self._needs = needs

    def handler(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response:
        """Raises NotPermitted."""
        caller = _caller_of(app.current_event.raw_event)
        if self._needs is not None:
            _check(caller, self._needs)
        return next_middleware(app)


def calling(router: APIGatewayRouter) -> Caller:
    """Who calls. The operation's own permission was asked for already."""
    return _caller_of(router.current_event.raw_event)


def permitted(router: APIGatewayRouter, permission: Permission) -> Caller:
    """Who calls, if they may do this besides. Raises NotPermitted otherwise."""
    caller = calling(router)
    _check(caller, permission)
    return caller


def _check(caller: Caller, permission: Permission) -> None:
    if not caller.may(permission):
        raise NotPermitted(
            f"This key lacks the permission {permission.value}.", "Ask your administrator for a key that has it."
        )


def _caller_of(event: dict[str, Any]) -> Caller:
    context = event["requestContext"]["authorizer"]
    return Caller(
        tenant=context["tenant"],
        name=context["name"],
        permissions=frozenset(Permission(p) for p in str(context["permissions"]).split()),
    )
