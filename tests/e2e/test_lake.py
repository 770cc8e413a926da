"""The lake's front doors under load: many objects at once get numbers without holes, and a broken one loses nothing else."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

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
