"""Private keys of every kind and form against OpenSSH's server, and a sentence for each that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.contract import servers
from tests.contract.conftest import sftp_rig
from tests.contract.rigs import Rig, deliver
from waybill.core.errors import AccessDenied
from waybill.destinations import sftp

PHRASE = "canary-phrase"
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
FORMS = ("openssh", "pkcs1-pem", "pkcs8-pem")


@pytest.fixture(scope="module")
def keys() -> dict[str, Any]:
    return {kind: asyncssh.generate_private_key(kind) for kind in KINDS}


@pytest.fixture
def rig(openssh: servers.SshServer, keys: dict[str, Any]) -> Iterator[Rig]:
    authorized = openssh.root.parent / "keys" / "authorized"
    before = authorized.read_bytes()
    authorized.write_bytes(before + b"".join(key.export_public_key() for key in keys.values()))
    yield sftp_rig(openssh, ("private_key", ""), ())
    authorized.write_bytes(before)


@pytest.mark.real
@pytest.mark.parametrize("locked", [False, True], ids=["plain", "locked"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_logs_in(rig: Rig, keys: dict[str, Any], kind: str, form: str, locked: bool) -> None:
    if (kind, form) == ("ssh-ed25519", "pkcs1-pem"):
        pytest.skip("there is no such form")
    text = exported(keys[kind], form, PHRASE if locked else None)
    deliver(rig.destination(private_key=text, passphrase=PHRASE if locked else None), "a.csv", b"1")
    assert rig.view.files() == {"a.csv": b"1"}


def exported(key: Any, form: str, phrase: str | None) -> str:
    quick = {"rounds": 64} if form == "openssh" and phrase else {}
    return str(key.export_private_key(form, passphrase=phrase, **quick).decode())


@pytest.mark.real
@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_or_missing_passphrase_is_told(rig: Rig, keys: dict[str, Any], form: str) -> None:
    text = exported(keys["ecdsa-sha2-nistp256"], form, PHRASE)
    for phrase, said in ((None, "passphrase is not set"), ("canary-wrong", "passphrase does not open private_key")):
        with pytest.raises(AccessDenied, match=said) as raised:
            deliver(rig.destination(private_key=text, passphrase=phrase), "x.csv", b"1")
        assert "canary" not in str(raised.value)
    last = list(rig.destination(private_key=text, passphrase="canary-wrong").probe())[-1]
    assert (last.step, last.ok) == ("authenticate", False)


@pytest.mark.real
def test_a_passphrase_that_nothing_asks_for_does_no_harm(rig: Rig, keys: dict[str, Any]) -> None:
    for form in FORMS:
        text = exported(keys["ssh-rsa"], form, None)
        deliver(rig.destination(private_key=text, passphrase=PHRASE), f"{form}.csv", b"1")


@pytest.mark.real
def test_a_damaged_key_is_told_with_and_without_a_passphrase(rig: Rig, keys: dict[str, Any]) -> None:
    for form in FORMS:
        text = exported(keys["ssh-rsa"], form, None)
        lines = text.splitlines()
        for damaged in ("\n".join(lines[:4] + lines[-1:]), "\n".join(lines[:-1])):
            for phrase in (None, PHRASE):
                with pytest.raises(AccessDenied, match="private_key cannot be read: its text is damaged"):
                    deliver(rig.destination(private_key=damaged, passphrase=phrase), "x.csv", b"1")


@pytest.mark.real
def test_a_kind_of_key_that_is_no_more_in_use(rig: Rig) -> None:
    old = dsa.generate_private_key(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(AccessDenied, match="private_key is of a kind"):
        deliver(rig.destination(private_key=old), "x.csv", b"1")


def public_forms() -> list[str]:
    key = asyncssh.generate_private_key("ssh-rsa")
    return [key.export_public_key(form).decode() for form in ("openssh", "pkcs1-pem", "pkcs8-pem", "rfc4716")]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (public_forms(), "is the public half; give the other file"),
        (["-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----"], "is the public half"),
        (["PuTTY-User-Key-File-3: ssh-ed25519\ncanary"], "is in PuTTY's form"),
        (["", "canary", "-----BEGIN NOTHING-----\ncanary"], "must be the whole text of the private key file"),
    ],
    ids=["public", "certificate", "putty", "else"],
)
def test_what_is_no_private_key_is_refused_before_anything_is_dialled(texts: list[str], said: str) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=said) as raised:
            sftp.Config.model_validate({"host": "h", "username": "u", "private_key": text})
        assert "canary" not in str(raised.value)
        assert len(text) < 60 or text[20:60] not in str(raised.value)
