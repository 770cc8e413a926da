"""What the API says of itself is what it does: routes, types, answers, examples, and what API Gateway lets through."""

from __future__ import annotations

import ast
import base64
import hashlib
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from endpoints.examples import EXAMPLES
from endpoints.operation import CHANGES, PERMISSION, Access
from tests.gates.test_template import FUNCTIONS, ROOT
from tests.integration.in_process import InProcess
from waybill.core import patterns
from waybill.core.access import Permission

LOOKS = {"search_dataset", "preview_rule", "calendar_of_settings"}
"""Operations that ask by POST, since their question is long, and change nothing."""


@pytest.fixture
def document(api: InProcess) -> dict[str, Any]:
    answer = api.call("GET", "/openapi.json", caller={})
    assert (answer.status, answer.kind) == (200, "application/json")
    found: dict[str, Any] = answer.body
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method.upper(), path, one) for path, ways in document["paths"].items() for method, one in ways.items()]


def routes() -> set[tuple[str, str]]:
    """Every route as the source writes it."""
    found = set()
    for file in (ROOT / "functions/api/endpoints").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                for call in node.decorator_list:
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                        path = ast.literal_eval(call.args[0])
                        found.add((call.func.attr.upper(), path.replace("<", "{").replace(">", "}")))
    return found


