"""Tokens of an OpenID Connect provider, verified: its signature by the published keys, one algorithm, issuer, audience,
time.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from waybill.core.errors import TransientError

KEYS_KEPT = 600.0
"""Seconds; a key that the provider took back opens nothing after it."""
KEYS_ASKED = 30.0
"""Seconds between two looks for a key that is not known yet: tokens with made-up key ids cost the provider no more."""
_LARGEST = 256 * 1024


class OidcTokens:
    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithm: str,
        fetch: Callable[[], bytes],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fetch` answers the provider's JSON Web Key Set."""
        self._issuer, self._audience, self._algorithm = issuer, audience, algorithm
        self._fetch, self._clock = fetch, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = -KEYS_KEPT

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """See `core.tokens.Tokens`. The algorithm is the configured one, whatever the token's header says."""
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid") or ""))
            if key is None:
                return None
            found: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[self._algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=30,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError:
            return None
        return found

    def _key(self, kid: str) -> jwt.PyJWK | None:
        age = self._clock() - self._fetched
        if age >= KEYS_KEPT or (kid not in self._keys and age >= KEYS_ASKED):
            self._keys = _keys(self._fetch())
            self._fetched = self._clock()
        return self._keys.get(kid)


def _keys(body: bytes) -> dict[str, jwt.PyJWK]:
    """Those that we can verify with; a set may hold others."""
    found = {}
    try:
        listed = json.loads(body)["keys"]
        for one in listed:
            if one.get("use", "sig") == "sig" and one.get("kty") != "oct" and "kid" in one:
                try:
                    found[str(one["kid"])] = jwt.PyJWK(one)
                except jwt.PyJWTError:
                    continue
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise TransientError("The token issuer's keys cannot be read.", "Try it again.") from wrong
    return found


def fetcher(url: str) -> Callable[[], bytes]:
    """Fetches the key set of that address, which an operator configured. Raises TransientError."""

    def fetch() -> bytes:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - https alone, as the settings say
                body: bytes = answer.read(_LARGEST)
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            raise TransientError("The token issuer's keys cannot be fetched.", "Try it again.") from error
        return body

    return fetch
