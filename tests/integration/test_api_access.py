"""Who may do what: every operation that the API's description has, crossed with every permission, level and a second tenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from endpoints.examples import EXAMPLES
from endpoints.operation import PERMISSION, Access
from tests.integration.in_process import ADMINISTRATOR, LINES, Answer, InProcess
from tests.integration.test_description import operations
from waybill.core.access import OF_USERS, Permission
from waybill.wiring import remote, stores

NO_ID = {"name": "chat_tickets", "number": "0"}
ANNA = {
    **ADMINISTRATOR,
    "name": "user:anna",
    "subject": "key:anna",
    "permissions": " ".join(OF_USERS),
    "level": "user",
    "user": "anna",
    "groups": '["Compliance"]',
}


@dataclass
class Door:
    """One operation, and how to knock at it with something that its types take."""

    method: str
    path: str
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.said["operationId"])

    def knock(self, api: InProcess, things: dict[str, str], caller: dict[str, Any], **changes: Any) -> Answer:
        """`things`: ids by parameter name. With a body that the types take."""
        place = self.path.format_map({**NO_ID, **things})
        if self.name == "put_records":
            return api.call(self.method, place, '{"ticket_id": "t"}', LINES, caller)
        example = EXAMPLES.get(self.name)
        body = {**example, **changes} if example is not None else None
        if body and "destinations" in body and "destination_id" in things:
            body["destinations"] = [things["destination_id"]]
        return api.call(self.method, place, body, {"If-Match": "*"}, caller)


@pytest.fixture
def doors(api: InProcess) -> list[Door]:
    return [Door(*one) for one in operations(api.get("/openapi.json"))]


@pytest.fixture
def things(api: InProcess) -> dict[str, str]:
    """One thing of each kind, made by an administrator of `acme`."""
    destination = api.destination()
    rule = api.rule(destination, schedule={"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"})["rule_id"]
    template = {**EXAMPLES["create_template"], "shared": {}}
    backfill = {"from": "2025-12-01T00:00:00Z", "to": "2025-12-03T00:00:00Z"}
    api.expect(201, "POST", "/datasets", EXAMPLES["add_dataset"])
    key = api.expect(201, "POST", "/api-keys", {"name": "another", "permissions": ["read"]})
    return {
        "destination_id": destination,
        "rule_id": rule,
        "run_id": api.expect(202, "POST", f"/rules/{rule}/run")["run_id"],
        "backfill_id": api.expect(202, "POST", f"/rules/{rule}/backfills", backfill)["backfill_id"],
        "key_id": key["key_id"],
        "template_id": api.expect(201, "POST", "/templates", template)["template_id"],
        "subscription_id": api.expect(201, "POST", "/subscriptions", EXAMPLES["create_subscription"])[
            "subscription_id"
        ],
        "sha256": "0" * 64,
    }


def caller(*permissions: str, **changes: Any) -> dict[str, Any]:
    return {**ADMINISTRATOR, "permissions": " ".join(permissions), **changes}


def last_ones_first(doors: list[Door]) -> Iterator[Door]:
    """What deletes comes last: others need the things."""
    yield from sorted(doors, key=lambda door: (door.method == "DELETE", door.path))


def test_each_operation_asks_for_its_permission_and_for_no_other(
    api: InProcess, doors: list[Door], things: dict[str, str]
) -> None:
    for door in last_ones_first(doors):
        needs = door.said[PERMISSION]
        nobody = door.knock(api, things, caller())
        if needs in {*Access}:
            assert nobody.status == 200, door.name
            continue
        others = door.knock(api, things, caller(*(p for p in Permission if p != needs)))
        for refused in (nobody, others):
            assert (refused.status, refused.kind) == (403, "application/problem+json"), f"{door.name}: {refused.text}"
            assert needs in refused.body["detail"], door.name
        bad = api.call(door.method, door.path.format_map({**NO_ID, **things}), "{", caller=caller())
        assert bad.status == 403, f"{door.name} looks at a body before it asks who sends it"
        schedule = {"schedule": {"frequency": "manual"}} if "destinations" in EXAMPLES.get(door.name, {}) else {}
        permissions = {"permissions": [needs]} if door.name == "create_key" else {}
        good = door.knock(api, things, caller(needs), **schedule, **permissions)
        assert good.status not in {401, 403}, f"{door.name}: {good.text}"
        assert good.status < 500, f"{door.name}: {good.text}"


def test_a_schedule_that_recurs_asks_for_its_own_permission(api: InProcess, things: dict[str, str]) -> None:
    rule = {**EXAMPLES["create_rule"], "destinations": [things["destination_id"]]}
    assert api.call("POST", "/rules", rule, caller=caller("export")).status == 403
    assert api.call("POST", "/rules", rule, caller=caller("export", "recurring_export")).status == 201
    place = f"/rules/{things['rule_id']}"
    assert api.call("PUT", place, rule, {"If-Match": "*"}, caller=caller("export")).status == 403


def test_nothing_of_another_tenant_is_there(api: InProcess, doors: list[Door], things: dict[str, str]) -> None:
    zeta = {**ADMINISTRATOR, "tenant": "zeta"}
    before = {path: api.get(path) for path in ("/rules", "/destinations", "/runs", "/api-keys")}
    own = {**things, "name": "door_events"}
    ids = {value for name, value in things.items() if name != "sha256"}
    for door in sorted(doors, key=lambda one: "{" not in one.path):
        answer = door.knock(api, own, zeta)
        named = "{" in door.path
        if door.said[PERMISSION] == Access.PUBLIC:
            continue
        if named:
            assert answer.status == 404, f"{door.name}: {answer.status} {answer.text}"
        elif "destinations" in EXAMPLES.get(door.name, {}):
            assert (answer.status, answer.body["errors"][0]["field"]) == (422, "destinations.0"), door.name
        if answer.status < 400 and door.name != "list_audit_log":  # which says what they asked for themselves
            assert not [one for one in ids if one in answer.text], f"{door.name}: {answer.text}"
    assert {path: api.get(path) for path in before} == before


def test_what_a_user_did_not_make_is_not_there_for_them(
    api: InProcess, doors: list[Door], things: dict[str, str]
) -> None:
    limited = {"limited_to": {"users": ["berta"], "groups": ["Sales"]}}
    api.expect(200, "PUT", f"/destinations/{things['destination_id']}/access", limited)
    for door in last_ones_first(doors):
        if door.said[PERMISSION] not in OF_USERS or not {
            "{rule_id}",
            "{run_id}",
            "{destination_id}",
            "{template_id}",
        } & set(door.path.split("/")):
            continue
        answer = door.knock(api, things, ANNA)
        assert answer.status == 404, f"{door.name}: {answer.status} {answer.text}"
    for path in ("/rules", "/rules?order=name", "/runs", "/destinations", "/holes", "/templates"):
        found = api.call("GET", path, caller=ANNA)
        assert (found.status, found.body["items"]) == (200, []), path


RULE = {
    "name": "Mine",
    "data": [{"dataset": "recordings"}],
    "schedule": {"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"},
}


def test_a_users_rule_takes_their_rows_alone_whatever_it_asks_for(api: InProcess) -> None:
    destination = api.destination()
    rule = {**RULE, "destinations": [destination]}
    made = api.expect(201, "POST", "/rules", rule, caller=ANNA)
    assert made["created_by"] == "user:anna"
    assert made["settings"]["data"][0]["assigned"] == {"users": ["anna"], "extensions": [], "groups": ["Compliance"]}
    narrower = {**rule, "data": [{"dataset": "recordings", "assigned": {"users": ["anna"]}}]}
    made = api.expect(201, "POST", "/rules", narrower, caller=ANNA)
    assert made["settings"]["data"][0]["assigned"]["groups"] == []
    for wider in ({"users": ["berta"]}, {"groups": ["Sales"]}, {"extensions": ["100"]}, {"users": ["anna", "berta"]}):
        body = {**rule, "data": [{"dataset": "recordings", "assigned": wider}]}
        answer = api.call("POST", "/rules", body, caller=ANNA)
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, "data.0.assigned")
        changed = api.call("PUT", f"/rules/{made['rule_id']}", body, {"If-Match": "*"}, caller=ANNA)
        assert changed.status == 422
    nobodys = api.call("POST", "/rules", {**rule, "data": [{"dataset": "chat_tickets"}]}, caller=ANNA)
    assert "only an administrator" in nobodys.body["errors"][0]["message"]
    assert len(api.call("GET", "/rules", caller=ANNA).body["items"]) == 2
    run = api.expect(202, "POST", f"/rules/{made['rule_id']}/run", caller=ANNA)
    assert api.call("GET", f"/runs/{run['run_id']}", caller=ANNA).status == 200
    berta = {**ANNA, "name": "user:berta", "user": "berta", "subject": "key:berta", "groups": '["Compliance"]'}
    assert api.call("GET", f"/runs/{run['run_id']}", caller=berta).status == 404
    assert api.call("GET", f"/rules/{made['rule_id']}", caller=berta).status == 404
    assert api.call("GET", "/runs", caller=berta).body["items"] == []
    assert len(api.get("/rules")["items"]) == 2, "administrators see all"


def test_a_user_looks_at_their_rows_alone(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    inner = remote.querying()

    class Heard:
        def ask(self, question: Any) -> Any:
            asked.append(question)
            return inner.ask(question)

    monkeypatch.setattr(remote, "querying", Heard)
    span = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z"}
    theirs = {"users": ["anna"], "extensions": [], "groups": ["Compliance"]}
    found = api.expect(200, "POST", "/datasets/recordings/search", {"span": span}, caller=ANNA)
    assert found["rule"]["data"][0]["assigned"] == theirs
    api.expect(200, "POST", "/datasets/recordings/list", {"span": span, "format": "csv"}, caller=ANNA)
    preview = {"rule": {**RULE, "destinations": []}, "span": span}
    api.expect(200, "POST", "/preview", preview, caller=ANNA)
    assert [q["question"]["assigned"] for q in asked[:2]] == [theirs, theirs]
    assert asked[2]["settings"]["data"][0]["assigned"] == theirs
    refused = api.call("POST", "/datasets/chat_tickets/search", {"span": span}, caller=ANNA)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "assigned")
    api.expect(200, "POST", "/datasets/recordings/search", {"span": span})
    assert asked[3]["question"]["assigned"] is None


def test_a_destination_serves_those_that_it_is_limited_to(api: InProcess) -> None:
    destination = api.destination()
    rule = {**RULE, "destinations": [destination]}
    for limited, status in (
        ({"users": ["anna"]}, 201),
        ({"groups": ["Compliance", "Sales"]}, 201),
        ({"everybody": True}, 201),
        (None, 201),
        ({"users": ["berta"], "groups": ["Sales"]}, 422),
        ({}, 422),
    ):
        api.expect(200, "PUT", f"/destinations/{destination}/access", {"limited_to": limited})
        assert api.call("POST", "/rules", rule, caller=ANNA).status == status, limited
        assert len(api.call("GET", "/destinations", caller=ANNA).body["items"]) == (status == 201), limited
        assert api.call("POST", "/rules", rule).status == 201, "administrators may always"
    api.expect(200, "POST", f"/destinations/{destination}/probe", {})
    assert api.call("GET", f"/destinations/{destination}", caller=ANNA).status == 404, "a probe changes no limit"


def test_a_key_is_shown_once_and_opens_until_it_is_deleted(api: InProcess) -> None:
    made = api.call("POST", "/api-keys", {"name": "Dashboards", "permissions": ["read"], "expires_in_days": 2})
    assert (made.status, made.headers["Cache-Control"]) == (201, "no-store")
    key, key_id = made.body["key"], made.body["key_id"]
    (shown,) = api.get("/api-keys")["items"]
    assert shown == {k: v for k, v in made.body.items() if k != "key"}
    kept = stores.access_keys().get(key_id)
    assert kept is not None
    assert key.split("_", 2)[2] not in json.dumps(kept, default=str)
    assert kept.caller.permissions == {Permission.READ}
    assert kept.expires_at is not None
    assert not kept.open_at(kept.expires_at)
    assert api.call("DELETE", f"/api-keys/{key_id}", caller={**ADMINISTRATOR, "tenant": "zeta"}).status == 404
    api.expect(204, "DELETE", f"/api-keys/{key_id}")
    assert api.call("DELETE", f"/api-keys/{key_id}").status == 404
    assert stores.access_keys().get(key_id) is None


def test_nobody_gives_what_they_have_not(api: InProcess) -> None:
    body: dict[str, Any] = {"name": "More", "permissions": ["read", "export"]}
    who = caller("manage_keys", "read")
    refused = api.call("POST", "/api-keys", body, caller=who)
    assert refused.status == 403
    assert "export" in refused.body["detail"]
    assert api.call("POST", "/api-keys", {**body, "permissions": ["read"]}, caller=who).status == 201
    for wrong, field in (
        ({"level": "user"}, "user"),
        ({"level": "user", "user": "anna", "permissions": ["read", "manage_keys"]}, "permissions"),
        ({"user": "anna"}, "level"),
        ({"name": "user:anna"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["everything"]}, "permissions.0"),
    ):
        answer = api.call("POST", "/api-keys", {**body, **wrong})
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, field), wrong
    anna = api.expect(201, "POST", "/api-keys", {**body, "level": "user", "user": "anna"})
    assert anna["name"] == "user:anna"
    assert len(api.get("/api-keys")["items"]) == 2
