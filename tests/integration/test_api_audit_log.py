"""The audit log: nothing changes without an entry, no entry can be changed unseen, and none holds a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from endpoints.examples import EXAMPLES
from endpoints.operation import CHANGES
from tests.integration.conftest import REGION
from tests.integration.in_process import ADMINISTRATOR, InProcess
from tests.integration.test_api_access import Door, doors, last_ones_first, things
from waybill.aws.tables.audit_log import AuditLogTable
from waybill.core.access import Caller
from waybill.core.audit_log import NOTHING_BEFORE, Entry, Stage, entry, first_fault
from waybill.core.errors import TransientError
from waybill.wiring import clock, stores

__all__ = ["doors", "things"]
NOT_RECORDED = {"put_records"}
"""Records are data that come in, not settings; the lake says of each object when it came."""


def log(api: InProcess, query: str = "") -> list[dict[str, Any]]:
    """All entries, oldest first."""
    found, cursor = [], ""
    while True:
        page = api.get(f"/audit-log?limit=50&cursor={cursor}{query}")
        found += page["items"]
        cursor = page["cursor"]
        if not cursor:
            return found[::-1]


def test_every_change_is_in_the_log_with_who_and_what(
    api: InProcess, doors: list[Door], things: dict[str, str]
) -> None:
    for door in last_ones_first(doors):
        before = log(api)
        answer = door.knock(api, things, {**ADMINISTRATOR, "name": "Berta", "subject": "key:berta"})
        written = log(api)[len(before) :]
        if not door.said[CHANGES] or door.name in NOT_RECORDED or (answer.status == 422 and not written):
            assert written == [], door.name
            continue
        assert [one["stage"] for one in written] == ["asked", "done" if answer.status < 300 else "refused"], door.name
        assert {one["action"] for one in written} == {f"{door.method} {door.path}"}
        assert {(one["by"], one["subject"]) for one in written} == {("Berta", "key:berta")}
        for name, value in things.items():
            if f"{{{name}}}" in door.path:
                assert written[0]["things"][name] == value, door.name
        if answer.status == 201 and "_id" in answer.text:
            made = {v for k, v in answer.body.items() if k.endswith("_id")}
            assert made & set(written[1]["things"].values()), door.name
    entries = [Entry.model_validate(one) for one in log(api)]
    assert entries[0].previous == NOTHING_BEFORE
    assert [one.number for one in entries] == list(range(1, len(entries) + 1))
    assert first_fault(entries) is None


def test_no_entry_holds_a_secret(api: InProcess) -> None:
    secret = "wJalrXUtnFEMI-a-secret-of-a-tenant"
    settings = {**EXAMPLES["create_destination"]["settings"], "secret_access_key": secret}
    api.expect(201, "POST", "/destinations", {**EXAMPLES["create_destination"], "settings": settings})
    key = api.expect(201, "POST", "/api-keys", {"name": "x", "permissions": ["read"]})["key"]
    api.rule(archive={"method": "zip_aes256", "password": "a password for archives"})
    text = json.dumps(log(api))
    assert len(log(api)) == 8
    for hidden in (secret, key, key.split("_", 2)[2], "a password for archives"):
        assert hidden not in text


def test_nothing_is_changed_where_the_log_cannot_be_written(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = api.rule()

    class Broken:
        def append(self, *_: Any) -> Entry:
            raise TransientError("The audit log cannot be written.", "Send it again.")

    with monkeypatch.context() as patched:
        patched.setattr(stores, "audit_log", Broken)
        assert api.call("DELETE", f"/rules/{rule['rule_id']}").status == 503
        assert api.call("POST", f"/rules/{rule['rule_id']}/deactivate").status == 503
        assert api.call("GET", f"/rules/{rule['rule_id']}").status == 200
    assert api.get(f"/rules/{rule['rule_id']}")["state"] == "active"


def test_the_log_is_found_by_caller_and_thing_and_is_a_tenants_own(api: InProcess) -> None:
    rule = api.rule()["rule_id"]
    berta = {**ADMINISTRATOR, "name": "Berta"}
    api.expect(200, "POST", f"/rules/{rule}/deactivate", caller=berta)
    assert [one["action"] for one in log(api, "&by=Berta")] == ["POST /rules/{rule_id}/deactivate"] * 2
    about = log(api, f"&thing={rule}")
    assert [one["stage"] for one in about] == ["done", "asked", "done"]
    zeta = {**ADMINISTRATOR, "tenant": "zeta"}
    assert api.call("GET", "/audit-log", caller=zeta).body["items"] == []
    api.expect(201, "POST", "/destinations", {"name": "x", "kind": "hosted", "settings": {}}, caller=zeta)
    theirs = api.call("GET", "/audit-log", caller=zeta).body["items"]
    assert [one["number"] for one in theirs] == [2, 1]


def test_writers_at_the_same_moment_make_one_chain(tables: dict[str, str], one_at_a_time: None) -> None:
    log_of = AuditLogTable(tables["AuditLogTable"], REGION)
    caller = Caller("acme", "a test", frozenset(), "key:1")

    def write() -> None:
        for n in range(5):
            log_of.append("acme", entry(caller, "POST /x", {"n": n}, Stage.ASKED, "r", clock.now()))

    writers = [Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    found = list(log_of.page("acme", "", 100).items)[::-1]
    assert len(found) == 20
    assert first_fault(found) is None


TAMPERINGS: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "another caller": lambda e: [*e[:2], e[2].model_copy(update={"by": "nobody"}), *e[3:]],
    "one taken out": lambda e: [*e[:2], *e[3:]],
    "the first taken out": lambda e: e[1:2] and [e[0].model_copy(update={"previous": "1" * 64}), *e[1:]],
    "two in another order": lambda e: [e[0], e[2], e[1], *e[3:]],
    "one written twice": lambda e: [*e[:2], e[1], *e[2:]],
}


@pytest.mark.parametrize("how", sorted(TAMPERINGS))
def test_a_log_that_was_touched_does_not_hold(tables: dict[str, str], how: str) -> None:
    log_of = AuditLogTable(tables["AuditLogTable"], REGION)
    caller = Caller("acme", "a test", frozenset(), "key:1")
    good = [
        log_of.append("acme", entry(caller, "POST /x", {"n": n, "é": "ü"}, Stage.DONE, "r", clock.now()))
        for n in range(5)
    ]
    assert first_fault(good) is None
    assert first_fault(good[2:]) is None, "a part of it holds as well"
    assert first_fault(TAMPERINGS[how](good)) is not None
