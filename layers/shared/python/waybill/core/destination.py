"""Saved destinations: what of their settings is secret, and what a failed probe says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, SecretStr

from waybill.core.deliver import ProbeStep
from waybill.core.errors import FieldError, InvalidInput


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


WAITS = ("host_key", "assume_role")
"""Steps that wait for the tenant: to confirm a host key, to let a role trust an external id that was made just now."""
UNSAFE = "external_id"
"""The step that nobody may force: who skips it may deliver into a stranger's bucket."""


def usable(steps: Sequence[ProbeStep], *, force: bool) -> bool:
    """Whether rules may name a destination after that probe."""
    well = bool(steps) and all(step.ok for step in steps)
    return well or (force and all(step.ok for step in steps if step.step == UNSAFE and step.reached))


def refuse_failed(steps: Sequence[ProbeStep], settings: Iterable[str], *, force: bool = False) -> None:
    """Raises InvalidInput with the field to correct where a probe failed and is not forced; one that waits is no failure.

    A step names the setting to change in its sentences: that is the field. `settings` are the kind's fields.
    """
    failed = next((step for step in steps if step.result == "failed" and step.step not in WAITS), None)
    if failed is None or (force and failed.step != UNSAFE):
        return
    said = f"{failed.message} {failed.advice}"
    named = next((s for s in sorted(settings, key=len, reverse=True) if re.search(rf"\b{s}\b", said)), None)
    raise InvalidInput([FieldError(f"settings.{named}" if named else "settings", said)])
