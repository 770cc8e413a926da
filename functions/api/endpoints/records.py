"""Records that come in through the API."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, Field

from endpoints.caller import calling
from endpoints.datasets import dataset_named
from endpoints.operation import operation
from waybill.core.access import Permission
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.receive import Request, body_key, client_key, receive
from waybill.core.records import unzipped
from waybill.wiring import buckets, clock

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
LARGEST_BODY = 64 * 1024 * 1024
"""Unzipped; API Gateway itself takes 10 MB, and Lambda 6 MB, of what is sent."""


class Reject(BaseModel):
    line: int
    reason: str


class Accepted(BaseModel):
    """`objects`: the lake objects that now hold the accepted records; they are registered within seconds.
    `rejects_object`: the one that holds all refused ones as `{"line", "reason", "record"}`; empty where there are none.
    """

    accepted: int
    rejected: int
    rejects: Annotated[list[Reject], Field(description="The first hundred.")]
    rejects_object: str
    objects: list[str]


_ANSWER = {"description": "", "content": {"application/json": {"model": Accepted}}}
_LINES = {
    "description": "One JSON object a line; at most 64 MiB unzipped.",
    "required": True,
    "content": {
        "application/x-ndjson": {"schema": {"type": "string"}},
        "application/gzip": {"schema": {"type": "string"}},
    },
}


@router.post(
    "/datasets/<name>/records",
    **operation(
        Permission.INGEST,
        HTTPStatus.ACCEPTED,
        changes=True,
        once=False,
        recorded=False,
        responses={202: _ANSWER, 422: _ANSWER},
        body=_LINES,
    ),
)
def put_records(name: str) -> Response[Accepted]:
    """NDJSON, plain or gzipped. Idempotent by the header `Idempotency-Key`, else by the body: the same request again
    changes nothing, another body under the same key is a conflict. Bad records do not hold back good ones.
    """
    caller = calling(router)
    dataset = dataset_named(caller, name)
    body = _body()
    given = _header("idempotency-key")
    key = client_key(given, "Idempotency-Key") if given else body_key(body)
    received = receive(buckets.lake(), Request(caller.tenant, dataset, key, body), clock.now())
    answer = Accepted(
        accepted=received.accepted,
        rejected=len(received.rejects),
        rejects=[Reject(line=r.line, reason=r.reason) for r in received.rejects[:100]],
        rejects_object=received.rejects_object,
        objects=list(received.objects),
    )
    status = HTTPStatus.ACCEPTED if received.accepted else HTTPStatus.UNPROCESSABLE_ENTITY
    return Response(status_code=status.value, content_type="application/json", body=answer)


def _body() -> bytes:
    """The request's body, unzipped."""
    event = router.current_event.raw_event
    raw = event.get("body") or ""
    body = base64.b64decode(raw) if event.get("isBase64Encoded") else str(raw).encode()
    # API Gateway unzips some bodies by itself and leaves the header; no gzip stream starts like a JSON object.
    encoding = "" if body.lstrip().startswith(b"{") else _header("content-encoding").lower()
    try:
        return unzipped(body, encoding, LARGEST_BODY)
    except ValueError as wrong:
        raise InvalidInput([FieldError("body", str(wrong))]) from wrong


def _header(name: str) -> str:
    headers = router.current_event.headers or {}
    return next((str(value) for known, value in headers.items() if known.lower() == name), "")
