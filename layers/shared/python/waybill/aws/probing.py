"""Probing from the API, which itself holds no destination's heavy library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from waybill.aws.invoking import RemoteFunction
from waybill.core.deliver import ProbeStep
from waybill.core.rotation import Candidate

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteProbe:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._probe = RemoteFunction(client, function, "The probe did not finish", "Probe it again.")

    def run(self, tenant: str, destination_id: str, candidate: Candidate | None = None) -> Sequence[ProbeStep]:
        """Probe a saved destination, or what shall take its place. Raises TransientError where the probe could not be run."""
        event: dict[str, Any] = {"tenant": tenant, "destination_id": destination_id}
        if candidate is not None:
            event["candidate"] = asdict(candidate)
        answer = self._probe.answer_to(event)
        return [ProbeStep(**step) for step in answer["steps"]]
