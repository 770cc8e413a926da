"""The buses that events go over."""

from __future__ import annotations

from functools import cache

from waybill.aws.events import EventBridge
from waybill.core import ports
from waybill.wiring.environment import client, settings


@cache
def events() -> ports.Events:
    return EventBridge(client("events"), stage=settings().stage)


@cache
def upstream() -> ports.Events:
    """The platform's own bus."""
    return EventBridge(client("events"), settings().need("upstream_bus"))
