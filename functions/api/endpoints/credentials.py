"""The access keys of a hosted folder. A secret goes out once, when it is made, and is kept nowhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.reach import own_destination
from waybill.core.access import Caller, Permission
from waybill.core.errors import NotFound
from waybill.core.folder_access import HOSTED, Folder
from waybill.wiring import buckets, environment, remote

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
WEEK_MINUTES = 7 * 24 * 60


class Renewal(BaseModel):
    """`confirm` because who reads with the old key can do so no longer, once `overlap_minutes` are over."""

    model_config = ConfigDict(extra="forbid")

    confirm: Literal[True]
    overlap_minutes: Annotated[int, Field(ge=0, le=WEEK_MINUTES)] = 0


class FolderKeyView(BaseModel):
    """`ends_at`: of a key that was replaced and goes on until then."""

    access_key_id: str
    made_at: str
    made_by: str
    last_used: str | None
    ends_at: str | None


class FolderView(BaseModel):
    """What an S3 client needs beside the secret."""

    bucket: str
    prefix: str
    region: str
    endpoint: str
    keys: list[FolderKeyView]


class RenewedView(FolderView):
    access_key_id: str
    secret_access_key: str


@router.get("/destinations/<destination_id>/credentials", **operation(Permission.READ))
def get_credentials(destination_id: str) -> FolderView:
    caller = calling(router)
    return _view(_folder(caller, destination_id))


@router.post(
    "/destinations/<destination_id>/credentials",
    **operation(Permission.MANAGE_CREDENTIALS, HTTPStatus.CREATED, changes=True),
)
def renew_credentials(destination_id: str, body: Renewal) -> Response[RenewedView]:
    """New keys. The old ones end at once, or after the overlap; what is older than these ends at once."""
    caller = calling(router)
    folder = _folder(caller, destination_id)
    made = remote.folder_access().renew(folder, caller.name, body.overlap_minutes)
    view = RenewedView(**_view(folder).model_dump(), **made)
    return Response(HTTPStatus.CREATED.value, "application/json", view, headers={"Cache-Control": "no-store"})


def _folder(caller: Caller, destination_id: str) -> Folder:
    saved = own_destination(caller, destination_id)
    if saved.kind != HOSTED:
        raise NotFound(
            f"{saved.name} is a destination of kind {saved.kind} and has no keys.", "Make one of kind hosted."
        )
    return Folder(caller.tenant, destination_id)


def _view(folder: Folder) -> FolderView:
    return FolderView(
        bucket=buckets.hosted_files().bucket,
        prefix=f"{folder.path}/",
        region=environment.region(),
        endpoint=buckets.hosted_files().endpoint,
        keys=[FolderKeyView(**key) for key in remote.folder_access().keys(folder)],
    )
