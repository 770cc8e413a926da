"""Objects in the format of Amazon's S3 Encryption Client, version 2."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.prepared import Unprepared
from waybill.media.s3_envelope import decrypter, is_envelope

KEY = bytes(range(32))
CLEAR = b"speech " * 3_000


def sealed(clear: bytes, tenant: str = "acme", **changes: str) -> tuple[bytes, dict[str, str]]:
    """As the client writes it: what it encrypts, and the object's metadata. KMS is `b"wrapped"` for `KEY`."""
    nonce = os.urandom(12)
    context = {"aws:x-amz-cek-alg": "AES/GCM/NoPadding", "tenant": tenant}
    metadata = {
        "x-amz-key-v2": base64.b64encode(b"wrapped").decode(),
        "x-amz-iv": base64.b64encode(nonce).decode(),
        "x-amz-cek-alg": "AES/GCM/NoPadding",
        "x-amz-tag-len": "128",
        "x-amz-wrap-alg": "kms+context",
        "x-amz-matdesc": json.dumps(context),
        "x-amz-unencrypted-content-length": str(len(clear)),
    }
    return AESGCM(KEY).encrypt(nonce, clear, None), {**metadata, **changes}


def unwrap(wrapped: bytes, context: Mapping[str, str]) -> bytes:
    assert (wrapped, context["tenant"]) == (b"wrapped", "acme")
    return KEY


def opened(data: bytes, metadata: Mapping[str, str], size: int = 1_000) -> bytes:
    chunks: Iterator[bytes] = (data[n : n + size] for n in range(0, len(data), size))
    return b"".join(decrypter(metadata, "acme", unwrap)(chunks))


@pytest.mark.parametrize("size", [1, 15, 16, 17, 1_000, 10**6])
@pytest.mark.parametrize("clear", [b"", b"x", CLEAR])
def test_it_is_decrypted_however_it_comes(clear: bytes, size: int) -> None:
    data, metadata = sealed(clear)
    assert is_envelope(metadata)
    assert opened(data, metadata, size) == clear


@given(at=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_flipped_bit_is_told(at: int, bit: int) -> None:
    data, metadata = sealed(CLEAR)
    damaged = bytearray(data)
    damaged[at % len(damaged)] ^= 1 << bit
    with pytest.raises(Unprepared, match="tag is wrong"):
        opened(bytes(damaged), metadata)


@given(st.integers(0, 10**9))
def test_a_cut_file_is_told(at: int) -> None:
    data, metadata = sealed(CLEAR)
    with pytest.raises(Unprepared):
        opened(data[: at % len(data)], metadata)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x-amz-cek-alg": "AES/CBC/PKCS5Padding"}, "not supported"),
        ({"x-amz-wrap-alg": "kms"}, "not supported"),
        ({"x-amz-tag-len": "96"}, "shorter"),
        ({"x-amz-iv": "%%%"}, "damaged"),
        ({"x-amz-matdesc": "nonsense"}, "damaged"),
        ({"x-amz-matdesc": '{"tenant": "acme"}'}, "does not name the algorithm"),
        ({"x-amz-matdesc": '{"tenant": "zeta", "aws:x-amz-cek-alg": "AES/GCM/NoPadding"}'}, "another tenant"),
        ({"x-amz-matdesc": '{"aws:x-amz-cek-alg": "AES/GCM/NoPadding"}'}, "another tenant"),
    ],
)
def test_what_cannot_be_trusted_is_never_asked_of_kms(changes: dict[str, Any], said: str) -> None:
    _, metadata = sealed(CLEAR, **changes)

    def asked(*_: object) -> bytes:
        raise AssertionError("KMS was asked")

    with pytest.raises(Unprepared, match=said):
        b"".join(decrypter(metadata, "acme", asked)(iter([b"x" * 100])))
