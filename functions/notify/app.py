"""Tells whoever wants to know: an event of the bus becomes a message for each receiver, and each of these a mail or a webhook.

Both come by one queue. A notice that failed goes back to it until its next attempt is due. `{"test": {"tenant",
"subscription_id"}}` tries a subscription at once, for the API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger
from waybill.core.notice import Notice
from waybill.core.notify import Desk, deliver, fan_out, try_now
from waybill.wiring import clock, notices, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    if "test" in event:
        subscription = stores.subscriptions().get(**event["test"])
        attempts = try_now(subscription, _desk(), clock.now())
        return {"attempts": [one.model_dump(mode="json") for one in attempts]}
    (record,) = event["Records"]  # one message at a time, as the queue's mapping says
    put_off = _taken(record)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}] if put_off else []}


def _taken(record: Mapping[str, Any]) -> bool:
    """Whether the message is to come again. What fails otherwise comes again as well, and ends in the dead letter queue."""
    said = json.loads(record["body"])
    if "detail-type" in said:
        logger.info("%s notices of %s", fan_out(said, _desk()), said["detail-type"])
        return False
    number = int(record["attributes"]["ApproximateReceiveCount"])
    pause = deliver(Notice.model_validate(said), number, _desk(), clock.now())
    if pause is None:
        return False
    notices.outbox().put_off(record["receiptHandle"], pause)
    return True


def _desk() -> Desk:
    return Desk(
        rules=stores.rules(),
        subscriptions=stores.subscriptions(),
        attempts=stores.attempts(),
        log=stores.run_log(),
        outbox=notices.outbox(),
        post=notices.post(),
    )
