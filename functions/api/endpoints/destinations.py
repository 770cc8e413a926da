"""Destinations: saved, tested endpoints. A secret comes in once and never goes out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from endpoints.caller import permitted
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from endpoints.precondition import etag
from endpoints.probe_steps import StepView, step_view
from endpoints.problems import field_errors
from endpoints.reach import may_use, own_destination
from waybill.core.access import Permission
from waybill.core.deliver import ProbeStep
from waybill.core.destination import Checked, approved, refuse_failed, split_secrets, usable
from waybill.core.errors import Conflict, FieldError, InvalidInput, WaybillError
from waybill.core.expiring import warning
from waybill.core.folder_access import HOSTED, Folder
from waybill.core.ports import SavedDestination
from waybill.core.sharing import Sharing
from waybill.core.window import stamp
from waybill.wiring import clock, connections, remote, stores, vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class NewDestination(BaseModel):
    """`settings` are the kind's own. `force` keeps the destination usable although its probe fails."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    kind: str
    settings: Annotated[dict[str, Any], Field(repr=False)]
    force: bool = False


class ProbeRequest(BaseModel):
    """`confirm_host_key`: the fingerprint that an earlier probe showed, compared with what the server's owner says."""

    model_config = ConfigDict(extra="forbid")

    confirm_host_key: str | None = None
    force: bool = False


class ApprovalView(BaseModel):
    host_key: str
    approved_by: str
    approved_at: str


class DestinationView(BaseModel):
    """`usable`: rules may name it, because its last probe went well or because it was forced. `external_id` is what a role
    of the tenant's must ask for. `version` is what a change must name. `host_keys` were confirmed, the newest last.
    `warnings` say that its credentials end soon.
    """

    destination_id: str
    name: str
    kind: str
    settings: dict[str, Any]
    usable: bool
    probe: list[StepView]
    probed_at: str
    created_at: str
    created_by: str
    external_id: str
    version: int
    expires_at: str | None
    host_keys: list[ApprovalView]
    warnings: list[str]
    limited_to: Sharing | None


class DestinationList(BaseModel):
    items: list[DestinationView]
    cursor: NextCursor


@router.get("/destinations", **operation(Permission.READ))
def list_destinations(limit: Limit = 50, cursor: Cursor = "", kind: str = "") -> DestinationList:
    """By id; those of one `kind`, where it is given."""
    caller = permitted(router, Permission.READ)
    paging = Paging(caller, "destinations", kind=kind)
    page = stores.destinations().page(
        caller.tenant, paging.inner(cursor), limit, keep=lambda d: may_use(caller, d) and kind in {"", d.kind}
    )
    return DestinationList(items=[view_of(d) for d in page.items], cursor=paging.outer(page.cursor))


@router.get("/destinations/<destination_id>", **operation(Permission.READ))
def get_destination(destination_id: str) -> Response[DestinationView]:
    caller = permitted(router, Permission.READ)
    return answer(own_destination(caller, destination_id))


@router.post("/destinations", **operation(Permission.MANAGE_DESTINATIONS, HTTPStatus.CREATED, changes=True))
def create_destination(body: NewDestination) -> Response[DestinationView]:
    """Saves and probes. Where the probe fails, nothing is kept, the field to correct is named and the problem has the steps as
    `probe`, unless it is forced; a host key that waits to be confirmed, and a role that waits for its external id, are no
    failures, but no rule may use the destination until then.
    """
    caller = permitted(router, Permission.MANAGE_DESTINATIONS)
    wanted = checked(body.kind, body.settings)
    destination_id = f"dst_{secrets.token_hex(8)}"
    now = clock.now()
    reference = vault.secrets().create(caller.tenant, destination_id, wanted.secret) if wanted.secret else ""
    saved = SavedDestination(
        tenant=caller.tenant,
        destination_id=destination_id,
        name=body.name,
        kind=body.kind,
        settings=wanted.settings,
        secret_ref=reference,
        usable=False,
        probe=(),
        probed_at=now,
        created_at=now,
        created_by=caller.name,
        external_id=external_id_for(wanted.settings),
        place=wanted.place,
        expires_at=wanted.expires_at,
        host_keys=approved((), wanted.settings, caller.name, now),
    )
    try:
        stores.destinations().add(saved)
        probed = _probed(saved, body.force, now)
        refuse_failed(probed.probe, connections.destination_config(body.kind).model_fields, force=body.force)
    except WaybillError:
        stores.destinations().remove(caller.tenant, destination_id)
        if reference:
            vault.secrets().remove(reference)
        raise
    return answer(probed, HTTPStatus.CREATED)


