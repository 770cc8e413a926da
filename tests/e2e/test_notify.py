"""A run ends in the real state machine: a mail goes out through SES, and a receiver gets an event that it can prove."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from sandbox.api import wait_until
from tests.sandboxed import PATIENCE, Tenant
from tests.webhooks.receiver import receiving
from waybill.core.rule_warnings import NO_MAILS

pytestmark = pytest.mark.sandbox


def mails_to(tenant: Tenant, address: str) -> list[dict[str, Any]]:
    place = f"{tenant.surroundings.engine.endpoint}/_ministack/ses/messages"
    with urllib.request.urlopen(place) as answer:
        accounts = json.load(answer)["messages"].values()
    return [one for sent in accounts for one in sent if address in one["To"]]


def test_a_runs_end_is_told_by_mail_and_by_a_signed_webhook(tenant: Tenant) -> None:
    address = f"ops@{tenant.name}.example"
    with receiving() as receiver:
        target = {"kind": "webhook", "url": f"{receiver.url}/hooks"}
        body = {"name": "On call", "events": ["run.success", "run.failure"], "target": target}
        hook = tenant.api.post("/subscriptions", body)
        place = f"/subscriptions/{hook['subscription_id']}"
        assert tenant.api.post(f"{place}/test", {})["delivered"], tenant.api.get(f"{place}/attempts")
        receiver.answers = [500]
        tenant.tickets(1, 2, 3)
        notify = {"addresses": [address], "subject": "{rule}: {outcome}, {rows} rows"}
        rule = tenant.rule(tenant.sftp(), notify=notify)
        assert NO_MAILS not in tenant.api.get(f"/rules/{rule}")["warnings"]
        tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
        (run,) = tenant.ended(rule)
        (mail,) = wait_until("the mail", lambda: mails_to(tenant, address), PATIENCE)
        wait_until("the event, again after a failure", lambda: len(receiver.got) == 3, PATIENCE)
    assert mail["Subject"] == "Tickets: success, 3 rows"
    assert f"#/runs/{run['run_id']}" in mail["BodyText"]
    tried, first, second = receiver.got
    assert Webhook(hook["secret"]).verify(tried[2], tried[1])["type"] == "test"
    said = Webhook(hook["secret"]).verify(second[2], second[1])
    assert (said["type"], said["data"]["run_id"], said["data"]["rows"]) == ("run.success", run["run_id"], 3)
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    notes = wait_until(
        "the run's log", lambda: [n for n in tenant.api.get(f"/runs/{run['run_id']}")["log"] if n["step"] == "notify"]
    )
    assert [note["message"] for note in notes] == [f"{address} was told"]
    found = wait_until("attempts", lambda: tenant.api.get(f"{place}/attempts")["items"])
    assert [(one["event"], one["result"]) for one in found] == [
        ("run.success", "delivered"),
        ("run.success", "retried"),
        ("test", "delivered"),
    ]
