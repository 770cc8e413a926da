"""A worker that is killed in the middle of its work: the run still ends in one success, with the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import workers
from sandbox.api import wait_until
from sandbox.receivers import PREFIX, aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
ROWS = 250_000


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


def half_packaged(tenant: Tenant, rule: str) -> bool:
    """Whether a part's bytes are on their way to the stage: begun, and not complete."""
    s3, bucket = aws_client("s3", tenant.surroundings), tenant.surroundings.outputs["StageBucketName"]
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return any(f"/{rule}." in u["Key"] and "/pieces/" in u["Key"] for u in uploads)


def half_delivered(tenant: Tenant, rule: str) -> bool:
    """Whether some bytes, and not all, lie at the receiver under their temporary name."""
    folder = tenant.surroundings.sftp.folder / PREFIX / tenant.name
    return any(f.stat().st_size > 0 for f in folder.rglob(".*.part"))


def kill(name: str) -> None:
    """Every worker of the function; only the one of this test's run has work."""
    for pid in workers.pids(name):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("logical", "in_the_middle"), [("PackageFunction", half_packaged), ("DeliverFunction", half_delivered)]
)
def test_a_killed_worker_changes_nothing_for_the_receiver(
    loaded: tuple[Tenant, str], logical: str, in_the_middle: Callable[[Tenant, str], bool]
) -> None:
    tenant, digest = loaded
    name = function_name(tenant, logical)
    rule = tenant.rule(tenant.sftp(), name=f"Killed in {logical}", format="ndjson")
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    wait_until(f"{logical} to be in the middle of its work", lambda: in_the_middle(tenant, rule), every=0.01)
    kill(name)
    assert tenant.runs(rule)[0]["state"] == "ongoing"
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"]) == ("success", ROWS)
    files = tenant.files(run["run_id"])
    assert hashlib.sha256(files["chat_tickets.ndjson"]).hexdigest() == digest
    manifest = json.loads(files["waybill.json"])
    assert manifest["files"][0]["sha256"] == digest
    folder = tenant.surroundings.sftp.folder / PREFIX / tenant.name / f"Killed in {logical}" / run["run_id"]
    assert sorted(f.name for f in folder.iterdir()) == [
        "chat_tickets.ndjson",
        "chat_tickets.schema.json",
        "waybill.json",
        "waybill.json.jws",
    ]
