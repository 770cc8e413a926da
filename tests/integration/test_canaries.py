"""A hundred secrets that nobody knows, through everything that can be done with a destination, go well or wrong: none is seen.

Looked at: what the API answers, what is logged at the lowest level, what functions raise, the tables with the runs' histories,
the buckets with manifests and archives, and the events between functions. Looked for: each secret as it is, escaped for JSON,
for an address, as Python's repr, as hexadecimal, and in base64 at every alignment.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import logging
import os
import secrets
import socketserver
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import asyncssh
import pytest

from sandbox import mail_sink
from tests.contract import servers
from tests.contract.answering import Answering, Said, listening
from tests.contract.rigs import LOOPBACK
from tests.core.test_plan import planned
from tests.integration.functions import context, function
from tests.integration.house import Platform, platform
from tests.integration.in_process import Answer
from waybill import boundary
from waybill.core.manifest import PackagedFile
from waybill.core.plan import plan_key, run_key
from waybill.core.run import Run, RunState, Trigger
from waybill.core.seal import Sealed, sealed_key
from waybill.wiring import buckets, stores

ODD = (
    *(
        "plain",
        "sp ace",
        'quo"te',
        "apos'trophe",
        "back\\slash",
        "per%41cent%",
        "amp&er=sand",
        "plus+slash/",
        "{braces}",
    ),
    *("%(name)s", "${dollar}", "<xml>&amp;", "semi;colon", "colon:at@host", "#hash?query", "`tick`", "!bang~", "%s %d"),
)
ODDER = ("ümläut", "日本語", "emoji🔑", "tab\tin", "line\nbreak", "\u202eturned", "nul\0l", "İıß")


ALL = bool(os.environ.get("WAYBILL_LARGE"))
"""Every secret lives through every step; otherwise each third does, and the others are saved and delivered with."""


def forms(secret: str) -> set[str]:
    """How a secret may look where somebody wrote it down."""
    raw = secret.encode()
    found = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found |= {quote(secret), quote(secret, safe=""), quote_plus(secret), raw.hex(), raw.decode("latin-1")}
    for shift in range(3):
        # The middle of the base64 text: its ends depend on what stands beside it.
        text = base64.b64encode(b"x" * shift + raw).decode()[4:-4]
        found |= {text, text.replace("+", "-").replace("/", "_"), quote(text, safe="")}
    return {form for form in found if len(form) >= 8}


def canary(odd: str = "") -> str:
    return f"Kq{secrets.token_hex(8)}{odd}{secrets.token_hex(6)}vZ"


@dataclass
class Watch:
    """Everything that was seen, and the secrets that must not be in it."""

    house: Platform
    seen: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    run: dict[str, Any] = field(default_factory=dict)
    lives: int = 0

    def saw(self, answer: Answer) -> Answer:
        self.seen.append(json.dumps(answer.body, ensure_ascii=False))
        return answer

    def failed(self, error: BaseException) -> None:
        self.seen += [repr(error), *traceback.format_exception(error)]

    def check(self, logged: str) -> None:
        written = "\n".join([*self.seen, logged, self.house.kept(), json.dumps(self.house.prober.events)])
        assert len(self.secrets) == len(set(self.secrets))
        found = {secret: form for secret in self.secrets for form in forms(secret) if form in written}
        places = [written[max(0, written.index(form) - 300) :][:600] for form in found.values()]
        assert not found, f"{len(found)} of {len(self.secrets)}:\n" + "\n\n".join(places[:5])


@pytest.fixture
def watch(
    aws: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[Watch]:
    caplog.set_level(logging.DEBUG)
    for handler in boundary.logger.handlers:
        monkeypatch.setattr(handler, "stream", sys.stdout)
    with platform(monkeypatch) as house:
        made = Watch(house, run=staged_run())
        yield made
        # The servers of this test log in this process as well; their words are not ours.
        theirs = ("asyncssh", "mail.log", "asyncio", "moto", "werkzeug", "responses")
        records = [r for r in caplog.get_records("call") if not r.name.startswith(theirs)]
        assert [r for r in records if r.levelno == logging.DEBUG]
        logged = [f"{r.getMessage()} {r.args} {r.exc_text or ''} {vars(r)}" for r in records]
        made.check("\n".join([*logged, *capfd.readouterr()]))
        assert made.secrets


def staged_run() -> dict[str, Any]:
    """A sealed run of one small file; the event of the step that delivers it."""
    plan, content = planned([]), b"row"
    key = run_key(plan)
    run = Run(key, plan.window, RunState.ONGOING, Trigger.SCHEDULE, 1, plan.window.end, plan.window.end)
    stores.runs().add(run)
    buckets.stage().put("data", content)
    buckets.stage().put(plan_key(key), plan.model_dump_json().encode())
    file = {"name": "a.csv", "kind": "data", "media_type": "text/csv", "size": 3, "where": "stage", "key": "data"}
    files = (PackagedFile.model_validate({**file, "sha256": hashlib.sha256(content).hexdigest()}),) * 3
    sealed = Sealed(files=files, rows=1, size=9, rejects=0, exceptions=0, manifest_sha256="00")
    buckets.stage().put(sealed_key(key), sealed.model_dump_json().encode())
    return {"tenant": plan.tenant, "run_id": plan.run_id, "epoch": 1, "shard": 0}


def lived_through(watch: Watch, kind: str, settings: dict[str, Any], *, good: bool, crashes: str) -> None:
    """Saved, refused, forced, probed, changed, delivered to, crashed in and deleted."""
    house = watch.house
    body = {"name": "One", "kind": kind, "settings": settings}
    whole = ALL or watch.lives % 3 == 0
    watch.lives += 1
    if whole:
        watch.saw(house.call("POST", "/destinations", {**body, "settings": {**settings, "unknown": 1}}))
    first = watch.saw(house.call("POST", "/destinations", body))
    assert (first.status == 201) is good, first
    made = first if good else watch.saw(house.call("POST", "/destinations", {**body, "force": True}))
    assert made.status == 201, made
    place = f"/destinations/{made.body['destination_id']}"
    if whole:
        watch.saw(house.call("POST", f"{place}/probe", {}))
        changed = watch.saw(house.change(place, {"name": "Two", "settings": settings}, made.body["version"]))
        assert (changed.status == 200) is good, changed
    event = {**watch.run, "destination_id": made.body["destination_id"]}
    deliver = function("deliver")
    for number in range(2 if whole else 1):
        with pytest.MonkeyPatch.context() as patch:
            if number:
                patch.setattr(crashes, _crash(settings))
            try:
                assert deliver.handle({**event, "shard": 0}, context()) == {"status": "done"}
                assert good
            except Exception as error:  # noqa: BLE001 (whatever it is, it must tell nothing)
                watch.failed(error)
    if whole:
        watch.saw(house.call("GET", "/destinations"))
        assert watch.saw(house.call("DELETE", place)).status == 204


def _crash(settings: dict[str, Any]) -> Callable[..., Any]:
    def crash(*args: Any, **options: Any) -> Any:
        raise KeyError(f"{settings} of {args} {options}")

    return crash


OPEN = {
    "sftp": "waybill.destinations.sftp.Sftp._session",
    "smtp": "waybill.destinations.smtp.Smtp._session",
    "s3": "waybill.destinations.s3.S3._bucket",
    "azure_blob": "waybill.destinations.azure_blob.AzureBlob._container",
}


def test_passwords_of_sftp(watch: Watch, tmp_path: Path) -> None:
    for number, odd in enumerate((*ODD, *ODDER)):
        password = canary(odd)
        watch.secrets.append(password)
        (tmp_path / str(number)).mkdir()
        good = number % 2 == 0 and odd in ODD
        with servers.embedded_ssh(tmp_path / str(number), password if good else "another") as server:
            settings = {"host": LOOPBACK, "port": server.port, "host_key": server.host_key, "username": "receiver"}
            lived_through(watch, "sftp", {**settings, "password": password}, good=good, crashes=OPEN["sftp"])


def test_keys_and_passphrases_of_sftp(watch: Watch, tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "another") as server:
        settings = {"host": LOOPBACK, "port": server.port, "host_key": server.host_key, "username": "receiver"}
        for number, odd in enumerate((*ODD, *ODDER)):
            passphrase = canary(odd)
            watch.secrets.append(passphrase)
            key = asyncssh.generate_private_key("ssh-ed25519" if number % 2 else "ecdsa-sha2-nistp256")
            text = key.export_private_key("openssh", passphrase=passphrase, rounds=4).decode()
            if number < 4:
                text = text if number else key.export_private_key("pkcs8-pem", passphrase=passphrase).decode()
                watch.secrets.append(text.splitlines()[2])
            given = {**settings, "private_key": text, "passphrase": passphrase if number % 3 else f"not {passphrase}"}
            if number < 12 or number % 3 == 0:
                lived_through(watch, "sftp", given, good=False, crashes=OPEN["sftp"])


class EchoingMail(socketserver.StreamRequestHandler):
    """Tells everybody what it was told, in the clear."""

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._talk()

    def _talk(self) -> None:
        self.wfile.write(b"220 echo\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.wfile.write(b"250-echo\r\n250 AUTH PLAIN LOGIN\r\n")
            elif verb == b"QUIT":
                return
            else:
                told = line.strip()
                clear = base64.b64decode(told.split()[-1] + b"==") if verb == b"AUTH" else b""
                shown = clear.replace(b"\0", b" ").replace(b"\n", b" ")
                self.wfile.write(b"535 5.7.8 " + told + b" " + shown + b"\r\n")


class Quiet(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is nothing to write down."""


