"""A run's end: its outcome from the receipts, what follows from it for its rule, and which windows waited for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from waybill.core.advance import BackfillDesk, advance_after
from waybill.core.again import retry
from waybill.core.arrival import claim_waiting
from waybill.core.catalog import Catalogs
from waybill.core.dispatch import Tick
from waybill.core.errors import Conflict, NotFound
from waybill.core.plan import Plan, Probed, plan_if_staged
from waybill.core.plural import many
from waybill.core.ports import Backfills, Events, LakeObjects, Rules, RunLog, Runs
from waybill.core.rule import Rule, RuleState, paused
from waybill.core.run import NO_TOTALS, Failure, Outcome, Run, RunKey, RunState, Trigger, failure_of, outcome_of
from waybill.core.schedule_settings import WithoutClock
from waybill.core.seal import Sealed, sealed_key
from waybill.core.settle import settle
from waybill.core.shipment import destination_outcomes
from waybill.core.telling import tell_ended, tell_paused
from waybill.core.window import stamp

_STOPPED = Failure("The run stopped before its files were written. Run the rule again.")
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
"""Between a run's attempts, where something that may pass stood in its way."""
_LONG_DUE = timedelta(minutes=1)
"""What came due only now is the heartbeat's: no clock but the schedule's says when a window starts."""


@dataclass(frozen=True)
class Books:
    """What a run's end touches."""

    runs: Runs
    rules: Rules
    backfills: Backfills
    lake: LakeObjects
    log: RunLog
    stage: Probed
    events: Events
    catalogs: Catalogs
    now: Callable[[], datetime]


def end_run(key: RunKey, epoch: int, error: Any, books: Books) -> tuple[Outcome, bool]:
    """End the run's attempt as its receipts and the state machine's caught `error` say; returns that outcome, and
    whether this call ended it. Idempotent: what an earlier call that died left undone is made good. Whoever listens is told at
    least once, but perhaps not of an attempt that is followed by the next one by itself.
    """
    plan = plan_if_staged(books.stage, key)
    outcome, totals = _reckoned(key, plan, failure_of(error), books)
    ended = books.runs.end(key, epoch, books.now(), outcome, totals)
    if ended:
        books.log.note(key, books.now(), "finish", f"{outcome.state.value}: {outcome.message}")
        _count_failures(key, outcome, books)
    run = books.runs.get(key)
    if run.epoch == epoch and run.state.ended:
        settle(run, plan, books.runs, books.rules, books.now())
        follows = _tried_again(run, books) if outcome.passing else None
        if outcome.tenants:
            _tell_if_it_paused(run, books)
        tell_ended(books.events, run, plan, follows)
    return outcome, ended


def waited_for(key: RunKey, books: Books, tzdata: str) -> Iterator[Run]:
    """Claims what waited for the end of this run: the rule's next window, or its backfill's. Yields the runs to start.

    If it fails, the next heartbeat does it.
    """
    now = books.now()
    try:
        rule = books.rules.get(key.tenant, key.rule_id)
    except NotFound:
        return
    tick = Tick(_upto(rule, now), now, Trigger.SCHEDULE, tzdata)
    yield from claim_waiting(rule, books.rules, books.runs, books.lake, books.catalogs(key.tenant), tick)
    desk = BackfillDesk(books.rules, books.runs, books.backfills)
    yield from advance_after(books.runs.get(key), desk, Tick(now, now, Trigger.BACKFILL, tzdata))


def _upto(rule: Rule, now: datetime) -> datetime:
    """A trigger that waited is no window of a clock."""
    return now if isinstance(rule.settings.schedule, WithoutClock) else now - _LONG_DUE


def _reckoned(
    key: RunKey, plan: Plan | None, failure: Failure | None, books: Books
) -> tuple[Outcome, Mapping[str, int]]:
    sealed_bytes = books.stage.read_if_there(sealed_key(key))
    if failure or plan is None or sealed_bytes is None:
        failure = failure or _STOPPED
        return Outcome(RunState.FAILURE, failure.message, failure.tenants, failure.passing), NO_TOTALS
    sealed = Sealed.model_validate_json(sealed_bytes)
    totals = {"rows": sealed.rows, "bytes": sealed.size, "files": len(sealed.files), "rejects": sealed.rejects}
    if not sealed.files:
        return _of_nothing(plan, books.log.failures(key)), totals
    outcome = outcome_of(destination_outcomes(plan, sealed, books.log.receipts(key), books.log.failures(key)))
    if outcome.state is RunState.SUCCESS:
        past = plan.amends or books.runs.get(key).backfill
        columns = None if past else {name: data.columns for name, data in plan.data.items()}
        books.rules.delivered(key.tenant, key.rule_id, sealed.manifest_sha256, sealed.size, columns)
    if not outcome.state.came_to_nothing:
        outcome = replace(outcome, message=outcome.message + sealed.left_out)
    return outcome, totals


def _of_nothing(plan: Plan, failures: Mapping[str, Failure]) -> Outcome:
    """A window without rows of a rule that delivers nothing then: its destinations were probed all the same."""
    said = [
        f"{d.name}: {failures[d.destination_id].message}" for d in plan.destinations if d.destination_id in failures
    ]
    if not said:
        return Outcome(RunState.SUCCESS, "The window holds no rows; the rule delivers nothing then.")
    sentence = f"The window holds no rows, but a destination would not take any. {' '.join(said)}"
    return Outcome(
        RunState.FAILURE, sentence, all(f.tenants for f in failures.values()), all(f.passing for f in failures.values())
    )


def _tried_again(run: Run, books: Books) -> Run | None:
    """What stood in the run's way may be gone after a while: its next attempt, for the sweep to start, if there is one."""
    if run.epoch > len(PAUSES):
        return None
    at = books.now() + PAUSES[run.epoch - 1]
    try:
        again = retry(run, books.runs, books.stage, at)
    except Conflict:  # a person was first, or another run has its rows
        return None
    books.log.note(run.key, books.now(), "retry", f"attempt {again.epoch} follows after {stamp(at)}")
    return again


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
        because = f"{many(failures, 'run')} in a row failed. The last one said: {outcome.message}"
        books.rules.replace(paused(rule, because, books.now()), rule.version)
    except (Conflict, NotFound):  # it changed at this moment: the next failure counts on
        return
    books.log.note(key, books.now(), "pause", f"The rule is paused. {because} Correct that, then activate the rule.")


def _tell_if_it_paused(run: Run, books: Books) -> None:
    """Told by what is kept, so that a call after one that died tells it, under the same id."""
    with suppress(NotFound):
        rule = books.rules.get(run.key.tenant, run.key.rule_id)
        if rule.state is RuleState.PAUSED and rule.paused_because.endswith(run.message):
            tell_paused(books.events, rule, run)
