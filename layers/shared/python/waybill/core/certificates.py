"""Tenants' certificates: what decrypts their media, and what signatures of media are checked against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from waybill.core.ports import Page


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says of itself; thumbprints are hexadecimal, of its DER form. `authority`: it may issue others."""

    sha256: str
    sha1: str
    subject: str
    not_before: datetime
    not_after: datetime
    authority: bool


@dataclass(frozen=True)
class SavedCertificate:
    """A certificate as it is kept, by its SHA-256 thumbprint. `secret_ref` names its private key's secret, empty for none."""

    tenant: str
    name: str
    facts: CertificateFacts
    pem: str
    secret_ref: str
    created_at: datetime
    created_by: str


class Certificates(Protocol):
    def add(self, certificate: SavedCertificate) -> None:
        """Raises Conflict where the tenant has it."""

    def get(self, tenant: str, sha256: str) -> SavedCertificate:
        """Raises NotFound."""

    def page(self, tenant: str, cursor: str, limit: int) -> Page[SavedCertificate]: ...

    def all(self, tenant: str) -> Sequence[SavedCertificate]: ...

    def remove(self, tenant: str, sha256: str) -> None:
        """Idempotent."""
