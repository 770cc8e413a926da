"""What makes runs start and go on."""

from __future__ import annotations

from functools import cache

from waybill.aws.dispatch_queue import QueuedDispatch
from waybill.aws.workflow import StepFunctions
from waybill.core import ports
from waybill.core.advance import BackfillDesk
from waybill.wiring import stores
from waybill.wiring.environment import client, settings


@cache
def workflow() -> ports.Workflow:
    s = settings()
    return StepFunctions(
        client("stepfunctions"),
        fan_out=s.fan_out_arn,
        standard=s.run_standard_arn,
        express=s.run_express_arn,
        stage_bucket=s.need("stage_bucket"),
    )


@cache
def dispatch_queue() -> ports.DispatchQueue:
    return QueuedDispatch(client("sqs"), settings().need("dispatch_queue"))


def backfill_desk() -> BackfillDesk:
    """Who lets backfills go on."""
    return BackfillDesk(stores.rules(), stores.runs(), stores.backfills())
