"""A run's last step, whatever came before: its outcome from the receipts; then the rule's next window, if it waited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.ending import Books, end_run
from waybill.core.errors import NotFound
from waybill.core.run import RunKey, known_key

LONG_DUE = timedelta(minutes=1)
"""What came due only now is the heartbeat's: no clock but the schedule's says when a window starts."""


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    books = Books(
        runs=wiring.runs(),
        rules=wiring.rules(),
        log=wiring.run_log(),
        stage=wiring.stage(),
        notices=wiring.notices(),
        now=wiring.now,
    )
    outcome, ended = end_run(key, event["epoch"], event.get("error"), books)
    if ended:
        _start_next(key)
    return {"state": outcome.state.value, "ended": ended}


def _start_next(key: RunKey) -> None:
    """Ask for the window that waited for this run's end. If this fails, the next heartbeat finds it."""
    try:
        rule = wiring.rules().get(key.tenant, key.rule_id)
    except NotFound:
        return
    time = wiring.now() - LONG_DUE
    if rule.next_run is not None and rule.next_run <= time:
        wiring.dispatch_queue().look_at(rule, time)