@router.post("/destinations/<destination_id>/probe", **operation(Permission.MANAGE_DESTINATIONS, changes=True))
def probe_destination(destination_id: str, body: ProbeRequest) -> DestinationView:
    """A host key that is confirmed takes the place of the one before, which stays in the history."""
    caller = permitted(router, Permission.MANAGE_DESTINATIONS)
    saved = stores.destinations().get(caller.tenant, destination_id)
    if body.confirm_host_key is not None:
        if "host_key" not in saved.settings:
            raise InvalidInput([FieldError("confirm_host_key", f"a destination of kind {saved.kind} has no host key")])
        if body.confirm_host_key not in _shown_keys(saved.probe):
            raise InvalidInput(
                [FieldError("confirm_host_key", "is not the fingerprint that the last probe showed; probe again")]
            )
        saved = _confirmed(saved, body.confirm_host_key, caller.name)
    return view_of(_probed(saved, body.force, clock.now()))


@router.delete(
    "/destinations/<destination_id>", **operation(Permission.MANAGE_DESTINATIONS, HTTPStatus.NO_CONTENT, changes=True)
)
def delete_destination(destination_id: str) -> Response[str]:
    """Refused while a rule names it. Its secret goes with it; so do a hosted folder's keys, its files stay for their time."""
    caller = permitted(router, Permission.MANAGE_DESTINATIONS)
    saved = stores.destinations().get(caller.tenant, destination_id)
    users = _rules_that_name(caller.tenant, destination_id)
    if users:
        raise Conflict(
            f"The rules {', '.join(users[:5])} deliver to it.", "Delete them, or give them another destination, first."
        )
    if saved.kind == HOSTED:
        remote.folder_access().remove(Folder(caller.tenant, destination_id))
    stores.destinations().remove(caller.tenant, destination_id)
    if saved.secret_ref:
        vault.secrets().remove(saved.secret_ref)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def checked(kind: str, settings: Mapping[str, Any]) -> Checked:
    """The kind's settings. Raises InvalidInput, field by field."""
    kinds = connections.destination_kinds()
    if kind not in kinds:
        raise InvalidInput([FieldError("kind", f"{kind!r} is no kind of destination; use {', '.join(sorted(kinds))}")])
    try:
        config = connections.destination_config(kind).model_validate(settings)
    except ValidationError as wrong:
        details = [dict(e) for e in wrong.errors(include_url=False, include_input=False)]
        raise InvalidInput(field_errors(details, "settings")) from None
    return Checked(*split_secrets(config), config.place, config.expires_at)


def external_id_for(settings: Mapping[str, Any]) -> str:
    """A new one of ours, if the settings name a role."""
    return f"waybill-{secrets.token_hex(16)}" if settings.get("role_arn") else ""


def _confirmed(saved: SavedDestination, host_key: str, by: str) -> SavedDestination:
    settings = {**saved.settings, "host_key": host_key}
    history = approved(saved.host_keys, settings, by, clock.now())
    confirmed = replace(saved, settings=settings, host_keys=history, version=saved.version + 1)
    stores.destinations().replace(confirmed, saved.version)
    return confirmed


def _probed(saved: SavedDestination, force: bool, now: datetime) -> SavedDestination:
    steps = remote.prober().run(saved.tenant, saved.destination_id)
    probed = replace(saved, probe=tuple(steps), probed_at=now, usable=usable(steps, force=force))
    stores.destinations().replace(probed, saved.version)
    return probed


def _shown_keys(steps: Sequence[ProbeStep]) -> set[str]:
    return {step.facts["fingerprint"] for step in steps if "fingerprint" in step.facts}


def _rules_that_name(tenant: str, destination_id: str) -> list[str]:
    found, cursor = [], ""
    while True:
        page = stores.rules().page(tenant, cursor, 200)
        found += [r.settings.name for r in page.items if destination_id in r.settings.destinations]
        cursor = page.cursor
        if not cursor:
            return found


def etag_of(saved: SavedDestination) -> str:
    """Another one with each change, and not with a probe."""
    return etag(saved.destination_id, str(saved.version))


def answer(saved: SavedDestination, status: HTTPStatus = HTTPStatus.OK) -> Response[DestinationView]:
    return Response(status.value, "application/json", view_of(saved), headers={"ETag": etag_of(saved)})


def view_of(saved: SavedDestination) -> DestinationView:
    return DestinationView(
        destination_id=saved.destination_id,
        name=saved.name,
        kind=saved.kind,
        settings=dict(saved.settings),
        usable=saved.usable,
        probe=[step_view(s) for s in saved.probe],
        probed_at=stamp(saved.probed_at),
        created_at=stamp(saved.created_at),
        created_by=saved.created_by,
        external_id=saved.external_id,
        version=saved.version,
        expires_at=stamp(saved.expires_at) if saved.expires_at else None,
        host_keys=[
            ApprovalView(host_key=k.host_key, approved_by=k.approved_by, approved_at=stamp(k.approved_at))
            for k in saved.host_keys
        ],
        warnings=[said for said in (warning(saved, clock.now()),) if said],
        limited_to=Sharing.model_validate(saved.limited_to) if saved.limited_to else None,
    )
