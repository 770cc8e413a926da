"""The header `Idempotency-Key`: a POST that is sent twice is done once, and answered the same."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware
from aws_lambda_powertools.shared.json_encoder import Encoder

from endpoints.caller import caller_of
from waybill.core.errors import WaybillError
from waybill.core.once import LONGEST, GivenAnswer, answered_before, fingerprint
from waybill.core.receive import client_key
from waybill.wiring import clock, stores

HEADER = "Idempotency-Key"


class Once(BaseMiddlewareHandler[ApiGatewayResolver]):
    """Stands behind the check of types: what is refused there is not noted."""

    def handler(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
        """The first answer, given again; raises InvalidInput and Conflict as `core.once` says."""
        event = app.current_event
        given = next((str(v) for k, v in (event.headers or {}).items() if k.lower() == HEADER.lower()), "")
        if not given or event.http_method != "POST":
            return next_middleware(app)
        caller = caller_of(event.raw_event)
        key = f"{caller.tenant}#{caller.subject}#{client_key(given, HEADER)}"
        query = [(k, v) for k, several in event.resolved_query_string_parameters.items() for v in several]
        request = fingerprint(event.http_method, event.path, query, str(event.body or ""))
        earlier = stores.answers().begin(key, request, clock.now())
        if earlier is not None:
            return _again(answered_before(earlier, request))
        try:
            answer = next_middleware(app)
        except WaybillError:
            stores.answers().forget(key)
            raise
        stores.answers().keep(key, request, _kept(answer), clock.now())
        return answer


def _kept(answer: Response[Any]) -> GivenAnswer:
    """Settles the answer's bytes, so that another time has the same."""
    if not isinstance(answer.body, str):
        answer.body = json.dumps(answer.body, separators=(",", ":"), cls=Encoder)
    secret = answer.headers.get("Cache-Control") == "no-store"
    keep = not secret and len(answer.body.encode()) <= LONGEST
    return GivenAnswer(answer.status_code, answer.content_type or "", answer.body if keep else None)


def _again(given: GivenAnswer) -> Response[str]:
    return Response(given.status, given.kind, given.body, headers={"Idempotency-Replayed": "true"})
