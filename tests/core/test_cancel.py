from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.core.made import CATALOG, NOW, rule
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryEvents, MemoryRules, MemoryRuns, MemoryWorkflow
from waybill.core.attempt import held_run
from waybill.core.cancel import Records, cancel
from waybill.core.deliver import Receipt
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import Conflict
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState, SequenceRange, Trigger

LATER = NOW + timedelta(days=1)


class Office:
    """One claimed run and what a person's word on it touches."""

    def __init__(self) -> None:
        self.rules = MemoryRules()
        self.rules.add(rule())
        self.runs, self.log, self.workflow = MemoryRuns(self.rules), MemoryRunLog(), MemoryWorkflow()
        self.told = MemoryEvents()
        tick = Tick(LATER, LATER, Trigger.SCHEDULE, "2026.6")
        self.run = next(iter(claim_due(rule(), self.runs, CATALOG, tick)))

    @property
    def records(self) -> Records:
        log: Any = self.log
        return Records(self.runs, self.rules, log, MemoryStage(), self.workflow, self.told)

    def begin(self) -> Run:
        self.runs.begin(
            self.run.key, 1, LATER, 1, 10, {"chat_tickets": SequenceRange(after=0, upto=7)}, timedelta(hours=1)
        )
        return self.runs.get(self.run.key)

    def cancel(self, run: Run) -> Run:
        return cancel(run, self.records, "Ada", LATER)


def test_a_scheduled_run_is_cancelled_at_once_and_no_step_of_it_begins() -> None:
    here = Office()
    cancelled = here.cancel(here.run)
    assert (cancelled.state, cancelled.message) == (RunState.CANCELLED, "Cancelled by Ada. Nothing was delivered.")
    assert here.workflow.stopped == []
    with pytest.raises(Conflict, match="has ended"):
        held_run(here.runs, here.run.key, 1)
    with pytest.raises(Conflict):
        here.begin()
    assert not here.runs.end(here.run.key, 1, LATER, Outcome(RunState.SUCCESS, ""), NO_TOTALS)


def test_an_ongoing_run_is_asked_to_stop_and_says_what_had_arrived() -> None:
    here = Office()
    begun = here.begin()
    for file in (0, 1):
        here.log.received(begun.key, "dst_one", file, Receipt("a", 1, "", "", "size"), NOW)
    cancelled = here.cancel(begun)
    assert "2 files have arrived" in cancelled.message
    assert [r.key for r in here.workflow.stopped] == [begun.key]


def test_a_cancelled_run_is_told_and_a_window_that_was_left_out_is_not() -> None:
    here = Office()
    cancelled = here.cancel(here.run)
    here.cancel(cancelled)  # whose first call may have died before it told anybody
    assert [(kind, detail["state"]) for _, kind, detail in here.told.sent] == [("Run ended", "cancelled")] * 2
    assert here.told.sent[0] == here.told.sent[1]
    other = Office()
    other.begin()
    said = Outcome(RunState.CANCELLED, "Its window was left out.")
    other.runs.end(other.run.key, 1, LATER, said, NO_TOTALS)
    other.cancel(other.runs.get(other.run.key))
    assert other.told.sent == []


def test_cancelling_again_changes_nothing_and_what_ended_otherwise_is_refused() -> None:
    here = Office()
    cancelled = here.cancel(here.run)
    assert here.cancel(cancelled) == cancelled
    other = Office()
    other.begin()
    other.runs.end(other.run.key, 1, LATER, Outcome(RunState.SUCCESS, ""), NO_TOTALS)
    with pytest.raises(Conflict, match="ended: success"):
        other.cancel(other.runs.get(other.run.key))


def test_a_run_whose_manifest_is_on_its_way_cannot_be_cancelled_until_its_worker_is_gone() -> None:
    here = Office()
    begun = here.begin()
    assert here.runs.hold_manifest(begun.key, 1, LATER + timedelta(minutes=15))
    with pytest.raises(Conflict, match="manifest is on its way"):
        here.cancel(begun)
    assert here.runs.get(begun.key).state is RunState.ONGOING
    assert cancel(begun, here.records, "Ada", LATER + timedelta(minutes=16)).state is RunState.CANCELLED
    assert not here.runs.hold_manifest(begun.key, 1, LATER + timedelta(minutes=30))
