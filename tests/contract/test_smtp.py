"""What only mail has: encryption, replies, messages that are sent as they are, headers that nobody else may write."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sandbox import mail_sink
from sandbox.mail_sink import Sink
from tests.contract import servers
from tests.contract.conftest import smtp_rig
from tests.contract.rigs import Bytes, Kept, Rig, deliver, outgoing
from waybill.core.deliver import OutgoingFile, Receipt, send
from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError, TransientError
from waybill.core.mail import MESSAGE
from waybill.destinations import smtp, smtp_session
from waybill.destinations.dial import Surroundings
from waybill.destinations.failures import UNKNOWN, explained

pytestmark = pytest.mark.real


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Rig]:
    with mail_sink.running(tmp_path, "smtp-canary", "none", servers.free_port(), largest=100_000) as sink:
        rig = smtp_rig(sink, "none")
        yield replace(rig, settings={**rig.settings, "username": None, "password": None})


def sink_of(rig: Rig) -> Sink:
    found: Sink = rig.view.sink  # type: ignore[attr-defined]
    return found


def mail(content: bytes, size: int | None = None, sha256: str = "") -> OutgoingFile:
    file = outgoing("chats/one.eml", content)
    return replace(file, media_type=MESSAGE, size=size or file.size, sha256=sha256 or file.sha256)


def sent(rig: Rig, content: bytes, file: OutgoingFile | None = None) -> Receipt:
    answer = send(rig.destination(), file or mail(content), Bytes(content), Kept(), lambda: False)
    assert isinstance(answer, Receipt)
    return answer


def test_a_mail_is_sent_as_it_is_to_every_recipient(plain: Rig) -> None:
    lines = b"\r\n".join([b"." * (n % 7) + b"x" * (n % 900) for n in range(200)])
    content = b"Message-ID: <1@x>\r\nSubject: one\r\n\r\n.\r\n..\r\n" + lines[:90_000] + b"\r\n"
    receipt = sent(plain, content)
    assert sink_of(plain).taken == [
        ("export@waybill.example", ("journal@archive.example", "second@archive.example"), content)
    ]
    assert (receipt.compared, receipt.version) == ("accepted", "250 2.0.0 queued as Q1")


def test_parts_that_end_anywhere_make_the_same_mail(plain: Rig) -> None:
    content = b"A: b\r\n\r\n.dot\r\n..\r\nend\r\n"
    for cut in range(1, len(content)):
        transfer = plain.destination().open(mail(content), None)
        transfer.put(content[:cut])
        transfer.put(content[cut:])
        transfer.commit()
    assert {taken for _, _, taken in sink_of(plain).taken} == {content}


@pytest.mark.parametrize(
    "content",
    [
        b"A: b\n\nbody\n",
        b"A: b\r\n\r\nbare \r here\r\n",
        b"A: b\r\n\r\nnul \0\r\n",
        b"A: b\r\n\r\n" + b"x" * 999 + b"\r\n",
        "A: b\r\n\r\nümlaut\r\n".encode(),
        b"A: b\r\n\r\nno end",
        b"A: b\r\n\r\nend of data\n.\nMAIL FROM:<evil@example.com>\r\n",
    ],
)
def test_what_is_no_mail_is_not_sent(plain: Rig, content: bytes) -> None:
    with pytest.raises(PermanentError, match="mail"):
        sent(plain, content)
    assert sink_of(plain).taken == []


def test_a_file_that_changed_on_the_way_out_is_not_sent(plain: Rig) -> None:
    for content in (b"A: b\r\n\r\none\r\n", b"plain"):
        file = mail(content, sha256="0" * 64) if content[:1] == b"A" else replace(outgoing("a", content), sha256="0")
        with pytest.raises(PermanentError, match="other bytes"):
            sent(plain, content, file)
    assert sink_of(plain).taken == []


def test_a_lost_reply_is_answered_by_the_same_message_id(plain: Rig) -> None:
    sink_of(plain).silent = 1
    with pytest.raises(TransientError):
        deliver(plain.destination(), "a.csv", b"1")
    deliver(plain.destination(), "a.csv", b"1")
    assert len(sink_of(plain).taken) == 2
    assert plain.view.files() == {"a.csv": b"1"}


def test_a_busy_server_is_tried_again(plain: Rig) -> None:
    sink_of(plain).busy = 1
    with pytest.raises(TransientError):
        deliver(plain.destination(), "a.csv", b"1")
    deliver(plain.destination(), "a.csv", b"1")
    assert plain.view.files() == {"a.csv": b"1"}


def test_many_files_over_one_connection(plain: Rig) -> None:
    destination = plain.destination()
    for number in range(5):
        deliver(destination, f"{number}.csv", b"%d" % number)
    destination.close()
    assert plain.view.files() == {f"{n}.csv": b"%d" % n for n in range(5)}


def test_a_file_larger_than_the_server_takes_is_the_tenants_to_correct(plain: Rig) -> None:
    with pytest.raises(ConfigurationError, match=r"file_limit\.bytes"):
        deliver(plain.destination(), "a.bin", b"x" * 90_000)
    assert sink_of(plain).taken == []


def test_the_mail_names_the_run(plain: Rig) -> None:
    send(
        plain.destination(subject_prefix="[Waybill] "),
        replace(outgoing("daily/tïckets.csv", b"1"), run="run_1", media_type="text/csv; charset=utf-8"),
        Bytes(b"1"),
        Kept(),
        lambda: False,
    )
    (message,) = sink_of(plain).messages()
    assert message["X-Waybill-Run"] == "run_1"
    assert message["Subject"] == "[Waybill] tïckets.csv"
    body = message.get_body(("plain",))
    assert body is not None
    assert "daily/tïckets.csv\nof run run_1" in body.get_content().replace("\r", "")
    (carried,) = message.iter_attachments()
    assert carried.get_content_type() == "text/csv"
    assert [str(d) for part in message.walk() for d in part.defects] == []


@pytest.mark.parametrize("name", ["a\r\nBcc: evil@example.com.csv", "a\0.csv", "a\nb", "a\x85b"])
def test_a_name_ends_no_header(plain: Rig, name: str) -> None:
    with pytest.raises(PermanentError, match="control character"):
        deliver(plain.destination(), name, b"1")
    assert sink_of(plain).taken == []


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "a@b.example\r\nRCPT TO:<evil@example.com>"},
        {"sender": "a@b.example\n"},
        {"sender": "a b@c.example"},
        {"recipients": ["a@b.example>,<c@d.example"]},
        {"recipients": ["jörg@archive.example"]},
        {"recipients": []},
        {"recipients": [f"r{n}@archive.example" for n in range(51)]},
        {"recipients": ["a@b.example", "A@b.example"]},
        {"subject_prefix": "x\r\nBcc: evil@example.com"},
        {"username": "a\nb", "password": "smtp-canary-9"},
        {"username": "a", "password": "smtp-canary-9\0"},
        {"username": "a", "password": "smtp-canary-ü"},
        {"username": "a"},
        {"password": "smtp-canary-9"},
        {"host": "smtp://mail.example.com"},
        {"security": "ssl"},
    ],
)
def test_wrong_settings(changes: dict[str, Any]) -> None:
    good = {"host": "mail.example.com", "sender": "a@b.example", "recipients": ["c@d.example"]}
    smtp.Config.model_validate(good)
    with pytest.raises(ValidationError) as raised:
        smtp.Config.model_validate({**good, **changes})
    assert "canary" not in str(raised.value)


def test_no_encryption_outside_the_operators_networks(plain: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waybill.destinations.dial.Dialer.inside_allowed", lambda *given: False)
    with pytest.raises(ConfigurationError, match="security"):
        deliver(plain.destination(), "a.csv", b"1")
    assert [s.step for s in plain.destination().probe() if not s.ok] == ["authenticate"]


def test_an_inner_address_is_not_dialled(plain: Rig) -> None:
    with pytest.raises(ConfigurationError):
        deliver(smtp.connect(plain.config(), Surroundings()), "a.csv", b"1")


def test_a_server_without_the_encryption_that_is_asked_for(plain: Rig) -> None:
    login = {"username": "a", "password": "smtp-canary-9"}
    with pytest.raises(ConfigurationError, match="offers no encryption"):
        deliver(plain.destination(security="starttls", **login), "a.csv", b"1")
    with pytest.raises(ConfigurationError, match="speaks no TLS"):
        deliver(plain.destination(security="tls", **login), "a.csv", b"1")


def test_an_untrusted_certificate_gets_no_password(
    smtp_starttls_rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    asked: list[Any] = []
    monkeypatch.setattr(smtplib.SMTP, "login", lambda *given: asked.append(given))
    with pytest.raises(ConfigurationError, match="certificate"):
        deliver(smtp_starttls_rig.destination(), "a.csv", b"1")
    steps = list(smtp_starttls_rig.destination().probe())
    assert (steps[-1].step, steps[-1].ok) == ("tls", False)
    assert asked == []


def test_a_probe_shows_the_certificate_and_sends_nothing(smtp_tls_rig: Rig) -> None:
    steps = list(smtp_tls_rig.destination().probe())
    assert [s.step for s in steps] == ["resolve", "connect", "tls", "authenticate", "recipients"]
    facts = steps[2].facts
    assert (facts["issuer"], len(facts["certificate"]), facts["tls"]) == ("commonName=Test authority", 64, "TLSv1.3")
    assert sink_of(smtp_tls_rig).taken == []


def test_a_server_that_wants_a_login(smtp_starttls_rig: Rig) -> None:
    with pytest.raises(AccessDenied, match="password"):
        deliver(smtp_starttls_rig.destination(username=None, password=None), "a.csv", b"1")


@pytest.mark.parametrize("step", ["greeting", "login", "sender", "recipient", "data", "reset"])
@pytest.mark.parametrize("code", [-1, 220, 354, 421, 450, 451, 452, 500, 501, 503, 530, 534, 535, 538, 550, 552, 554])
def test_every_reply_has_a_meaning(step: str, code: int) -> None:
    known = [f"{step} {code}", str(code), f"{step} {code // 100}xx", f"{code // 100}xx"]
    facts = {"host": "h", "sender": "s", "place": "0"}
    error = explained(smtp_session.ERRORS, known, facts=facts)
    assert UNKNOWN not in str(error)
    assert "{" not in str(error)
    assert isinstance(error, TransientError) == (code // 100 in (-1, 4))
