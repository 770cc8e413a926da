"""Secrets, and the key that signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from waybill.aws.secrets import ManagedSecrets
from waybill.aws.signer import KmsPublicKey, KmsSigner
from waybill.core import ports
from waybill.wiring.environment import client, settings


@cache
def secrets() -> ports.Secrets:
    return ManagedSecrets(client("secretsmanager"), settings().need("secret_prefix"))


@cache
def signer() -> ports.Signer:
    return KmsSigner(client("kms"), settings().need("signing_key"))


@cache
def signing_keys() -> Sequence[Mapping[str, str]]:
    """The public keys that manifests may be signed with, as JWKs. Read once a process."""
    return [KmsPublicKey(client("kms"), settings().need("signing_key")).jwk()]
