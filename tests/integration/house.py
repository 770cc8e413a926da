"""The API, the probe and the delivery as functions over moto: what they answer, and what they keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import boto3
import pytest

from endpoints import precondition
from tests.integration.functions import context, function, started_afresh
from tests.integration.in_process import ADMINISTRATOR, Answer, InProcess
from tests.integration.tables import REGION, create_tables, named_in_settings
from waybill.core.deliver import ProbeStep
from waybill.core.rotation import Candidate
from waybill.wiring import remote

BUCKETS = {"LAKE_BUCKET": "lake", "STAGE_BUCKET": "stage", "HOSTED_BUCKET": "hosted"}


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
class Platform(InProcess):
    prober: LocalProbe = field(default_factory=LocalProbe)
    tenant: str = ADMINISTRATOR["tenant"]

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
    with started_afresh():
        made = Platform(function("api"))
        monkeypatch.setattr(remote, "prober", lambda: made.prober)
        yield made
