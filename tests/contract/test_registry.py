"""Kinds by name, without loading what they need to run."""

from __future__ import annotations

import subprocess
import sys
import typing

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from waybill.core.errors import PermanentError
from waybill.destinations import memory, registry

SECRET = ("password", "secret", "key", "passphrase", "connection_string")
PUBLIC = ("access_key_id", "kms_key_id", "bucket_key", "host_key")


def models() -> list[type[BaseModel]]:
    return [memory.Config, *(registry.config_model(kind) for kind in registry.kinds())]


def test_settings_are_checked_without_any_vendors_library() -> None:
    code = (
        "import sys; from waybill.destinations import registry\n"
        "for kind in registry.kinds(): registry.config_model(kind).model_json_schema()\n"
        "print(*(n for n in ('boto3', 'botocore', 'azure', 'paramiko', 'requests', 'urllib3') if n in sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert answer.stdout.strip() == ""


def test_an_unknown_kind_and_one_that_is_for_tests() -> None:
    for kind in ("ftp", "memory", ""):
        with pytest.raises(PermanentError, match="s3"):
            registry.config_model(kind)


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__module__.rsplit(".", 1)[-1])
def test_every_field_is_described_and_every_secret_is_one(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "forbid"
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        looks_secret = any(word in name for word in SECRET) and name not in PUBLIC
        is_secret = field.annotation is SecretStr or SecretStr in typing.get_args(field.annotation)
        assert looks_secret == is_secret, name


ROLE = {"bucket": "bucket", "region": "eu-central-1", "role_arn": "arn:aws:iam::123456789012:role/waybill"}
S3 = {"bucket": "bucket", "region": "eu-central-1", "access_key_id": "AKIA", "secret_access_key": "canary-q7"}
SFTP = {"host": "sftp.example.com", "username": "u", "password": "canary-q7"}
SMTP = {"host": "mail.example.com", "sender": "a@b.example", "recipients": ["c@d.example"]}
AZURE = {"container": "exports", "connection_string": "AccountName=account1;AccountKey=canary-q7"}


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("s3", {**S3, "bucket": "s3://bucket"}, "bucket"),
        ("s3", {**S3, "region": "x.evil.example/"}, "region"),
        ("s3", {**S3, "endpoint_url": "https://user:canary-q7@s3.example"}, "endpoint_url"),
        ("s3", {**S3, "endpoint_url": "ftp://s3.example"}, "endpoint_url"),
        ("s3", {**S3, "prefix": "a/../b"}, "prefix"),
        ("s3", {**ROLE, "role_arn": "arn:aws:iam::123456789012:user/waybill"}, "role_arn"),
        ("s3", {**ROLE, "external_id": "mine"}, "external_id"),
        ("s3", {**ROLE, "access_key_id": "AKIA", "secret_access_key": "canary-q7"}, "role_arn"),
        ("s3", {**S3, "access_key_id": None}, "access_key_id"),
        ("s3", {"bucket": "bucket", "region": "eu-central-1"}, "role_arn"),
        ("s3", {**S3, "encryption": "sse_s3", "kms_key_id": "alias/a"}, "kms_key_id"),
        ("s3", {**S3, "bucket_key": True}, "bucket_key"),
        ("s3", {**S3, "lock_mode": "COMPLIANCE"}, "lock_days"),
        ("s3", {**S3, "lock_days": 30}, "lock_mode"),
        ("s3", {**S3, "lock_mode": "GOVERNANCE", "lock_days": 0}, "lock_days"),
        ("s3", {**S3, "acl": "public-read"}, "acl"),
        ("s3", {**S3, "addressing": "auto"}, "addressing"),
        ("hosted", {"retention_months": 0}, "retention_months"),
        ("hosted", {"prefix": "somebody/else"}, "prefix"),
        ("s3", {**S3, "storage_class": "DEEP_ARCHIVE"}, "storage_class"),
        ("s3", {**S3, "secret_acces_key": "canary-q7"}, "secret_acces_key"),
        ("azure_blob", {**AZURE, "container": "Exports"}, "container"),
        ("azure_blob", {**AZURE, "connection_string": "canary-q7"}, "connection_string"),
        ("azure_blob", {**AZURE, "connection_string": "AccountName=account1"}, "connection_string"),
        (
            "azure_blob",
            {**AZURE, "connection_string": f"{AZURE['connection_string']};EndpointSuffix=evil.example"},
            "connection_string",
        ),
        (
            "azure_blob",
            {**AZURE, "connection_string": f"{AZURE['connection_string']};BlobSecondaryEndpoint=https://a"},
            "connection_string",
        ),
        (
            "azure_blob",
            {**AZURE, "connection_string": f"{AZURE['connection_string']};DefaultEndpointsProtocol=http"},
            "connection_string",
        ),
        (
            "azure_blob",
            {**AZURE, "connection_string": "AccountName=evil.example/;AccountKey=canary-q7"},
            "connection_string",
        ),
        ("smtp", {**SMTP, "host": "smtp://canary-q7@h"}, "host"),
        ("smtp", {**SMTP, "password": "canary-q7"}, "username"),
        ("smtp", {**SMTP, "recipients": ["canary-q7"]}, "recipients"),
        ("sftp", {**SFTP, "host": "sftp://u@h"}, "host"),
        ("sftp", {**SFTP, "port": 0}, "port"),
        ("sftp", {**SFTP, "host_key": "MD5:canary-q7"}, "host_key"),
        ("sftp", {**SFTP, "private_key": "-----BEGIN PRIVATE KEY-----\ncanary-q7"}, "password"),
        ("sftp", {**SFTP, "private_key": "-----BEGIN canary-q7"}, "private_key"),
        ("sftp", {"host": "h", "username": "u"}, "password"),
        ("sftp", {"host": "h", "username": "u", "private_key": "canary-q7"}, "private_key"),
        ("sftp", {**SFTP, "passphrase": "canary-q7"}, "passphrase"),
    ],
)
def test_wrong_settings_name_the_field_and_keep_the_secret(kind: str, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        registry.config_model(kind).model_validate(wrong)
    assert field in str(raised.value)
    assert "canary-q7" not in str(raised.value)
    assert all(
        "canary-q7" not in str({**e, "input": ""}) for e in raised.value.errors(include_url=False, include_input=False)
    )
