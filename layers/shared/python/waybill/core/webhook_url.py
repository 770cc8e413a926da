"""Addresses that webhooks are sent to: which are taken at the edge, before anything is looked up.

What a name resolves to is judged when it is dialled (`core/network.py`), each time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from waybill.core.errors import ConfigurationError
from waybill.core.network import Network, checked_addresses, checked_host, is_allowed

LONGEST = 2_000
_VISIBLE = re.compile(r"[!-~]+")


def _formed(url: str) -> str:
    """Refuses what two programs could read differently."""
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise ValueError("is no address; write it in ASCII, without spaces, as https://example.com/hooks")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address: its host or port is wrong") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("is no address that starts with https:// and has a host")
    if "@" in parts.netloc or "#" in url:
        raise ValueError("has a user or a fragment; leave these out")
    return url


WebhookUrl = Annotated[str, Field(max_length=LONGEST), AfterValidator(_formed)]


def refused_url(url: str, allowed: Sequence[Network]) -> str:
    """Why nothing may be sent there, as far as that can be told without a look-up; empty where it may. Plain HTTP only goes
    to an address inside the operator's networks.
    """
    parts = urlsplit(url)
    try:
        host = checked_host(parts.hostname or "", allowed)
        literal = _is_literal(host)
        if literal:
            checked_addresses([host], allowed)
    except ConfigurationError as wrong:
        return str(wrong)
    if parts.scheme == "http" and not (literal and is_allowed(host, allowed)):
        return "is not encrypted; write https://"
    return ""


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
