"""Who calls the API? The only place from which a tenant comes."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.access import Caller, key_id_of, matches


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    caller = _verified(event)
    if caller is None:
        raise Unauthorized("Unauthorized")  # API Gateway answers 401 for exactly this message
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


class Unauthorized(Exception):
    """No key, or one that we do not know. Says nothing about which."""


def _verified(event: Event) -> Caller | None:
    headers = {k.lower(): v for k, v in (event.get("headers") or {}).items()}
    scheme, _, key = str(headers.get("authorization", "")).partition(" ")
    key = key.strip() if scheme.lower() == "bearer" else ""
    key_id = key_id_of(key)
    kept = wiring.access_keys().get(key_id) if key_id else None
    return kept.caller if kept and matches(key, kept, wiring.pepper()) else None


def _whole_api(method_arn: str) -> str:
    """The answer is cached for the key, so it must hold for every path: permissions are checked per action by `api`."""
    api, stage = method_arn.split("/")[:2]
    return f"{api}/{stage}/*"
