"""Who calls the API: the keys and tokens that prove it, and how often one may."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from waybill.core.rate import Rate
from waybill.core.tokens import ClaimNames, Tokens
from waybill.wiring import vault
from waybill.wiring.environment import settings


@cache
def pepper() -> bytes:
    """The key under which API keys are hashed. Read once a process."""
    return vault.secrets().read(settings().need("pepper_secret"))["pepper"].encode()


@cache
def tokens() -> Tokens | None:
    """None where no issuer is configured. Only `authorize` carries the library."""
    s = settings()
    if not s.oidc_issuer:
        return None
    oidc = import_module("waybill.engines.oidc")
    made: Tokens = oidc.OidcTokens(
        issuer=s.oidc_issuer,
        audience=s.need("oidc_audience"),
        algorithm=s.oidc_algorithm,
        fetch=oidc.fetcher(s.need("oidc_keys_url")),
    )
    return made


def claim_names() -> ClaimNames:
    return settings().oidc_claims


@cache
def rate() -> Rate:
    """How often one caller may ask."""
    return Rate(settings().requests_per_minute, settings().requests_at_once)
