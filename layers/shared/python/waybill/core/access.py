"""Who calls: API keys, and what a caller may do.

An API key is `wb_<key id>_<secret>`. Only a keyed hash of it is kept, so that a stolen table opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

_KEY = re.compile(r"^wb_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$")


class Permission(StrEnum):
    """After the reference systems' permissions, per action."""

    READ = "read"
    EXPORT = "export"
    RECURRING_EXPORT = "recurring_export"
    MANAGE_DESTINATIONS = "manage_destinations"
    INGEST = "ingest"
    MANAGE_DATASETS = "manage_datasets"
    LIST_EXPORT = "list_export"
    DOWNLOAD = "download"


@dataclass(frozen=True)
class Caller:
    """Whom the authorizer has verified; the only source of the tenant."""

    tenant: str
    name: str
    permissions: frozenset[Permission]
    subject: str = ""
    """Tells callers of one tenant apart: the key's id, or the token's subject."""

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """As `context` wrote it."""
        return cls(
            tenant=str(context["tenant"]),
            name=str(context["name"]),
            permissions=frozenset(Permission(p) for p in str(context["permissions"]).split()),
            subject=str(context.get("subject") or context["name"]),
        )

    def context(self) -> dict[str, str]:
        """The caller as API Gateway hands it from the authorizer to the API: texts alone."""
        return {
            "tenant": self.tenant,
            "name": self.name,
            "permissions": " ".join(sorted(self.permissions)),
            "subject": self.subject,
        }

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


@dataclass(frozen=True)
class AccessKey:
    """What is kept of an API key."""

    key_id: str
    digest: str
    caller: Caller


def make_key(key_id: str, secret: str) -> str:
    """The key as it is shown once. `key_id`: 12 of [a-z0-9]; `secret`: 43 characters of base64url, 256 bits."""
    key = f"wb_{key_id}_{secret}"
    if not _KEY.match(key):
        raise ValueError("an API key is made of 12 characters and 43 of base64url")
    return key


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
