"""Signed manifests: a manifest in the stage beside its detached signature, the same two for every attempt."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Protocol

from waybill.core.ports import Signer


class StageForSigning(Protocol):
    def put(self, key: str, data: bytes) -> object: ...

    def read(self, key: str) -> bytes: ...


@dataclass(frozen=True)
class Signed:
    """A manifest and its signature, as they are staged."""

    manifest: bytes
    signature: bytes


def signed(manifest: bytes, key: str, signature_key: str, stage: StageForSigning, signer: Signer) -> Signed:
    """Stage both. Idempotent: each signature differs from the one before, so what an earlier attempt staged stays, and may be
    delivered already.
    """
    stage.put(key, manifest)
    kept = stage.read(key)
    header, message = signing_input(kept, signer.key_id)
    stage.put(signature_key, detached_jws(header, signer.sign(message)))
    return Signed(kept, stage.read(signature_key))


def signing_input(manifest: bytes, key_id: str) -> tuple[str, bytes]:
    """The protected header and the bytes to sign of a detached JWS over the manifest (RFC 7515, appendix F)."""
    header = _base64url(json.dumps({"alg": "ES256", "kid": key_id, "typ": "waybill+json"}).encode())
    return header, f"{header}.{_base64url(manifest)}".encode()


def detached_jws(header: str, signature: bytes) -> bytes:
    """`header..signature`: the payload is the manifest's own file."""
    return f"{header}..{_base64url(signature)}".encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
