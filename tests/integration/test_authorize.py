"""Who is let in: keys and tokens, and what the API is told of their bearers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.gates.test_template import ROOT
from tests.integration.functions import context, function
from tests.integration.in_process import InProcess
from waybill.core.access import Caller, Level, Permission
from waybill.wiring import callers, clock, stores

Let = Callable[[str], Caller | None]


@pytest.fixture
def let(api: InProcess) -> Iterator[Let]:
    """The caller as the API gets them, None where they are turned away."""
    app, said = function("authorize"), list[str]()

    def ask(header: str) -> Caller | None:
        event = json.loads((ROOT / "events/authorize.json").read_text())
        event["headers"] = {"authorization": header}
        try:
            answer = app.handle(event, context())
        except app.Unauthorized as refused:
            said.append(str(refused))
            return None
        assert all(isinstance(value, str) for value in answer["context"].values())
        (statement,) = answer["policyDocument"]["Statement"]
        assert statement["Resource"].endswith("/dev/*")
        return Caller.from_context(answer["context"])

    yield ask
    assert set(said) <= {"Unauthorized"}, "API Gateway answers 401 for exactly this"


def test_a_key_opens_until_it_is_deleted_or_its_time_is_over(
    api: InProcess, let: Let, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"name": "x", "permissions": ["read"], "level": "user", "user": "anna", "groups": ["a group"]}
    made = api.expect(201, "POST", "/api-keys", {**body, "expires_in_days": 3})
    found = let(f"Bearer {made['key']}")
    assert found is not None
    assert (found.tenant, found.name, found.level) == ("acme", "user:anna", Level.USER)
    assert (found.groups, found.subject) == (("a group",), f"key:{made['key_id']}")
    assert found == stores.access_keys().get(made["key_id"]).caller  # type: ignore[union-attr]
    wrong = made["key"][:-1] + ("A" if made["key"][-1] != "A" else "B")
    for header in ("", "Bearer", f"Basic {made['key']}", made["key"], f"Bearer {wrong}", "Bearer wb_nonsense"):
        assert let(header) is None, header
    now = clock.now()
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(days=3, seconds=1))
        assert let(f"Bearer {made['key']}") is None
    api.expect(204, "DELETE", f"/api-keys/{made['key_id']}")
    assert let(f"Bearer {made['key']}") is None


def test_a_token_is_taken_where_an_issuer_is_configured(let: Let, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callers.tokens() is None
    assert let("Bearer a.b.c") is None

    class Verified:
        def claims(self, token: str) -> Mapping[str, Any] | None:
            good = {"sub": "u-17", "tenant": "acme", "permissions": ["read", "manage_keys"]}
            return good if token == "a.b.c" else None

    monkeypatch.setattr(callers, "tokens", Verified)
    found = let("Bearer a.b.c")
    assert found is not None
    assert (found.tenant, found.name, found.permissions) == ("acme", "user:u-17", frozenset({Permission.READ}))
    assert let("Bearer x.y.z") is None
