from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from tests.core.made import CATALOG, rule
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core.backfill import (
    MOST_WINDOWS,
    Backfill,
    BackfillRequest,
    BackfillState,
    is_covered,
    new_backfill,
)
from waybill.core.dispatch import Tick, claim_due
from waybill.core.errors import Conflict, InvalidInput
from waybill.core.rule import Rule, deactivated
from waybill.core.run import NO_TOTALS, Outcome, RunState, Trigger
from waybill.core.window import Window, stamp

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def daily(**schedule: Any) -> Rule:
    return rule(now=NOW, schedule={"frequency": "daily", **schedule})


def runs_of(made: Rule, *ends: RunState) -> MemoryRuns:
    """The rule's runs, one a day from its first window on, that ended so."""
    rules = MemoryRules()
    rules.add(made)
    runs = MemoryRuns(rules)
    claimed = claim_due(made, runs, CATALOG, Tick(NOW, NOW, Trigger.SCHEDULE, "2026.6"))
    for run, state in zip(islice(claimed, len(ends)), ends, strict=True):
        runs.end(run.key, 1, NOW, Outcome(state, ""), NO_TOTALS)
    return runs


def ask(made: Rule, start: datetime, end: datetime, runs: MemoryRuns | None = None, **more: Any) -> Backfill:
    newest = more.pop("newest", None)
    request = BackfillRequest.model_validate({"from": start, "to": end, **more})
    return new_backfill(made, request, newest, runs or runs_of(made), NOW, "Ada")


def days(backfill: Backfill) -> list[int]:
    assert all(w.end - w.start == DAY for w in backfill.windows)
    return [w.start.day for w in backfill.windows]


def test_its_windows_lie_wholly_in_the_range_and_before_the_rules_begin() -> None:
    made = ask(daily(), at(3, 7), at(7, 23))
    assert days(made) == [4, 5, 6]
    assert (made.backfill_id, made.total, made.state) == ("bkf_000001", 3, BackfillState.ACTIVE)
    assert days(ask(daily(), at(3), at(6), order="newest_first")) == [5, 4, 3]


def test_a_rule_that_starts_later_by_itself_is_backfilled_before_that() -> None:
    assert days(ask(daily(starts_at="2026-03-09T00:00:00Z"), at(3), at(5))) == [3, 4]


def test_the_range_is_cut_at_the_cursor_and_says_so() -> None:
    made = ask(daily(), at(8), at(15))
    assert days(made) == [8, 9]
    assert "2026-03-10T00:00:00Z on are the rule's own" in made.message
    assert ask(daily(), at(8), at(10)).message == ""


def test_windows_that_a_run_delivered_are_left_out_unless_all_are_wanted() -> None:
    made = daily(starts_at="2026-03-05T00:00:00Z")
    runs = runs_of(made, RunState.SUCCESS, RunState.FAILURE, RunState.PARTIAL, RunState.CANCELLED, RunState.SUCCESS)
    current = next(iter(runs._rules.kept.values()))
    assert days(ask(current, at(4), at(10), runs)) == [4, 6, 8]
    assert days(ask(current, at(4), at(10), runs, only="all")) == [4, 5, 6, 7, 8, 9]
    with pytest.raises(Conflict, match="Every window of the range was delivered"):
        ask(current, at(5), at(6), runs)


def test_a_rule_without_a_clock_is_backfilled_in_one_window() -> None:
    made = ask(rule(now=NOW, schedule={"frequency": "manual"}), at(1), at(20))
    assert made.windows == (Window(at(1), NOW),)
    assert made.message


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(at(3), at(3), "from"), (at(4), at(3), "from"), (at(3), at(3, 23), "from"), (at(10), at(12), "from")],
)
def test_a_range_without_a_whole_window_is_refused(start: datetime, end: datetime, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(daily(), start, end)
    assert [e.field for e in caught.value.errors] == [field]


def test_more_than_a_thousand_windows_are_refused_and_the_sentence_says_how_many_fit() -> None:
    hourly = rule(now=NOW, schedule={"frequency": "hourly"})
    start = at(1) - timedelta(days=60)
    assert ask(hourly, start, start + timedelta(hours=MOST_WINDOWS)).total == MOST_WINDOWS
    with pytest.raises(InvalidInput) as caught:
        ask(hourly, start, start + timedelta(hours=MOST_WINDOWS + 1))
    (error,) = caught.value.errors
    assert error.field == "to"
    assert f"end at {stamp(start + timedelta(hours=MOST_WINDOWS))}" in error.message


def test_a_rule_has_one_active_backfill_and_must_be_active_itself() -> None:
    first = ask(daily(), at(3), at(5))
    with pytest.raises(Conflict, match="bkf_000001 is active"):
        ask(daily(), at(6), at(8), newest=first)
    done = first.ended(BackfillState.DONE, NOW)
    assert ask(daily(), at(6), at(8), newest=done).backfill_id == "bkf_000002"
    with pytest.raises(Conflict, match="not active"):
        ask(deactivated(daily(), NOW), at(3), at(5))


@pytest.mark.parametrize(
    ("spans", "whole"),
    [
        ([], False),
        ([(3, 4)], True),
        ([(1, 9)], True),
        ([(2, 3)], False),
        ([(4, 5)], False),
    ],
)
def test_a_window_is_covered_where_others_hold_all_of_it(spans: list[tuple[int, int]], whole: bool) -> None:
    assert is_covered(Window(at(3), at(4)), [Window(at(a), at(b)) for a, b in spans]) is whole


def test_windows_that_together_hold_all_of_it_cover_it() -> None:
    halves = [Window(at(3, 12), at(4)), Window(at(2), at(3, 12))]
    assert is_covered(Window(at(3), at(4)), halves)
    assert not is_covered(Window(at(3), at(4)), [Window(at(2), at(3, 11)), halves[0]])
