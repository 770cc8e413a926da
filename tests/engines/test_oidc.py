"""Tokens of an identity provider, made by another library (joserfc), and every way in which one may be no good."""

from __future__ import annotations

import base64
import hmac
import json
import time
from functools import partial
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from waybill.core.access import Level, Permission
from waybill.core.errors import PermanentError, TransientError
from waybill.core.tokens import ClaimNames, caller_of_claims
from waybill.engines.oidc import KEYS_ASKED, KEYS_KEPT, OidcTokens
from waybill.settings import from_environment

ISSUER, AUDIENCE = "https://id.example.com/", "waybill"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"}, private=True)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-17", "iat": now, "exp": now + 300, "tenant": "acme"}
    return {k: v for k, v in {**made, **changes}.items() if v is not None}


def token(key: Any = KEY, header: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: Any) -> str:
    kid = {"kid": key.kid} if key.kid else {}
    return jwt.encode({"alg": algorithm, **kid, **(header or {})}, claims(**changes), key, algorithms=[algorithm])


class Issuer:
    """Publishes its keys, and counts how often it was asked."""

    def __init__(self, *keys: Any) -> None:
        self.keys, self.asked, self.now = list(keys), 0, 0.0

    def fetch(self) -> bytes:
        self.asked += 1
        return json.dumps(KeySet(self.keys).as_dict(private=False)).encode()

    def tokens(self, algorithm: str = "RS256") -> OidcTokens:
        return OidcTokens(
            issuer=ISSUER, audience=AUDIENCE, algorithm=algorithm, fetch=self.fetch, clock=lambda: self.now
        )


def test_a_good_token_says_who_its_bearer_is() -> None:
    found = Issuer(KEY).tokens().claims(token(groups=["Compliance"]))
    assert found is not None
    assert (found["sub"], found["tenant"], found["groups"]) == ("u-17", "acme", ["Compliance"])
    assert Issuer(KEY).tokens().claims(token(aud=["other", AUDIENCE])) is not None


def forged() -> dict[str, str]:
    parts = token().split(".")
    return {
        "another issuer": token(iss="https://evil.example.com/"),
        "another audience": token(aud="console"),
        "no audience": token(aud=None),
        "expired": token(exp=int(time.time()) - 60),
        "no end": token(exp=None),
        "not yet": token(nbf=int(time.time()) + 300),
        "no subject": token(sub=None),
        "no issue time": token(iat=None),
        "an unknown key": token(OTHER),
        "another's key under our key's name": token(OTHER, {"kid": "one"}),
        "another algorithm of the same key": token(algorithm="RS384"),
        "the public key as a shared secret": _hmac(KEY.as_pem(private=False)),
        "no signature": f"{parts[0]}.{parts[1]}.",
        "the algorithm none": ".".join([_part({"alg": "none", "kid": "one"}), parts[1], ""]),
        "other claims": f"{parts[0]}.{_part(claims(tenant='zeta'))}.{parts[2]}",
        "no token": "nonsense",
        "nothing": "",
    }


def _part(value: dict[str, Any] | bytes) -> str:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _hmac(secret: bytes) -> str:
    """By hand: no library makes such a token."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims())}"
    return f"{signed}.{_part(hmac.digest(secret, signed.encode(), 'sha256'))}"


@pytest.mark.parametrize("why", sorted(forged()))
def test_a_token_that_is_not_the_issuers_for_us_and_now_is_nobodys(why: str) -> None:
    assert Issuer(KEY).tokens().claims(forged()[why]) is None


def test_the_algorithm_is_the_configured_one() -> None:
    key = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}, private=True)
    text = token(key, algorithm="ES256")
    assert Issuer(key).tokens("ES256").claims(text) is not None
    assert Issuer(key).tokens("RS256").claims(text) is None


def test_new_keys_are_found_and_made_up_ones_cost_the_issuer_little() -> None:
    issuer = Issuer(KEY)
    tokens = issuer.tokens()
    assert tokens.claims(token()) is not None
    for n in range(50):
        assert tokens.claims(token(OTHER, {"kid": f"made-up-{n}"})) is None
    assert issuer.asked == 1
    issuer.keys.append(OTHER)
    issuer.now += KEYS_ASKED
    assert tokens.claims(token(OTHER)) is not None
    assert issuer.asked == 2
    issuer.keys.remove(KEY)
    issuer.now += KEYS_KEPT
    assert tokens.claims(token()) is None, "a key that was taken back opens nothing"


def test_keys_that_cannot_be_read_are_a_passing_failure() -> None:
    for body in (b"", b"[]", b'{"keys": 1}', b"<html>"):
        tokens = OidcTokens(issuer=ISSUER, audience=AUDIENCE, algorithm="RS256", fetch=partial(bytes, body))
        with pytest.raises(TransientError):
            tokens.claims(token())


def test_claims_make_a_caller_and_nobody_an_administrator_by_omission() -> None:
    names = ClaimNames(tenant="waybill.tenant", permissions="scope", name="email")
    said = claims(
        waybill={"tenant": "acme"},
        scope="read export manage_keys openid",
        email="anna@example.com",
        groups=["Compliance", 7, ""],
    )
    user = caller_of_claims(said, names)
    assert user is not None
    assert (user.tenant, user.level, user.user, user.name) == ("acme", Level.USER, "u-17", "user:u-17")
    assert user.permissions == {Permission.READ, Permission.EXPORT}
    assert (user.groups, user.subject) == (("Compliance",), "oidc:u-17")
    administrator = caller_of_claims({**said, "level": "administrator"}, names)
    assert administrator is not None
    assert (administrator.name, administrator.user, administrator.groups) == ("anna@example.com", "", ())
    assert Permission.MANAGE_KEYS in administrator.permissions
    assert type(user).from_context(user.context()) == user
    wrongs: list[dict[str, Any]] = [
        {"waybill": {}},
        {"waybill": {"tenant": "../zeta"}},
        {"waybill": "acme"},
        {"sub": ""},
        {"level": "administrator", "email": "user:berta"},
    ]
    for wrong in wrongs:
        assert caller_of_claims({**said, **wrong}, names) is None, wrong


def test_the_environment_says_whose_tokens_are_taken() -> None:
    made = from_environment({"WAYBILL_OIDC_CLAIMS": "tenant=org permissions=scope user=email"})
    assert (made.oidc_claims.tenant, made.oidc_claims.user, made.oidc_claims.groups) == ("org", "email", "groups")
    for wrong in (
        {"WAYBILL_OIDC_KEYS_URL": "http://id.example.com/keys"},
        {"WAYBILL_OIDC_ALGORITHM": "none"},
        {"WAYBILL_OIDC_CLAIMS": "tennant=org"},
    ):
        with pytest.raises(PermanentError):
            from_environment(wrong)
