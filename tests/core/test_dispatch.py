from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.core.made import CATALOG, NOW, rule, settings
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core.dispatch import (
    MOST_CLAIMS,
    Tick,
    claim_due,
    claim_line,
    claim_new,
    claim_triggered,
    is_large,
    longest,
    run_now,
)
from waybill.core.errors import Conflict, InvalidInput
from waybill.core.rule import Rule, activated, deactivated, with_settings
from waybill.core.run import Outcome, Run, RunState, Trigger

NOTHING = {"rows": 0, "bytes": 0, "files": 0, "rejects": 0}


def tick(time: datetime, trigger: Trigger = Trigger.SCHEDULE) -> Tick:
    return Tick(time=time, now=time, trigger=trigger, tzdata="2026.6")


def stores(*kept: Rule) -> tuple[MemoryRules, MemoryRuns]:
    rules = MemoryRules()
    for one in kept:
        rules.add(one)
    return rules, MemoryRuns(rules)


def due(rules: MemoryRules, time: datetime) -> list[Rule]:
    return [rule for shard in range(rules.shards) for rule in rules.all(rules.due(time, shard))]


def claimed(rules: MemoryRules, runs: MemoryRuns, time: datetime) -> list[Run]:
    """What one tick claims."""
    return [run for one in due(rules, time) for run in claim_due(one, runs, CATALOG, tick(time))]


def end(runs: MemoryRuns, *some: Run) -> None:
    for run in some:
        assert runs.end(run.key, 1, NOW, Outcome(RunState.SUCCESS, ""), NOTHING)


def caught_up(rules: MemoryRules, runs: MemoryRuns, time: datetime) -> list[Run]:
    """What ticks at one time claim, if each run ends before the next tick."""
    found: list[Run] = []
    while some := claimed(rules, runs, time):
        end(runs, *some)
        found += some
    return found


def test_a_tick_before_the_window_is_due_claims_nothing() -> None:
    rules, runs = stores(rule())
    assert claimed(rules, runs, NOW + timedelta(hours=1)) == []


def test_each_window_is_claimed_once_however_many_ticks_come() -> None:
    rules, runs = stores(rule())
    times = [NOW + timedelta(hours=h) for h in (12, 24, 24, 30, 24, 48, 72)]
    found = [run for time in times for run in caught_up(rules, runs, time)]
    starts = [r.window.start for r in found]
    assert starts == sorted(set(starts))
    assert len(found) == 3
    assert all(a.window.end == b.window.start for a, b in pairwise(found))


def test_missed_ticks_are_made_good_by_the_next_one() -> None:
    rules, runs = stores(rule(schedule={"frequency": "hourly"}))
    found = caught_up(rules, runs, NOW + timedelta(hours=10))
    assert [r.window.start.hour for r in found] == list(range(12, 22))


def test_a_rule_far_behind_does_not_hold_back_the_others() -> None:
    rules, runs = stores(rule(schedule={"frequency": "hourly", "starts_at": "2025-01-01T00:00:00Z"}))
    assert len(claimed(rules, runs, NOW)) == 1
    skips = rule(schedule={"frequency": "hourly"}, overlap="skip")
    rules, runs = stores(skips)
    assert len(claimed(rules, runs, NOW + timedelta(hours=1))) == 1
    late = NOW + timedelta(days=30)
    claimed(rules, runs, late)
    assert len(runs.kept) == 1 + MOST_CLAIMS


def test_two_dispatchers_that_read_the_same_rule_claim_one_run() -> None:
    rules, runs = stores(rule())
    time = NOW + timedelta(hours=24)
    read_by_both = due(rules, time)
    first = [r for one in read_by_both for r in claim_due(one, runs, CATALOG, tick(time))]
    second = [r for one in read_by_both for r in claim_due(one, runs, CATALOG, tick(time))]
    assert (len(first), len(second)) == (1, 0)


def test_a_stale_read_of_a_changed_rule_claims_nothing() -> None:
    rules, runs = stores(rule())
    stale = rules.get("acme", "rul_0123456789abcdef")
    rules.replace(with_settings(stale, settings(name="Renamed"), CATALOG, NOW), stale.version)
    assert list(claim_due(stale, runs, CATALOG, tick(NOW + timedelta(days=2)))) == []


def test_a_rule_without_a_clock_covers_everything_since_the_last_run() -> None:
    made = rule(schedule={"frequency": "manual"})
    rules, runs = stores(made)
    first = claim_new(made, runs, tick(NOW + timedelta(minutes=7), Trigger.MANUAL))
    second = claim_new(rules.get("acme", made.rule_id), runs, tick(NOW + timedelta(minutes=9), Trigger.MANUAL))
    assert first is not None
    assert second is not None
    assert first.window.start == NOW
    assert first.window.end == second.window.start


