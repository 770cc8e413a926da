"""What Waybill tells of by itself, as events on the account's default bus; rules there carry them to people and systems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from waybill.aws.failures import translated
from waybill.core.errors import TransientError
from waybill.core.ports import Notice

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "waybill"


class BusNotices:
    def __init__(self, client: EventBridgeClient) -> None:
        self._client = client

    def tell(self, kind: Notice, tenant: str, detail: Mapping[str, str]) -> None:
        body = json.dumps({"tenant": tenant, **detail})
        entry: PutEventsRequestEntryTypeDef = {"Source": SOURCE, "DetailType": f"Waybill {kind}", "Detail": body}
        with translated("telling of what happened"):
            answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise TransientError("The event bus did not take an event.", "It is tried again by itself.")
