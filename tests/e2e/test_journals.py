"""Conversations mailed to an archive by the real state machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox import mail_sink
from tests.contract.servers import free_port
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


def test_a_journal_rule_mails_each_conversation_once(tenant: Tenant, tmp_path: Path) -> None:
    rows = [
        {
            "message_id": f"m{n}",
            "conversation_id": f"c{n % 3}",
            "sent_at": f"2026-01-02T10:0{n}:00Z",
            "sender": "user",
            "sender_id": f"u{n % 2}",
            "text": f"Grüße {n}",
        }
        for n in range(9)
    ]
    tenant.registered("conversations", len(tenant.api.put_records("conversations", rows)["objects"]))
    with mail_sink.running(tmp_path, "none", "none", free_port()) as sink:
        settings = {
            "host": mail_sink.HOST,
            "port": sink.port,
            "security": "none",
            "sender": "export@waybill.example",
            "recipients": ["journal@archive.example"],
        }
        made = tenant.api.post("/destinations", {"name": "Archive", "kind": "smtp", "settings": settings})
        assert made["usable"], made["probe"]
        assert [step["step"] for step in made["probe"]] == ["resolve", "connect", "authenticate", "recipients"]
        rule = tenant.rule(made["destination_id"], data=[{"dataset": "conversations"}], journal={"per": "channel"})
        tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
        (run,) = tenant.ended(rule)
        assert (run["state"], run["rows"]) == ("success", 9), run["message"]
        messages = sink.messages()
        assert len(sink.taken) == len(messages)
    mails = {str(m["X-Waybill-Conversation"]): m for m in messages if m["X-Waybill-Conversation"]}
    assert sorted(mails) == ["c0", "c1", "c2"]
    body = mails["c1"].get_body(("plain",))
    assert body is not None
    assert [f"Grüße {n}\r\n" in body.get_content().replace("\n", "\r\n").replace("\r\r", "\r") for n in (1, 4, 7)] == [
        True
    ] * 3
    (manifest,) = [m for m in messages if str(m["X-Waybill-File"]).endswith("waybill.json")]
    (carried,) = manifest.iter_attachments()
    listed = json.loads(carried.get_content())["files"]
    assert [f["rows"] for f in listed if f["kind"] == "data"] == [3, 3, 3]
    files = tenant.api.get(f"/runs/{run['run_id']}/files")["items"]
    receipts = [r for f in files for r in f["receipts"]]
    assert {r["compared"] for r in receipts} == {"accepted"}
