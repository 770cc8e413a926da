"""The race's judge, on races that went well and badly; the race itself runs in the sandbox (`make simulate`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulate.oracle import Expected
from simulate.race import Claimed, judged
from simulate.rules import Made, made
from waybill.core.rule import Rule
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.window import Window

STARTED = [made(1, number, 2035) for number in range(4)]


def run_of(one: Made, generation: int = 1, shift: timedelta = timedelta()) -> Run:
    window = Window(*(datetime.fromtimestamp(bound, UTC) + shift for bound in one.wanted[0][:2]))
    key = RunKey("acme", one.rule.rule_id, window.start, generation)
    return Run(key, window, RunState.SCHEDULED, Trigger.SCHEDULE, 1, window.end, window.end)


def moved(one: Made, times: int = 1, to: Expected | None = None) -> Rule:
    end = (to or one.wanted[0]).end
    return replace(one.rule, version=one.rule.version + times, cursor=datetime.fromtimestamp(end, UTC))


RUNS = [run_of(one) for one in STARTED]
IDS = [run.key.run_id for run in RUNS]
FAIR = [Claimed(0, 0, IDS[:1]), Claimed(1, 0, IDS[1:3]), Claimed(0, 1, IDS[3:]), Claimed(1, 1, [])]
MOVED = [moved(one) for one in STARTED]
HOUR = timedelta(hours=1)


def found(runs: list[Run] = RUNS, after: list[Rule] = MOVED, claimed: list[Claimed] = FAIR) -> dict[str, float]:
    rules = {rule.rule_id: rule for rule in after}
    return {row.name: row.figure for row in judged(STARTED, rules, runs, claimed) if not row.ok}


def test_one_run_a_rule_is_as_it_must_be() -> None:
    assert found() == {}


def test_a_dispatcher_of_several_shards_is_counted_once() -> None:
    rules = {rule.rule_id: rule for rule in MOVED}
    figures = {row.name: row.figure for row in judged(STARTED, rules, RUNS, FAIR)}
    assert figures["dispatchers at once"] == 2


@pytest.mark.parametrize(
    ("runs", "wrong"),
    [
        (RUNS[:3], "rules without a run"),
        ([*RUNS, run_of(STARTED[0], generation=2)], "rules with more than one run"),
        ([*RUNS, run_of(STARTED[0], shift=HOUR)], "rules with more than one run"),
        ([*RUNS[:3], run_of(STARTED[3], shift=HOUR)], "runs of another window than the rule's first"),
    ],
)
def test_a_run_that_is_missing_doubled_or_of_another_window_is_seen(runs: list[Run], wrong: str) -> None:
    assert found(runs=runs)[wrong] == 1


@pytest.mark.parametrize("after", [STARTED[3].rule, moved(STARTED[3], 2), moved(STARTED[3], to=STARTED[3].wanted[1])])
def test_a_rule_that_did_not_move_or_moved_twice_is_seen(after: Rule) -> None:
    assert found(after=[*MOVED[:3], after]) == {"rules that did not move on exactly once": 1}


def test_a_run_that_two_dispatchers_hand_on_or_nobody_is_seen() -> None:
    assert found(claimed=[*FAIR[:3], Claimed(1, 1, IDS[:1])]) == {"runs handed on twice": 1}
    assert found(claimed=[*FAIR[:2], Claimed(0, 1, []), FAIR[3]]) == {"runs left to the sweep": 1}


def test_a_rule_that_breaks_a_dispatcher_and_a_race_that_was_none_are_seen() -> None:
    assert found(claimed=[*FAIR, Claimed(1, 1, [], broken=1)]) == {"rules that a dispatcher could not claim": 1}
    assert found(claimed=[Claimed(0, 0, IDS[:3]), Claimed(1, 1, IDS[3:])]) == {
        "shards that several dispatchers claimed from": 0
    }
