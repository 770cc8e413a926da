"""Tells whoever wants to know: an event of the bus becomes a message for each receiver, and each of these a mail or a webhook.

Both come by one queue. A notice that failed goes back to it until its next attempt is due. `{"test": {"tenant",
"subscription_id"}}` tries a subscription at once, for the API.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler, logger
from waybill.core.errors import TransientError
from waybill.core.notice import Notice
from waybill.core.notify import Desk, deliver, fan_out, try_now


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    if "test" in event:
        subscription = wiring.subscriptions().get(**event["test"])
        attempts = try_now(subscription, _desk(), wiring.now())
        return {"attempts": [one.model_dump(mode="json") for one in attempts]}
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(dict(event), _taken, processor, context))


def _taken(record: SQSRecord) -> None:
    """Raises TransientError where the message is to come again."""
    said = json.loads(record.body)
    if "detail-type" in said:
        logger.info("%s are told of %s", fan_out(said, _desk()), said["detail-type"])
        return
    number = int(record.attributes.approximate_receive_count)
    pause = deliver(Notice.model_validate(said), number, _desk(), wiring.now())
    if pause is not None:
        wiring.outbox().put_off(record.receipt_handle, pause)
        raise TransientError(
            "A receiver did not take its notice.", f"It is tried again in {int(pause.total_seconds())} seconds."
        )


def _desk() -> Desk:
    return Desk(
        rules=wiring.rules(),
        subscriptions=wiring.subscriptions(),
        attempts=wiring.attempts(),
        log=wiring.run_log(),
        outbox=wiring.outbox(),
        post=wiring.post(),
    )
