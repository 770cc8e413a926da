"""API keys of the tenant. A key is shown once, when it is made; only its keyed hash is kept."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from waybill.core.access import AccessKey, Caller, Level, Permission, caller_of, digest_of, make_key
from waybill.core.assigned import Person
from waybill.core.errors import FieldError, InvalidInput, NotPermitted
from waybill.core.window import stamp
from waybill.wiring import callers, clock, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class NewKey(BaseModel):
    """`level` user: the key reaches the rows of `user` and of `groups`, as the datasets name them, and goes by the user's
    name.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    permissions: Annotated[frozenset[Permission], Field(min_length=1)]
    level: Level = Level.ADMINISTRATOR
    user: Person | None = None
    groups: Annotated[tuple[Person, ...], Field(max_length=100)] = ()
    expires_in_days: Annotated[int | None, Field(ge=1, le=3650)] = None


class ApiKeyView(BaseModel):
    key_id: str
    name: str
    permissions: list[Permission]
    level: Level
    user: str
    groups: list[str]
    created_at: str | None
    created_by: str
    expires_at: str | None
    expired: bool


class NewKeyView(ApiKeyView):
    """`key`: shown this once."""

    key: str


class ApiKeyList(BaseModel):
    items: list[ApiKeyView]
    cursor: NextCursor


@router.get("/api-keys", **operation(Permission.MANAGE_KEYS))
def list_keys(limit: Limit = 50, cursor: Cursor = "") -> ApiKeyList:
    """The oldest first. No key is shown."""
    caller = calling(router)
    paging, now = Paging(caller, "api-keys"), clock.now()
    page = stores.access_keys().page(caller.tenant, paging.inner(cursor), limit)
    return ApiKeyList(items=[_view(key, now) for key in page.items], cursor=paging.outer(page.cursor))


@router.post("/api-keys", **operation(Permission.MANAGE_KEYS, HTTPStatus.CREATED, changes=True))
def create_key(body: NewKey) -> Response[NewKeyView]:
    """A key may be given no permission that its maker has not."""
    caller, now = calling(router), clock.now()
    if excess := body.permissions - caller.permissions:
        said = f"You cannot give what you have not: {', '.join(sorted(excess))}."
        raise NotPermitted(said, "Leave it out, or ask an administrator who has it.")
    key_id = secrets.token_hex(6)
    text = make_key(key_id, secrets.token_urlsafe(32))
    ends = now + timedelta(days=body.expires_in_days) if body.expires_in_days else None
    kept = AccessKey(
        key_id, digest_of(text, callers.pepper()), _holder(caller.tenant, key_id, body), now, caller.name, ends
    )
    stores.access_keys().add(kept, now)
    view = NewKeyView(**_view(kept, now).model_dump(), key=text)
    return Response(HTTPStatus.CREATED.value, "application/json", view, headers={"Cache-Control": "no-store"})


@router.delete("/api-keys/<key_id>", **operation(Permission.MANAGE_KEYS, HTTPStatus.NO_CONTENT, changes=True))
def delete_key(key_id: str) -> Response[str]:
    """It opens nothing any more within a minute."""
    stores.access_keys().remove(calling(router).tenant, key_id)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def _holder(tenant: str, key_id: str, body: NewKey) -> Caller:
    if body.level is Level.ADMINISTRATOR and (body.user or body.groups):
        raise InvalidInput([FieldError("level", "is administrator, who reaches all: leave out user and groups")])
    try:
        subject = f"key:{key_id}"
        return caller_of(tenant, body.name, body.permissions, subject, body.level, body.user or "", body.groups)
    except ValueError as wrong:
        field = "user" if body.level is Level.USER and not body.user else "permissions" if body.user else "name"
        raise InvalidInput([FieldError(field, str(wrong))]) from None


def _view(key: AccessKey, now: datetime) -> ApiKeyView:
    caller = key.caller
    return ApiKeyView(
        key_id=key.key_id,
        name=caller.name,
        permissions=sorted(caller.permissions),
        level=caller.level,
        user=caller.user,
        groups=list(caller.groups),
        created_at=stamp(key.created_at) if key.created_at else None,
        created_by=key.created_by,
        expires_at=stamp(key.expires_at) if key.expires_at else None,
        expired=not key.open_at(now),
    )