def test_the_same_upstream_event_twice_runs_once() -> None:
    made = rule(schedule={"frequency": "event"})
    rules, runs = stores(made)
    event = tick(NOW + timedelta(minutes=7), Trigger.EVENT)
    found = [list(claim_triggered(rules.get("acme", made.rule_id), rules, runs, CATALOG, event)) for _ in range(2)]
    assert [len(f) for f in found] == [1, 0]
    assert found[0][0].trigger is Trigger.EVENT


def test_run_now_takes_the_next_window_if_it_is_over_else_the_latest_again() -> None:
    made = rule()
    rules, runs = stores(made)
    with pytest.raises(Conflict, match="not over yet"):
        run_now(made, runs, CATALOG, tick(NOW, Trigger.MANUAL))
    # The window is over at midnight in Berlin, 23:00 UTC, although it is due at six.
    early = datetime(2026, 3, 10, 23, 1, tzinfo=UTC)
    first = run_now(made, runs, CATALOG, tick(early, Trigger.MANUAL))
    again = run_now(rules.get("acme", made.rule_id), runs, CATALOG, tick(early, Trigger.MANUAL))
    assert (first.key.generation, again.key.generation) == (1, 2)
    assert first.window == again.window
    assert claimed(rules, runs, early + timedelta(hours=8)) == []


def test_an_inactive_rule_runs_neither_by_clock_nor_by_hand() -> None:
    made = deactivated(rule(), NOW)
    rules, runs = stores(made)
    assert claimed(rules, runs, NOW + timedelta(days=3)) == []
    with pytest.raises(Conflict, match="not active"):
        run_now(made, runs, CATALOG, tick(NOW))


def test_an_activated_rule_goes_on_where_it_stopped() -> None:
    made = rule(schedule={"frequency": "hourly"})
    rules, runs = stores(made)
    caught_up(rules, runs, NOW + timedelta(hours=1))
    current = rules.get("acme", made.rule_id)
    rules.replace(deactivated(current, NOW), current.version)
    current = rules.get("acme", made.rule_id)
    rules.replace(activated(current, CATALOG, NOW), current.version)
    found = caught_up(rules, runs, NOW + timedelta(hours=4))
    assert [r.window.start.hour for r in found] == [13, 14, 15]


def test_another_schedule_goes_on_at_the_old_cursor() -> None:
    made = rule(schedule={"frequency": "hourly"})
    rules, runs = stores(made)
    last = caught_up(rules, runs, NOW + timedelta(hours=3))[-1]
    current = rules.get("acme", made.rule_id)
    rules.replace(with_settings(current, settings(), CATALOG, NOW), current.version)
    found = claimed(rules, runs, NOW + timedelta(days=1))
    assert found[0].window.start == last.window.end
    changed = rules.get("acme", made.rule_id)
    assert (changed.begins, changed.schedule_since) == (made.cursor, last.window.end)


def test_a_rule_that_has_run_does_not_become_a_one_time_export_whose_days_it_may_have_had() -> None:
    made = rule(schedule={"frequency": "daily", "starts_at": "2026-03-01T00:00:00Z"})
    rules, runs = stores(made)
    once = settings(schedule={"frequency": "once", "first_day": "2026-03-01", "last_day": "2026-03-05"})
    changed = with_settings(made, once, CATALOG, NOW)
    assert changed.begins == changed.cursor == changed.schedule_since
    caught_up(rules, runs, NOW)
    with pytest.raises(InvalidInput, match="make a rule of its own"):
        with_settings(rules.get("acme", made.rule_id), once, CATALOG, NOW)


def test_a_claim_line_is_small_and_names_its_execution() -> None:
    made = rule()
    rules, runs = stores(made)
    run = claimed(rules, runs, NOW + timedelta(days=1))[0]
    line = json.loads(claim_line(run, large=False))
    assert line["type"] == "express"
    assert len(line["name"]) <= 80
    assert json.loads(line["input"]) == {"tenant": "acme", "run_id": run.key.run_id, "epoch": 1, "large": False}
    assert claim_line(replace(run, epoch=2), large=False) != claim_line(run, large=False)


def test_a_run_is_large_unless_the_last_one_was_small() -> None:
    run = next(iter(claim_due(rule(), stores(rule())[1], CATALOG, tick(NOW + timedelta(days=1)))))
    assert is_large(run)
    assert not is_large(replace(run, estimated_bytes=1_000))
    assert is_large(replace(run, estimated_bytes=1_000, epoch=2))
    assert longest(True) > longest(False) >= timedelta(minutes=5)
    assert run.state is RunState.SCHEDULED
