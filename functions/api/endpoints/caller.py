"""The verified caller, from the authorizer's context and nowhere else, and how often they may call."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from waybill.core.access import Caller, Permission
from waybill.core.errors import NotPermitted, TooMany
from waybill.wiring import callers, clock, stores


class Admission(BaseMiddlewareHandler[ApiGatewayResolver]):
    """Stands before an operation, and before anybody looks at what was sent. `needs` None: any caller who is known."""

    def __init__(self, needs: Permission | None) -> None:
        self._needs = needs

    def handler(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
        """Raises TooMany and NotPermitted."""
        caller = caller_of(app.current_event.raw_event)
        _counted(caller)
        if self._needs is not None:
            _check(caller, self._needs)
        return next_middleware(app)


def calling(router: APIGatewayRouter) -> Caller:
    """Who calls. The operation's own permission was asked for already."""
    return caller_of(router.current_event.raw_event)


def permitted(router: APIGatewayRouter, permission: Permission) -> Caller:
    """Who calls, if they may do this besides. Raises NotPermitted otherwise."""
    caller = calling(router)
    _check(caller, permission)
    return caller


def caller_of(event: dict[str, Any]) -> Caller:
    """Whom the authorizer verified."""
    return Caller.from_context(event["requestContext"]["authorizer"])


def _check(caller: Caller, permission: Permission) -> None:
    if not caller.may(permission):
        raise NotPermitted(
            f"This key lacks the permission {permission.value}.", "Ask your administrator for a key that has it."
        )


def _counted(caller: Caller) -> None:
    seconds = stores.rates().take(
        f"{caller.tenant}#{caller.subject}", callers.rate(), int(clock.now().timestamp() * 1000)
    )
    if seconds:
        rate = callers.rate()
        raise TooMany(
            f"This key asks more often than {rate.per_minute} times a minute.",
            f"Send it again in {seconds} s, as Retry-After says.",
            seconds,
        )
