"""Who calls: API keys, and what a caller may do.

An API key is `wb_<key id>_<secret>`. Only a keyed hash of it is kept, so that a stolen table opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

_KEY = re.compile(r"^wb_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$")


class Permission(StrEnum):
    """After the reference systems' permissions, per action."""

    READ = "read"
    EXPORT = "export"
    RECURRING_EXPORT = "recurring_export"
    LIST_EXPORT = "list_export"
    DOWNLOAD = "download"
    INGEST = "ingest"
    AUDIT = "audit"
    MANAGE_DATASETS = "manage_datasets"
    MANAGE_DESTINATIONS = "manage_destinations"
    MANAGE_CREDENTIALS = "manage_credentials"
    MANAGE_TEMPLATES = "manage_templates"
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"
    MANAGE_KEYS = "manage_keys"


class Level(StrEnum):
    """Whose data a caller reaches: their own and their groups', or all of the tenant."""

    USER = "user"
    ADMINISTRATOR = "administrator"


OF_USERS = frozenset(
    {
        Permission.READ,
        Permission.EXPORT,
        Permission.RECURRING_EXPORT,
        Permission.LIST_EXPORT,
        Permission.DOWNLOAD,
        Permission.MANAGE_TEMPLATES,
    }
)
"""What a caller of user level may be permitted; everything else is about the whole tenant."""
_OF_A_USER = "user:"


@dataclass(frozen=True)
class Caller:
    """Whom the authorizer has verified; the only source of the tenant. `subject` tells callers of one tenant apart: the
    key's id, or the token's subject. `user` and `groups` are as the tenant's datasets name them.
    """

    tenant: str
    name: str
    permissions: frozenset[Permission]
    subject: str = ""
    level: Level = Level.ADMINISTRATOR
    user: str = ""
    groups: tuple[str, ...] = ()

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """As `context` wrote it."""
        return cls(
            tenant=str(context["tenant"]),
            name=str(context["name"]),
            permissions=frozenset(Permission(p) for p in str(context["permissions"]).split()),
            subject=str(context.get("subject") or context["name"]),
            level=Level(context.get("level") or Level.ADMINISTRATOR),
            user=str(context.get("user") or ""),
            groups=tuple(json.loads(context.get("groups") or "[]")),
        )

    def context(self) -> dict[str, str]:
        """The caller as API Gateway hands it from the authorizer to the API: texts alone."""
        return {
            "tenant": self.tenant,
            "name": self.name,
            "permissions": " ".join(sorted(self.permissions)),
            "subject": self.subject,
            "level": self.level.value,
            "user": self.user,
            "groups": json.dumps(self.groups),
        }

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def reaches_all(self) -> bool:
        return self.level is Level.ADMINISTRATOR

    def made(self, created_by: str) -> bool:
        """Whether it is theirs: what a user made, nobody else's name can claim."""
        return self.reaches_all or created_by == self.name


def caller_of(
    tenant: str,
    name: str,
    permissions: frozenset[Permission],
    subject: str,
    level: Level,
    user: str,
    groups: Sequence[str],
) -> Caller:
    """A caller as their level allows. One of user level goes by their user's name, and by that alone. Raises ValueError
    where it cannot be: a user without a name, an administrator who calls themselves like a user, a permission that users
    have not.
    """
    if level is Level.USER:
        if not user:
            raise ValueError("a caller of user level needs the user's name")
        if excess := permissions - OF_USERS:
            raise ValueError(f"a caller of user level cannot have {', '.join(sorted(excess))}")
        name = f"{_OF_A_USER}{user}"
    elif name.startswith(_OF_A_USER):
        raise ValueError(f"a name that starts with {_OF_A_USER} is a user's")
    return Caller(tenant, name, permissions, subject, level, user, tuple(groups))


@dataclass(frozen=True)
class AccessKey:
    """What is kept of an API key."""

    key_id: str
    digest: str
    caller: Caller
    created_at: datetime | None = None
    created_by: str = ""
    expires_at: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it opens anything still."""
        return self.expires_at is None or now < self.expires_at


def make_key(key_id: str, secret: str) -> str:
    """The key as it is shown once. `key_id`: 12 of [a-z0-9]; `secret`: 43 characters of base64url, 256 bits."""
    key = f"wb_{key_id}_{secret}"
    if not _KEY.match(key):
        raise ValueError("an API key is made of 12 characters and 43 of base64url")
    return key


def is_key_id(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9]{12}", text) is not None


def key_id_of(key: str) -> str | None:
    """The key's public part; None where it is no API key."""
    found = _KEY.match(key)
    return found.group(1) if found else None


def digest_of(key: str, pepper: bytes) -> str:
    """What is kept: HMAC-SHA256 of the whole key under the platform's pepper."""
    return hmac.new(pepper, key.encode(), hashlib.sha256).hexdigest()


def matches(key: str, kept: AccessKey, pepper: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(digest_of(key, pepper), kept.digest)
