"""The functions that feed the lake, on their own sample events, against buckets and tables as the template declares them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.core.lake import lines, ticket
from tests.integration.conftest import REGION
from tests.integration.functions import context, function, started_afresh
from tests.integration.tables import named_in_settings
from waybill.aws.lake import Lake
from waybill.core.errors import PermanentError, TransientError
from waybill.core.window import Window
from waybill.wiring import buckets, clock, stores

ROOT = Path(__file__).resolve().parents[2]
PLACE = "tenant=demo/dataset=chat_tickets/dt=2026-03-09/hr=10"


@pytest.fixture(autouse=True)
def deployed(tables: dict[str, str], bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WAYBILL_LAKE_BUCKET", "lake")
    for variable, table in named_in_settings(tables).items():
        monkeypatch.setenv(variable, table)
    monkeypatch.setenv("WAYBILL_UPSTREAM_BUS", "upstream")
    monkeypatch.setenv("AWS_REGION", REGION)
    with started_afresh():
        yield


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / f"events/{name}.json").read_text()))


def put(key: str, body: bytes) -> str:
    client: Any = boto3.client("s3", region_name=REGION)
    return str(client.put_object(Bucket="lake", Key=key, Body=body)["VersionId"])


def keys(part: str = "") -> list[str]:
    return [found.key for found in buckets.lake().listing("", "") if part in found.key]


def test_an_object_that_s3_tells_of_twice_is_registered_once() -> None:
    event = sample("ingest")
    said = event["Records"][0]["s3"]["object"]
    key = "tenant=demo/dataset=conversations/dt=2026-11-20/hr=10/upstream.ndjson"
    said["versionId"] = put(key, lines({"message_id": "m", "sent_at": "2026-11-20T10:00:00Z"}))
    ingest = function("ingest").handle
    assert ingest(event, context()) == {"registered": 1}
    said["versionId"] = put(key, lines({"message_id": "m", "sent_at": "2026-11-20T10:00:00Z"}))
    assert ingest(event, context()) == {"registered": 1}
    (one,) = stores.lake_objects().since("demo", "conversations", 0, 9)
    assert (one.rows, one.key) == (1, key)
    said["key"] = "tenant%3Ddemo/x.exe"
    assert ingest(event, context()) == {"registered": 0}


def test_a_parquet_object_is_downloaded_and_looked_into() -> None:
    event = sample("ingest")
    event["Records"][0]["s3"]["object"] = {"key": f"{PLACE}/x.parquet"}
    put(f"{PLACE}/x.parquet", b"no parquet")
    assert function("ingest").handle(event, context()) == {"registered": 1}
    (said,) = keys("/rejects/")
    assert "cannot be read as Parquet" in b"".join(buckets.lake().stream(said, "")).decode()


def test_of_a_batch_only_the_messages_that_failed_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample("receive")
    (good,) = event["Records"]
    detail = {"tenant": "demo", "dataset": "chat_tickets", "records": [ticket(7)]}
    for name, body in (
        ("busy", json.dumps({"id": "busy", "detail": {**detail, "tenant": "busy"}})),
        ("nobody", json.dumps({"id": "nobody", "detail": {**detail, "tenant": "?"}})),
        ("bad", json.dumps({"id": "bad", "detail": {**detail, "dataset": "nothing"}})),
    ):
        event["Records"].append({**good, "messageId": name, "body": body})
    whole = Lake.put

    def sometimes(lake: Lake, key: str, data: bytes) -> bool:
        if key.startswith("tenant=busy/"):
            raise TransientError("Busy.")
        return whole(lake, key, data)

    monkeypatch.setattr(Lake, "put", sometimes)
    receive = function("receive").handle
    failed = {"batchItemFailures": [{"itemIdentifier": "busy"}, {"itemIdentifier": "nobody"}]}
    assert receive(event, context()) == receive(event, context()) == failed
    (kept,) = keys("/sent-")
    assert json.loads(gzip.decompress(b"".join(buckets.lake().stream(kept, ""))))["ticket_id"] == "t-1"
    assert len(keys("tenant=demo/rejects/")) == 1
    monkeypatch.setattr(Lake, "put", whole)
    assert receive(event, context()) == {"batchItemFailures": [{"itemIdentifier": "nobody"}]}


def test_a_lost_event_is_repaired_and_what_there_was_no_time_for_comes_next() -> None:
    for n in range(3):
        put(f"{PLACE}/{n}.ndjson", lines(ticket(n)))
    repair = function("repair").handle
    asked = {"tenant": "demo", "since": "2026-03-01"}
    assert repair(asked, context(1))["done"] is False
    assert repair(asked, context()) == {
        "looked_at": 3,
        "found": 3,
        "failed": 0,
        "reasons": {},
        "done": True,
    }
    assert repair(asked, context())["found"] == 0
    assert repair({}, context())["looked_at"] == 0
    assert stores.lake_objects().newest("demo", "chat_tickets") == 3


def test_small_objects_are_merged_and_the_next_call_goes_on_where_there_was_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for tenant in ("demo", "zeta"):
        for n in range(20):
            put(f"{PLACE.replace('demo', tenant)}/{n:02d}.ndjson", lines(ticket(n)))
    function("repair").handle({"since": "2026-03-01"}, context())
    compact = function("compact").handle
    assert compact({}, context()) == {"merged": 0, "done": True}
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert compact({}, context(1)) == {"merged": 0, "done": False}
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(stores.lake_objects(), "replace", lambda *_: raised(PermanentError("Broken.")))
        assert compact({}, context()) == {"merged": 0, "done": True}
    assert compact({}, context()) == {"merged": 2, "done": True}
    assert compact({}, context()) == {"merged": 0, "done": True}
    window = Window(datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
    (merged,) = stores.lake_objects().between("zeta", "chat_tickets", window, 0, 20)
    assert (merged.rows, len(merged.replaces)) == (20, 20)
    plain = gzip.decompress(b"".join(buckets.lake().stream(merged.key, merged.version)))
    assert plain == lines(*(ticket(n) for n in range(20)))


def raised(error: Exception) -> bool:
    raise error


def api(body: bytes, key: str = "") -> tuple[int, dict[str, Any]]:
    event = {
        "resource": "/{proxy+}",
        "path": "/datasets/chat_tickets/records",
        "httpMethod": "POST",
        "headers": {"idempotency-KEY": key} if key else {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "body": body.decode(),
        "isBase64Encoded": False,
        "requestContext": {
            "authorizer": {"tenant": "acme", "name": "a test", "permissions": "ingest read"},
            "stage": "test",
            "requestId": "test",
        },
    }
    answer = function("api").handle(event, context())
    return answer["statusCode"], json.loads(answer["body"])


def test_the_api_takes_a_request_once() -> None:
    body = lines(ticket(1), b"{broken")
    status, said = api(body, "k")
    assert (status, said["accepted"], said["rejected"], said["rejects"][0]["line"]) == (202, 1, 1, 2)
    assert api(body, "k") == (status, said)
    assert keys("/rejects/") == [said["rejects_object"]]
    assert keys("/sent-") == said["objects"]
    status, problem = api(lines(ticket(2)), "k")
    assert (status, "new key" in problem["detail"]) == (409, True)
    status, problem = api(body, "two words")
    assert (status, problem["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert api(lines(ticket(2)))[0] == api(lines(ticket(2)))[0] == 202
    assert len(keys("/sent-")) == 2
