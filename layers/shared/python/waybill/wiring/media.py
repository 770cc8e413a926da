"""Journals, sound and their keys. The libraries are loaded at the first use."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from waybill.aws.media_keys import KmsMediaKeys
from waybill.core.certificates import CertificateFacts
from waybill.wiring import stores, vault
from waybill.wiring.environment import client

if TYPE_CHECKING:
    from waybill.core.prepare import Sounds
    from waybill.media.tenant_media import TenantMedia


def examined_certificate(
    certificate: str, key: str, passphrase: str, now: datetime, *, expired_too: bool
) -> tuple[CertificateFacts, str, str]:
    """See `media.keyring.examined`. Only the API carries the library, and loads it for the first certificate."""
    keyring = import_module("waybill.media.keyring")
    found: tuple[CertificateFacts, str, str] = keyring.examined(
        certificate, key, passphrase, now, expired_too=expired_too
    )
    return found


@cache
def media_keys() -> KmsMediaKeys:
    return KmsMediaKeys(client("kms"))


def tenant_media(tenant: str) -> TenantMedia:
    """Only `transcode` carries the libraries."""
    made: TenantMedia = import_module("waybill.media.tenant_media").TenantMedia(
        tenant, lambda: stores.certificates().all(tenant), vault.secrets().read, media_keys().unwrap
    )
    return made


def sounds(largest: int) -> Sounds:
    """Only `transcode` carries the libraries."""
    made: Sounds = import_module("waybill.media.sounds").LibavSounds(largest)
    return made
