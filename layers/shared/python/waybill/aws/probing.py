"""Invoking the `probe` function from the API, which itself holds no destination's heavy library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from waybill.aws.failures import translated
from waybill.core.deliver import ProbeStep
from waybill.core.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteProbe:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def run(self, tenant: str, destination_id: str) -> Sequence[ProbeStep]:
        """Probe a saved destination. Raises TransientError where the probe itself could not be run."""
        with translated("probing a destination"):
            answer = self._client.invoke(
                FunctionName=self._function,
                Payload=json.dumps({"tenant": tenant, "destination_id": destination_id}).encode(),
            )
            payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise TransientError(
                f"The probe did not finish: {payload.get('errorMessage', 'no answer in time')}", "Probe it again."
            )
        return [ProbeStep(**step) for step in payload["steps"]]
