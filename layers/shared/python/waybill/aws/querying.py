"""Asking the lake from the API, which itself holds neither the row engine nor what writes lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waybill.aws.invoking import RemoteFunction
from waybill.core.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RemoteQuery:
    def __init__(self, client: LambdaClient, function: str) -> None:
        advice = "Ask again, or for less: a shorter span, fewer datasets."
        self._query = RemoteFunction(client, function, "The lake was not read", advice)

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer (`core.answers`). Raises InvalidInput for what the caller must correct, TransientError where the lake
        could not be read.
        """
        found = self._query.answer_to(question)
        if "errors" in found:
            raise InvalidInput([FieldError(**one) for one in found["errors"]])
        return found
