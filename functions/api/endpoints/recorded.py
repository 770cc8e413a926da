"""Changes are written to the audit log: before they are made, and once their answer is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware

from endpoints.caller import caller_of
from waybill.boundary import logger
from waybill.core.audit_log import Stage, entry
from waybill.core.errors import TransientError, WaybillError
from waybill.wiring import clock, stores


class Recorded(BaseMiddlewareHandler[ApiGatewayResolver]):
    """Stands behind all checks of the request, right before its function."""

    def handler(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
        """Raises TransientError, with nothing changed, where the log cannot be written."""
        request, event = app.request, app.current_event.raw_event
        caller, identity = caller_of(event), str(event["requestContext"].get("requestId") or "")
        action = f"{request.method} {request.route}"

        def note(stage: Stage, **things: object) -> None:
            named = {**_named(request.route, request.path_parameters), **things}
            stores.audit_log().append(caller.tenant, entry(caller, action, named, stage, identity, clock.now()))

        note(Stage.ASKED)
        try:
            answer = next_middleware(app)
        except WaybillError:
            note(Stage.REFUSED)
            raise
        try:
            note(Stage.DONE, **_made(answer.body))
        except TransientError as error:  # it is done; the log says that it was asked for
            logger.error("the audit log misses that %s of %s was done: %s", action, caller.tenant, error)
        return answer


def _named(route: str, arguments: Mapping[str, Any]) -> dict[str, object]:
    """The things that the path names. The framework's arguments hold the body as well, which may have secrets."""
    return {name: arguments[name] for name in re.findall(r"{(\w+)}", route)}


def _made(body: Any) -> dict[str, object]:
    """The ids in an answer. None of them is a secret."""
    found = body if isinstance(body, dict) else {}
    return {k: v for k, v in found.items() if isinstance(v, str) and (k.endswith("_id") or k == "sha256")}
