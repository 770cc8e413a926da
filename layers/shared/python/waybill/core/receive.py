"""Records that were sent: through the API or over the bus, they come in here. What was taken lies in the lake then."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from waybill.core.catalog import Dataset
from waybill.core.errors import Conflict, FieldError, InvalidInput
from waybill.core.lake_keys import rejects_key, request_key
from waybill.core.records import Intake, Refused, take_records


class LakeToFill(Protocol):
    """Narrow port of `aws.lake.Lake`."""

    def put(self, key: str, data: bytes) -> bool: ...

    def stream(self, key: str, version: str) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Request:
    """NDJSON records for a tenant's dataset. `key` names the request: the same key is the same request."""

    tenant: str
    dataset: Dataset
    key: str
    body: bytes


@dataclass(frozen=True)
class Received:
    """`objects`: the lake objects that hold what was accepted; `rejects_object`: the one that holds the rest, if any."""

    accepted: int
    rejects: tuple[Refused, ...]
    objects: tuple[str, ...]
    rejects_object: str


def client_key(given: str, field: str) -> str:
    """A key that a client chose. Raises InvalidInput on `field` for one that is none."""
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", given):
        raise InvalidInput([FieldError(field, "is 1 to 128 visible ASCII characters, without spaces")])
    return given


def body_key(body: bytes) -> str:
    """Names a request whose client named it not: by what it holds. The space keeps it apart from a client's keys."""
    return f"body {hashlib.sha256(body).hexdigest()}"


def receive(lake: LakeToFill, request: Request, now: datetime) -> Received:
    """Write the request's good records to the lake, one object a day, and its bad ones to the dataset's rejects.

    Idempotent by the request's key: a repeat completes what a crash left undone, adds nothing, and answers the same.
    Raises Conflict for a key that came with another body, InvalidInput for a body that holds no record or too many.
    """
    name = hashlib.sha256(request.key.encode()).hexdigest()
    intake = take_records(request.body, request.tenant, request.dataset, name[:32])
    day = _noted(lake, request, name, now)
    for key, data in intake.objects.items():
        lake.put(key, data)
    rejects = _put_rejects(lake, request, intake, rejects_key(request.tenant, request.dataset.name, day, name[:32]))
    return Received(intake.accepted, tuple(intake.rejects), tuple(sorted(intake.objects)), rejects)


def _noted(lake: LakeToFill, request: Request, name: str, now: datetime) -> date:
    """Note the request before anything of it is written; the day on which it was noted first."""
    digest = hashlib.sha256(request.body).hexdigest()
    marker = request_key(request.tenant, request.dataset.name, name)
    if lake.put(marker, json.dumps({"body": digest, "day": now.date().isoformat()}).encode()):
        return now.date()
    noted = json.loads(b"".join(lake.stream(marker, "")))
    if noted["body"] != digest:
        raise Conflict(
            "The idempotency key came before with another body; nothing was taken.",
            "Send these records under a new key, or the first body again under this one.",
        )
    return date.fromisoformat(noted["day"])


def _put_rejects(lake: LakeToFill, request: Request, intake: Intake, key: str) -> str:
    if not intake.rejects:
        return ""
    lake.put(key, b"".join(refused.as_line() for refused in intake.rejects))
    return key
