"""Saved destinations: what of their settings is secret."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, SecretStr


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
