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


def refuse_failed(steps: Sequence[ProbeStep], settings: Iterable[str]) -> None:
    """Raises InvalidInput with the field to correct where a probe failed; a host key that is not confirmed yet is no failure.

    A step names the setting to change in its sentences: that is the field. `settings` are the kind's fields.
    """
    failed = next((step for step in steps if not step.ok and step.step != "host_key"), None)
    if failed is None:
        return
    said = f"{failed.message} {failed.advice}"
    named = next((s for s in sorted(settings, key=len, reverse=True) if re.search(rf"\b{s}\b", said)), None)
    raise InvalidInput([FieldError(f"settings.{named}" if named else "settings", said)])
