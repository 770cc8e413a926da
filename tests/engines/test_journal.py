"""Conversations as mails: with the real row engine, read back by Python's own parser."""

from __future__ import annotations

import email
import email.policy
import io
import json
import zipfile
from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.test_package import Bench, bench
from waybill.core import parts

HOSTILE = "x\r\nBcc: evil@example.com\r\n\r\n.\r\n\0\u2028"


def row(number: int, conversation: str | None = "c1", minute: int | None = None, **more: Any) -> dict[str, Any]:
    at = number if minute is None else minute
    return {
        "message_id": f"m{number:05d}",
        "conversation_id": conversation,
        "sent_at": f"2026-03-09T{10 + at // 60:02d}:{at % 60:02d}:00Z",
        "sender": "user",
        "sender_id": "u1",
        "text": f"text {number}",
        **more,
    }


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in rows)


def journal(tmp_path: Path, objects: list[bytes], **changes: Any) -> Bench:
    scope = changes.pop("scope", "records")
    given = {"journal": {}, "data": [{"dataset": "conversations", "scope": scope}], **changes}
    return bench(tmp_path, objects, "conversations", **given)


def read(content: bytes) -> EmailMessage:
    """What a strict reader makes of it: no defect, nothing over a line's length, nothing but ASCII."""
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in content.split(b"\r\n"))
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects
        assert not [d for value in part.values() for d in value.defects]
    return message


def mails(files: dict[str, bytes]) -> dict[str, EmailMessage]:
    return {name: read(data) for name, data in files.items() if name.endswith(".eml")}


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_one_mail_a_conversation_in_order_of_time(tmp_path: Path) -> None:
    objects = [lines(row(3), row(1, "c2"), row(0)), lines(row(2, "c2"), row(1), row(4, None))]
    found = mails(journal(tmp_path, objects).delivered())
    assert [name.partition("-")[0] for name in found] == [
        "conversations/c1", "conversations/c2", "conversations/(no conversation)"
    ]  # fmt: skip
    first = next(iter(found.values()))
    assert [f"text {n}" in text_of(first) for n in range(5)] == [True, True, False, True, False]
    said = text_of(first)
    assert said.index("text 0") < said.index("text 1") < said.index("text 3")
    assert "[2026-03-09 10:00:00+00:00] u1: text 0\n" in said
    assert first["X-Waybill-Rows"] == "3"
    assert str(first["Date"]) == "Mon, 09 Mar 2026 10:03:00 +0000"
    assert first["Subject"] == "Conversations: c1"


def test_people_and_times_are_as_the_rule_has_them(tmp_path: Path) -> None:
    people = [{"id": "u1", "name": "Jörg, Ünal", "email": "joerg@example.com"}, {"id": "a7"}, "ann@example.com"]
    rows = lines(row(0, participants=people), row(1, sender="agent", sender_id="a7", sender_name="Agnes"))
    zone = {"frequency": "daily", "zone": "Europe/Berlin"}
    (message,) = mails(journal(tmp_path, [rows], schedule=zone).delivered()).values()
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Jörg, Ünal", "joerg@example.com")
    assert [a.addr_spec for a in message["To"].addresses] == ["a7@participants.waybill.invalid"]
    assert message["To"].addresses[0].display_name == "Agnes"
    assert [a.addr_spec for a in message["Cc"].addresses] == ["ann@example.com"]
    assert "[2026-03-09 11:00:00+01:00] Jörg, Ünal: text 0" in text_of(message)
    assert "<td>Agnes</td>" in text_of(message, "html")
    assert message["X-Waybill-Participants"] == "3"


def test_per_user_each_who_took_part_gets_every_mail_once(tmp_path: Path) -> None:
    people = [{"id": "u1", "email": "u1@example.com"}, {"id": "u2", "name": "Two"}, {"id": "u2"}]
    rows = [row(n, participants=people if n == 2 else None) for n in range(3)] + [row(5, "c2", sender_id="u9")]
    found = mails(journal(tmp_path, [lines(*rows)], journal={"per": "user"}).delivered())
    got = Counter((m["X-Waybill-Conversation"], m["X-Waybill-Participant"]) for m in found.values())
    assert got == {("c1", "u1"): 1, ("c1", "u2"): 1, ("c2", "u9"): 1}
    assert len({m["Message-ID"] for m in found.values()}) == 3
    for message in found.values():
        (to,) = message["To"].addresses
        assert to.addr_spec.startswith(message["X-Waybill-Participant"])
        assert message["X-Waybill-Rows"] == ("1" if message["X-Waybill-Conversation"] == "c2" else "3")


