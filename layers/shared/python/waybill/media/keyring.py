"""A tenant's certificates and keys, read from PEM, and what is shown of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from waybill.core.certificates import CertificateFacts
from waybill.core.errors import FieldError, InvalidInput

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass
class HeldCertificate:
    """A registered certificate. `key_pem` is asked, once, for the first file that needs the key; empty for none."""

    certificate: x509.Certificate
    key_pem: Callable[[], str]

    @cached_property
    def key(self) -> PrivateKey | None:
        pem = self.key_pem()
        key = serialization.load_pem_private_key(pem.encode(), None) if pem else None
        assert key is None or isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return key

    @cached_property
    def key_identifier(self) -> bytes | None:
        try:
            return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return None

    def is_named(self, named: Any) -> bool:
        """Whether a signer's or recipient's identifier in a CMS structure (asn1crypto) means it: by issuer and serial number,
        or by the subject's key identifier (RFC 5652, 5.3 and 6.2).
        """
        chosen = named.chosen
        if named.name == "issuer_and_serial_number":
            same = chosen["issuer"].untag().dump() == self.certificate.issuer.public_bytes()
            return bool(same and chosen["serial_number"].native == self.certificate.serial_number)
        identifier = chosen["subject_key_identifier"].native if named.name == "r_key_id" else chosen.native
        return bool(identifier == self.key_identifier)


def held(certificate_pem: str, key_pem: Callable[[], str]) -> HeldCertificate:
    """What was registered, as it was kept."""
    return HeldCertificate(x509.load_pem_x509_certificate(certificate_pem.encode()), key_pem)


def examined(
    certificate_pem: str, key_pem: str, passphrase: str, now: datetime, *, expired_too: bool
) -> tuple[CertificateFacts, str, str]:
    """What a certificate says of itself, its PEM alone, and its key's, unencrypted (empty for none).

    Raises InvalidInput with every field that cannot be taken; no message holds anything of the key.
    """
    certificate = _certificate(certificate_pem)
    errors: list[FieldError] = []
    ends = certificate.not_valid_after_utc
    if ends <= now and not expired_too:
        errors.append(
            FieldError(
                "certificate",
                f"has expired on {ends:%Y-%m-%d}; give the one that took its place, or set allow_expired for files of its time",
            )
        )
    key = None
    if key_pem:
        try:
            key = _key(key_pem, passphrase)
        except InvalidInput as wrong:
            errors += wrong.errors
    elif passphrase:
        errors.append(FieldError("passphrase", "is for a private key, and there is none; leave it out"))
    if key is not None and key.public_key() != certificate.public_key():
        errors.append(
            FieldError("private_key", "does not belong to the certificate; give the key that it was made for")
        )
    if errors:
        raise InvalidInput(errors)
    facts = CertificateFacts(
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        sha1=certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 (a name, as other systems show it)
        subject=certificate.subject.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=ends,
        authority=is_authority(certificate),
    )
    return facts, certificate.public_bytes(serialization.Encoding.PEM).decode(), _kept(key)


def _certificate(pem: str) -> x509.Certificate:
    try:
        found: Sequence[x509.Certificate] = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        found = []
    if len(found) != 1:
        raise InvalidInput(
            [
                FieldError(
                    "certificate", "is not one certificate in PEM form; it starts with -----BEGIN CERTIFICATE-----"
                )
            ]
        )
    return found[0]


def _key(pem: str, passphrase: str) -> PrivateKey:
    encrypted = "ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise InvalidInput([FieldError("passphrase", "the private key is encrypted; give its passphrase")])
    if passphrase and not encrypted:
        raise InvalidInput([FieldError("passphrase", "the private key is not encrypted; leave the passphrase out")])
    try:
        key = serialization.load_pem_private_key(pem.encode(), passphrase.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        what = "or the passphrase is wrong" if encrypted else "it starts with -----BEGIN PRIVATE KEY-----"
        raise InvalidInput([FieldError("private_key", f"is not a private key in PEM form, {what}")]) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise InvalidInput([FieldError("private_key", "is neither an RSA nor an elliptic curve key")])
    return key


def _kept(key: PrivateKey | None) -> str:
    if key is None:
        return ""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
