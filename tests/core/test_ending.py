"""A run's end, and what follows from it for its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.core.made import CATALOG, NOW, rule
from tests.core.run_log import MemoryRunLog
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryBackfills, MemoryEvents, MemoryLakeObjects, MemoryRules, MemoryRuns
from tests.core.test_dispatch import caught_up, claimed
from waybill.core.deliver import Receipt
from waybill.core.ending import PAUSES, Books, end_run, waited_for
from waybill.core.errors import TransientError
from waybill.core.freeze import Registry, freeze
from waybill.core.manifest import PackagedFile
from waybill.core.plan import PlannedDestination, plan_key, read_plan
from waybill.core.rule import Rule, RuleState, activated
from waybill.core.run import Failure, Run, RunState, Trigger
from waybill.core.seal import Sealed, sealed_key

DAY = timedelta(days=1)
WHERE = [PlannedDestination(destination_id="dst_one", name="SFTP", kind="sftp")]
THEIRS = {"Error": "ConfigurationError", "Cause": '{"errorMessage": "The password was refused. Save the right one."}'}
OURS = {"Error": "PermanentError", "Cause": '{"errorMessage": "The plan is gone."}'}
PASSING = {"Error": "TransientError", "Cause": '{"errorMessage": "The table did not answer."}'}
FILE = PackagedFile(name="a.json", kind="data", media_type="text/plain", size=5, sha256="00", where="stage", key="k")
SEALED = Sealed(files=(FILE,), rows=1, size=5, rejects=0, exceptions=0, manifest_sha256="ab")


class World:
    def __init__(self, **changes: Any) -> None:
        self.rules = MemoryRules()
        self.rules.add(rule(**{"pause_after_failures": 3, **changes}))
        self.runs = MemoryRuns(self.rules)
        self.log, self.stage, self.told = MemoryRunLog(), MemoryStage(), MemoryEvents()
        self.books = Books(
            runs=self.runs,
            rules=self.rules,
            backfills=MemoryBackfills(self.runs),
            lake=MemoryLakeObjects(),
            log=self.log,
            stage=self.stage,
            events=self.told,
            catalogs=lambda _: CATALOG,
            now=lambda: NOW + self.day * DAY,
        )
        self.day = 0

    @property
    def rule(self) -> Rule:
        return self.rules.get("acme", rule().rule_id)

    def claim(self) -> Run:
        self.day += 1
        (run,) = claimed(self.rules, self.runs, NOW + self.day * DAY)
        return run

    def plan(self, run: Run) -> None:
        frozen = freeze(self.rule, run, Registry(self.runs, MemoryLakeObjects(), CATALOG), WHERE, NOW)
        self.stage.put(plan_key(run.key), frozen.plan.model_dump_json().encode())
        self.runs.begin(run.key, 1, NOW, 1, 5, frozen.plan.sequences, DAY)

    def fails(self, error: Mapping[str, str]) -> None:
        run = self.claim()
        outcome, ended = end_run(run.key, 1, error, self.books)
        assert (outcome.state, ended) == (RunState.FAILURE, True)


def test_as_many_failures_in_a_row_as_the_rule_allows_pause_it() -> None:
    world = World()
    world.fails(THEIRS)
    world.fails(THEIRS)
    assert world.rule.state is RuleState.ACTIVE
    world.fails(THEIRS)
    paused = world.rule
    assert (paused.state, paused.next_run) == (RuleState.PAUSED, None)
    assert "3 runs in a row" in paused.paused_because
    assert "Save the right one" in paused.paused_because
    *ended, (source, kind, detail), last = world.told.sent
    assert [kind for _, kind, _ in [*ended, last]] == ["Run ended"] * 3
    assert source == "waybill.rules"
    assert (kind, detail["tenant"], detail["rule_id"]) == ("Rule paused", "acme", paused.rule_id)
    assert caught_up(world.rules, world.runs, NOW + 20 * DAY) == []
    assert activated(paused, CATALOG, NOW).failures == 0


def test_failures_that_are_not_the_tenants_pause_nothing() -> None:
    world = World()
    for _ in range(5):
        world.fails(OURS)
    assert (world.rule.state, world.rule.failures) == (RuleState.ACTIVE, 0)


def test_a_run_that_does_not_fail_starts_the_count_anew() -> None:
    world = World()
    world.fails(THEIRS)
    world.fails(THEIRS)
    run = world.claim()
    world.plan(run)
    world.stage.put(sealed_key(run.key), SEALED.model_dump_json().encode())
    world.log.received(run.key, "dst_one", 0, Receipt("a.json", 5, "", "", "size"), NOW)
    outcome, _ = end_run(run.key, 1, None, world.books)
    assert outcome.state is RunState.SUCCESS
    world.fails(THEIRS)
    assert (world.rule.state, world.rule.failures) == (RuleState.ACTIVE, 1)


@pytest.mark.parametrize("state", [RunState.SUCCESS, RunState.PARTIAL, RunState.FAILURE])
def test_what_was_left_out_is_told_with_the_outcome_of_what_arrived(state: RunState) -> None:
    world = World()
    run = world.claim()
    world.plan(run)
    plan = read_plan(world.stage, run.key)
    if state is RunState.PARTIAL:
        two = (*WHERE, WHERE[0].model_copy(update={"destination_id": "dst_two"}))
        world.stage.kept[plan_key(run.key)] = plan.model_copy(update={"destinations": two}).model_dump_json().encode()
    left_out = SEALED.model_copy(update={"rejects": 2, "exceptions": 3})
    world.stage.put(sealed_key(run.key), left_out.model_dump_json().encode())
    if state is not RunState.FAILURE:
        world.log.received(run.key, "dst_one", 0, Receipt("a.json", 5, "", "", "size"), NOW)
    outcome, _ = end_run(run.key, 1, None, world.books)
    assert outcome.state is state
    told = (
        "2 rows could not be read; see rejects.ndjson. 3 media files could not be packaged as asked; see the manifest's"
        " exceptions."
    )
    assert outcome.message.endswith(told) is (state is not RunState.FAILURE)
    assert world.runs.get(run.key).message == outcome.message


def test_the_window_that_waited_for_a_runs_end_starts_at_once() -> None:
    world = World()
    first = world.claim()
    assert list(waited_for(first.key, world.books, "2026.6")) == []
    world.day = 3
    end_run(first.key, 1, OURS, world.books)
    (second,) = waited_for(first.key, world.books, "2026.6")
    assert second.window.start == first.window.end
    assert list(waited_for(first.key, world.books, "2026.6")) == []
    assert second.trigger is Trigger.SCHEDULE


def test_what_came_due_only_now_is_left_to_the_heartbeat() -> None:
    world = World()
    first = world.claim()
    end_run(first.key, 1, OURS, world.books)
    due = world.rule.next_run
    assert due is not None
    for late, count in ((timedelta(seconds=59), 0), (timedelta(minutes=1), 1)):
        now = due + late
        books = replace(world.books, now=partial(min, now, now))
        assert len(list(waited_for(first.key, books, "2026.6"))) == count


@pytest.mark.parametrize("error", [PASSING, {"Error": "States.Timeout", "Cause": ""}])
def test_what_may_pass_is_tried_again_by_itself_and_not_for_ever(error: Mapping[str, str]) -> None:
    world = World()
    run = world.claim()
    for epoch, pause in enumerate(PAUSES, start=1):
        outcome, ended = end_run(run.key, epoch, error, world.books)
        again = world.runs.get(run.key)
        assert (outcome.state, ended, again.state) == (RunState.FAILURE, True, RunState.SCHEDULED)
        assert (again.epoch, again.scheduled_for) == (epoch + 1, world.books.now() + pause)
        assert list(world.runs.waiting(again.scheduled_for)) == []
        assert list(world.runs.waiting(again.scheduled_for + timedelta(seconds=1))) == [again]
        assert list(waited_for(run.key, world.books, "2026.6")) == []
    end_run(run.key, len(PAUSES) + 1, error, world.books)
    assert world.runs.get(run.key).state is RunState.FAILURE
    assert world.rule.failures == 0


def told_ends(world: World) -> list[tuple[int, str, bool]]:
    """Of each event: the attempt, its state, and whether another one follows by itself."""
    ended = [detail for _, kind, detail in world.told.sent if kind == "Run ended"]
    return [(one["attempt"], one["state"], one["next_attempt_at"] is not None) for one in ended]


def test_each_attempts_end_is_told_and_whether_another_one_follows() -> None:
    world = World()
    run = world.claim()
    for epoch in range(1, len(PAUSES) + 2):
        end_run(run.key, epoch, PASSING, world.books)
    assert told_ends(world) == [*((n, "failure", True) for n in range(1, len(PAUSES) + 1)), (5, "failure", False)]
    ids = [detail["id"] for _, _, detail in world.told.sent]
    assert len(set(ids)) == len(ids)


class Deaf(MemoryEvents):
    """Takes no event the first time."""

    def send(self, source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None:
        if not self.sent:
            self.sent.append(("", "", {}))
            raise TransientError("Nobody listens.")
        super().send(source, kind, details)


def test_what_could_not_be_told_is_told_by_the_next_call_under_the_same_id() -> None:
    world = World(pause_after_failures=1)
    run = world.claim()
    with pytest.raises(TransientError):
        end_run(run.key, 1, THEIRS, replace(world.books, events=Deaf()))
    for _ in range(2):
        end_run(run.key, 1, THEIRS, world.books)
    assert [kind for _, kind, _ in world.told.sent] == ["Rule paused", "Run ended"] * 2
    first, second = (world.told.sent[n : n + 2] for n in (0, 2))
    assert first == second
    assert first[0][2]["because"].endswith("Save the right one.")


def test_a_run_that_succeeds_is_told_with_what_it_delivered() -> None:
    world = World()
    run = world.claim()
    world.plan(run)
    world.stage.put(sealed_key(run.key), SEALED.model_dump_json().encode())
    world.log.received(run.key, "dst_one", 0, Receipt("a.json", 5, "", "", "size"), NOW)
    end_run(run.key, 1, None, world.books)
    ((source, _, detail),) = world.told.sent
    assert source == "waybill.runs"
    expected = {
        "state": "success",
        "rows": 1,
        "bytes": 5,
        "files": 1,
        "destinations": ["SFTP"],
        "run_id": run.key.run_id,
    }
    assert {name: detail[name] for name in expected} == expected
    assert "settings" not in detail


def test_what_failed_for_good_is_not_tried_again() -> None:
    world = World()
    for error in (THEIRS, OURS, {"Error": "KeyError", "Cause": "{}"}):
        run = world.claim()
        end_run(run.key, 1, error, world.books)
        assert world.runs.get(run.key).state is RunState.FAILURE


def test_no_limit_means_no_pause() -> None:
    world = World(pause_after_failures=None)
    for _ in range(12):
        world.fails(THEIRS)
    assert world.rule.state is RuleState.ACTIVE


def test_an_end_that_comes_twice_counts_once() -> None:
    world = World()
    run = world.claim()
    found = [end_run(run.key, 1, THEIRS, world.books)[1] for _ in range(4)]
    assert found == [True, False, False, False]
    assert world.rule.failures == 1


@pytest.mark.parametrize(
    ("failure", "state"), [(None, RunState.SUCCESS), (Failure("No such bucket.", tenants=True), RunState.FAILURE)]
)
def test_a_window_without_rows_fails_where_its_destination_would_take_none(
    failure: Failure | None, state: RunState
) -> None:
    world = World(empty_window="nothing")
    run = world.claim()
    world.plan(run)
    nothing = Sealed(files=(), rows=0, size=0, rejects=0, exceptions=0, manifest_sha256="")
    world.stage.put(sealed_key(run.key), nothing.model_dump_json().encode())
    if failure:
        world.log.failed(run.key, "dst_one", failure)
    outcome, _ = end_run(run.key, 1, None, world.books)
    assert outcome.state is state
    assert outcome.tenants == (failure is not None)
    assert "holds no rows" in outcome.message
    if failure:
        assert "SFTP: No such bucket." in outcome.message
