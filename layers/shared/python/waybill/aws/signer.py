"""KMS: the platform's signing key, ECC P-256. The private key never leaves KMS."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from waybill.aws.failures import translated
from waybill.core.errors import PermanentError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class KmsSigner:
    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self.key_id = key_id

    def sign(self, message: bytes) -> bytes:
        with translated("signing a manifest"):
            answer = self._client.sign(
                KeyId=self.key_id,
                Message=hashlib.sha256(message).digest(),
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return raw_signature(answer["Signature"])


class KmsPublicKey:
    """The public half of the signing key, for receivers; who reads it cannot sign."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def jwk(self) -> Mapping[str, str]:
        """As a JSON Web Key (RFC 7517, RFC 7518 6.2); its `kid` is that of the manifests' signatures."""
        with translated("reading the public key"):
            der = self._client.get_public_key(KeyId=self._key_id)["PublicKey"]
        if len(der) != len(_P256) + 64 or not der.startswith(_P256):
            raise PermanentError("The signing key is no ECC P-256 key.", "Deploy the key that template.yaml declares.")
        x, y = (
            base64.urlsafe_b64encode(half).rstrip(b"=").decode()
            for half in (der[len(_P256) : len(_P256) + 32], der[-32:])
        )
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self._key_id, "use": "sig", "alg": "ES256"}


_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""What is before the point in the DER of every P-256 public key: algorithm, curve, and `04` for a point that is not
compressed (RFC 5480, 2)."""


def raw_signature(der: bytes) -> bytes:
    """KMS answers in DER (RFC 3279, 2.2.3: a sequence of two integers); JWS wants r || s, 32 bytes each (RFC 7518, 3.4)."""
    if der[0] != 0x30 or der[1] != len(der) - 2:
        raise ValueError("not a DER sequence of two short integers")
    integers, rest = [], der[2:]
    while rest:
        if rest[0] != 0x02:
            raise ValueError("not a DER integer")
        length = rest[1]
        integers.append(int.from_bytes(rest[2 : 2 + length], "big"))
        rest = rest[2 + length :]
    r, s = integers
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
