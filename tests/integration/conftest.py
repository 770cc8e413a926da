"""moto in place of AWS: the adapters' own calls, against tables and buckets as template.yaml declares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.gates.test_template import RESOURCES

REGION = "us-east-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@pytest.fixture
def tables(aws: None) -> dict[str, str]:
    """Every table of the template, by its logical name."""
    client: Any = boto3.client("dynamodb", region_name=REGION)
    made = {}
    for name, resource in RESOURCES.items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        wanted = {
            k: v
            for k, v in resource["Properties"].items()
            if k in {"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"}
        }
        client.create_table(TableName=name, **wanted)
        made[name] = name
    return made


@pytest.fixture
def bucket(aws: None) -> str:
    client: Any = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="stage")
    client.create_bucket(Bucket="lake")
    client.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    return "stage"