def test_passwords_of_mail(watch: Watch, tmp_path: Path) -> None:
    settings = {
        "host": LOOPBACK,
        "security": "none",
        "username": mail_sink.USER,
        "sender": "a@b.example",
        "recipients": ["c@d.example"],
    }
    for number, odd in enumerate(ODD):
        good, bad = canary(odd), canary(odd)
        watch.secrets += [good, bad]
        if number < 4:
            with mail_sink.running(tmp_path, good, "none", servers.free_port()) as sink:
                given = {**settings, "port": sink.port, "password": good}
                lived_through(watch, "smtp", given, good=True, crashes=OPEN["smtp"])
        with listening(Quiet((LOOPBACK, 0), EchoingMail)) as port:
            given = {**settings, "port": port, "password": bad}
            lived_through(watch, "smtp", given, good=False, crashes=OPEN["smtp"])


class Echo(Answering):
    """Answers with an error that holds all that it was sent."""

    def said(self) -> Said:
        told = f"{self.requestline} {dict(self.headers)}"
        escaped = told.replace("&", "&amp;").replace("<", "&lt;")
        body = f"<?xml version='1.0'?><Error><Code>{quote(self.path)}</Code><Message>{escaped}</Message></Error>"
        reason = told.encode("ascii", "replace").decode()
        return Said(400, body.encode(), {"x-ms-error-code": self.path}, reason)


