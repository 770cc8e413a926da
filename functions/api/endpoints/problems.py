"""Errors as problem+json (RFC 9457), field by field. Every one says what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)

from endpoints.probe_steps import step_view
from waybill.boundary import logger
from waybill.core.deliver import ProbeStep
from waybill.core.destination import ProbeFailed
from waybill.core.errors import (
    ConfigurationError,
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    NotPermitted,
    PermanentError,
    Stale,
    TooMany,
    TransientError,
    Unconditional,
    WaybillError,
)
from waybill.core.field_words import field_words, written_path

_STATUS: Sequence[tuple[type[WaybillError], HTTPStatus]] = (
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Stale, HTTPStatus.PRECONDITION_FAILED),
    (Unconditional, HTTPStatus.PRECONDITION_REQUIRED),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (ConfigurationError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
    (PermanentError, HTTPStatus.INTERNAL_SERVER_ERROR),
)

PROBLEM: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `errors` names the fields of the request that are wrong, where it is about some; `probe` has"
    " the steps of the connection test that made it refuse a destination.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
        "probe": {"type": "array", "items": {"$ref": "#/components/schemas/StepView"}},
    },
    "required": ["type", "title", "status", "detail"],
}
"""The form of every error, for the API's description."""


def problem(
    status: HTTPStatus, detail: str, errors: Sequence[FieldError] = (), probe: Sequence[ProbeStep] = ()
) -> Response[str]:
    """An answer of type application/problem+json."""
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    if errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in errors]
    if probe:
        body["probe"] = [step_view(step).model_dump() for step in probe]
    return Response(status_code=status.value, content_type="application/problem+json", body=json.dumps(body))


def install(api: APIGatewayRestResolver) -> None:
    """Give the API its error answers."""
    api.exception_handler(RequestValidationError)(_not_valid)
    api.exception_handler(RequestUnsupportedContentType)(_unknown_kind)
    api.exception_handler(ResponseValidationError)(_wrong_answer)
    api.exception_handler(WaybillError)(_ours)
    api.exception_handler(ServiceError)(_service)


def field_errors(errors: Sequence[dict[str, Any]], under: str = "") -> list[FieldError]:
    """pydantic's errors as ours: dotted paths, no echo of the input, which may be a secret."""
    found = []
    for error in errors:
        path = written_path([step for step in error["loc"] if step not in {"body", "query", "path"}])
        field = ".".join([*([under] if under else []), *path]) or "body"
        found.append(FieldError(field, field_words(error)))
    return found


def _not_valid(error: RequestValidationError) -> Response[str]:
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request has fields that cannot be taken.",
        field_errors(list(error.errors())),
    )


def _unknown_kind(_: RequestUnsupportedContentType) -> Response[str]:
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is of a kind that is not taken. Send application/json.")


def _wrong_answer(error: ResponseValidationError) -> Response[str]:
    """A defect of ours: what was to be answered is not what the description promises."""
    places = [".".join(map(str, one["loc"])) for one in error.errors()]
    logger.error("an answer is not as its type says: %s", ", ".join(places))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The request failed on our side. Tell the operator.")


def _ours(error: WaybillError) -> Response[str]:
    status = next((s for kind, s in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("answered %s: %s", status.value, error)
    if isinstance(error, ProbeFailed):
        return problem(status, "The connection test failed.", error.errors, error.steps)
    if isinstance(error, InvalidInput):
        return problem(status, error.message, error.errors)
    answer = problem(status, str(error))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _service(error: ServiceError) -> Response[str]:
    return problem(HTTPStatus(error.status_code), str(error.msg))
