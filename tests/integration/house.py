"""The API, the probe and the delivery as functions over moto: what they answer, and what they keep."""

from __future__ import annotations

import importlib.util
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from endpoints import precondition
from tests.integration.tables import REGION, create_tables, named_in_settings
from waybill import wiring
from waybill.core.access import Permission
from waybill.core.deliver import ProbeStep
from waybill.core.rotation import Candidate

ROOT = Path(__file__).resolve().parents[2]
BUCKETS = {"LAKE_BUCKET": "lake", "STAGE_BUCKET": "stage", "HOSTED_BUCKET": "hosted"}


def function(name: str) -> ModuleType:
    """A function's module, loaded by its path: each is called `app`."""
    spec = importlib.util.spec_from_file_location(f"app_of_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def context(seconds: float = 60) -> Any:
    return SimpleNamespace(
        aws_request_id="test",
        function_name="test",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:test",
        get_remaining_time_in_millis=lambda: seconds * 1000,
    )


class LocalProbe:
    """Invokes the function in this process, with an event and an answer as JSON has them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def run(self, tenant: str, destination_id: str, candidate: Candidate | None = None) -> list[ProbeStep]:
        event: dict[str, Any] = {"tenant": tenant, "destination_id": destination_id}
        if candidate is not None:
            event["candidate"] = asdict(candidate)
        self.events.append(json.loads(json.dumps(event)))
        answer = json.loads(json.dumps(function("probe").handle(self.events[-1], context(25))))
        return [ProbeStep(**step) for step in answer["steps"]]


@dataclass
class Answer:
    status: int
    body: Any

    def fields(self) -> dict[str, str]:
        return {e["field"]: e["message"] for e in self.body.get("errors", [])}


@dataclass
class Platform:
    api: Any
    prober: LocalProbe
    tenant: str = "acme"
    name: str = "a test"
    permissions: str = " ".join(p.value for p in Permission)

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        event = {
            "httpMethod": method,
            "path": path.partition("?")[0],
            "resource": "/{proxy+}",
            "headers": {"content-type": "application/json", **(headers or {})},
            "multiValueHeaders": {},
            "queryStringParameters": dict(p.split("=") for p in path.partition("?")[2].split("&") if p),
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "stage": "test",
                "authorizer": {"tenant": self.tenant, "name": self.name, "permissions": self.permissions},
            },
        }
        answer = self.api.handle(event, context())
        text = answer.get("body") or "null"
        return Answer(answer["statusCode"], json.loads(text) if text else None)

    def change(self, place: str, body: dict[str, Any], version: int = 1) -> Answer:
        """`PUT` by somebody who read that version of the destination."""
        tag = precondition.etag(place.rsplit("/", 1)[-1], str(version))
        return self.call("PUT", place, body, {"If-Match": tag})

    def made(self, kind: str, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "/destinations", {"name": "One", "kind": kind, "settings": settings, **more})
        assert answer.status == 201, answer
        return dict(answer.body)

    def kept(self) -> str:
        """Everything in the tables and the buckets, but not what is in Secrets Manager."""
        tables, s3 = boto3.client("dynamodb", region_name=REGION), boto3.client("s3", region_name=REGION)
        found = [
            json.dumps(item, default=str)
            for name in tables.list_tables()["TableNames"]
            for item in tables.scan(TableName=name)["Items"]
        ]
        for bucket in BUCKETS.values():
            for listed in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
                found.append(f"{listed['Key']} {body.decode('latin-1')}")
        return "\n".join(found)

    def secrets(self) -> dict[str, dict[str, str]]:
        vault = boto3.client("secretsmanager", region_name=REGION)
        names = [s["Name"] for s in vault.list_secrets()["SecretList"]]
        return {n: json.loads(vault.get_secret_value(SecretId=n)["SecretString"]) for n in names}


def forget() -> None:
    """What `wiring` made for another test."""
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@contextmanager
def platform(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[Platform]:
    """Inside of moto."""
    for variable, table in named_in_settings(create_tables()).items():
        monkeypatch.setenv(variable, table)
    s3 = boto3.client("s3", region_name=REGION)
    for bucket in BUCKETS.values():
        s3.create_bucket(Bucket=bucket)
    given = {**BUCKETS, "SECRET_PREFIX": "waybill-test/tenants", "ALLOWED_NETWORKS": "127.0.0.0/8"}
    given["REQUESTS_AT_ONCE"] = "100000"
    for name, value in {**given, **settings}.items():
        monkeypatch.setenv(f"WAYBILL_{name}", value)
    forget()
    prober = LocalProbe()
    monkeypatch.setattr(wiring, "prober", lambda: prober)
    yield Platform(function("api"), prober)
    forget()
