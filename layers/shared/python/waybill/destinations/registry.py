"""The kinds of destinations. A new one is one line here; its module, and what that imports, loads when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pydantic import BaseModel

from waybill.core.deliver import Capabilities, Destination
from waybill.core.errors import PermanentError
from waybill.destinations.config import DestinationConfig
from waybill.destinations.dial import HostedFolder, Surroundings, Trust

__all__ = [
    "DestinationConfig",
    "HostedFolder",
    "Surroundings",
    "Trust",
    "capabilities",
    "config_model",
    "connect",
    "kinds",
]

# `memory` is for tests: a tenant must not choose it.
_MODULES = {
    "azure_blob": "waybill.destinations.azure_blob",
    "hosted": "waybill.destinations.hosted",
    "s3": "waybill.destinations.s3",
    "sftp": "waybill.destinations.sftp",
    "smtp": "waybill.destinations.smtp",
}


def kinds() -> tuple[str, ...]:
    return tuple(_MODULES)


def config_model(kind: str) -> type[DestinationConfig]:
    """The kind's settings, to validate with and to draw a form from. Loads no vendor's library."""
    model: type[DestinationConfig] = _module(kind).Config
    return model


def capabilities(kind: str) -> Capabilities:
    """What files and names the kind can hold. Loads no vendor's library."""
    found: Capabilities = _module(kind).CAPABILITIES
    return found


def connect(kind: str, config: BaseModel, surroundings: Surroundings) -> Destination:
    """A destination ready for use; nothing is dialled before its first call."""
    destination: Destination = _module(kind).connect(config, surroundings)
    return destination


def _module(kind: str) -> Any:
    if kind not in _MODULES:
        raise PermanentError(f"{kind!r} is no kind of destination.", f"Use one of {', '.join(_MODULES)}.")
    return import_module(_MODULES[kind])
