"""Datasets: the catalogue, and records that come in through the API."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, Field

from endpoints.caller import permitted
from waybill import wiring
from waybill.core.access import Permission
from waybill.core.catalog import Dataset, closest
from waybill.core.errors import FieldError, InvalidInput, NotFound
from waybill.core.ingest import take_records, unzipped

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
LARGEST_BODY = 64 * 1024 * 1024
"""Unzipped; API Gateway itself takes 10 MB, and Lambda 6 MB, of what is sent."""


class DatasetList(BaseModel):
    items: list[Dataset]


class DatasetDetail(Dataset):
    """`registered_objects`: how many lake objects of the caller's tenant are ready for export."""

    registered_objects: int


class Reject(BaseModel):
    line: int
    reason: str


class Accepted(BaseModel):
    """`objects`: the lake objects that now hold the accepted records; they are registered within seconds."""

    accepted: int
    rejected: int
    rejects: Annotated[list[Reject], Field(description="The first hundred.")]
    objects: list[str]


@router.get("/datasets")
def list_datasets() -> DatasetList:
    permitted(router, Permission.READ)
    return DatasetList(items=list(wiring.catalog().values()))


@router.get("/datasets/<name>")
def get_dataset(name: str) -> DatasetDetail:
    caller = permitted(router, Permission.READ)
    dataset = _dataset(name)
    registered = wiring.lake_objects().newest(caller.tenant, name)
    return DatasetDetail(**dataset.model_dump(), registered_objects=registered)


@router.post("/datasets/<name>/records")
def put_records(name: str) -> Response[Accepted]:
    """NDJSON, plain or gzipped. Idempotent: the same body again changes nothing. Bad records do not hold back good ones."""
    caller = permitted(router, Permission.INGEST)
    dataset = _dataset(name)
    event = router.current_event
    raw = event.raw_event.get("body") or ""
    body = base64.b64decode(raw) if event.raw_event.get("isBase64Encoded") else str(raw).encode()
    encoding = next((v for k, v in (event.headers or {}).items() if k.lower() == "content-encoding"), "")
    try:
        plain = unzipped(body, str(encoding).lower(), LARGEST_BODY)
    except ValueError as wrong:
        raise InvalidInput([FieldError("body", str(wrong))]) from wrong
    intake = take_records(plain, caller.tenant, dataset)
    if not intake.accepted and not intake.rejects:
        raise InvalidInput([FieldError("body", "holds no record; send one JSON object a line")])
    for key, data in intake.objects.items():
        wiring.lake().put(key, data)
    answer = Accepted(
        accepted=intake.accepted,
        rejected=len(intake.rejects),
        rejects=[Reject(**r) for r in intake.rejects[:100]],
        objects=sorted(intake.objects),
    )
    status = HTTPStatus.ACCEPTED if intake.accepted else HTTPStatus.UNPROCESSABLE_ENTITY
    return Response(status_code=status.value, content_type="application/json", body=answer)


def _dataset(name: str) -> Dataset:
    catalog = wiring.catalog()
    if name not in catalog:
        raise NotFound(f"There is no dataset {name!r}.", f"There are {closest(name, catalog)}.")
    return catalog[name]
