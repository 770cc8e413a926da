"""Invoking the `query` function from the API, which itself holds neither the row engine nor what writes lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waybill.aws.failures import translated
from waybill.core.errors import FieldError, InvalidInput, TransientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteQuery:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer (`core.answers`). Raises InvalidInput for what the caller must correct, TransientError where the lake
        could not be read.
        """
        with translated("looking into the lake"):
            answer = self._client.invoke(FunctionName=self._function, Payload=json.dumps(question).encode())
            found: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            said = found.get("errorMessage", "no answer in time")
            raise TransientError(
                f"The lake was not read: {said}", "Ask again, or for less: a shorter span, fewer datasets."
            )
        if "errors" in found:
            raise InvalidInput([FieldError(**one) for one in found["errors"]])
        return found
