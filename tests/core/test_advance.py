"""Backfills that many let go on at once, that die between two steps, beside the live schedule: each window runs once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition
from hypothesis.stateful import rule as step

from tests.core.made import CATALOG, rule
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryBackfills, MemoryEvents, MemoryRules, MemoryRuns, MemoryWorkflow
from waybill.core.advance import BackfillDesk, advance, advance_after, advance_all
from waybill.core.again import run_window
from waybill.core.backfill import Backfill, BackfillRequest, BackfillState, new_backfill, progress
from waybill.core.cancel import Records, cancel_backfill
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import Conflict, InvalidInput, NotFound
from waybill.core.rule import Rule, deactivated
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState, Trigger
from waybill.core.window import Window

START = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """An hourly rule that began at START, and what lets its backfills go on."""

    def __init__(self) -> None:
        self.rules = MemoryRules()
        self.rules.add(rule(now=START, schedule={"frequency": "hourly"}))
        self.runs = MemoryRuns(self.rules)
        self.backfills = MemoryBackfills(self.runs)
        self.desk = BackfillDesk(self.rules, self.runs, self.backfills)
        self.workflow = MemoryWorkflow()
        self.now = START

    @property
    def rule(self) -> Rule:
        return next(iter(self.rules.kept.values()))

    @property
    def tick(self) -> Tick:
        return Tick(self.now, self.now, Trigger.SCHEDULE, "2026.6")

    def live(self) -> None:
        list(claim_due(self.rule, self.runs, CATALOG, self.tick))

    def begin(self, hours: tuple[int, int], **more: Any) -> Backfill:
        start, end = (START + h * HOUR for h in hours)
        request = BackfillRequest.model_validate({"from": start, "to": end, **more})
        made = new_backfill(self.rule, request, self.newest(), self.runs, self.now, "Ada")
        self.backfills.add(made)
        return made

    def newest(self) -> Backfill | None:
        return next(iter(self.backfills.page("acme", self.rule.rule_id, "", 1).items), None)

    def under_way(self) -> list[Run]:
        return sorted((r for r in self.runs.kept.values() if not r.state.ended), key=lambda r: r.key.run_id)

    def of(self, backfill: Backfill) -> list[Run]:
        return [r for r in self.runs.kept.values() if r.backfill == backfill.backfill_id]

    def end(self, run: Run, state: RunState = RunState.SUCCESS) -> None:
        self.runs.end(run.key, run.epoch, self.now, Outcome(state, ""), {**NO_TOTALS, "rows": 2, "bytes": 10})

    def cancel(self, backfill: Backfill, *, running: bool) -> Backfill:
        records = Records(self.runs, self.rules, MemoryRunLog(), MemoryStage(), self.workflow, MemoryEvents())
        return cancel_backfill(backfill, self.backfills, records, "Ada", self.now, running=running)


class Racing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.read: list[Backfill] = []

    @initialize(hours=st.integers(0, 5), failed=st.integers(0, 5))
    def there_was_life_before(self, hours: int, failed: int) -> None:
        self.world.now = START + hours * HOUR + timedelta(minutes=6)
        self.world.live()
        for number, run in enumerate(self.world.under_way()):
            self.world.end(run, RunState.FAILURE if number < failed else RunState.SUCCESS)

    @step(
        first=st.integers(-6, 4),
        hours=st.integers(1, 9),
        order=st.sampled_from(["oldest_first", "newest_first"]),
        at_once=st.integers(1, 3),
        only=st.sampled_from(["missing", "all"]),
    )
    def someone_makes_a_backfill(self, first: int, hours: int, order: str, at_once: int, only: str) -> None:
        try:
            made = self.world.begin((first, first + hours), order=order, at_once=at_once, only=only)
        except (Conflict, InvalidInput):
            return
        assert all(w.end <= self.world.rule.cursor for w in made.windows)
        self.read.append(made)

    @precondition(lambda self: self.world.newest())
    @step()
    def a_dispatcher_reads(self) -> None:
        newest = self.world.newest()
        assert newest is not None
        self.read.append(newest)

    @precondition(lambda self: self.read)
    @step(data=st.data(), dies_after=st.integers(0, 4))
    def a_dispatcher_lets_go_on_what_it_read_and_may_die(self, data: st.DataObject, dies_after: int) -> None:
        read = data.draw(st.sampled_from(self.read))
        list(islice(advance(read, self.world.desk, self.world.tick), dies_after))

    @precondition(lambda self: self.world.under_way())
    @step(data=st.data(), state=st.sampled_from([RunState.SUCCESS, RunState.FAILURE]), dies=st.booleans())
    def a_run_ends(self, data: st.DataObject, state: RunState, dies: bool) -> None:
        run = data.draw(st.sampled_from(self.world.under_way()))
        self.world.end(run, state)
        if not dies:
            list(advance_after(self.world.runs.get(run.key), self.world.desk, self.world.tick))

    @step()
    def an_hour_passes(self) -> None:
        self.world.now += HOUR
        self.world.live()

    @step(hour=st.integers(-6, 4))
    def someone_runs_a_window_again(self, hour: int) -> None:
        try:
            run_window(self.world.rule, self.world.runs, self.world.tick, START + hour * HOUR)
        except (Conflict, NotFound):
            return

    @precondition(lambda self: self.read)
    @step(data=st.data(), running=st.booleans())
    def someone_cancels_what_they_read(self, data: st.DataObject, running: bool) -> None:
        read = data.draw(st.sampled_from(self.read))
        try:
            cancelled = self.world.cancel(read, running=running)
        except Conflict:
            assert self.world.backfills.kept["acme", read.rule_id, read.backfill_id].state is BackfillState.DONE
            return
        assert cancelled.state is BackfillState.CANCELLED
        if running:
            assert all(r.state.ended for r in self.world.of(cancelled))

    @invariant()
    def each_window_has_one_run_and_not_too_many_run_at_once(self) -> None:
        for backfill in self.world.backfills.kept.values():
            own = self.world.of(backfill)
            assert max(Counter(r.window for r in own).values(), default=0) <= 1
            assert {r.window for r in own} <= set(backfill.windows[: backfill.taken])
            assert len(own) == backfill.taken - backfill.left_out
            assert sum(not r.state.ended for r in own) <= backfill.at_once

    @invariant()
    def at_most_one_backfill_is_active(self) -> None:
        assert len(list(self.world.backfills.active())) <= 1

    @invariant()
    def the_live_windows_tile_as_if_there_were_no_backfill(self) -> None:
        live = sorted(
            r.window for r in self.world.runs.kept.values() if r.key.generation == 1 and r.window.start >= START
        )
        assert all(a.end == b.start for a, b in pairwise(live))
        assert not live or (live[0].start, live[-1].end) == (START, self.world.rule.cursor)

    def teardown(self) -> None:
        """The next heartbeats end what was begun: every window of it was run, or another run had it."""
        for _ in range(100):
            list(advance_all(self.world.desk, self.world.tick))
            for run in self.world.under_way():
                self.world.end(run)
        for backfill in self.world.backfills.kept.values():
            assert backfill.state is not BackfillState.ACTIVE
            if backfill.state is BackfillState.DONE:
                own = {r.window for r in self.world.of(backfill)}
                assert set(backfill.windows) <= own | self.delivered_elsewhere(backfill)
                assert progress(backfill, self.world.runs).done == backfill.total

    def delivered_elsewhere(self, backfill: Backfill) -> set[Window]:
        """Or tried: a window that someone runs again at the same time is theirs, however that run ends."""
        others = [r for r in self.world.runs.kept.values() if r.backfill != backfill.backfill_id]
        return {r.window for r in others if r.key.generation > 1 or not r.state.came_to_nothing}


TestRacing = pytest.mark.filterwarnings("ignore")(Racing.TestCase)
TestRacing.settings = hypothesis_settings(max_examples=60, stateful_step_count=30)


def test_as_many_run_at_once_as_were_asked_for_and_the_next_follows_an_end() -> None:
    world = World()
    made = world.begin((-5, 0), at_once=2)
    first = list(advance_all(world.desk, world.tick))
    assert [r.window.start for r in first] == [START - 5 * HOUR, START - 4 * HOUR]
    assert {(r.trigger, r.backfill, r.key.generation) for r in first} == {(Trigger.BACKFILL, made.backfill_id, 1)}
    assert list(advance_all(world.desk, world.tick)) == []
    world.end(first[0])
    (third,) = advance_after(world.runs.get(first[0].key), world.desk, world.tick)
    assert third.window.start == START - 3 * HOUR
    found = progress(world.backfills.kept["acme", made.rule_id, made.backfill_id], world.runs)
    assert (found.done, dict(found.states)) == (1, {"success": 1, "scheduled": 2})
    assert (found.rows, found.bytes, len(found.current)) == (2, 10, 2)


def test_a_run_of_no_backfill_lets_none_go_on() -> None:
    world = World()
    world.now = START + HOUR + timedelta(minutes=6)
    world.live()
    assert list(advance_after(world.under_way()[0], world.desk, world.tick)) == []


def test_a_window_that_was_delivered_meanwhile_is_left_out() -> None:
    world = World()
    made = world.begin((-2, 0))
    (first,) = advance(made, world.desk, world.tick)
    other = replace(first, key=replace(first.key, window_start=START - HOUR), window=made.windows[1], backfill="")
    world.runs.add(replace(other, state=RunState.SUCCESS))
    world.end(first)
    assert list(advance_all(world.desk, world.tick)) == []
    kept = world.backfills.kept["acme", made.rule_id, made.backfill_id]
    assert (kept.state, kept.total, kept.left_out) == (BackfillState.DONE, 1, 1)


def test_it_waits_while_its_rule_is_not_active_and_ends_with_it() -> None:
    world = World()
    made = world.begin((-2, 0))
    world.rules.replace(deactivated(world.rule, START), 1)
    assert list(advance_all(world.desk, world.tick)) == []
    assert list(world.backfills.active()) == [made]
    world.rules.remove("acme", made.rule_id)
    assert list(advance_all(world.desk, world.tick)) == []
    (kept,) = world.backfills.kept.values()
    assert (kept.state, kept.message) == (BackfillState.CANCELLED, "The rule was deleted.")


def test_cancelling_stops_further_windows_and_its_runs_where_asked() -> None:
    world = World()
    made = world.begin((-5, 0), at_once=2)
    list(advance_all(world.desk, world.tick))
    cancelled = world.cancel(made, running=False)
    assert cancelled.message == "Cancelled by Ada."
    assert len(world.under_way()) == 2
    assert list(advance_all(world.desk, world.tick)) == []
    world.cancel(cancelled, running=True)
    assert {r.state for r in world.of(made)} == {RunState.CANCELLED}
