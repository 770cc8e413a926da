"""Callers that another identity provider knows: what the claims of its tokens (OpenID Connect, RFC 7519) say of them.

A claim's name may be a path, such as `waybill.tenant`, into claims that hold others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.access import OF_USERS, Caller, Level, Permission, caller_of

TENANT = re.compile(r"^[a-z0-9][a-z0-9-]{1,62}$")
_LONGEST = 200


class ClaimNames(BaseModel):
    """Under which names the provider says what. Who is named no `level` is a user: nobody becomes an administrator by
    omission.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = "tenant"
    permissions: str = "permissions"
    level: str = "level"
    user: str = "sub"
    name: str = "sub"
    groups: str = "groups"


class Tokens(Protocol):
    def claims(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that the configured issuer signed for us and that is valid now; None for any other text. Raises
        TransientError where the issuer's keys cannot be had.
        """


def caller_of_claims(claims: Mapping[str, Any], names: ClaimNames) -> Caller | None:
    """None where the claims name no tenant, or nobody. Permissions that we do not know are another system's; those that a
    caller of user level cannot have are left out.
    """
    tenant, subject = _text(claims, names.tenant), _text(claims, "sub")
    if not TENANT.fullmatch(tenant) or not subject:
        return None
    level = Level.ADMINISTRATOR if _text(claims, names.level) == Level.ADMINISTRATOR else Level.USER
    given = frozenset(Permission(one) for one in _texts(claims, names.permissions) if one in {*Permission})
    permissions = given if level is Level.ADMINISTRATOR else given & OF_USERS
    user = _text(claims, names.user) if level is Level.USER else ""
    groups = _texts(claims, names.groups) if level is Level.USER else []
    try:
        return caller_of(tenant, _text(claims, names.name), permissions, f"oidc:{subject}", level, user, groups)
    except ValueError:
        return None


def _found(claims: Mapping[str, Any], path: str) -> Any:
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _text(claims: Mapping[str, Any], path: str) -> str:
    found = _found(claims, path)
    return found if isinstance(found, str) and len(found) <= _LONGEST else ""


def _texts(claims: Mapping[str, Any], path: str) -> list[str]:
    """A list of texts, or a text with spaces, as OAuth writes scopes."""
    found = _found(claims, path)
    several = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return [one for one in several if isinstance(one, str) and 0 < len(one) <= _LONGEST]
