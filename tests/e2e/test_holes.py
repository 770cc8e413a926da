"""What should exist and does not: the audit's holes, and a rule's gap report, through the API."""

from __future__ import annotations

import csv
import io
import urllib.request

import pytest

from sandbox.receivers import aws_client
from tests.e2e.test_lake import invoke
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
RANGE = "from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00Z"


def forget(tenant: Tenant, rule: str, start: str) -> None:
    """Delete a run's item behind the platform's back."""
    dynamodb = aws_client("dynamodb", tenant.surroundings)
    (table,) = [t for t in dynamodb.list_tables()["TableNames"] if "RunsTable" in t]
    key = {"rule": {"S": f"{tenant.name}#{rule}"}, "window": {"S": f"{start}#000001"}}
    assert dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]


def as_csv(tenant: Tenant, path: str) -> list[dict[str, str]]:
    headers = {"Authorization": f"Bearer {tenant.api.key}"}
    with urllib.request.urlopen(urllib.request.Request(f"{tenant.api.base}{path}&as=csv", headers=headers)) as answer:
        assert answer.headers["Content-Type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.read().decode(), newline="")))


def test_a_lost_run_is_found_and_the_gap_report_accounts_for_every_row(tenant: Tenant) -> None:
    tenant.tickets(*range(9))
    rule = tenant.rule(tenant.sftp())
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    (window,) = tenant.api.get(f"/rules/{rule}/gaps?{RANGE}")["items"]
    assert (window["state"], window["rows_delivered"], window["rows_in_source"]) == ("delivered", 9, None)
    report = tenant.api.get(f"/rules/{rule}/gaps?{RANGE}&count=source")
    assert report["items"][0] == {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-08T00:00:00Z",
        "state": "delivered",
        "rows_delivered": 9,
        "rejects": 0,
        "rows_in_source": 9,
        "late": 0,
        "difference": 0,
        "complete": True,
        "run_ids": [run["run_id"]],
        "message": "Every row is delivered.",
    }
    assert report["totals"]["complete"] is True
    tenant.tickets(20, 21)
    late = tenant.api.get(f"/rules/{rule}/gaps?{RANGE}&count=source")["items"][0]
    assert (late["rows_in_source"], late["late"], late["difference"], late["complete"]) == (11, 2, 2, False)
    assert "An amendment is owed" in late["message"]

    assert invoke(tenant, "AuditFunctionName", {"time": "2026-02-01T01:00:00Z"})["done"]
    assert tenant.api.get("/holes")["items"] == []
    forget(tenant, rule, "2026-01-01T00:00:00Z")
    assert invoke(tenant, "AuditFunctionName", {"time": "2026-02-01T02:00:00Z", "full": True})["done"]
    (hole,) = tenant.api.get("/holes")["items"]
    assert (hole["rule_id"], hole["kind"], hole["window_start"]) == (rule, "missing", "2026-01-01T00:00:00Z")
    (row,) = as_csv(tenant, f"/rules/{rule}/gaps?{RANGE}")
    assert (row["state"], row["start"], row["complete"]) == ("missing", "2026-01-01T00:00:00Z", "False")
