"""What becomes of windows that come due together, during a run, or while the rule sleeps: none is lost without a word."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import CATALOG, NOW, rule
from tests.core.stores import MemoryRules, MemoryRuns
from tests.core.test_dispatch import caught_up, claimed, due, end, stores, tick
from waybill.core.errors import Conflict
from waybill.core.reactivation import Missed, reactivate
from waybill.core.rule import Rule, RuleState, deactivated, next_due, paused
from waybill.core.run import Run, RunState

HOUR = timedelta(hours=1)
RULE_ID = rule().rule_id
ZERO = NOW.replace(minute=0, second=0)


def hourly(**changes: Any) -> Rule:
    return rule(schedule={"frequency": "hourly"}, **changes)


def the(rules: MemoryRules) -> Rule:
    return rules.get("acme", RULE_ID)


def recorded(runs: MemoryRuns) -> list[Run]:
    """All first runs and records, oldest window first."""
    return sorted((r for r in runs.kept.values() if r.key.generation == 1), key=lambda r: r.window.start)


def assert_tiled(rules: MemoryRules, runs: MemoryRuns) -> None:
    kept = recorded(runs)
    assert all(a.window.end == b.window.start for a, b in pairwise(kept))
    assert (kept[0].window.start, kept[-1].window.end) == (the(rules).begins, the(rules).cursor)


def test_a_window_waits_for_the_run_before_it() -> None:
    rules, runs = stores(hourly())
    (first,) = claimed(rules, runs, NOW + 2 * HOUR)
    assert claimed(rules, runs, NOW + 5 * HOUR) == []
    end(runs, first)
    (second,) = claimed(rules, runs, NOW + 5 * HOUR)
    assert second.window.start == first.window.end


def test_a_run_that_is_gone_holds_back_nothing() -> None:
    rules, runs = stores(hourly())
    (first,) = claimed(rules, runs, NOW + HOUR)
    del runs.kept[first.key]
    assert len(claimed(rules, runs, NOW + 2 * HOUR)) == 1


def test_with_skip_a_window_that_comes_due_during_a_run_is_left_out_and_recorded() -> None:
    rules, runs = stores(hourly(overlap="skip"))
    (first,) = claimed(rules, runs, NOW + HOUR)
    assert claimed(rules, runs, NOW + 2 * HOUR) == []
    assert claimed(rules, runs, NOW + 3 * HOUR) == []
    end(runs, first)
    (last,) = claimed(rules, runs, NOW + 4 * HOUR)
    assert [r.state for r in recorded(runs)] == [
        RunState.SUCCESS,
        RunState.CANCELLED,
        RunState.CANCELLED,
        RunState.SCHEDULED,
    ]
    assert first.key.run_id in recorded(runs)[1].message
    assert last.window.start == ZERO + 3 * HOUR
    assert_tiled(rules, runs)


def test_with_skip_a_backlog_is_not_left_out() -> None:
    """What was due before the run began has waited, and waits on."""
    rules, runs = stores(hourly(overlap="skip"))
    found = caught_up(rules, runs, NOW + 6 * HOUR)
    assert len(found) == 6


@pytest.mark.parametrize(("policy", "spans"), [("all", [1, 1, 1, 1]), ("latest", [3, 1]), ("merge", [4])])
def test_windows_that_are_due_together(policy: str, spans: list[int]) -> None:
    rules, runs = stores(hourly(catch_up=policy))
    found = caught_up(rules, runs, NOW + 4 * HOUR)
    kept = recorded(runs)
    assert [(r.window.end - r.window.start) / HOUR for r in kept] == spans
    assert [r.state for r in kept if r not in found and r.state is RunState.CANCELLED] == (
        [RunState.CANCELLED] if policy == "latest" else []
    )
    assert found[-1].window.end == ZERO + 4 * HOUR
    assert_tiled(rules, runs)


def test_jitter_moves_the_start_and_never_the_window() -> None:
    plain = [next_due(rule(rule_id=f"rul_{n:016x}"), rule().cursor, CATALOG) for n in range(50)]
    late = [next_due(rule(rule_id=f"rul_{n:016x}", start_jitter_minutes=30), rule().cursor, CATALOG) for n in range(50)]
    shifts = [b - a for a, b in zip(plain, late, strict=True) if a is not None and b is not None]
    assert len(set(shifts)) > 25
    assert timedelta() <= min(shifts) <= max(shifts) <= timedelta(minutes=30)
    rules, runs = stores(rule(start_jitter_minutes=30))
    (run,) = claimed(rules, runs, NOW + timedelta(days=1))
    assert run.window == caught_up(*stores(rule()), NOW + timedelta(days=1))[0].window


@given(
    catch_up=st.sampled_from(["all", "latest", "merge"]),
    overlap=st.sampled_from(["queue", "skip"]),
    steps=st.lists(st.tuples(st.sampled_from(["tick", "end", "sleep"]), st.integers(1, 300)), max_size=30),
)
def test_whatever_comes_the_windows_tile(catch_up: str, overlap: str, steps: list[tuple[str, int]]) -> None:
    rules, runs = stores(hourly(catch_up=catch_up, overlap=overlap))
    time = NOW
    for what, minutes in steps:
        time += timedelta(minutes=minutes)
        if what == "tick":
            claimed(rules, runs, time)
        elif what == "end":
            end(runs, *[r for r in runs.kept.values() if not r.state.ended])
        elif the(rules).state is RuleState.ACTIVE:
            rules.replace(deactivated(the(rules), time), the(rules).version)
        else:
            with suppress(Conflict):
                reactivate(the(rules), list(Missed)[minutes % 4], rules, runs, CATALOG, tick(time))
        assert sum(not r.state.ended for r in runs.kept.values()) <= 1
        if runs.kept:
            assert_tiled(rules, runs)


# --- going on after a sleep


def asleep(hours: int, **changes: Any) -> tuple[MemoryRules, MemoryRuns, datetime]:
    """A rule that slept while so many of its windows passed."""
    rules, runs = stores(hourly(**changes))
    rules.replace(deactivated(the(rules), NOW), the(rules).version)
    return rules, runs, NOW + hours * HOUR


def test_nothing_missed_needs_no_word() -> None:
    rules, runs, _ = asleep(0)
    active, run = reactivate(the(rules), None, rules, runs, CATALOG, tick(NOW))
    assert (active.state, run, active) == (RuleState.ACTIVE, None, the(rules))
    with pytest.raises(Conflict, match="is active"):
        reactivate(active, None, rules, runs, CATALOG, tick(NOW))


def test_missed_windows_ask_for_a_word() -> None:
    rules, runs, time = asleep(5)
    with pytest.raises(Conflict, match=r"5 windows passed.*2026-03-10T12:00:00Z to 2026-03-10T17:00:00Z.*merge"):
        reactivate(the(rules), None, rules, runs, CATALOG, tick(time))
    assert the(rules).state is RuleState.INACTIVE


@pytest.mark.parametrize(
    ("missed", "spans"), [("all", [1, 1, 1, 1, 1]), ("latest", [4, 1]), ("merge", [5]), ("skip", [5])]
)
def test_what_becomes_of_missed_windows(missed: str, spans: list[int]) -> None:
    rules, runs, time = asleep(5)
    active, run = reactivate(the(rules), Missed(missed), rules, runs, CATALOG, tick(time))
    assert active == the(rules)
    if run is not None:
        end(runs, run)
    caught_up(rules, runs, time)
    kept = recorded(runs)
    assert [(r.window.end - r.window.start) / HOUR for r in kept] == spans
    left_out = sum(r.state is RunState.CANCELLED for r in kept)
    assert left_out == (1 if missed in ("latest", "skip") else 0)
    assert_tiled(rules, runs)
    assert due(rules, time) == []


def test_a_rule_that_changed_at_the_same_moment_is_not_set_going() -> None:
    rules, runs, time = asleep(5)
    stale = the(rules)
    reactivate(stale, Missed.SKIP, rules, runs, CATALOG, tick(time))
    with pytest.raises(Conflict):
        reactivate(stale, Missed.MERGE, rules, runs, CATALOG, tick(time))
    assert len(runs.kept) == 1


def test_a_paused_rule_starts_its_count_anew() -> None:
    rules, runs, _ = asleep(0)
    sleeping = replace(paused(the(rules), "10 runs failed.", NOW), failures=10)
    rules.kept["acme", RULE_ID] = sleeping
    active, _ = reactivate(sleeping, None, rules, runs, CATALOG, tick(NOW))
    assert (active.failures, active.paused_because) == (0, "")
