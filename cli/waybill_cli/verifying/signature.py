"""A manifest's detached signature: a JWS of ES256 over the file's own bytes (RFC 7515 appendix F, RFC 7518 section 3.4)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

LARGEST_SIGNATURE = 64 * 1024
"""Bytes. What is larger is none."""
ANY_KEY = ""
"""The id of a key that came without one: it is tried for every signature."""
Keys = Mapping[str, EllipticCurvePublicKey]


class NoKey(Exception):
    """A key file that holds no usable key; the text says why, as a sentence."""


class Forged(Exception):
    """The signature is not the platform's over these bytes; the text says why, as the end of a sentence."""


def read_keys(path: Path) -> Keys:
    """Keys by their ids, of a JWKS file (RFC 7517) as `GET /signing-keys` answers, or of a PEM file. Raises NoKey."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NoKey(f"{path} cannot be read: {error.strerror}.") from None
    if data.lstrip().startswith(b"-----BEGIN"):
        return {ANY_KEY: _pem(path, data)}
    try:
        found = {str(jwk["kid"]): _of_jwk(jwk) for jwk in json.loads(data)["keys"] if jwk.get("crv") == "P-256"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoKey(f"{path} is neither a JWKS nor a PEM file. Save the answer of GET /signing-keys.") from None
    if not found:
        raise NoKey(f"{path} holds no key of the curve P-256.")
    return found


def _pem(path: Path, data: bytes) -> EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(data)
    except ValueError:
        raise NoKey(f"{path} holds no public key in PEM form.") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise NoKey(f"{path} holds no key of the curve P-256.")
    return key


def _of_jwk(jwk: Mapping[str, Any]) -> EllipticCurvePublicKey:
    x, y = (int.from_bytes(_decoded(jwk[name]), "big") for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def check_signature(manifest: bytes, signature: bytes, keys: Keys) -> None:
    """Raises Forged."""
    try:
        header, payload, signed = signature.decode("ascii").split(".")
        said = json.loads(_decoded(header))
        algorithm, key_id, value = said["alg"], str(said["kid"]), _decoded(signed)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Forged("is no detached JWS") from None
    if payload or algorithm != "ES256" or "crit" in said or len(value) != 64:
        raise Forged("is no detached JWS of ES256")
    key = keys.get(key_id) or keys.get(ANY_KEY)
    if key is None:
        raise Forged(f"names the key {key_id[:80]}, which is not among the given ones")
    r, s = (int.from_bytes(half, "big") for half in (value[:32], value[32:]))
    message = f"{header}.{_encoded(manifest)}".encode()
    try:
        key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        raise Forged("is not the platform's over this manifest") from None


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as wrong:
        raise ValueError("no base64") from wrong
    if _encoded(data) != text:  # the last character holds bits that say nothing
        raise ValueError("not the one form of base64url")
    return data
