"""Direct downloads: a short link to one delivered file in a hosted folder, noted in the run's log with who asked."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.reach import own_run
from waybill.core.access import Caller, Permission
from waybill.core.errors import NotFound, NotPermitted
from waybill.core.folder_access import HOSTED, folder_of
from waybill.core.run import RunKey
from waybill.wiring import buckets, clock, environment, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
LINK_SECONDS = 300


class LinkView(BaseModel):
    """`url` fetches the file without a key for `seconds`."""

    name: str
    url: str
    seconds: int


@router.post("/runs/<run_id>/files/<number>/link", **operation(Permission.DOWNLOAD, HTTPStatus.CREATED, changes=True))
def link_file(run_id: str, number: int) -> Response[LinkView]:
    """`number` counts the files of `GET /runs/{id}/files` from 0."""
    caller = calling(router)
    if not environment.settings().direct_download or caller.tenant in environment.settings().no_download_tenants:
        raise NotPermitted(
            "The operator has switched direct downloads off.", "Read the folder with its keys: see docs/api.md."
        )
    key = own_run(caller, run_id)
    stores.runs().get(key)
    name, place = _hosted(caller, key, number)
    url = buckets.hosted_files().link(place, LINK_SECONDS, "application/octet-stream")
    # Kept also where the run's own notes are not: who took data away is no detail.
    stores.run_log().note(key, clock.now(), "download", f"{caller.name} asked for a link to {name}.")
    view = LinkView(name=name, url=url, seconds=LINK_SECONDS)
    return Response(HTTPStatus.CREATED.value, "application/json", view, headers={"Cache-Control": "no-store"})


def _hosted(caller: Caller, key: RunKey, number: int) -> tuple[str, str]:
    """The file's name and where it lies. Raises NotFound."""
    for (destination_id, file), receipt in stores.run_log().receipts(key).items():
        if file != number:
            continue
        saved = stores.destinations().find(caller.tenant, destination_id)
        place = f"{folder_of(caller.tenant, destination_id)}/{receipt['name']}"
        if saved and saved.kind == HOSTED and buckets.hosted_files().holds(place):
            return receipt["name"], place
    raise NotFound(
        f"The run's file {number} is in no hosted folder.",
        "Deliver to a destination of kind hosted; files are kept there for its retention_months.",
    )
