"""KMS: the platform's signing key, ECC P-256. The private key never leaves KMS."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from waybill.aws.failures import translated

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
