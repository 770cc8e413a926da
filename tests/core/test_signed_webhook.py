"""Webhooks as the specification has them, read by its own library."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from waybill.core.occasion import Occasion
from waybill.core.signed_webhook import SECRET_BYTES, body_of, headers_of, secret_of


def new_secret() -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES))


def occasion(text: str = "x") -> Occasion:
    return Occasion(kind="run.success", id="1", at="2026-03-30T00:00:00Z", tenant="acme", data={"message": text})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_signed_is_what_is_sent(text: str) -> None:
    secret, body = new_secret(), body_of(occasion(text))
    headers = dict(headers_of("msg_1", datetime.now(UTC), body, [secret]))
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    assert json.loads(body) == {"type": "run.success", "timestamp": "2026-03-30T00:00:00Z", "data": {"message": text}}
    assert body == body_of(occasion(text))


def test_another_body_id_time_or_secret_is_not_believed() -> None:
    secret, body, now = new_secret(), body_of(occasion()), datetime.now(UTC)
    headers = dict(headers_of("msg_1", now, body, [secret]))
    forged = [
        (secret, body + b" ", headers),
        (secret, body, {**headers, "webhook-id": "msg_2"}),
        (secret, body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}),
        (new_secret(), body, headers),
        (secret, body, dict(headers_of("msg_1", now - timedelta(minutes=6), body, [secret]))),  # replayed
    ]
    for key, content, said in forged:
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(content, said)


def test_during_a_rotation_both_secrets_verify() -> None:
    old, new, body = new_secret(), new_secret(), body_of(occasion())
    headers = dict(headers_of("msg_1", datetime.now(UTC), body, [new, old]))
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_what_the_guide_says_of_verifying_is_so() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/notifications.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    made: dict[str, Any] = {}
    exec(block, made)
    old, new, body, now = new_secret(), new_secret(), body_of(occasion("Grüße")), datetime.now(UTC)
    headers = dict(headers_of("msg_1", now, body, [new, old]))
    assert [made["is_genuine"](one, headers, body) for one in (old, new, new_secret())] == [True, True, False]
    assert not made["is_genuine"](new, headers, body + b" ")
    assert not made["is_genuine"](new, dict(headers_of("msg_1", now - timedelta(minutes=6), body, [new])), body)


def test_a_secret_has_as_many_bytes_as_it_should() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        secret_of(b"short")
