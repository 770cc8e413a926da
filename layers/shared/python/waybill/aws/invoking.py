"""Invoking a function of ours that holds what the caller does not: its heavy libraries, its rights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waybill.aws.failures import translated
from waybill.core.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteFunction:
    """`unanswered` and `advice` are what its caller reads where it came to no answer."""

    def __init__(self, client: LambdaClient, name: str, unanswered: str, advice: str) -> None:
        self._client, self._name = client, name
        self._unanswered, self._advice = unanswered, advice

    def answer_to(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer. Raises TransientError where there was none."""
        with translated(f"invoking {self._name}"):
            answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
            said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise TransientError(f"{self._unanswered}: {said.get('errorMessage', 'no answer in time')}", self._advice)
        return said