@pytest.fixture
def echo() -> Iterator[int]:
    with listening(http.server.ThreadingHTTPServer((LOOPBACK, 0), Echo)) as port:
        yield port


def test_secret_keys_of_s3(watch: Watch, echo: int) -> None:
    settings = {"bucket": "bucket-1", "region": "us-east-1", "endpoint_url": f"http://{LOOPBACK}:{echo}"}
    for odd in (*ODD[::2], *ODDER[::2]):
        secret = canary(odd)
        watch.secrets.append(secret)
        given = {**settings, "access_key_id": "AKIAEXAMPLE", "secret_access_key": secret}
        lived_through(watch, "s3", given, good=False, crashes=OPEN["s3"])


def test_connection_strings(watch: Watch, echo: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Account keys, which are base64, and signatures, which travel in the address, in whatever they should not hold."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    endpoint = f"BlobEndpoint=http://{LOOPBACK}:{echo}/account1"
    for odd in ODD:
        raw, sig = canary(odd), canary(odd)
        watch.secrets += [raw, sig]
        key = base64.b64encode(raw.encode()).decode()
        for given in (f"AccountKey={key}", f"AccountKey={raw}", f"SharedAccessSignature=sv=1&se=2030-01-01&sig={sig}"):
            string = f"AccountName=account1;{endpoint};{given}"
            settings = {"container": "exports", "connection_string": string}
            if ";" in odd:  # it would end the field: the string is refused
                body = {"name": "x", "kind": "azure_blob", "settings": settings}
                assert watch.saw(watch.house.call("POST", "/destinations", body)).status == 422
                continue
            lived_through(watch, "azure_blob", settings, good=False, crashes=OPEN["azure_blob"])
    settings = {
        "container": "exports",
        "connection_string": f"AccountName=account1;AccountKey={watch.secrets[0]};Odd=1",
    }
    watch.saw(watch.house.call("POST", "/destinations", {"name": "x", "kind": "azure_blob", "settings": settings}))


def test_passwords_of_archives(watch: Watch, tmp_path: Path) -> None:
    with servers.embedded_ssh(tmp_path, "p") as server:
        settings = {"host": LOOPBACK, "port": server.port, "host_key": server.host_key, **server.login}
        place = watch.house.made("sftp", settings)["destination_id"]
    body: dict[str, Any] = {
        "name": "Tickets",
        "data": [{"dataset": "chat_tickets"}],
        "destinations": [place],
        "schedule": {"frequency": "manual"},
    }
    for odd in (*ODD, *ODDER):
        password = canary(odd)
        watch.secrets.append(password)
        archive = {"method": "zip_aes256", "password": password}
        watch.saw(watch.house.call("POST", "/rules", {**body, "archive": {**archive, "method": "none"}}))
        watch.saw(watch.house.call("POST", "/rules", {**body, "archive": archive, "destinations": ["dst_x"]}))
        made = watch.saw(watch.house.call("POST", "/rules", {**body, "archive": archive}))
        if made.status == 201:
            watch.saw(watch.house.call("PUT", f"/rules/{made.body['rule_id']}", {**body, "archive": archive}))
            watch.saw(watch.house.call("GET", f"/rules/{made.body['rule_id']}"))


def test_what_is_looked_for_would_be_found() -> None:
    """A watch that finds nothing would pass everything."""
    for odd in (*ODD, *ODDER):
        secret = canary(odd)
        for written in (
            secret,
            json.dumps({"a": secret}),
            quote(f"https://a/?sig={secret}"),
            base64.b64encode(f"user:{secret}".encode()).decode(),
            base64.b64encode(f"\0user\0{secret}".encode()).decode(),
            f"{[secret]!r}",
        ):
            assert any(form in written for form in forms(secret)), written
