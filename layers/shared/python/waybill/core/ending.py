"""A run's end: its outcome from the receipts, and what follows from it for its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from waybill.core.errors import Conflict, NotFound
from waybill.core.freeze import end_carried, owed_again
from waybill.core.plan import Plan, plan_key
from waybill.core.ports import Notices, Rules, RunLog, Runs
from waybill.core.rule import RuleState, paused
from waybill.core.run import Failure, Outcome, RunKey, RunState, failure_of, outcome_of
from waybill.core.seal import Sealed, sealed_key
from waybill.core.shipment import destination_outcomes

_STOPPED = Failure("The run stopped before its files were written. Run the rule again.")


class StageForEnding(Protocol):
    def read_if_there(self, key: str) -> bytes | None: ...


@dataclass(frozen=True)
class Books:
    """Where a run's end is written down."""

    runs: Runs
    rules: Rules
    log: RunLog
    stage: StageForEnding
    notices: Notices
    now: Callable[[], datetime]


def end_run(key: RunKey, epoch: int, error: Any, books: Books) -> tuple[Outcome, bool]:
    """End the run as its receipts and the state machine's caught `error` say; returns its outcome, and whether this call
    ended it. Idempotent: an attempt that died here is made good by the next.
    """
    frozen = books.stage.read_if_there(plan_key(key))
    plan = Plan.model_validate_json(frozen) if frozen else None
    outcome, totals = _reckoned(key, plan, failure_of(error), books)
    ended = books.runs.end(key, epoch, books.now(), outcome, totals)
    if ended:
        books.log.note(key, books.now(), "finish", f"{outcome.state.value}: {outcome.message}")
        _count_failures(key, outcome, books)
    if plan is not None:
        _settle_late_rows(key, epoch, plan, books)
    return outcome, ended


def _reckoned(
    key: RunKey, plan: Plan | None, failure: Failure | None, books: Books
) -> tuple[Outcome, Mapping[str, int]]:
    nothing = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}
    sealed_bytes = books.stage.read_if_there(sealed_key(key))
    if failure or plan is None or sealed_bytes is None:
        failure = failure or _STOPPED
        return Outcome(RunState.FAILURE, failure.message, failure.tenants), nothing
    sealed = Sealed.model_validate_json(sealed_bytes)
    totals = {"rows": sealed.rows, "bytes": sealed.size, "files": len(sealed.files), "rejects": sealed.rejects}
    if not sealed.files:
        return _of_nothing(plan, books.log.failures(key)), totals
    outcome = outcome_of(destination_outcomes(plan, sealed, books.log.receipts(key), books.log.failures(key)))
    if outcome.state is RunState.SUCCESS:
        columns = None if plan.amends else {name: data.columns for name, data in plan.data.items()}
        books.rules.delivered(key.tenant, key.rule_id, sealed.manifest_sha256, sealed.size, columns)
    return outcome, totals


def _of_nothing(plan: Plan, failures: Mapping[str, Failure]) -> Outcome:
    """A window without rows of a rule that delivers nothing then: its destinations were probed all the same."""
    said = [
        f"{d.name}: {failures[d.destination_id].message}" for d in plan.destinations if d.destination_id in failures
    ]
    if not said:
        return Outcome(RunState.SUCCESS, "The window holds no rows; the rule delivers nothing then.")
    sentence = f"The window holds no rows, but a destination would not take any. {' '.join(said)}"
    return Outcome(RunState.FAILURE, sentence, all(f.tenants for f in failures.values()))


def _count_failures(key: RunKey, outcome: Outcome, books: Books) -> None:
    """Pause the rule once as many runs in a row have failed for the tenant's own reasons as it allows."""
    if not outcome.tenants:
        if outcome.state is not RunState.FAILURE:
            books.rules.recovered(key.tenant, key.rule_id)
        return
    failures = books.rules.failed(key.tenant, key.rule_id)
    try:
        rule = books.rules.get(key.tenant, key.rule_id)
        most = rule.settings.pause_after_failures
        if most is None or failures < most or rule.state is not RuleState.ACTIVE:
            return
        because = f"{failures} runs in a row failed. The last one said: {outcome.message}"
        books.rules.replace(paused(rule, because, books.now()), rule.version)
    except (Conflict, NotFound):  # it changed at this moment: the next failure counts on
        return
    books.log.note(key, books.now(), "pause", f"The rule is paused. {because} Correct that, then activate the rule.")
    detail = {"rule_id": key.rule_id, "rule_name": rule.settings.name, "run_id": key.run_id, "because": because}
    books.notices.tell("Rule Paused", key.tenant, detail)


def _settle_late_rows(key: RunKey, epoch: int, plan: Plan, books: Books) -> None:
    """Late rows that this run held went with it; if it failed, they are owed again."""
    run = books.runs.get(key)
    if run.epoch != epoch or not run.state.ended:
        return
    outcome = Outcome(run.state, run.message)
    end_carried(plan, books.runs, outcome, books.now())
    if outcome.state is RunState.FAILURE and (plan.amends or plan.carried):
        again = owed_again(plan, outcome, books.rules.get(key.tenant, key.rule_id).late_checked)
        if again is not None:
            books.rules.late_checked(key.tenant, key.rule_id, again)
