"""moto in place of AWS: the adapters' own calls, against tables and buckets as template.yaml declares them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pynamodb.connection import Connection

from tests.integration.in_process import InProcess, running
from tests.integration.tables import REGION, create_tables
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable

__all__ = ["REGION"]


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
    return create_tables()


@pytest.fixture
def rules(tables: dict[str, str]) -> RulesTable:
    return RulesTable(tables["RulesTable"], REGION)


@pytest.fixture
def runs(tables: dict[str, str]) -> RunsTable:
    return RunsTable(tables["RunsTable"], tables["RulesTable"], REGION)


@pytest.fixture
def bucket(aws: None) -> str:
    client: Any = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="stage")
    client.create_bucket(Bucket="lake")
    client.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    return "stage"


@pytest.fixture
def api(tables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    yield from running(tables, monkeypatch)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of several threads one after another, as DynamoDB does what is written to one item; moto does not."""
    lock, call = Lock(), Connection._make_api_call

    def alone(self: Connection, *given: Any, **named: Any) -> Any:
        with lock:
            return call(self, *given, **named)

    monkeypatch.setattr(Connection, "_make_api_call", alone)
