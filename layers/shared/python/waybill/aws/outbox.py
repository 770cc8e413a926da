"""The queue in which notices wait: each until it is sent, and between the attempts at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from waybill.aws.failures import translated
from waybill.core.errors import TransientError
from waybill.core.notice import Notice

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MOST_AT_ONCE = 5
"""Notices in one call of SendMessageBatch, which takes 256 KB: one with the longest words in the longest script has 40."""


class QueuedOutbox:
    def __init__(self, client: SQSClient, queue: str) -> None:
        self._client, self._queue = client, queue

    def put(self, notices: Sequence[Notice]) -> None:
        for start in range(0, len(notices), _MOST_AT_ONCE):
            some = notices[start : start + _MOST_AT_ONCE]
            with translated("handing on notices"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue,
                    Entries=[{"Id": str(n), "MessageBody": one.model_dump_json()} for n, one in enumerate(some)],
                )
            if answer.get("Failed"):
                raise TransientError("Notices were not taken by the queue.", "They are handed on again by themselves.")

    def put_off(self, receipt_handle: str, pause: timedelta) -> None:
        """Hold back the message that was received under that handle: at most 12 hours."""
        with translated("putting off a notice"):
            self._client.change_message_visibility(
                QueueUrl=self._queue, ReceiptHandle=receipt_handle, VisibilityTimeout=int(pause.total_seconds())
            )