def test_a_large_conversation_comes_as_numbered_mails(tmp_path: Path) -> None:
    rows = [row(n, text=f"<{n}>" + "ж" * 2_000) for n in range(60)]
    files = journal(tmp_path, [lines(*rows)], journal={"most_bytes": 100_000}).delivered()
    found = mails(files)
    names = [n.rpartition("-")[2] for n in found]
    assert names == [f"{n:04d}.eml" for n in range(1, len(found) + 1)]
    assert len(found) > 3
    assert all(len(files[name]) <= 100_000 for name in found)
    assert [m["X-Waybill-Message"] for m in found.values()][-2:] == [
        f"{len(found) - 1}; more follow",
        f"{len(found)}; last",
    ]
    whole = "".join(text_of(m) for m in found.values())
    assert [whole.count(f"<{n}>") for n in range(60)] == [1] * 60


def test_attachments_are_parts_or_beside(tmp_path: Path) -> None:
    attached = [
        {"name": "фото 📷 \"q\".jpg", "key": "a/photo.jpg"}, {"name": "big.bin", "key": "a/big.bin"},
        {"name": "gone.txt", "key": "a/gone.txt"}, {"name": HOSTILE, "key": "a/hostile.txt"},
        {"name": "n" * 900, "key": "a/long.txt"},
    ]  # fmt: skip
    small, big = bytes(range(256)) * 40, b"\0" * 60_000
    here = journal(tmp_path, [lines(row(0, attachments=attached))], scope="both", journal={"most_bytes": 100_000})
    for name, data in {"photo.jpg": small, "big.bin": big, "hostile.txt": b"h", "long.txt": b""}.items():
        here.lake.put(f"tenant=acme/dataset=conversations/media/a/{name}", data)
    files = here.delivered()
    (message,) = mails(files).values()
    carried = {str(p.get_filename()): p.get_payload(decode=True) for p in message.iter_attachments()}
    assert list(carried.values()) == [small, b"h", b""]
    assert next(iter(carried)) == attached[0]["name"]
    assert not any(c in name for name in carried for c in "\r\n\0")
    assert {n: d for n, d in files.items() if n.startswith("media/")} == {"media/a/big.bin": big}
    said = text_of(message)
    assert "(attachment big.bin, delivered as media/a/big.bin)" in said
    assert "(attachment gone.txt, not delivered)" in said
    assert [e["name"] for e in json.loads(files["waybill.json"])["exceptions"]] == ["media/a/gone.txt"]


def test_without_media_attachments_are_named_only(tmp_path: Path) -> None:
    here = journal(tmp_path, [lines(row(0, attachments=[{"name": "a.jpg", "key": "a.jpg"}]))])
    here.lake.put("tenant=acme/dataset=conversations/media/a.jpg", b"1")
    (message,) = mails(here.delivered()).values()
    assert list(message.iter_attachments()) == []
    assert "(attachment a.jpg, not delivered)" in text_of(message)


def test_no_row_begins_a_header_or_another_row(tmp_path: Path) -> None:
    people = [
        {"id": HOSTILE, "name": HOSTILE, "email": f"a@b.example{HOSTILE}"},
        {"id": "x", "name": '"; a@b, c <d@e>'},
    ]
    forged = "hello\n[2026-03-09 10:00:00+00:00] boss: sell\r[forged]\u2028[forged]\x85[forged]"
    rows = lines(
        row(0, HOSTILE, sender_id=HOSTILE, participants=people), row(1, HOSTILE, text=forged, sender_id="<b>&")
    )
    (message,) = mails(journal(tmp_path, [rows], name="Ünïcode =?utf-8?b?eA==?= rule").delivered()).values()
    assert message["Bcc"] is None
    everybody = [a.addr_spec for h in ("From", "To", "Cc") if message[h] for a in message[h].addresses]
    assert len(everybody) == 3
    assert all(a.endswith("@participants.waybill.invalid") for a in everybody)
    assert message["X-Waybill-Rule"] == "Ünïcode =?utf-8?b?eA==?= rule"
    shown = text_of(message).split("\n")
    assert [line[:1] for line in shown if line].count("[") == 2
    assert "<td>&lt;b&gt;&amp;</td>" in text_of(message, "html")


