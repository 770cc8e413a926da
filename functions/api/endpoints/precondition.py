"""Changes of what somebody else may have changed: who reads gets an `ETag`, who writes sends it back as `If-Match` (RFC
9110).
"""

from __future__ import annotations

import hashlib

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from waybill.core.errors import Stale, Unconditional


def etag(*parts: str) -> str:
    """The same for the same parts."""
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"'


def check_match(router: APIGatewayRouter, current: str) -> None:
    """Raises Unconditional where the request has no `If-Match`, Stale where it names another state than the current one.
    `*` stands for any.
    """
    headers = {name.lower(): value for name, value in (router.current_event.headers or {}).items()}
    given = [one.strip() for one in str(headers.get("if-match") or "").split(",") if one.strip()]
    if not given:
        advice = "Read it with GET and send its ETag as If-Match; If-Match: * overwrites whatever there is."
        raise Unconditional("The change must say which state it is of.", advice)
    if "*" not in given and current not in given:
        raise Stale("Somebody changed it since you read it.", "Read it again and repeat the change.")
