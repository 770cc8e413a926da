"""Late rows: whatever the order of arrival, planning, failing and looking again, each row is delivered once per rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition
from hypothesis.stateful import rule as step

from tests.core.made import CATALOG, rule
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryEvents, MemoryRules, MemoryRuns, MemoryWorkflow
from waybill.core.again import retry
from waybill.core.cancel import Records, cancel
from waybill.core.dispatch import Tick, claim_due, run_now
from waybill.core.errors import ConfigurationError, Conflict
from waybill.core.freeze import Registry, amend_now, freeze, staged_plan
from waybill.core.lake_object import LakeObject
from waybill.core.late import holes
from waybill.core.plan import Plan, PlannedDestination, plan_if_staged
from waybill.core.rows import SourceFormat
from waybill.core.rule import Rule
from waybill.core.run import NO_TOTALS, Outcome, Run, RunState, SequenceRange, Trigger
from waybill.core.settle import settle
from waybill.core.window import Window

START = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = 12
WHERE = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
Row = tuple[str, datetime]


@dataclass
class Lake:
    """Objects as rows with their times, and their registrations."""

    put: dict[str, list[Row]] = field(default_factory=dict)
    registered: list[LakeObject] = field(default_factory=list)

    def register(self, key: str) -> None:
        """As the table does it: the same key a second time changes nothing."""
        if any(o.key == key for o in self.registered):
            return
        times = [moment for _, moment in self.put[key]]
        self.registered.append(
            LakeObject(
                key=key, version="v", etag="e", size=len(times), rows=len(times), rejects=0, format=SourceFormat.NDJSON,
                sequence=len(self.registered) + 1, first_event=min(times), last_event=max(times), registered_at=START,
            )
        )  # fmt: skip

    def newest(self, tenant: str, dataset: str) -> int:
        return len(self.registered)

    def between(
        self, tenant: str, dataset: str, window: Window, after: int, upto: int, *, replaced: bool = False
    ) -> Iterator[LakeObject]:
        return iter([o for o in self.since(tenant, dataset, after, upto) if o.in_window(window)])

    def since(self, tenant: str, dataset: str, after: int, upto: int) -> Iterator[LakeObject]:
        return iter([o for o in self.registered if after < o.sequence <= upto])

    def rows(self, plan: Plan) -> Iterator[Row]:
        for part in plan.parts:
            for one in part.objects:
                yield from (row for row in self.put[one.key] if part.window.start <= row[1] < part.window.end)


@dataclass
class World:
    policy: str
    lake: Lake = field(default_factory=Lake)
    hour: int = 0

    def __post_init__(self) -> None:
        self.rules = MemoryRules()
        self.runs = MemoryRuns(self.rules)
        made = rule(now=START, schedule={"frequency": "hourly"}, late={"policy": self.policy, "lookback_days": 1})
        self.rules.add(replace(made, late_checked={"chat_tickets": 0}))
        self.stage = MemoryStage()
        self.delivered: Counter[Row] = Counter()

    @property
    def rule(self) -> Rule:
        return next(iter(self.rules.kept.values()))

    @property
    def registry(self) -> Registry:
        return Registry(self.runs, self.lake, CATALOG)  # type: ignore[arg-type]

    @property
    def records(self) -> Records:
        return Records(self.runs, self.rules, MemoryRunLog(), self.stage, MemoryWorkflow(), MemoryEvents())

    def claim(self) -> None:
        """All that is due. A window does not wait here for the run before it: those that people start do not either."""
        now = START + self.hour * HOUR + timedelta(minutes=6)
        tick = Tick(now, now, Trigger.SCHEDULE, "2026.6")
        while list(claim_due(replace(self.rule, newest_run=""), self.runs, CATALOG, tick)):
            pass

    def waiting(self) -> list[Run]:
        return self.found(lambda r: r.state is RunState.SCHEDULED)

    def ongoing(self) -> list[Run]:
        return self.found(lambda r: r.state is RunState.ONGOING and not r.carried_by)

    def failed(self) -> list[Run]:
        return self.found(lambda r: r.state.came_to_nothing)

    def found(self, wanted: Callable[[Run], bool]) -> list[Run]:
        return sorted((r for r in self.runs.kept.values() if wanted(r)), key=lambda r: r.key.run_id)

    def kept_plan(self, run: Run) -> Plan:
        plan = plan_if_staged(self.stage, run.key)
        assert plan is not None
        return plan

    def plan(self, run: Run, *, dies: bool = False) -> None:
        """The step `plan`; `dies` before it has staged what it froze."""
        if dies and plan_if_staged(self.stage, run.key) is None:
            freeze(self.rule, run, self.registry, WHERE, START)
            return
        try:
            plan, _ = staged_plan(run, self.registry, self.rules, self.stage, lambda _: WHERE, START)
            self.runs.begin(run.key, run.epoch, START, len(plan.parts), 0, plan.sequences, HOUR)
        except (Conflict, ConfigurationError):
            self.finish(run, RunState.FAILURE)

    def end(self, run: Run, *, well: bool) -> None:
        if well:
            self.delivered.update(self.lake.rows(self.kept_plan(run)))
        self.finish(run, RunState.SUCCESS if well else RunState.FAILURE)

    def finish(self, run: Run, state: RunState) -> None:
        """The step `finish`."""
        self.runs.end(run.key, run.epoch, START, Outcome(state, ""), NO_TOTALS)
        ended = self.runs.get(run.key)
        if ended.epoch == run.epoch and ended.state.ended:
            settle(ended, plan_if_staged(self.stage, run.key), self.runs, self.rules, START)

    def retry(self, run: Run) -> bool:
        try:
            retry(self.runs.get(run.key), self.runs, self.stage, START)
        except Conflict:
            return False
        return True

    def settle(self) -> None:
        """Let all that was begun end well, failed windows run again, and late rows be looked for until there are none."""
        for _ in range(50):
            self.claim()
            for run in self.waiting():
                self.plan(run)
            for run in self.ongoing():
                self.end(run, well=True)
            for window in {r.window for r in self.runs.kept.values()}:
                tried = [r for r in self.runs.kept.values() if r.window == window and not r.amends]
                if all(r.state.came_to_nothing for r in tried):
                    self.run_again(max(tried, key=lambda r: r.key.generation))
            if not self.waiting() and not amend_now_all(self):
                return
        raise AssertionError("late rows never end")

    def run_again(self, failed: Run) -> None:
        """A failed window as a new generation."""
        newest = self.runs.newest_generation("acme", failed.key.rule_id, failed.window.start)
        key = replace(failed.key, generation=newest + 1)
        self.runs.add(replace(failed, key=key, state=RunState.SCHEDULED, sequences=None))


def amend_now_all(world: World) -> bool:
    read = world.rule
    made, checked = amend_now(read, world.registry, START, "2026.6")
    world.rules.late_checked(read, checked)
    return bool(made)


class Arrivals(RuleBasedStateMachine):
    policy = "amend"

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.policy)
        self.made = 0

    @step(hours=st.lists(st.integers(0, HOURS - 1), min_size=1, max_size=3), registered=st.booleans())
    def an_object_lands(self, hours: list[int], registered: bool) -> None:
        """With rows of any hours, past ones too; where `registered` is false, its event is lost for now."""
        self.made += 1
        key = f"object {self.made}"
        rows = [(f"{key} row {n}", START + h * HOUR + timedelta(minutes=n)) for n, h in enumerate(hours)]
        self.world.lake.put[key] = rows
        if registered:
            self.world.lake.register(key)

    @precondition(lambda self: self.world.lake.put)
    @step(data=st.data())
    def an_event_comes_late_or_again(self, data: st.DataObject) -> None:
        self.world.lake.register(data.draw(st.sampled_from(sorted(self.world.lake.put))))

    @step()
    def an_hour_passes(self) -> None:
        self.world.hour = min(self.world.hour + 1, HOURS)
        self.world.claim()

    @precondition(lambda self: self.world.waiting())
    @step(data=st.data(), dies=st.booleans())
    def a_run_is_planned(self, data: st.DataObject, dies: bool) -> None:
        self.world.plan(data.draw(st.sampled_from(self.world.waiting())), dies=dies)

    @precondition(lambda self: self.world.ongoing())
    @step(data=st.data(), well=st.booleans())
    def a_run_ends(self, data: st.DataObject, well: bool) -> None:
        self.world.end(data.draw(st.sampled_from(self.world.ongoing())), well=well)

    @precondition(lambda self: self.world.waiting() + self.world.ongoing())
    @step(data=st.data())
    def someone_cancels_a_run(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.world.waiting() + self.world.ongoing()))
        assert cancel(run, self.world.records, "a test", START).state is RunState.CANCELLED

    @precondition(lambda self: self.world.waiting())
    @step(data=st.data(), retried=st.booleans())
    def someone_cancels_a_run_while_it_is_planned(self, data: st.DataObject, retried: bool) -> None:
        """The step goes on with what it read before, and may end after a retry has begun."""
        run = data.draw(st.sampled_from(self.world.waiting()))
        cancel(run, self.world.records, "a test", START)
        if retried:
            self.world.retry(run)
        self.world.plan(run)

    @precondition(lambda self: self.world.failed())
    @step(data=st.data())
    def someone_retries_a_run(self, data: st.DataObject) -> None:
        self.world.retry(data.draw(st.sampled_from(self.world.failed())))

    @precondition(lambda self: self.world.failed())
    @step(data=st.data(), raced=st.booleans())
    def someone_looks_while_a_run_is_retried_and_planned(self, data: st.DataObject, raced: bool) -> None:
        """Who looked before writes down how far after."""
        world = self.world
        read = world.rule
        _, checked = amend_now(read, world.registry, START, "2026.6")
        run = data.draw(st.sampled_from(world.failed()))
        if world.retry(run) and raced:
            world.plan(world.runs.get(run.key))
        world.rules.late_checked(read, checked)

    @step()
    def someone_looks_for_late_rows(self) -> None:
        amend_now_all(self.world)

    @invariant()
    def no_row_is_delivered_twice(self) -> None:
        assert max(self.world.delivered.values(), default=0) <= 1

    def teardown(self) -> None:
        """In the end every row of a window that is over has arrived, once."""
        world = self.world
        for key in world.lake.put:
            world.lake.register(key)
        world.hour = HOURS
        world.settle()
        over = START + HOURS * HOUR
        wanted = Counter(row for rows in world.lake.put.values() for row in rows if row[1] < over)
        assert world.delivered == wanted


class ArrivalsWithTheNextRun(Arrivals):
    policy = "next"


TestAmended = pytest.mark.filterwarnings("ignore")(Arrivals.TestCase)
TestAmended.settings = hypothesis_settings(max_examples=30, stateful_step_count=40)
TestWithTheNext = pytest.mark.filterwarnings("ignore")(ArrivalsWithTheNextRun.TestCase)
TestWithTheNext.settings = hypothesis_settings(max_examples=30, stateful_step_count=40)


def late_world(policy: str) -> tuple[World, Run]:
    """Hour 0 delivered, a row of it registered after; hour 1 is planned."""
    world = World(policy)
    world.lake.put["first"] = [("a", START)]
    world.lake.register("first")
    world.hour = 1
    world.claim()
    (run,) = world.waiting()
    world.plan(run)
    world.end(run, well=True)
    world.lake.put["late"] = [("b", START + timedelta(minutes=1)), ("c", START + HOUR)]
    world.lake.register("late")
    world.hour = 2
    world.claim()
    (following,) = world.waiting()
    world.plan(following)
    return world, following


def test_an_amendment_is_a_numbered_delta_of_its_window() -> None:
    world, _ = late_world("amend")
    (amendment,) = world.waiting()
    assert (amendment.key.generation, amendment.trigger, amendment.window.start) == (2, Trigger.LATE, START)
    assert amendment.sequences == {"chat_tickets": SequenceRange(after=1, upto=2)}
    world.plan(amendment)
    plan = world.kept_plan(amendment)
    assert list(world.lake.rows(plan)) == [("b", START + timedelta(minutes=1))]
    assert plan.amends


def test_the_next_run_takes_late_rows_along_before_its_own() -> None:
    world, following = late_world("next")
    assert world.waiting() == []
    plan = world.kept_plan(following)
    assert list(world.lake.rows(plan)) == [("b", START + timedelta(minutes=1)), ("c", START + HOUR)]
    (carried,) = [r for r in world.runs.kept.values() if r.carried_by]
    assert (carried.carried_by, carried.state) == (following.key.run_id, RunState.ONGOING)
    world.end(following, well=True)
    assert world.runs.get(carried.key).state is RunState.SUCCESS


def test_ignored_late_rows_are_counted() -> None:
    world = late_world("ignore")[0]
    run = world.ongoing()[0]
    frozen = freeze(replace(world.rule, late_checked={"chat_tickets": 1}), run, world.registry, WHERE, START)
    assert "1 lake object holds rows of earlier windows" in frozen.note
    assert len(world.runs.kept) == 2


def test_rows_that_came_in_time_are_not_said_to_be_ignored() -> None:
    world = World("ignore")
    world.lake.put["first"] = [("a", START)]
    world.lake.register("first")
    world.hour = 1
    world.claim()
    (run,) = world.waiting()
    assert freeze(world.rule, run, world.registry, WHERE, START).note == ""


def test_a_window_that_closed_before_the_look_back_gets_no_more() -> None:
    world, _ = late_world("amend")
    for run in world.waiting():
        world.plan(run)
    world.hour = 30
    world.claim()
    world.lake.put["ancient"] = [("d", START + timedelta(minutes=2))]
    world.lake.register("ancient")
    newest = max(world.waiting(), key=lambda r: r.window.start)
    frozen = freeze(world.rule, newest, world.registry, WHERE, START)
    assert "left out" in frozen.note
    assert not [r for r in world.waiting() if r.amends]


def test_run_now_again_delivers_the_whole_window_late_rows_too() -> None:
    world, following = late_world("ignore")
    world.end(following, well=True)
    tick = Tick(START + 2 * HOUR, START, Trigger.MANUAL, "2026.6")
    again = run_now(world.rule, world.runs, CATALOG, tick)
    assert (again.key.generation, again.amends, again.sequences) == (2, False, None)


@pytest.mark.parametrize(
    ("covered", "upto", "wanted"),
    [
        ([], 0, []),
        ([], 3, [(0, 3)]),
        ([(0, 3)], 3, []),
        ([(0, 3)], 5, [(3, 5)]),
        ([(0, 3), (5, 9)], 9, [(3, 5)]),
        ([(5, 9), (0, 6)], 12, [(9, 12)]),
        ([(4, 9)], 6, [(0, 4)]),
    ],
)
def test_holes_are_what_no_range_covers(
    covered: list[tuple[int, int]], upto: int, wanted: list[tuple[int, int]]
) -> None:
    ranges = [SequenceRange(after=a, upto=b) for a, b in covered]
    assert [(h.after, h.upto) for h in holes(ranges, upto)] == wanted


def ended_world(policy: str, *, well: bool) -> tuple[World, Run]:
    """Hour 0 planned and ended; a row of it was registered after its plan."""
    world = World(policy)
    world.lake.put["first"] = [("a", START)]
    world.lake.register("first")
    world.hour = 1
    world.claim()
    (run,) = world.waiting()
    world.plan(run)
    world.end(run, well=well)
    world.lake.put["late"] = [("b", START + timedelta(minutes=1))]
    world.lake.register("late")
    return world, run


def failed_world() -> tuple[World, Run]:
    return ended_world("amend", well=False)


def retried(world: World, run: Run) -> Run:
    assert world.retry(run)
    world.plan(world.runs.get(run.key))
    return world.runs.get(run.key)


def test_rows_that_were_passed_over_while_a_run_was_failed_are_late_once_it_is_retried() -> None:
    world, run = failed_world()
    assert not amend_now_all(world)
    assert world.rule.late_checked == {"chat_tickets": 2}
    world.end(retried(world, run), well=True)
    assert world.delivered == {("a", START): 1}
    world.settle()
    assert world.delivered == {("a", START): 1, ("b", START + timedelta(minutes=1)): 1}


def test_who_looked_before_a_retry_does_not_pass_over_its_late_rows_after_it() -> None:
    world, run = failed_world()
    read = world.rule
    _, checked = amend_now(read, world.registry, START, "2026.6")
    again = retried(world, run)
    world.rules.late_checked(read, checked)
    world.end(again, well=True)
    world.settle()
    assert world.delivered == {("a", START): 1, ("b", START + timedelta(minutes=1)): 1}


def left_behind() -> tuple[World, Run]:
    """Hour 1 took a late row along, and ended before its plan was staged."""
    world, _ = ended_world("next", well=True)
    world.hour = 2
    world.claim()
    (following,) = world.waiting()
    world.plan(following, dies=True)
    world.finish(following, RunState.FAILURE)
    return world, following


def test_what_a_run_took_along_that_failed_before_its_plan_was_staged_goes_with_the_next_one() -> None:
    world, _ = left_behind()
    world.hour = 3
    world.claim()
    (third,) = world.waiting()
    world.plan(third)
    assert [c.window_start for c in world.kept_plan(third).carried] == [START]
    assert sorted(r.state for r in world.runs.kept.values() if r.carried_by) == [RunState.CANCELLED, RunState.ONGOING]


def test_a_retry_takes_along_anew_what_its_last_attempt_left_behind() -> None:
    world, following = left_behind()
    again = retried(world, following)
    entries = [r for r in world.runs.kept.values() if r.carried_by]
    assert sorted((r.epoch, r.state) for r in entries) == [(1, RunState.CANCELLED), (2, RunState.ONGOING)]
    world.end(again, well=True)
    assert world.delivered[("b", START + timedelta(minutes=1))] == 1


def test_a_plan_with_late_rows_of_an_attempt_that_was_cancelled_is_not_carried_out_by_the_next() -> None:
    """A worker of the first attempt staged it after the retry had begun: its late rows are owed to others by now."""
    world, following = left_behind()
    assert world.retry(following)
    staged_plan(following, world.registry, world.rules, world.stage, lambda _: WHERE, START)
    second = world.runs.get(following.key)
    with pytest.raises(ConfigurationError, match="window_start"):
        staged_plan(second, world.registry, world.rules, world.stage, lambda _: WHERE, START)
    world.finish(second, RunState.FAILURE)
    world.settle()
    assert world.delivered[("b", START + timedelta(minutes=1))] == 1


def test_what_a_cancelled_amendment_held_is_owed_again_even_where_its_cancelling_broke_off() -> None:
    world, following = late_world("amend")
    (amendment,) = world.waiting()
    world.end(following, well=True)
    assert not amend_now_all(world)
    world.runs.cancel(amendment.key, 1, START, "and then the worker died")
    assert not amend_now_all(world)
    cancel(world.runs.get(amendment.key), world.records, "a test", START)
    assert amend_now_all(world)
    assert [r.key.generation for r in world.waiting()] == [3]
