"""Direct export: an object is put into the lake, and is at the receiver, without anybody asking."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.api import wait_until
from sandbox.receivers import aws_client
from tests.sandboxed import PATIENCE, Tenant

pytestmark = pytest.mark.sandbox


def put(tenant: Tenant, name: str, at: str) -> None:
    line = json.dumps({"ticket_id": name, "created_at": at, "status": "open"}).encode() + b"\n"
    aws_client("s3", tenant.surroundings).put_object(
        Bucket=tenant.surroundings.outputs["LakeBucketName"],
        Key=f"tenant={tenant.name}/dataset=chat_tickets/dt=2026-01-02/hr=10/{name}.ndjson",
        Body=line,
    )


def test_an_object_put_into_the_lake_is_soon_at_the_receiver(
    tenant: Tenant, record_property: Callable[[str, object], None]
) -> None:
    put(tenant, "before", "2026-01-02T10:00:00Z")
    tenant.registered("chat_tickets", 1)
    rule = tenant.rule(
        tenant.sftp(),
        name="Direct",
        schedule={"frequency": "arrival"},
        layout={"files": "object"},
        format="ndjson",
        empty_window="nothing",
    )
    put(tenant, "first", "2019-05-01T10:00:00Z")  # long before the rule: its time decides nothing
    (run,) = tenant.ended(rule)
    assert (run["state"], run["trigger"], run["rows"]) == ("success", "arrival", 1)
    assert json.loads(tenant.files(run["run_id"])["first.ndjson"])["ticket_id"] == "first"

    started = time.monotonic()  # the functions have been started once
    put(tenant, "second", "2026-01-02T10:00:00Z")
    run, _ = tenant.ended(rule, count=2)
    seconds = time.monotonic() - started
    record_property("seconds from the put to the receipt", round(seconds, 1))
    assert list(tenant.files(run["run_id"])).count("second.ndjson") == 1

    names = [f"burst{n}" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: put(tenant, name, "2026-01-02T10:00:00Z"), names))
    tenant.registered("chat_tickets", 9)
    wait_until("the burst to be delivered", lambda: sum(r["rows"] or 0 for r in tenant.runs(rule)) >= 8, PATIENCE)
    runs = tenant.ended(rule)
    arrived = [name for run in runs for name in tenant.files(run["run_id"]) if name.endswith(".ndjson")]
    assert sorted(arrived) == sorted(f"{name}.ndjson" for name in ["first", "second", *names])
    assert all(run["state"] == "success" for run in runs)
    assert len(runs) < 8, "what arrives during a run goes together"
    report = tenant.api.get(f"/rules/{rule}/gaps?count=source")
    assert (report["totals"]["rows_in_source"], report["totals"]["complete"]) == (8, True)
