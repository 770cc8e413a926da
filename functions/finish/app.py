"""A run's last step, whatever came before: its outcome from the receipts; then the windows that waited for its end."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.boundary import Event, handler, measured
from waybill.core.dispatch import is_large
from waybill.core.ending import Books, end_run, waited_for
from waybill.core.run import Outcome, Run, RunState, known_key
from waybill.wiring import buckets, buses, catalogs, clock, starting, stores


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    books = Books(
        runs=stores.runs(),
        rules=stores.rules(),
        backfills=stores.backfills(),
        lake=stores.lake_objects(),
        log=stores.run_log(),
        stage=buckets.stage(),
        events=buses.events(),
        catalogs=catalogs.catalog,
        now=clock.now,
    )
    key = known_key(event["tenant"], event["run_id"])
    outcome, ended = end_run(key, event["epoch"], event.get("error"), books)
    if ended:
        _measure(books.runs.get(key), outcome)
    for run in waited_for(key, books, clock.tzdata_version()):
        starting.workflow().start(run, is_large(run))
    return {"state": outcome.state.value, "ended": ended}


def _measure(run: Run, outcome: Outcome) -> None:
    """A failure that only its tenant can mend is none of the operator's."""
    ours = outcome.state in {RunState.FAILURE, RunState.PARTIAL} and not outcome.tenants
    measured("RunsEnded", 1, outcome=outcome.state.value)
    measured("RunsToLookAt", int(ours))
    measured("RowsDelivered", run.rows or 0)
    measured("BytesDelivered", run.bytes or 0, MetricUnit.Bytes)
    if run.finished_at:
        late = (run.finished_at - run.scheduled_for).total_seconds()
        measured("SecondsToReceipt", max(0.0, late), MetricUnit.Seconds, outcome=outcome.state.value)
