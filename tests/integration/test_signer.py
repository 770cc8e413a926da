"""The signing key: what one half signs, the published half confirms."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from tests.integration.conftest import REGION
from waybill.aws.signer import KmsPublicKey, KmsSigner
from waybill.core.errors import PermanentError


def made(spec: Any) -> tuple[Any, str]:
    client = boto3.client("kms", region_name=REGION)
    return client, client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "="), "big")


def test_the_published_key_confirms_what_was_signed(aws: None) -> None:
    client, key_id = made("ECC_NIST_P256")
    jwk = KmsPublicKey(client, key_id).jwk()
    assert {k: v for k, v in jwk.items() if k not in "xy"} == {
        "kty": "EC", "crv": "P-256", "kid": key_id, "use": "sig", "alg": "ES256",
    }  # fmt: skip
    assert len(jwk["x"]) == len(jwk["y"]) == 43
    public = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), ec.SECP256R1()).public_key()
    raw = KmsSigner(client, key_id).sign(b"a manifest")
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    # moto hashes the digest that it is given once more; the sandbox's engine does as KMS does (tests/e2e/test_api.py).
    public.verify(der, sha256(b"a manifest").digest(), ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(der, sha256(b"another").digest(), ec.ECDSA(SHA256()))


def test_a_key_of_another_kind_is_refused(aws: None) -> None:
    with pytest.raises(PermanentError, match="no ECC P-256 key"):
        KmsPublicKey(*made("ECC_NIST_P384")).jwk()
