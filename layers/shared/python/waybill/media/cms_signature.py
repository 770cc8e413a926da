"""Checking detached CMS signatures (SignedData, RFC 5652) against a tenant's certificates.

A signer is trusted whose certificate is registered, or was issued directly by a registered authority. Nothing else that the
signature brings along counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asn1crypto import cms, pem
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from waybill.core.prepared import Unprepared
from waybill.media.ber import understood
from waybill.media.keyring import HeldCertificate, is_authority

_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


_DAMAGED = "the signature beside it is damaged"


class DetachedSignature:
    """`core.prepare.SignatureCheck`. Raises Unprepared for what is no signature that can be checked."""

    def __init__(self, signature: bytes, registered: Sequence[HeldCertificate]) -> None:
        self._signed = _signed_data(signature)
        self._registered = registered
        with understood(_DAMAGED):
            names = {info["digest_algorithm"]["algorithm"].native for info in self._signed["signer_infos"]}
        self._digests = {name: hashlib.new(name) for name in names if name in _DIGESTS}

    def add(self, chunk: bytes) -> None:
        for digest in self._digests.values():
            digest.update(chunk)

    def fault(self) -> str:
        """Empty where one of the signers is trusted and signed exactly these bytes."""
        with understood(_DAMAGED):
            faults = [self._fault(info) for info in self._signed["signer_infos"]]
        if not faults:
            return "it has no signer"
        return "" if "" in faults else faults[0]

    def _fault(self, info: Any) -> str:
        signer = self._signer(info["sid"])
        if signer is None:
            return "its signer is none of the registered certificates, nor issued by one that is an authority"
        name = info["digest_algorithm"]["algorithm"].native
        if name not in self._digests:
            return f"its digest ({name}) is too weak or not supported"
        attributes = {a["type"].native: a["values"] for a in info["signed_attrs"]} if info["signed_attrs"] else {}
        content = self._digests[name].copy().digest()
        if attributes:
            said = attributes.get("message_digest")
            if said is None or not hmac.compare_digest(said[0].native, content):
                return "the file was changed after it was signed"
            signing_time = attributes.get("signing_time")
            if signing_time is not None and not _valid_at(signer, signing_time[0].native):
                return "its certificate was not valid when it was made"
            data = info["signed_attrs"].untag().dump(force=True)
            content = hashlib.new(name, data).digest()
        try:
            _verify(signer, info, content, _DIGESTS[name]())
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            return "it was not made by its signer's key for this file"
        return ""

    def _signer(self, named: Any) -> x509.Certificate | None:
        for held in self._registered:
            if held.is_named(named):
                return held.certificate
        for certificate in _brought(self._signed):
            brought = HeldCertificate(certificate, str)
            if brought.is_named(named) and any(_issued(certificate, by.certificate) for by in self._registered):
                return certificate
        return None


def _signed_data(signature: bytes) -> Any:
    with understood(_DAMAGED):
        if pem.detect(signature):
            signature = pem.unarmor(signature)[2]
        info = cms.ContentInfo.load(signature)
        if info["content_type"].native != "signed_data":
            raise Unprepared("the signature beside it is no CMS SignedData")
        _ = info["content"].native
        return info["content"]


def _brought(signed: Any) -> list[x509.Certificate]:
    found = []
    for choice in signed["certificates"] or ():
        if choice.name == "certificate":
            try:
                found.append(x509.load_der_x509_certificate(choice.chosen.dump()))
            except ValueError:
                continue
    return found


def _issued(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    if not is_authority(by):
        return False
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _valid_at(certificate: x509.Certificate, moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _verify(signer: x509.Certificate, info: Any, digest: bytes, algorithm: hashes.HashAlgorithm) -> None:
    key, signature = signer.public_key(), info["signature"].native
    prehashed = utils.Prehashed(algorithm)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, digest, ec.ECDSA(prehashed))
    elif isinstance(key, rsa.RSAPublicKey) and info["signature_algorithm"].signature_algo == "rsassa_pss":
        scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
        key.verify(signature, digest, scheme, prehashed)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, digest, padding.PKCS1v15(), prehashed)
    else:
        raise UnsupportedAlgorithm("neither RSA nor an elliptic curve")