def test_a_retry_writes_the_same_bytes_and_the_manifest_says_how_many_rows(tmp_path: Path) -> None:
    rows = [lines(*(row(n, f"c{n % 4}") for n in range(20)))]
    once, again = (journal(tmp_path, rows).delivered() for _ in range(2))
    assert mails(once).keys() == mails(again).keys()
    assert {n: d for n, d in once.items() if n.endswith(".eml")} == {
        n: d for n, d in again.items() if n.endswith(".eml")
    }
    manifest = json.loads(once["waybill.json"])
    listed = [f for f in manifest["files"] if f["kind"] == "data"]
    assert (manifest["format"], [f["rows"] for f in listed]) == ("eml", [5] * 4)
    assert manifest["totals"]["rows"] == 20
    assert not [name for name in once if name.endswith("schema.json")]


def test_mails_in_an_archive(tmp_path: Path) -> None:
    attached = [{"name": "a.jpg", "key": "a.jpg"}, {"name": "big.bin", "key": "big.bin"}]
    made = {"archive": {"method": "zip"}, "scope": "both", "journal": {"most_bytes": 100_000}}
    here = journal(tmp_path, [lines(row(0), row(1, "c2", attachments=attached))], **made)
    here.lake.put("tenant=acme/dataset=conversations/media/a.jpg", b"1")
    here.lake.put("tenant=acme/dataset=conversations/media/big.bin", b"\0" * 60_000)
    archive = next(data for name, data in here.delivered().items() if name.endswith(".zip"))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        inside = {name: opened.read(name) for name in opened.namelist()}
    assert len(mails(inside)) == 2
    assert [n for n in inside if n.startswith("media/")] == ["media/big.bin"]
    assert [f.get("rows") for f in json.loads(inside["waybill.json"])["files"]] == [1, 1, None]


def test_a_window_that_is_larger_than_a_part_has_its_mails_by_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "JOURNAL_BYTES", 2_000)
    here = journal(tmp_path, [lines(*(row(n, f"c{n % 2}") for n in range(40)))])
    assert len(here.plan.parts) > 1
    found = mails(here.delivered())
    whole = "".join(text_of(m) for m in found.values())
    assert [whole.count(f": text {n}\n") for n in range(40)] == [1] * 40
    assert len({m["Message-ID"] for m in found.values()}) == len(found)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_row_is_in_some_mail_exactly_once(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
    names = st.one_of(st.none(), st.sampled_from(["c1", "c2", "C1", "c" * 300, "c" * 300 + "x"]), text)
    written = data.draw(
        st.lists(st.tuples(names, st.integers(0, 300), text, st.one_of(st.none(), text)), min_size=1, max_size=40)
    )
    rows = [
        row(n, name, minute=at, text=f"<<{n}>>{said}{'w' * 9_000 if n % 3 == 0 else ''}", sender_id=who)
        for n, (name, at, said, who) in enumerate(written)
    ]
    cut = data.draw(st.integers(0, len(rows)))
    folder = tmp_path_factory.mktemp("journal")
    files = journal(folder, [lines(*rows[:cut]), lines(*rows[cut:])], journal={"most_bytes": 100_000}).delivered()
    found = mails(files)
    whole = "".join(text_of(m) for m in found.values())
    assert [whole.count(f"<<{n}>>") for n in range(len(rows))] == [1] * len(rows)
    assert sum(int(m["X-Waybill-Rows"]) for m in found.values()) == len(rows)
    assert len({m["Message-ID"] for m in found.values()}) == len(found)
    assert len({n.casefold() for n in found}) == len(found)
    assert len({one["conversation_id"] for one in rows}) <= len(found)
