"""Decrypting what Amazon's S3 Encryption Client wrote (version 2 of its format): a data key wrapped by KMS, AES-GCM.

What decrypts it is in the object's own metadata:
https://docs.aws.amazon.com/amazon-s3-encryption-client/latest/developerguide/
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from waybill.core.prepared import Unprepared

Unwrap = Callable[[bytes, Mapping[str, str]], bytes]
"""A wrapped data key and its encryption context in, the key out; raises Unprepared where KMS refuses."""

_MARKS = ("x-amz-key-v2", "x-amz-key", "x-amz-cek-alg", "x-amz-c", "x-amz-3")
_TAG = 16


def is_envelope(metadata: Mapping[str, str]) -> bool:
    return any(mark in metadata for mark in _MARKS)


def decrypter(metadata: Mapping[str, str], tenant: str, unwrap: Unwrap) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Its first step raises Unprepared for another version or algorithm, and for a key whose context is not this tenant's:
    nothing is asked of KMS then.
    """
    return partial(_decrypted, metadata, tenant, unwrap)


def _decrypted(metadata: Mapping[str, str], tenant: str, unwrap: Unwrap, chunks: Iterator[bytes]) -> Iterator[bytes]:
    key, nonce = _key(metadata, tenant, unwrap)
    yield from _gcm(key, nonce, chunks)


def _key(metadata: Mapping[str, str], tenant: str, unwrap: Unwrap) -> tuple[bytes, bytes]:
    for name, only in (("x-amz-cek-alg", "AES/GCM/NoPadding"), ("x-amz-wrap-alg", "kms+context")):
        said = metadata.get(name, "nothing")
        if said != only:
            raise Unprepared(
                f"it is encrypted by a form of client-side encryption that is not supported ({name}: {said})"
            )
    if metadata.get("x-amz-tag-len", "128") != "128":
        raise Unprepared("its authentication tag is shorter than 128 bits")
    try:
        wrapped = base64.b64decode(metadata["x-amz-key-v2"], validate=True)
        nonce = base64.b64decode(metadata["x-amz-iv"], validate=True)
        context = json.loads(metadata["x-amz-matdesc"])
    except (KeyError, binascii.Error, ValueError):
        raise Unprepared("its encryption metadata are incomplete or damaged") from None
    if len(nonce) != 12 or not isinstance(context, dict) or not all(isinstance(v, str) for v in context.values()):
        raise Unprepared("its encryption metadata are incomplete or damaged")
    if context.get("tenant") != tenant:
        raise Unprepared("the encryption context of its key names another tenant, or none")
    if context.get("aws:x-amz-cek-alg") != "AES/GCM/NoPadding":
        raise Unprepared("the encryption context of its key does not name the algorithm")
    key = unwrap(wrapped, context)
    if len(key) != 32:
        raise Unprepared("its key has not the length that its algorithm needs")
    return key, nonce


def _gcm(key: bytes, nonce: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The tag is the last sixteen bytes."""
    decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).decryptor()
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) > _TAG:
            yield decryptor.update(held[:-_TAG])
            held = held[-_TAG:]
    if len(held) < _TAG:
        raise Unprepared("it cannot be decrypted: it is cut off")
    try:
        yield decryptor.finalize_with_tag(held)
    except InvalidTag:
        raise Unprepared("it cannot be decrypted: its authentication tag is wrong, so it was damaged") from None
