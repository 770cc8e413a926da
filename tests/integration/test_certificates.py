"""Certificates in their table, and data keys that KMS unwraps, against moto."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.conftest import REGION
from tests.media.openssl import NOW, identity
from waybill.aws.media_keys import KmsMediaKeys
from waybill.aws.tables.certificates import CertificatesTable
from waybill.core.certificates import SavedCertificate
from waybill.core.errors import Conflict, NotFound
from waybill.core.prepared import Unprepared
from waybill.media.keyring import examined


def saved(tmp_path: Path, tenant: str = "acme", name: str = "one") -> SavedCertificate:
    made = identity(tmp_path, name)
    facts, pem, _ = examined(made.certificate.read_text(), "", "", NOW, expired_too=False)
    return SavedCertificate(tenant, name, facts, pem, "", NOW, "a test")


def test_a_certificate_is_its_tenants_alone_and_kept_once(tables: dict[str, str], tmp_path: Path) -> None:
    kept = CertificatesTable(tables["CertificatesTable"], REGION)
    one = saved(tmp_path)
    kept.add(one)
    assert kept.get("acme", one.facts.sha256) == one
    assert list(kept.all("acme")) == [one]
    assert list(kept.all("zeta")) == []
    with pytest.raises(NotFound):
        kept.get("zeta", one.facts.sha256)
    with pytest.raises(Conflict, match="is registered"):
        kept.add(replace(one, name="again"))
    kept.add(replace(one, tenant="zeta"))
    kept.add(saved(tmp_path, name="two"))
    first = kept.page("acme", "", 1)
    rest = kept.page("acme", first.cursor, 5)
    assert {c.name for c in [*first.items, *rest.items]} == {"one", "two"}
    kept.remove("acme", one.facts.sha256)
    kept.remove("acme", one.facts.sha256)
    assert [c.name for c in kept.all("acme")] == ["two"]


def test_kms_unwraps_a_data_key_in_its_context_alone(aws: None) -> None:
    client: Any = boto3.client("kms", region_name=REGION)
    key = client.create_key()["KeyMetadata"]["KeyId"]
    context = {"tenant": "acme", "aws:x-amz-cek-alg": "AES/GCM/NoPadding"}
    made = client.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    keys = KmsMediaKeys(client)
    assert keys.unwrap(made["CiphertextBlob"], context) == made["Plaintext"]
    with pytest.raises(Unprepared, match="another encryption context"):
        keys.unwrap(made["CiphertextBlob"], {**context, "tenant": "zeta"})
