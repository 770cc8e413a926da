"""Step Functions: starting `fan_out` for a batch of claims, and `export_run` for a single one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.dispatch import execution_input
from waybill.core.run import Run, execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctions:
    def __init__(self, client: SFNClient, fan_out: str, standard: str, express: str, stage_bucket: str) -> None:
        self._client = client
        self._fan_out, self._standard, self._express = fan_out, standard, express
        self._bucket = stage_bucket

    def fan_out(self, batch: str) -> None:
        name = f"batch-{hashlib.sha256(batch.encode()).hexdigest()[:40]}"
        self._start(self._fan_out, name, {"bucket": self._bucket, "key": batch})

    def start(self, run: Run, large: bool) -> None:
        arn = self._standard if large else self._express
        self._start(arn, execution_name(run.key, run.epoch), execution_input(run, large))

    def stop(self, run: Run) -> None:
        name = execution_name(run.key, run.epoch)
        arn = f"{self._standard.replace(':stateMachine:', ':execution:')}:{name}"
        with translated("stopping an execution"):
            try:
                self._client.stop_execution(executionArn=arn, error="Cancelled", cause="The run was cancelled.")
            except ClientError as error:
                # It has not started, or is an EXPRESS one, which cannot be stopped: its steps see that the run is cancelled.
                if code_of(error) != "ExecutionDoesNotExist":
                    raise

    def _start(self, arn: str, name: str, given: dict[str, str | int] | dict[str, str]) -> None:
        with translated("starting an execution"):
            try:
                self._client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))
            except ClientError as error:
                # The name is a function of the run and attempt, so one that exists is this very one.
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
