"""Changing a saved destination: what is new is probed before it takes the place of what was there."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from endpoints.caller import calling
from endpoints.destinations import DestinationView, answer, checked, etag_of, external_id_for
from endpoints.operation import operation
from endpoints.precondition import check_match
from waybill.core.access import Permission
from waybill.core.destination import refuse_failed, usable, with_pinned_key
from waybill.core.errors import WaybillError
from waybill.core.ports import SavedDestination
from waybill.core.rotation import Candidate, renamed, rotated
from waybill.wiring import clock, connections, remote, stores, vault

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class ChangedDestination(BaseModel):
    """`settings` are complete, with the secrets; without `settings` only the name changes. `force` saves it although its probe
    fails.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    settings: Annotated[dict[str, Any] | None, Field(repr=False)] = None
    force: bool = False


@router.put("/destinations/<destination_id>", **operation(Permission.MANAGE_DESTINATIONS, changes=True, if_match=True))
def update_destination(destination_id: str, body: ChangedDestination) -> Response[DestinationView]:
    """A probe that fails leaves the old settings and credentials as they are, unless it is forced; the problem has its steps
    as `probe`. A run that goes on keeps what it has for the step in hand and takes the new for its next one.
    """
    caller = calling(router)
    saved = stores.destinations().get(caller.tenant, destination_id)
    check_match(router, etag_of(saved))
    if body.settings is None:
        changed = renamed(saved, body.name)
        stores.destinations().replace(changed, saved.version)
        return answer(changed)
    return answer(_replaced(saved, body, body.settings, caller.name))


def _replaced(
    saved: SavedDestination, body: ChangedDestination, settings: dict[str, Any], changed_by: str
) -> SavedDestination:
    wanted = checked(saved.kind, settings)
    plain = with_pinned_key(wanted.settings, saved.settings)
    if not saved.external_id and plain.get("role_arn"):
        # Kept whatever becomes of the probe: the role cannot ask for an id that nobody knows.
        saved = replace(saved, external_id=external_id_for(plain))
        stores.destinations().replace(saved, saved.version)
    name = f"{saved.destination_id}-{secrets.token_hex(4)}"
    reference = vault.secrets().create(saved.tenant, name, wanted.secret) if wanted.secret else ""
    try:
        candidate = Candidate(plain, reference, saved.external_id)
        steps = tuple(remote.prober().run(saved.tenant, saved.destination_id, candidate))
        refuse_failed(steps, connections.destination_config(saved.kind).model_fields, force=body.force, waits=())
        tried = replace(candidate.of(saved), probe=steps, usable=usable(steps, force=body.force))
        changed = rotated(tried, body.name, wanted, changed_by, clock.now())
        stores.destinations().replace(changed, saved.version)
    except WaybillError:
        if reference:
            vault.secrets().remove(reference)
        raise
    if saved.secret_ref:
        vault.secrets().remove(saved.secret_ref)
    return changed
