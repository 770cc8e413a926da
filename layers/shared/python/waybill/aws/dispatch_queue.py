"""The queue by which `dispatch` shares out what is due at one time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from waybill.aws.failures import translated
from waybill.core.window import stamp

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MOST_AT_ONCE = 10
"""Messages in one call of SendMessageBatch."""


class QueuedDispatch:
    def __init__(self, client: SQSClient, queue: str) -> None:
        self._client, self._queue = client, queue

    def share(self, time: datetime, shards: Sequence[int]) -> None:
        bodies = [(str(shard), json.dumps({"time": stamp(time), "shard": shard})) for shard in shards]
        for start in range(0, len(bodies), _MOST_AT_ONCE):
            some = bodies[start : start + _MOST_AT_ONCE]
            with translated("sharing out what is due"):
                self._client.send_message_batch(
                    QueueUrl=self._queue, Entries=[{"Id": number, "MessageBody": body} for number, body in some]
                )
