"""A worker that is killed in the middle of its work: the run still ends in one success, with the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from typing import Any

import pytest

from sandbox import workers
from sandbox.receivers import PREFIX, aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
ROWS = 400_000


@pytest.fixture(scope="module")
def loaded(new_tenant: Any) -> tuple[Tenant, str]:
    """A tenant with enough rows that packaging and delivering take seconds, and what an undisturbed run delivers."""
    tenant: Tenant = new_tenant()
    row = {"created_at": "2026-01-02T10:00:00Z", "status": "open", "agent": "x" * 60}
    lines = b"".join(json.dumps({"ticket_id": f"t{n:07d}", **row}).encode() + b"\n" for n in range(ROWS))
    aws_client("s3", tenant.surroundings).put_object(
        Bucket=tenant.surroundings.outputs["LakeBucketName"],
        Key=f"tenant={tenant.name}/dataset=chat_tickets/dt=2026-01-02/hr=10/many.ndjson",
        Body=lines,
    )
    tenant.registered("chat_tickets", 1)
    rule = tenant.rule(tenant.sftp(), format="ndjson")
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"]) == ("success", ROWS)
    return tenant, hashlib.sha256(tenant.files(run["run_id"])["chat_tickets.ndjson"]).hexdigest()


def function_name(tenant: Tenant, logical: str) -> str:
    found = aws_client("cloudformation", tenant.surroundings).describe_stack_resource(
        StackName="waybill-sandbox", LogicalResourceId=logical
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def busy(pid: int) -> int:
    """Ticks of processor time that the process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()  # noqa: SIM115
    return int(fields[11]) + int(fields[12])


def kill_when_busy(name: str, idle: set[int]) -> int:
    """Kill the function's worker that takes up work now, a little into it."""
    before = {pid: busy(pid) for pid in idle}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for pid in workers.pids(name):
            if busy(pid) - before.get(pid, 0) > (40 if pid in before else 150):
                os.kill(pid, signal.SIGKILL)
                return pid
        time.sleep(0.005)
    raise TimeoutError(f"no worker of {name} took up work")


@pytest.mark.parametrize("logical", ["PackageFunction", "DeliverFunction"])
def test_a_killed_worker_changes_nothing_for_the_receiver(loaded: tuple[Tenant, str], logical: str) -> None:
    tenant, digest = loaded
    name = function_name(tenant, logical)
    rule = tenant.rule(tenant.sftp(), name=f"Killed in {logical}", format="ndjson")
    idle = set(workers.pids(name))
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    killed = kill_when_busy(name, idle)
    state = tenant.runs(rule)[0]["state"]
    (run,) = tenant.ended(rule)
    assert killed not in workers.pids(name)
    assert state == "ongoing", "the worker was killed too late for this test to show anything"
    assert (run["state"], run["rows"]) == ("success", ROWS)
    files = tenant.files(run["run_id"])
    assert hashlib.sha256(files["chat_tickets.ndjson"]).hexdigest() == digest
    manifest = json.loads(files["waybill.json"])
    assert manifest["files"][0]["sha256"] == digest
    folder = tenant.surroundings.sftp.folder / PREFIX / tenant.name / f"Killed in {logical}" / run["run_id"]
    assert sorted(f.name for f in folder.iterdir()) == ["chat_tickets.ndjson", "waybill.json", "waybill.json.jws"]
