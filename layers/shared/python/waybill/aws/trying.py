"""Trying a subscription from the API, which itself dials nobody and reads no secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from waybill.aws.invoking import RemoteFunction
from waybill.core.notice import Attempt

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteTrial:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._trial = RemoteFunction(client, function, "The test did not finish", "Test it again.")

    def run(self, tenant: str, subscription_id: str) -> Sequence[Attempt]:
        """One attempt at each receiver. Raises TransientError where the test could not be run."""
        answer = self._trial.answer_to({"test": {"tenant": tenant, "subscription_id": subscription_id}})
        return [Attempt.model_validate(one) for one in answer["attempts"]]
