"""EventBridge Scheduler: one-time schedules that wake a function and are gone afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated


class OneTimeSchedules:
    def __init__(self, client: Any, prefix: str, role_arn: str, function_arn: str) -> None:
        self._scheduler, self._prefix = client, prefix
        self._role, self._function = role_arn, function_arn

    def at(self, moment: datetime, name: str, event: Mapping[str, Any]) -> None:
        """The scheduler tries again for a day where the function does not answer."""
        with translated("setting an alarm"):
            try:
                self._scheduler.create_schedule(
                    Name=f"{self._prefix}-{name}",
                    ScheduleExpression=f"at({moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={"Arn": self._function, "RoleArn": self._role, "Input": json.dumps(dict(event))},
                )
            except ClientError as error:
                if code_of(error) != "ConflictException":
                    raise
