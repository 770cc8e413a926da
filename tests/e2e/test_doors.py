"""The three ways in: the heartbeat, a schedule made in the AWS console, an upstream event. And many dispatchers at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.receivers import aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


def test_the_heartbeat_runs_what_is_due(tenant: Tenant) -> None:
    """Nobody calls dispatch here: the schedule of the template does, within its minute."""
    tenant.tickets(1, 2, 3)
    rule = tenant.rule(tenant.sftp(), format="ndjson")
    (run,) = tenant.ended(rule)
    assert (run["state"], run["trigger"], run["rows"]) == ("success", "schedule", 3)
    rows = [json.loads(line) for line in tenant.files(run["run_id"])["chat_tickets.ndjson"].splitlines()]
    assert sorted(r["ticket_id"] for r in rows) == ["t1", "t2", "t3"]


def test_a_schedule_made_in_the_console_runs_its_rule(tenant: Tenant) -> None:
    tenant.tickets(1)
    manual = {"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"}
    rule = tenant.rule(tenant.sftp(), schedule=manual)
    function = aws_client("lambda", tenant.surroundings).get_function(
        FunctionName=tenant.surroundings.outputs["DispatchFunctionName"]
    )
    scheduler = aws_client("scheduler", tenant.surroundings)
    scheduler.create_schedule(
        Name=f"own-{tenant.name}",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function["Configuration"]["FunctionArn"],
            "RoleArn": function["Configuration"]["Role"],
            "Input": json.dumps({"rule_id": rule}),
        },
    )
    try:
        run = tenant.ended(rule)[-1]
    finally:
        scheduler.delete_schedule(Name=f"own-{tenant.name}")
    assert (run["state"], run["rows"]) == ("success", 1)
    assert run["window_start"] == "2026-01-01T00:00:00Z"


def test_an_upstream_event_runs_the_rules_that_wait_for_its_dataset(tenant: Tenant) -> None:
    tenant.tickets(1, 2)
    waits = {"frequency": "event", "starts_at": "2026-01-01T00:00:00Z"}
    rule = tenant.rule(tenant.sftp(), schedule=waits)
    event = {
        "EventBusName": tenant.surroundings.outputs["UpstreamBusName"],
        "Source": "platform.tickets",
        "DetailType": "Waybill Data Available",
        "Detail": json.dumps({"tenant": tenant.name, "dataset": "chat_tickets"}),
    }
    aws_client("events", tenant.surroundings).put_events(Entries=[event])
    (run,) = tenant.ended(rule)
    assert (run["state"], run["trigger"], run["rows"]) == ("success", "event", 2)


def test_many_dispatchers_at_once_make_one_run_a_window(tenant: Tenant) -> None:
    tenant.tickets(1)
    destination = tenant.sftp()
    daily = {"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-04T00:00:00Z"}
    rules = [tenant.rule(destination, name=f"Rule {n}", schedule=daily, empty_window="nothing") for n in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tenant.dispatch({"time": "2026-02-01T00:00:00Z"}), range(8)))
    for rule in rules:
        runs = tenant.ended(rule, count=3)
        starts = [r["window_start"] for r in runs]
        assert sorted(starts) == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]
        assert {r["state"] for r in runs} == {"success"}


def test_a_schedule_for_a_rule_that_is_gone_says_so(tenant: Tenant) -> None:
    answer = tenant.dispatch({"rule_id": "rul_ffffffffffffffff"})
    assert answer["errorType"] == "PermanentError"
    assert "does not exist" in answer["errorMessage"]
