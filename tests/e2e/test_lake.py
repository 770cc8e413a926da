"""The lake's front doors under load: many objects at once get numbers without holes, and a broken one loses nothing else."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.api import wait_until
from sandbox.receivers import aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


def test_many_objects_at_once_are_all_registered_and_all_delivered(tenant: Tenant) -> None:
    s3, bucket = aws_client("s3", tenant.surroundings), tenant.surroundings.outputs["LakeBucketName"]
    place = f"tenant={tenant.name}/dataset=chat_tickets/dt=2026-01-02/hr=10"

    def put(number: int) -> None:
        line = json.dumps({"ticket_id": f"t{number}", "created_at": "2026-01-02T10:00:00Z"}).encode() + b"\n"
        if number % 3 == 0:
            s3.put_object(
                Bucket=bucket,
                Key=f"{place}/{number}.csv",
                Body=b"ticket_id,created_at\nt%d,2026-01-02T10:00:00Z\n" % number,
            )
        elif number % 3 == 1:
            s3.put_object(Bucket=bucket, Key=f"{place}/{number}.ndjson.gz", Body=gzip.compress(line))
        else:
            s3.put_object(Bucket=bucket, Key=f"{place}/{number}.ndjson", Body=line)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(put, range(18)))
    s3.put_object(Bucket=bucket, Key=f"{place}/broken.ndjson", Body=b"{nonsense\n")
    s3.put_object(Bucket=bucket, Key=f"{place}/not-ours.exe", Body=b"x")
    tenant.registered("chat_tickets", 19)
    rule = tenant.rule(tenant.sftp())
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"]) == ("success", 18)
    rows = json.loads(tenant.files(run["run_id"])["chat_tickets.json"])
    assert {r["ticket_id"] for r in rows} == {f"t{n}" for n in range(18)}
    assert tenant.api.get("/datasets/chat_tickets")["registered_objects"] == 19


def invoke(tenant: Tenant, output: str, event: dict[str, Any]) -> dict[str, Any]:
    """Call a function of the stack by the name of its output."""
    name = tenant.surroundings.outputs[output]
    answer = aws_client("lambda", tenant.surroundings).invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return dict(json.loads(answer["Payload"].read()))


def exported(tenant: Tenant, dataset: str = "chat_tickets", **changes: Any) -> list[dict[str, Any]]:
    """The rows that a rule over the first week of 2026 delivers."""
    rule = tenant.rule(tenant.sftp(), data=[{"dataset": dataset}], format="ndjson", **changes)
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert run["state"] == "success", run["message"]
    return [json.loads(line) for line in tenant.files(run["run_id"])[f"{dataset}.ndjson"].splitlines()]


def test_a_parquet_file_is_registered_and_delivered(tenant: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "tickets.parquet"
    duckdb.connect().execute(
        "COPY (SELECT 't' || i AS ticket_id, TIMESTAMPTZ '2026-01-02 10:00:00+00' + to_seconds(i) AS created_at, "
        f"i % 2 = 0 AS reopened FROM range(500) r(i)) TO '{path}'"
    )
    bucket = tenant.surroundings.outputs["LakeBucketName"]
    key = f"tenant={tenant.name}/dataset=chat_tickets/dt=2026-01-02/hr=10/tickets.parquet"
    aws_client("s3", tenant.surroundings).put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    tenant.registered("chat_tickets", 1)
    rows = exported(tenant)
    assert len(rows) == 500
    assert rows[3]["created_at"] == "2026-01-02T10:00:03Z"
    assert rows[4]["reopened"] is True


def test_records_on_the_bus_are_taken_once_and_bad_ones_are_kept_apart(tenant: Tenant) -> None:
    records = [
        {"ticket_id": "t1", "created_at": "2026-01-02T10:00:00Z"},
        {"ticket_id": "t2", "created_at": "soon"},
        {"ticket_id": "t3", "created_at": "2026-01-03T10:00:00Z"},
    ]
    detail = {"tenant": tenant.name, "dataset": "chat_tickets", "client_key": "batch-1", "records": records}
    entry = {
        "EventBusName": tenant.surroundings.outputs["UpstreamBusName"],
        "Source": "platform.tickets",
        "DetailType": "Waybill Records",
        "Detail": json.dumps(detail),
    }
    aws_client("events", tenant.surroundings).put_events(Entries=[entry, entry])
    tenant.registered("chat_tickets", 2)
    s3, bucket = aws_client("s3", tenant.surroundings), tenant.surroundings.outputs["LakeBucketName"]
    prefix = f"tenant={tenant.name}/dataset=chat_tickets/rejects/"

    def refused() -> list[dict[str, Any]]:
        return list(s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []))

    (kept,) = wait_until("the rejects to be written", refused)
    line = json.loads(s3.get_object(Bucket=bucket, Key=kept["Key"])["Body"].read())
    assert (line["line"], "created_at" in line["reason"]) == (2, True)
    assert sorted(r["ticket_id"] for r in exported(tenant)) == ["t1", "t3"]


def test_the_repair_registers_what_an_event_missed(tenant: Tenant) -> None:
    s3, bucket = aws_client("s3", tenant.surroundings), tenant.surroundings.outputs["LakeBucketName"]
    day = datetime.now(UTC) - timedelta(days=1)
    rules = s3.get_bucket_notification_configuration(Bucket=bucket)
    quiet: dict[str, Any] = {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=quiet)
    try:
        line = json.dumps({"ticket_id": "t1", "created_at": f"{day:%Y-%m-%dT%H:%M:%SZ}"}).encode() + b"\n"
        key = f"tenant={tenant.name}/dataset=chat_tickets/dt={day:%Y-%m-%d}/hr={day:%H}/missed.ndjson"
        s3.put_object(Bucket=bucket, Key=key, Body=line)
    finally:
        rules.pop("ResponseMetadata", None)
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)
    assert tenant.api.get("/datasets/chat_tickets")["registered_objects"] == 0
    found = invoke(tenant, "RepairFunctionName", {"tenant": tenant.name})
    assert (found["found"], found["failed"]) == (1, 0)
    assert tenant.api.get("/datasets/chat_tickets")["registered_objects"] == 1
    assert invoke(tenant, "RepairFunctionName", {"tenant": tenant.name})["found"] == 0


def test_small_objects_are_merged_and_each_row_is_delivered_once(tenant: Tenant) -> None:
    s3, bucket = aws_client("s3", tenant.surroundings), tenant.surroundings.outputs["LakeBucketName"]
    day = (datetime.now(UTC) - timedelta(days=4)).replace(hour=10, minute=0, second=0)
    for n in range(24):
        line = json.dumps({"ticket_id": f"t{n:02d}", "created_at": f"{day:%Y-%m-%dT%H:%M:%SZ}"}).encode() + b"\n"
        key = f"tenant={tenant.name}/dataset=chat_tickets/dt={day:%Y-%m-%d}/hr=10/{n:02d}.ndjson"
        s3.put_object(Bucket=bucket, Key=key, Body=line)
    tenant.registered("chat_tickets", 24)
    later = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    assert invoke(tenant, "CompactFunctionName", {"time": later})["merged"] >= 1
    first = f"{day - timedelta(days=1):%Y-%m-%d}"
    rule = tenant.rule(
        tenant.sftp(),
        format="ndjson",
        schedule={"frequency": "once", "first_day": first, "last_day": f"{day:%Y-%m-%d}"},
    )
    tenant.dispatch({"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"})
    (run,) = tenant.ended(rule)
    files = tenant.files(run["run_id"])
    delivered = [json.loads(line)["ticket_id"] for line in files["chat_tickets.ndjson"].splitlines()]
    assert sorted(delivered) == [f"t{n:02d}" for n in range(24)]
    assert json.loads(files["waybill.json"])["query"][0]["objects"] < 24
