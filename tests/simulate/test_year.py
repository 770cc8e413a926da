from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulate.oracle import Expected
from simulate.row import Row, counted, none_of, table
from simulate.rules import made
from simulate.year import Judge, heartbeats, simulated
from tests.core.made import rule
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.window import Window

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_year_of_some_rules_misses_nothing_and_runs_nothing_twice() -> None:
    found = simulated(seed=7, year=2026, numbers=range(0, 40, 2))
    assert sum(count for name, count in found.items() if name.endswith(" rules")) == 20
    windows = found["windows"]
    assert windows > 2_000
    assert {name for name in found if not name.endswith(" rules")} == {"windows"}


def test_the_same_seed_makes_the_same_rules_and_heartbeats_and_another_one_others() -> None:
    assert [made(1, n, 2026).rule for n in range(9)] == [made(1, n, 2026).rule for n in range(9)]
    assert [made(1, n, 2026).rule for n in range(9)] != [made(2, n, 2026).rule for n in range(9)]
    assert len({made(1, n, 2026).rule.settings.schedule.zone for n in range(9)}) == 9


def test_heartbeats_are_lost_doubled_and_gone_for_hours() -> None:
    beats = list(heartbeats(1, 2026))
    times = [time for time, _ in beats]
    assert times == sorted(set(times))
    assert any(dispatchers == 2 for _, dispatchers in beats)
    assert max(b - a for a, b in pairwise(times)) >= timedelta(hours=9)


def judged(*spans: tuple[int, int], at: int | None = None) -> dict[str, int]:
    """What is found where a rule that must run six hours, each five minutes after its end, claims these instead."""
    wanted = [_hour(n) for n in range(6)]
    judge = Judge(replace(made(1, 0, 2026), rule=rule(now=START), wanted=wanted))
    for first, last in spans:
        window = Window(START + first * HOUR, START + last * HOUR)
        time = START + (last if at is None else at) * HOUR + timedelta(minutes=5)
        key = RunKey("acme", "rul_0123456789abcdef", window.start, 1)
        run = Run(key, window, RunState.SCHEDULED, Trigger.SCHEDULE, 1, time, time)
        judge.claimed(run, time, time - timedelta(minutes=1))
    return {
        name: n for name, n in judge.over(START + 6 * HOUR + timedelta(minutes=5)).items() if n and name != "windows"
    }


def _hour(n: int) -> Expected:
    start = int(START.timestamp()) + n * 3_600
    return Expected(start, start + 3_600, start + 3_900)


ALL = [(n, n + 1) for n in range(6)]


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        (ALL, {}),
        (ALL[:5], {"missed": 1}),
        ([*ALL[:2], *ALL[3:]], {"missed": 1}),
        ([*ALL[:2], *ALL[1:]], {"twice": 1}),
        ([*ALL[:2], (1, 3), *ALL[2:]], {"overlapping": 1}),
        ([*ALL[:4], (4, 6)], {"wrong": 1, "missed": 1, "late": 1}),
    ],
)
def test_the_judge_sees_what_is_missed_doubled_overlapping_or_wrong(
    spans: list[tuple[int, int]], found: dict[str, int]
) -> None:
    assert judged(*spans) == found


def test_the_judge_sees_what_is_too_early_and_what_a_heartbeat_passed_over() -> None:
    assert judged(ALL[0], at=0)["early"] == 1
    assert judged(ALL[0], at=2)["late"] == 1


def test_a_row_that_is_not_as_wanted_is_named_in_the_table() -> None:
    assert none_of("windows missed", 0).ok
    assert not none_of("windows missed", 1).ok
    assert not counted("rules", 0).ok
    assert "WRONG" in table([Row("windows missed", 1, "0", ok=False)])
