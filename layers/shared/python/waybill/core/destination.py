"""Saved destinations: what of their settings is secret, what a failed probe says, and who confirmed which host key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from waybill.core.deliver import ProbeStep
from waybill.core.errors import FieldError, InvalidInput


@dataclass(frozen=True)
class Checked:
    """A kind's settings that were found good: the plain ones, the secret ones, where files go, and when the credentials end."""

    settings: Mapping[str, Any]
    secret: Mapping[str, str] = field(repr=False)
    place: str
    expires_at: datetime | None


def split_secrets(config: BaseModel) -> tuple[dict[str, Any], dict[str, str]]:
    """A destination's validated settings as `(plain, secret)`: plain ones may be shown, secret ones go to the vault.

    A secret that is not set is in neither.
    """
    secret = {
        name: value.get_secret_value()
        for name, value in ((n, getattr(config, n)) for n in type(config).model_fields)
        if isinstance(value, SecretStr)
    }
    declared = {name for name, field in type(config).model_fields.items() if "SecretStr" in str(field.annotation)}
    return config.model_dump(mode="json", exclude=declared), secret


@dataclass(frozen=True)
class Approval:
    """A host key that somebody confirmed."""

    host_key: str
    approved_by: str
    approved_at: datetime


def approved(
    before: Sequence[Approval], settings: Mapping[str, Any], approved_by: str, now: datetime
) -> tuple[Approval, ...]:
    """The confirmed host keys with that of the settings, if it is another than the last one."""
    key = settings.get("host_key")
    if not key or (before and before[-1].host_key == key):
        return tuple(before)
    return (*before, Approval(key, approved_by, now))


def with_pinned_key(settings: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """New settings, with the confirmed host key where they name none and the server is the same."""
    same = all(settings.get(name) == kept.get(name) for name in ("host", "port"))
    pinned = kept.get("host_key") if same and "host_key" in settings else None
    return {**settings, "host_key": pinned} if pinned and not settings["host_key"] else dict(settings)


class ProbeFailed(InvalidInput):
    """The settings are well-formed, and the connection test with them failed: `steps` are all of it."""

    def __init__(self, errors: Sequence[FieldError], steps: Sequence[ProbeStep]) -> None:
        super().__init__(errors)
        self.steps = tuple(steps)


WAITS = ("host_key", "assume_role")
"""Steps that wait for the tenant: to confirm a host key, to let a role trust an external id that was made just now."""
UNSAFE = "external_id"
"""The step that nobody may force: who skips it may deliver into a stranger's bucket."""


def usable(steps: Sequence[ProbeStep], *, force: bool) -> bool:
    """Whether rules may name a destination after that probe."""
    well = bool(steps) and all(step.ok for step in steps)
    return well or (force and all(step.ok for step in steps if step.step == UNSAFE and step.reached))


def refuse_failed(
    steps: Sequence[ProbeStep], settings: Iterable[str], *, force: bool = False, waits: Sequence[str] = WAITS
) -> None:
    """Raises ProbeFailed with the field to correct where a probe failed and is not forced; one that `waits` is no failure.

    A step names the setting to change in its sentences: that is the field. `settings` are the kind's fields.
    """
    failed = next((step for step in steps if step.result == "failed" and step.step not in waits), None)
    if failed is None or (force and failed.step != UNSAFE):
        return
    said = f"{failed.message} {failed.advice}"
    named = next((s for s in sorted(settings, key=len, reverse=True) if re.search(rf"\b{s}\b", said)), None)
    raise ProbeFailed([FieldError(f"settings.{named}" if named else "settings", said)], steps)
