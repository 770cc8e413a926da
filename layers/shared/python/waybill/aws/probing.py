"""Probing from the API, which itself holds no destination's heavy library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from waybill.aws.invoking import RemoteFunction
from waybill.core.deliver import ProbeStep

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteProbe:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._probe = RemoteFunction(client, function, "The probe did not finish", "Probe it again.")

    def run(self, tenant: str, destination_id: str) -> Sequence[ProbeStep]:
        """Probe a saved destination. Raises TransientError where the probe itself could not be run."""
        answer = self._probe.answer_to({"tenant": tenant, "destination_id": destination_id})
        return [ProbeStep(**step) for step in answer["steps"]]
