"""Certificates and keys that come in over the API: what is shown of them, and what is refused, in words."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.media.openssl import EC, NOW, RSA, Identity, identity, issued, openssl
from waybill.core.errors import InvalidInput
from waybill.media.keyring import examined, held


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def owner(place: Path) -> Identity:
    return identity(place, "owner")


def refused(certificate: str, key: str = "", passphrase: str = "", days: int = 0) -> dict[str, str]:
    with pytest.raises(InvalidInput) as wrong:
        examined(certificate, key, passphrase, NOW + timedelta(days=days), expired_too=False)
    said = {e.field: e.message for e in wrong.value.errors}
    assert not any(line in str(wrong.value) for line in key.splitlines()[1:-1])
    return said


@pytest.mark.parametrize("kind", [RSA, EC], ids=["rsa", "ec"])
def test_facts_are_those_that_openssl_shows(place: Path, kind: tuple[str, ...]) -> None:
    made = identity(place, "shown", kind)
    facts, pem, key = examined(made.certificate.read_text(), made.key.read_text(), "", NOW, expired_too=False)
    der = openssl("x509", "-in", made.certificate, "-outform", "DER")
    assert facts.sha256 == hashlib.sha256(der).hexdigest()
    assert facts.sha1 == hashlib.sha1(der, usedforsecurity=False).hexdigest()
    assert facts.subject == "CN=shown,O=Acme"
    assert facts.authority
    assert held(pem, lambda: key).key is not None


def test_an_encrypted_key_needs_its_passphrase(place: Path, owner: Identity) -> None:
    locked = place / "locked.key"
    openssl("pkcs8", "-topk8", "-in", owner.key, "-passout", "pass:sesame", "-out", locked)
    certificate, key = owner.certificate.read_text(), locked.read_text()
    _, _, kept = examined(certificate, key, "sesame", NOW, expired_too=False)
    assert kept.startswith("-----BEGIN PRIVATE KEY-----")
    assert "give its passphrase" in refused(certificate, key)["passphrase"]
    assert "passphrase is wrong" in refused(certificate, key, "simsalabim")["private_key"]
    assert "leave the passphrase out" in refused(certificate, owner.key.read_text(), "sesame")["passphrase"]


def test_what_does_not_fit_is_refused_field_by_field(place: Path, owner: Identity) -> None:
    other = identity(place, "other")
    certificate = owner.certificate.read_text()
    assert "does not belong" in refused(certificate, other.key.read_text())["private_key"]
    assert "PEM" in refused("nonsense")["certificate"]
    assert "PEM" in refused(certificate + other.certificate.read_text())["certificate"]
    assert "PEM" in refused(certificate, "nonsense")["private_key"]
    assert "there is none" in refused(certificate, "", "sesame")["passphrase"]
    both = refused(certificate, other.key.read_text(), days=90)
    assert "has expired" in both["certificate"]
    assert "does not belong" in both["private_key"]


def test_an_expired_certificate_is_taken_where_it_is_asked_for(owner: Identity) -> None:
    later = NOW + timedelta(days=90)
    facts, _, _ = examined(owner.certificate.read_text(), owner.key.read_text(), "", later, expired_too=True)
    assert facts.not_after < later


def test_a_certificate_that_was_issued_is_no_authority(place: Path, owner: Identity) -> None:
    made = issued(place, "below", owner)
    assert not examined(made.certificate.read_text(), "", "", NOW, expired_too=False)[0].authority