def test_it_is_valid_openapi_3_1_of_this_version(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_it_has_every_route_and_no_other(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == routes()


def test_every_operation_says_who_may_call_it_and_what_it_answers(document: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(names) == len(set(names))
    for method, path, one in operations(document):
        where = f"{method} {path}"
        assert one[PERMISSION] in {*Permission, *Access}, where
        assert one[CHANGES] is (method != "GET" and one["operationId"] not in LOOKS), where
        good = [status for status in one["responses"] if status < "400"]
        assert len(good) == 1, where
        if good != ["204"]:
            assert all("schema" in kind for kind in one["responses"][good[0]]["content"].values()), where
        if one[PERMISSION] == Access.PUBLIC:
            assert one["security"] == [], where
            continue
        for status in ("401", "403", "422", "429", "500", "503"):
            assert "application/problem+json" in one["responses"][status]["content"], where
        assert ("404" in one["responses"]) is ("{" in path), where
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_gateway_lets_through_what_is_described_and_only_that_without_a_key(document: dict[str, Any]) -> None:
    events = [e["Properties"] for e in FUNCTIONS["ApiFunction"]["Events"].values()]
    assert {"/{proxy+}"} == {e["Path"] for e in events if "Auth" not in e}
    open_to_all = {(e["Method"], e["Path"]) for e in events if e.get("Auth") == {"Authorizer": "NONE"}}
    public = {(method, path) for method, path, one in operations(document) if one[PERMISSION] == Access.PUBLIC}
    assert open_to_all - {("OPTIONS", "/{proxy+}")} == public
    assert len(open_to_all) + 1 == len(events)


def test_every_body_has_an_example_and_the_api_takes_it(api: InProcess, document: dict[str, Any]) -> None:
    with_body = {one["operationId"]: (method, path, one) for method, path, one in operations(document)}
    with_body = {
        k: v for k, v in with_body.items() if "application/json" in v[2].get("requestBody", {}).get("content", {})
    }
    assert set(with_body) == set(EXAMPLES)
    destination = api.destination()
    template = api.expect(201, "POST", "/templates", EXAMPLES["create_template"])
    subscription = api.expect(201, "POST", "/subscriptions", EXAMPLES["create_subscription"])
    known = {"destination_id": destination, "name": "chat_tickets", "template_id": template["template_id"]}
    known["subscription_id"] = subscription["subscription_id"]
    rule = api.rule(destination, schedule={"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"})
    for name, (method, path, one) in sorted(with_body.items()):
        example = one["requestBody"]["content"]["application/json"]["examples"]["usual"]["value"]
        if "destinations" in example:
            example = {**example, "destinations": [destination]}
        if name in {"probe_destination", "stop_backfill", "add_certificate", "run_rule"}:
            continue  # of things that this test has not: they have tests of their own
        own = {"name": example["name"]} if name == "change_dataset" else {}
        place = path.format_map({**known, "rule_id": rule["rule_id"], **own})
        answer = api.call(method, place, example, {"If-Match": "*"})
        assert answer.status < 300 or answer.status == 409, f"{name}: {answer.status} {answer.text}"


def test_keys_are_answered_as_a_key_set_of_their_own_media_type(api: InProcess) -> None:
    answer = api.call("GET", "/signing-keys", caller={**api.caller, "permissions": ""})
    assert (answer.status, answer.kind) == (200, "application/jwk-set+json")
    assert [key["alg"] for key in answer.body["keys"]] == ["ES256"]


def test_what_is_not_described_is_not_there(api: InProcess, document: dict[str, Any]) -> None:
    every = {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"}
    for path in document["paths"]:
        place = re.sub(r"{[^}]*}", "x", path)
        there = {m for m, other, _ in operations(document) if re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", other), place)}
        for method in every - there:
            answer = api.call(method, place, caller={})
            assert (answer.status, answer.kind) == (405, "application/problem+json"), f"{method} {path}"
            assert answer.headers["Allow"] == ", ".join(sorted(there))
    for path in ("/nonsense", "/rules/x/y/z", "/rules/x/runs/y", "/", '/rules/"x"', "/rules/x\ny"):
        answer = api.call("GET", path)
        assert (answer.status, answer.kind) == (404, "application/problem+json"), path


def test_the_page_asks_no_other_host_and_runs_only_its_own_script(api: InProcess) -> None:
    answer = api.call("GET", "/docs", caller={})
    assert (answer.status, answer.kind) == (200, "text/html")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    script = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert len(script) == answer.text.count("<script") == 1
    assert policy["script-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()}'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"https?:|//[a-z]|innerHTML| on[a-z]+=| style=", answer.text)


def told() -> dict[tuple[str, str], str]:
    """What docs/api.md says of each request: method and path, without the names of its parameters, to the permission."""
    found: dict[tuple[str, str], str] = {}
    for line in (ROOT / "docs/api.md").read_text().splitlines():
        cells = line.split(" | ")
        if not line.startswith("| `") or len(cells) != 3:
            continue
        waiting: list[str] = []
        for word in re.findall(r"`([^`]+)`", cells[0]):
            method, _, path = word.partition(" ")
            waiting.append(method)
            if path:
                found |= {(one, re.sub(r"{[^}]*}", "{}", path)): cells[2].removesuffix(" |") for one in waiting}
                waiting = []
    return found


def test_the_docs_name_every_request_with_its_permission(document: dict[str, Any]) -> None:
    said = told()
    for method, path, one in operations(document):
        if one[PERMISSION] == Access.PUBLIC:
            continue
        place = (method, re.sub(r"{[^}]*}", "{}", path))
        assert place in said, place
        words = said.pop(place)
        wanted = "export; recurring_export" if words.startswith("as for") else words
        assert wanted.split(";")[0] == one[PERMISSION], f"{place}: {words}"
    assert said == {}, "the docs name what is not there"


def test_every_pattern_that_it_promises_is_said_in_words_where_it_is_not_met(document: dict[str, Any]) -> None:
    read_as_times = {r"^([01]\d|2[0-3]):[0-5]\d(:00)?$"}
    promised = set(patterns_in(document)) - read_as_times
    assert promised
    assert promised <= set(patterns.WORDS)


def patterns_in(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from patterns_in(inner)
    elif isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        for inner in part.values():
            yield from patterns_in(inner)


def test_wrong_values_are_answered_in_plain_words(api: InProcess) -> None:
    rule = {"name": "", "data": [], "destinations": ["dst_1"], "schedule": {"frequency": "daily", "at": "noon"}}
    refused = api.call("POST", "/rules", {**rule, "start_jitter_minutes": -1, "format": "docx"})
    assert refused.status == 422
    assert refused.fields["name"] == "is empty; give it a value"
    assert refused.fields["data"] == "is empty; give it one entry or more"
    assert refused.fields["start_jitter_minutes"] == "must be 0 or more"
    assert refused.fields["format"] == "must be 'json', 'ndjson', 'csv', 'xml' or 'parquet'"
    assert api.call("GET", "/rules?limit=0").fields == {"limit": "must be 1 or more"}
    made = api.call(
        "POST", "/destinations", {"name": "S3", "kind": "s3", "settings": {"bucket": 1, "role_arn": "admin"}}
    )
    assert made.fields["settings.bucket"] == "must be text"
    assert made.fields["settings.role_arn"].startswith("is no role's ARN")
