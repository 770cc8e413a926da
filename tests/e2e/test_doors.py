"""The three ways in: the heartbeat, a schedule made in the AWS console, an upstream event. And many dispatchers at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from sandbox import receivers as receiving
from sandbox.api import Refused, wait_until
from sandbox.receivers import aws_client
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class LeftAlone:
    """Rules that no test dispatches: the one is due at the next heartbeat, the other is named by a person's schedule."""

    tenant: Tenant
    due: str
    named: str


@pytest.fixture(scope="module", autouse=True)
def left_alone(new_tenant: Callable[..., Tenant]) -> Iterator[LeftAlone]:
    """Made before the first test, so that their minute passes while the others run."""
    tenant = new_tenant()
    tenant.tickets(1, 2, 3)
    destination = tenant.sftp()
    # Due after the time at which the other tests dispatch.
    quarter = {"frequency": "once", "first_day": "2026-01-01", "last_day": "2026-03-31"}
    due = tenant.rule(destination, format="ndjson", schedule=quarter)
    named = tenant.rule(destination, schedule={"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"})
    with own_schedule(tenant, named):
        yield LeftAlone(tenant, due, named)


@contextmanager
def own_schedule(tenant: Tenant, rule: str) -> Iterator[None]:
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
        yield
    finally:
        scheduler.delete_schedule(Name=f"own-{tenant.name}")


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
    """Eight rules; `simulate/race.py` has two thousand."""
    destination = tenant.sftp()
    daily = {"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z"}
    rules = [tenant.rule(destination, name=f"Rule {n}", schedule=daily, empty_window="nothing") for n in range(8)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: tenant.dispatch({"time": "2026-02-01T00:00:00Z"}), range(6)))
    for rule in rules:
        (run,) = tenant.ended(rule)
        assert (run["state"], run["window_start"]) == ("success", "2026-01-01T00:00:00Z")


def test_failures_pause_a_rule_and_what_was_missed_meanwhile_is_for_a_person_to_say(tenant: Tenant) -> None:
    """The windows are empty, and the rule delivers nothing then: its destination is tested all the same."""
    destination = tenant.sftp()
    folder = tenant.surroundings.sftp.folder / receiving.PREFIX / tenant.name
    folder.rmdir()
    folder.write_text("in the way")
    daily = {"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-05T00:00:00Z"}
    rule = tenant.rule(destination, schedule=daily, empty_window="nothing", pause_after_failures=2)
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    wait_until("the rule to be paused", lambda: tenant.api.get(f"/rules/{rule}")["state"] == "paused")
    first, second = (tenant.api.get(f"/runs/{r['run_id']}") for r in tenant.runs(rule))
    assert [first["state"], second["state"]] == ["failure", "failure"]
    assert "a destination would not take any" in first["message"]
    assert "2 runs in a row failed" in tenant.api.get(f"/rules/{rule}")["paused_because"]

    with pytest.raises(Refused) as refused:
        tenant.api.post(f"/rules/{rule}/activate", {})
    assert refused.value.status == 409
    assert "2 windows passed" in refused.value.problem["detail"]
    folder.unlink()
    folder.mkdir()
    assert tenant.api.post(f"/rules/{rule}/activate", {"missed": "merge"})["state"] == "active"
    last = tenant.ended(rule, count=3)[0]
    assert (last["state"], last["window_start"], last["window_end"]) == (
        "success",
        "2026-01-03T00:00:00Z",
        "2026-01-05T00:00:00Z",
    )


def test_a_schedule_for_a_rule_that_is_gone_says_so(tenant: Tenant) -> None:
    answer = tenant.dispatch({"rule_id": "rul_ffffffffffffffff"})
    assert answer["errorType"] == "PermanentError"
    assert "does not exist" in answer["errorMessage"]


def test_the_heartbeat_and_a_schedule_made_in_the_console_run_their_rules(left_alone: LeftAlone) -> None:
    """Nobody called dispatch for these: the template's schedule does, within its minute, and one that a person made."""
    tenant = left_alone.tenant
    (run,) = tenant.ended(left_alone.due)
    started = tenant.ended(left_alone.named)[-1]
    assert (run["state"], run["trigger"], run["rows"]) == ("success", "schedule", 3)
    rows = [json.loads(line) for line in tenant.files(run["run_id"])["chat_tickets.ndjson"].splitlines()]
    assert sorted(r["ticket_id"] for r in rows) == ["t1", "t2", "t3"]
    assert (started["state"], started["rows"]) == ("success", 3)
    assert started["window_start"] == "2026-01-01T00:00:00Z"
