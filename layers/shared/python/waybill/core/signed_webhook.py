"""Webhooks as the Standard Webhooks specification has them (standardwebhooks.com, 1.0.0): body, headers, signature, secret.

What is signed is `<id>.<timestamp>.<body>`, with HMAC-SHA256. During a rotation there is a signature of each secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from waybill.core.occasion import Occasion

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def secret_of(random: bytes) -> str:
    """A secret as its receiver is shown it."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"a secret is made of {SECRET_BYTES} random bytes")
    return PREFIX + base64.b64encode(random).decode()


def body_of(occasion: Occasion) -> bytes:
    """The same bytes for the same occasion."""
    payload = {"type": occasion.kind, "timestamp": occasion.at, "data": occasion.data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def headers_of(notice_id: str, now: datetime, body: bytes, secrets: Sequence[str]) -> Mapping[str, str]:
    """`notice_id` is the same for each attempt at the same notice, `now` is the attempt's own."""
    moment = str(int(now.timestamp()))
    signatures = [_signature(secret, notice_id, moment, body) for secret in secrets]
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Waybill-Webhooks/1",
        "webhook-id": notice_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, notice_id: str, moment: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{notice_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
