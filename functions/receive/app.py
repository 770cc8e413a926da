"""Records from the bus, by way of a queue: each message is one event, taken or kept for another try by itself."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, logger
from waybill.core.errors import WaybillError
from waybill.core.sent_event import receive_event
from waybill.wiring import buckets, catalogs, clock


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Names the messages that failed. The queue sends those again, and gives them up to its dead letters at last."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(dict(event), _receive, processor, context))


def _receive(record: SQSRecord) -> None:
    try:
        received = receive_event(buckets.lake(), catalogs.catalog, record.body, clock.now())
    except WaybillError as error:
        logger.warning("message %s was not taken: %s", record.message_id, error)
        raise
    logger.info("took %s records", received.accepted, extra={"rejects": received.rejects_object})
