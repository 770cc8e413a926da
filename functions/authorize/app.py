"""Who calls the API? The only place from which a tenant comes."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, Unauthorized, handler
from waybill.core.access import Caller, key_id_of, matches
from waybill.core.tokens import caller_of_claims
from waybill.wiring import callers, clock, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    caller = _verified(event)
    if caller is None:
        raise Unauthorized
    return {
        "principalId": f"{caller.tenant}/{caller.name}",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _whole_api(event["methodArn"])}
            ],
        },
        "context": caller.context(),
    }


def _verified(event: Event) -> Caller | None:
    headers = {k.lower(): v for k, v in (event.get("headers") or {}).items()}
    scheme, _, given = str(headers.get("authorization", "")).partition(" ")
    text = given.strip() if scheme.lower() == "bearer" else ""
    return _of_key(text) if text.startswith("wb_") else _of_token(text)


def _of_key(text: str) -> Caller | None:
    key_id = key_id_of(text)
    kept = stores.access_keys().get(key_id) if key_id else None
    good = kept is not None and matches(text, kept, callers.pepper()) and kept.open_at(clock.now())
    return kept.caller if kept and good else None


def _of_token(text: str) -> Caller | None:
    tokens = callers.tokens() if text else None
    claims = tokens.claims(text) if tokens else None
    return caller_of_claims(claims, callers.claim_names()) if claims else None


def _whole_api(method_arn: str) -> str:
    """The answer is cached for the key, so it must hold for every path: permissions are checked per action by `api`."""
    api, stage = method_arn.split("/")[:2]
    return f"{api}/{stage}/*"
