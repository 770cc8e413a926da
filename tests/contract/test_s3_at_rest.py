"""How delivered objects rest: each option on a small file and on one of several parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.rigs import HERE, Rig, deliver
from tests.contract.test_destinations import noise

pytestmark = pytest.mark.real
LARGE = noise(17 * 1024 * 1024)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def heads(rig: Rig, **settings: Any) -> list[dict[str, Any]]:
    """What S3 says of a small and of a large file."""
    destination = rig.destination(**settings)
    deliver(destination, "small.csv", b"1")
    deliver(destination, "large.bin", LARGE)
    destination.close()
    view: Any = rig.view
    return [view.client.head_object(Bucket=view.bucket, Key=name) for name in ("small.csv", "large.bin")]


def asked_of_parts(rig: Rig, **settings: Any) -> dict[str, Any]:
    """What is asked for a file of several parts, where the server forgets it: moto keeps no lock of these."""
    destination: Any = rig.destination(**settings)
    asked: list[dict[str, Any]] = []
    client = destination._bucket().client
    client.meta.events.register(
        "provide-client-params.s3.CreateMultipartUpload", lambda params, **_: asked.append(dict(params))
    )
    deliver(destination, "parts.bin", LARGE)
    return asked[0]


def test_s3s_own_encryption(s3_rig: Rig) -> None:
    for head in heads(s3_rig, encryption="sse_s3"):
        assert head["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("bucket_key", [None, True])
def test_a_kms_key_of_the_tenants(s3_rig: Rig, bucket_key: bool | None) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    small, large = heads(s3_rig, kms_key_id=key, bucket_key=bucket_key)
    for head in (small, large):
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert small.get("BucketKeyEnabled", False) == (bucket_key is True)  # moto forgets it of an upload in parts


def test_an_owner_of_another_account_gets_its_files(s3_rig: Rig) -> None:
    heads(s3_rig, acl="bucket-owner-full-control")
    view: Any = s3_rig.view
    for name in ("small.csv", "large.bin"):
        grants = view.client.get_object_acl(Bucket=view.bucket, Key=name)["Grants"]
        assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]


def test_a_locked_file_stays_for_its_days_and_a_probe_leaves_none(s3_locked_rig: Rig) -> None:
    rig = replace(s3_locked_rig, surroundings=replace(HERE, now=lambda: NOW))
    steps = list(rig.destination().probe())
    assert all(step.ok for step in steps), steps
    assert next(step for step in steps if step.step == "write").facts["lock"] == "GOVERNANCE for 3 days"
    view: Any = rig.view
    assert "Versions" not in view.client.list_object_versions(Bucket=view.bucket)
    for said in (heads(rig)[0], asked_of_parts(rig)):
        assert said["ObjectLockMode"] == "GOVERNANCE"
        assert said["ObjectLockRetainUntilDate"] == NOW + timedelta(days=3)
        assert "ObjectLockLegalHoldStatus" not in said
    version = view.client.head_object(Bucket=view.bucket, Key="small.csv")["VersionId"]
    with pytest.raises(ClientError):
        view.client.delete_object(Bucket=view.bucket, Key="small.csv", VersionId=version)


def test_files_on_legal_hold(s3_locked_rig: Rig) -> None:
    held: dict[str, Any] = {"legal_hold": True, "lock_mode": None, "lock_days": None}
    for said in (heads(s3_locked_rig, **held)[0], asked_of_parts(s3_locked_rig, **held)):
        assert said["ObjectLockLegalHoldStatus"] == "ON"
        assert "ObjectLockMode" not in said


def test_a_virtual_hosts_address_has_the_bucket_in_front(s3_rig: Rig) -> None:
    for addressing, expected in (("path", "https://s3.example.com/contract-1"), ("virtual", "https://contract-1.s3")):
        destination: Any = s3_rig.destination(addressing=addressing, endpoint_url="https://s3.example.com")
        link = destination._bucket().client.generate_presigned_url(
            "get_object", Params={"Bucket": "contract-1", "Key": "a"}
        )
        assert link.startswith(expected)
