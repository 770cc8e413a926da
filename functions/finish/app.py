"""A run's last step, whatever came before: read the receipts, set the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.advance import advance_after
from waybill.core.dispatch import Tick, is_large
from waybill.core.plan import plan_if_staged
from waybill.core.run import NO_TOTALS, Outcome, RunKey, RunState, failure_sentence, known_key, outcome_of
from waybill.core.seal import Sealed, sealed_key
from waybill.core.settle import settle
from waybill.core.shipment import destination_outcomes


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    outcome, totals = _reckon(key, event)
    ended = wiring.runs().end(key, event["epoch"], wiring.now(), outcome, totals)
    if ended:
        wiring.run_log().note(key, wiring.now(), "finish", f"{outcome.state.value}: {outcome.message}")
    _settle(key, event["epoch"])
    return {"state": outcome.state.value, "ended": ended}


def _reckon(key: RunKey, event: Event) -> tuple[Outcome, Mapping[str, int]]:
    failure = failure_sentence(event.get("error"))
    plan = plan_if_staged(wiring.stage(), key)
    sealed_bytes = wiring.stage().read_if_there(sealed_key(key))
    if failure or not plan or not sealed_bytes:
        failure = failure or "The run stopped before its files were written. Run the rule again."
        return outcome_of(failure, []), NO_TOTALS
    sealed = Sealed.model_validate_json(sealed_bytes)
    totals = {"rows": sealed.rows, "bytes": sealed.size, "files": len(sealed.files), "rejects": sealed.rejects}
    if not sealed.files:
        return Outcome(RunState.SUCCESS, "The window holds no rows; the rule delivers nothing then."), totals
    log = wiring.run_log()
    outcome = outcome_of("", destination_outcomes(plan, sealed, log.receipts(key), log.failures(key)))
    if outcome.state is RunState.SUCCESS:
        past = plan.amends or wiring.runs().get(key).backfill
        columns = None if past else {name: data.columns for name, data in plan.data.items()}
        wiring.rules().delivered(key.tenant, key.rule_id, sealed.manifest_sha256, sealed.size, columns)
    return outcome, totals


def _settle(key: RunKey, epoch: int) -> None:
    """What the end means for late rows and for the run's backfill. Also where an earlier attempt at this step died here."""
    run, now = wiring.runs().get(key), wiring.now()
    if run.epoch != epoch or not run.state.ended:
        return
    settle(run, plan_if_staged(wiring.stage(), run.key), wiring.runs(), wiring.rules(), now)
    for following in advance_after(run, wiring.backfill_desk(), Tick(now, now, run.trigger, wiring.tzdata_version())):
        wiring.workflow().start(following, is_large(following))
