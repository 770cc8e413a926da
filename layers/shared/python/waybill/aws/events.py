"""EventBridge: telling others, on the account's default bus or on one of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from waybill.aws.failures import translated
from waybill.core.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MOST_ENTRIES = 10
"""Of one call, by the service's limit."""


class EventBridge:
    """`stage` is said in every detail, so that several deployments of one account can share a bus; empty where the bus is one
    deployment's own.
    """

    def __init__(self, client: EventBridgeClient, bus: str = "default", stage: str = "") -> None:
        self._client, self._bus = client, bus
        self._own = {"stage": stage} if stage else {}

    def send(self, source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None:
        entries: list[PutEventsRequestEntryTypeDef] = [
            {
                "EventBusName": self._bus,
                "Source": source,
                "DetailType": kind,
                "Detail": json.dumps({**detail, **self._own}),
            }
            for detail in details
        ]
        for first in range(0, len(entries), MOST_ENTRIES):
            with translated("sending events"):
                answer = self._client.put_events(Entries=entries[first : first + MOST_ENTRIES])
            if answer["FailedEntryCount"]:
                reasons = sorted({one["ErrorCode"] for one in answer["Entries"] if "ErrorCode" in one})
                raise TransientError(
                    f"Events were not taken: {', '.join(reasons)}.", "They are sent again by themselves."
                )
