from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.made import CATALOG, NOW, rule
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryRules, MemoryRuns
from tests.core.test_plan import planned
from waybill.core.again import retry, run_window
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import Conflict, NotFound
from waybill.core.plan import Carried, plan_key
from waybill.core.rule import Rule, deactivated
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState, SequenceRange, Trigger, execution_name
from waybill.core.window import Window

LATER = NOW + timedelta(days=1)
TICK = Tick(LATER, LATER, Trigger.MANUAL, "2026.6")


class Scene:
    """One run that ended as `state` says."""

    def __init__(self, state: RunState) -> None:
        self.rules, self.stage = MemoryRules(), MemoryStage()
        self.rules.add(rule())
        self.runs = MemoryRuns(self.rules)
        self.key = next(iter(claim_due(rule(), self.runs, CATALOG, TICK))).key
        if state is not RunState.SCHEDULED:
            self.runs.end(self.key, 1, LATER, Outcome(state, "as it was"), {**NO_TOTALS, "rows": 3})

    @property
    def run(self) -> Run:
        return self.runs.get(self.key)

    @property
    def rule(self) -> Rule:
        return next(iter(self.rules.kept.values()))

    def change(self, **changes: object) -> None:
        self.runs.kept[self.key] = replace(self.run, **changes)  # type: ignore[arg-type]

    def retry(self) -> Run:
        return retry(self.run, self.runs, self.stage, LATER)


@pytest.mark.parametrize("state", [RunState.FAILURE, RunState.PARTIAL, RunState.CANCELLED])
def test_a_run_that_did_not_succeed_goes_on_as_its_next_attempt(state: RunState) -> None:
    here = Scene(state)
    again = here.retry()
    assert (again.key, again.epoch, again.state) == (here.key, 2, RunState.SCHEDULED)
    assert (again.message, again.rows, again.finished_at) == ("", None, None)
    assert execution_name(again.key, again.epoch) != execution_name(again.key, 1)
    assert not here.runs.end(here.key, 1, LATER, Outcome(RunState.FAILURE, "the old attempt's end"), NO_TOTALS)
    with pytest.raises(Conflict, match="has not ended"):
        here.retry()


def test_a_run_that_succeeded_is_not_retried() -> None:
    with pytest.raises(Conflict, match=r"delivered everything.*window_start"):
        Scene(RunState.SUCCESS).retry()


def test_late_rows_that_are_owed_again_are_not_delivered_by_a_retry_too() -> None:
    amendment, partial, carrier = (Scene(RunState.FAILURE) for _ in range(3))
    amendment.change(amends=True)
    with pytest.raises(Conflict, match="/amend"):
        amendment.retry()
    partial.change(amends=True, state=RunState.PARTIAL)
    with pytest.raises(Conflict, match="window_start"):
        partial.retry()
    late = Carried(run_id="x", window_start=NOW, window_end=LATER, sequences={})
    plan = planned([]).model_copy(update={"carried": (late,)})
    carrier.stage.put(plan_key(carrier.key), plan.model_dump_json().encode())
    with pytest.raises(Conflict, match="late rows of earlier windows"):
        carrier.retry()


def test_a_run_whose_plan_is_gone_is_not_planned_anew_under_the_same_name() -> None:
    here = Scene(RunState.FAILURE)
    here.change(sequences={"chat_tickets": SequenceRange(after=0, upto=7)}, parts=1)
    with pytest.raises(Conflict, match="14 days"):
        here.retry()
    here.stage.put(plan_key(here.key), planned([]).model_dump_json().encode())
    assert here.retry().epoch == 2


def test_a_run_is_not_retried_beside_another_one_that_delivered_its_window() -> None:
    here = Scene(RunState.FAILURE)
    second = run_window(here.rule, here.runs, TICK, here.run.window.start)
    with pytest.raises(Conflict, match=f"{second.key.run_id} of .* is scheduled"):
        here.retry()
    here.runs.end(second.key, 1, LATER, Outcome(RunState.FAILURE, ""), NO_TOTALS)
    assert here.retry().epoch == 2


def test_a_window_is_run_again_as_a_new_generation() -> None:
    here = Scene(RunState.SUCCESS)
    again = run_window(here.rule, here.runs, TICK, here.run.window.start)
    assert (again.window, again.key.generation, again.trigger) == (here.run.window, 2, Trigger.MANUAL)
    with pytest.raises(Conflict, match=r"\.2 is scheduled"):
        run_window(here.rule, here.runs, TICK, here.run.window.start)


def test_only_a_window_that_was_run_is_run_again_and_only_of_an_active_rule() -> None:
    here = Scene(RunState.SUCCESS)
    with pytest.raises(NotFound, match="backfills"):
        run_window(here.rule, here.runs, TICK, here.run.window.start + timedelta(hours=1))
    with pytest.raises(Conflict, match="not active"):
        run_window(deactivated(here.rule, NOW), here.runs, TICK, here.run.window.start)


def test_a_run_is_not_retried_where_a_part_of_its_window_was_delivered_otherwise() -> None:
    here = Scene(RunState.CANCELLED)
    whole = here.run.window
    part = Window(whole.start + timedelta(hours=6), whole.end)
    here.runs.add(
        replace(here.run, key=replace(here.key, window_start=part.start), window=part, state=RunState.SUCCESS)
    )
    with pytest.raises(Conflict, match="is success"):
        here.retry()
