from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3

from tests.core.made import CATALOG, NOW, rule
from tests.core.stores import MemoryRules, MemoryRuns
from tests.integration.conftest import REGION
from waybill.aws.workflow import StepFunctions
from waybill.core.dispatch import Tick, claim_due
from waybill.core.run import Run, Trigger, execution_name


def claimed() -> Run:
    rules = MemoryRules()
    rules.add(rule())
    later = NOW + timedelta(days=1)
    return next(iter(claim_due(rule(), MemoryRuns(rules), CATALOG, Tick(later, later, Trigger.SCHEDULE, "2026.6"))))


def test_a_runs_execution_is_stopped_where_it_is_one_that_can_be(aws: None) -> None:
    client: Any = boto3.client("stepfunctions", region_name=REGION)
    machine = client.create_state_machine(
        name="waybill-dev-run",
        definition=json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}),
        roleArn="arn:aws:iam::123456789012:role/steps",
    )["stateMachineArn"]
    workflow, run = StepFunctions(client, "", machine, "", "stage"), claimed()
    workflow.stop(run)  # not started yet: its first step sees that the run is cancelled
    workflow.start(run, large=True)
    workflow.start(run, large=True)
    workflow.stop(replace(run, epoch=2))
    found = {e["name"]: e["status"] for e in client.list_executions(stateMachineArn=machine)["executions"]}
    assert found == {execution_name(run.key, 1): "RUNNING"}
    workflow.stop(run)
    (stopped,) = client.list_executions(stateMachineArn=machine)["executions"]
    assert stopped["status"] == "ABORTED"
