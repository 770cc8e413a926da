"""What each operation says of itself, once: who may call it, what it answers, whether it changes anything.

A route is registered with `**operation(...)`. Before its function is called, the caller is admitted and then the request held
against its types; the answer is held against its own type on the way out.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
    OpenAPIResponseValidationMiddleware,
)

from endpoints.caller import Admission
from endpoints.once import Once
from endpoints.readable import readable
from endpoints.recorded import Recorded
from waybill.core.access import Permission

PERMISSION, CHANGES, IF_MATCH, ONCE = "x-permission", "x-changes", "x-if-match", "x-once"
"""Where the API's description says who may call an operation, whether it changes anything or lets data leave, whether it
must name the state that it changes, and whether it takes a key under which it is done once.
"""


class Access(StrEnum):
    """Who may call an operation that asks for no permission."""

    ANY_KEY = "any key"
    PUBLIC = "public"


def operation(
    needs: Permission | Access,
    answers: HTTPStatus = HTTPStatus.OK,
    *,
    changes: bool = False,
    once: bool = True,
    recorded: bool = True,
    if_match: bool = False,
    responses: dict[int, Any] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Keywords for a route's decorator. `once`: a change takes an `Idempotency-Key`, if it is a POST; `recorded`: a change is
    written to the audit log; `if_match`: it must name the state that it changes. `responses` and `body` describe what is not of
    the function's types as JSON.
    """
    admission = [] if needs is Access.PUBLIC else [Admission(needs if isinstance(needs, Permission) else None)]
    said: dict[str, Any] = {PERMISSION: needs.value, CHANGES: changes, IF_MATCH: if_match, ONCE: changes}
    return {
        "status_code": answers.value,
        "responses": responses,
        "openapi_extensions": {**said, "requestBody": body} if body else said,
        "middlewares": [
            *admission,
            *([] if body else [readable]),
            OpenAPIRequestValidationMiddleware(),  # type: ignore[no-untyped-call]
            *([Once()] if changes and once else []),
            *([Recorded()] if changes and recorded else []),
            OpenAPIResponseValidationMiddleware(has_response_validation_error=True),
        ],
    }


def answering(kind: str, form: str) -> dict[int, Any]:
    """Responses of an operation that answers a media type of its own, of the JSON Schema type `form`."""
    return {HTTPStatus.OK.value: {"description": "", "content": {kind: {"schema": {"type": form}}}}}
