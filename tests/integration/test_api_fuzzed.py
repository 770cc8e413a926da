"""Requests that nobody wrote: schemathesis makes them from the API's own description, valid and broken ones, and holds each
answer against it. No failure of ours, no answer that is not described. `WAYBILL_LARGE=1`: 5,000 of them.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest, Request
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from endpoints.examples import EXAMPLES
from tests.integration.in_process import InProcess

schemathesis.serializer.alias(["application/x-ndjson", "application/gzip"], "text/plain")
MANY = 5_000 if os.environ.get("WAYBILL_LARGE") else 120
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def sent(api: InProcess, request: PreparedRequest) -> schemathesis.Response:
    """As API Gateway carries it: the path unquoted, the query parsed, bytes that are no text in base64."""
    parts = urlsplit(str(request.url))
    body: Any = request.body.encode() if isinstance(request.body, str) else request.body
    answer = api.send(
        str(request.method),
        unquote(parts.path),
        parse_qs(parts.query, keep_blank_values=True),
        {name: str(value) for name, value in request.headers.items()},
        base64.b64encode(body).decode() if body else None,
        encoded=True,
    )
    headers = {name: [value] for name, value in answer.headers.items()}
    return schemathesis.Response(answer.status, headers, answer.text.encode(), request, 0.0, verify=False)


def known_things(api: InProcess) -> dict[str, str]:
    """One thing of each kind, so that requests meet more than 404."""
    destination = api.destination()
    rule = api.rule(destination, schedule={"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"})["rule_id"]
    backfill = {"from": "2025-12-01T00:00:00Z", "to": "2025-12-03T00:00:00Z"}
    return {
        "destination_id": destination,
        "rule_id": rule,
        "run_id": api.expect(202, "POST", f"/rules/{rule}/run")["run_id"],
        "backfill_id": api.expect(202, "POST", f"/rules/{rule}/backfills", backfill)["backfill_id"],
        "template_id": api.expect(201, "POST", "/templates", EXAMPLES["create_template"])["template_id"],
        "subscription_id": api.expect(201, "POST", "/subscriptions", EXAMPLES["create_subscription"])[
            "subscription_id"
        ],
        "name": "chat_tickets",
        "number": "0",
    }


@pytest.mark.parametrize(
    "body",
    [b"\x85", b"\xff\xfe{}", b"[" * 200_000, b'{"a":' * 50_000, b"9" * 5_000, b'{"limit": 1e999}', b"null", b"", b"{"],
)
def test_a_body_that_is_no_json_is_the_callers_mistake(api: InProcess, body: bytes) -> None:
    for kind in ({}, {"Content-Type": "application/json"}, {"Content-Type": "application/json; charset=utf-8"}):
        sent_as = base64.b64encode(body).decode()
        answer = api.send("POST", "/datasets/chat_tickets/search", {}, kind, sent_as, encoded=True)
        assert (answer.status, answer.kind) == (422, "application/problem+json"), kind
    other = api.send("POST", "/rules", {}, {"Content-Type": "text/csv"}, sent_as, encoded=True)
    assert other.status == 415
    assert api.send("POST", "/rules", {}, {}, "not base64 at all", encoded=True).status == 422


def test_no_request_is_answered_otherwise_than_described(api: InProcess) -> None:
    document = api.get("/openapi.json")
    schema = schemathesis.openapi.from_dict(document)
    known = known_things(api)
    found: list[Any] = list(schema.get_all_operations())
    made = [one.ok() for one in found]
    cases = st.one_of([one.as_strategy(mode) for one in made for mode in GenerationMode])

    @settings(
        max_examples=MANY,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        derandomize=MANY < 1_000,
        database=None,
    )
    @given(case=cases, met=st.booleans())
    def held(case: Any, met: bool) -> None:
        if met:
            case.headers = {**(case.headers or {}), **({"If-Match": "*"} if case.method == "PUT" else {})}
            case.path_parameters = {n: known.get(n, v) for n, v in (case.path_parameters or {}).items()}
        request = Request(**case.as_transport_kwargs(base_url="http://waybill.test"))
        case.validate_response(sent(api, request.prepare()), checks=CHECKS)

    held()


@pytest.mark.parametrize("half", ["\\ud800", "\\uDC00", "\\udbff\\ud83d"])
def test_half_a_character_is_the_callers_mistake(api: InProcess, half: str) -> None:
    """A password with one would be kept, and could never be used."""
    rule = EXAMPLES["create_rule"] | {"destinations": [api.destination()]}
    whole = json.dumps(rule | {"archive": {"method": "zip_aes256", "password": "twelve chars HERE"}})
    for shown, status in ((half, 422), ("\\ud83d\\udd11", 201)):
        body = whole.replace("HERE", shown).encode()
        answer = api.send("POST", "/rules", {}, {}, base64.b64encode(body).decode(), encoded=True)
        assert answer.status == status, answer.body
