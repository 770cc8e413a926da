from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.core.histories import SETTLE, History, a_run, history
from tests.core.made import NOW, rule
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.core.count import Counted
from waybill.core.errors import InvalidInput
from waybill.core.gaps import MOST_WINDOWS, Account, GapState, accounts, totals, with_source
from waybill.core.rule import RuleState
from waybill.core.run import Run, RunState, SequenceRange, Trigger
from waybill.core.schedule import occurrences
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window

DAY = timedelta(days=1)
LATE = {"chat_tickets": SequenceRange(after=10, upto=12)}


def stored(made: History) -> MemoryRuns:
    runs = MemoryRuns(MemoryRules())
    runs.kept = {run.key: run for run in made.runs}
    return runs


def report(made: History, start: datetime, end: datetime) -> list[Account]:
    return accounts(made.rule, stored(made), start, end, made.now)


def daily(*states: RunState, **changes: Any) -> History:
    """A rule with one run a day of these states; `now` is half an hour after the next window is over, and before it is due."""
    made = rule(now=NOW, schedule={"frequency": "daily", "at": "06:00"}, **changes)
    runs = []
    for state, one in zip(states, occurrences(made.settings.schedule, made.cursor, SETTLE), strict=False):
        runs.append(a_run(made, one.window, one.due, state))
        made = replace(made, cursor=one.window.end)
    return History(made, tuple(runs), made.cursor + DAY + timedelta(minutes=30))


def all_of(made: History) -> list[Account]:
    return report(made, made.rule.begins, made.now)


def again(run: Run, **changes: Any) -> Run:
    generation = changes.pop("generation", 2)
    return replace(run, key=replace(run.key, generation=generation), **changes)


def test_a_report_tiles_its_range_whatever_the_history() -> None:
    random = Random(11)
    for _ in range(100):
        made = history(random)
        made = replace(made, runs=tuple(r for r in made.runs if r.trigger is not Trigger.BACKFILL))
        lost = random.random() < 0.5
        if lost:
            gone = random.choice(made.runs)
            made = replace(made, runs=tuple(r for r in made.runs if r.window != gone.window))
        length = max(made.rule.cursor - made.rule.begins, timedelta(days=1))
        start = (made.rule.begins + length * random.random() * 0.5).replace(microsecond=0)
        end = (start + length * random.random() * 0.6).replace(microsecond=0) + timedelta(seconds=1)
        found = report(made, start, end)
        assert all(a.window.end == b.window.start for a, b in pairwise(found))
        assert found[0].window.start <= start
        assert found[-1].window.end >= end or found[-1].window.end >= made.rule.cursor
        assert lost or all(a.state is not GapState.MISSING for a in found)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (RunState.SUCCESS, GapState.DELIVERED),
        (RunState.PARTIAL, GapState.PARTIAL),
        (RunState.FAILURE, GapState.FAILED),
        (RunState.ONGOING, GapState.RUNNING),
        (RunState.SCHEDULED, GapState.WAITING),
        (RunState.CANCELLED, GapState.LEFT_OUT),
    ],
)
def test_a_window_stands_as_its_newest_run_of_the_whole_window(state: RunState, shown: GapState) -> None:
    made = daily(RunState.SUCCESS, state)
    found = all_of(made)
    assert [a.state for a in found] == [GapState.DELIVERED, shown, GapState.WAITING, GapState.UPCOMING]
    assert found[1].rows_delivered == (5 if state is RunState.SUCCESS else 0)
    assert found[1].run_ids == (made.runs[1].key.run_id,)


def test_what_no_run_took_charge_of_is_missing() -> None:
    made = daily(*[RunState.SUCCESS] * 4)
    lost = replace(made, runs=(made.runs[0], made.runs[3]))
    found = all_of(lost)
    assert [a.state for a in found][:3] == [GapState.DELIVERED, GapState.MISSING, GapState.DELIVERED]
    assert found[1].window == Window(made.runs[1].window.start, made.runs[2].window.end)
    assert found[1].complete is False


def test_rows_of_amendments_count_and_those_of_an_older_delivery_do_not() -> None:
    made = daily(RunState.SUCCESS)
    whole = made.runs[0]
    amendment = again(whole, amends=True, sequences=LATE, rows=2)
    assert all_of(replace(made, runs=(whole, amendment)))[0].rows_delivered == 7
    failed = replace(amendment, state=RunState.FAILURE)
    assert all_of(replace(made, runs=(whole, failed)))[0].rows_delivered == 5
    everything = {"chat_tickets": SequenceRange(after=0, upto=12)}
    repeated = again(whole, generation=3, sequences=everything, rows=7)
    (found, *_) = all_of(replace(made, runs=(whole, amendment, repeated)))
    assert (found.rows_delivered, found.run_ids[-1]) == (7, repeated.key.run_id)
    assert found.considered == {"chat_tickets": [SequenceRange(after=0, upto=12)]}


def test_a_failed_run_again_takes_nothing_back() -> None:
    made = daily(RunState.SUCCESS)
    failed = again(made.runs[0], state=RunState.FAILURE, rows=0)
    assert all_of(replace(made, runs=(*made.runs, failed)))[0].state is GapState.DELIVERED


def test_backfills_inside_of_what_was_left_out_are_told_once() -> None:
    made = daily(*[RunState.SUCCESS] * 3)
    span = Window(made.runs[0].window.start, made.runs[2].window.end)
    left_out = a_run(made.rule, span, NOW, RunState.CANCELLED, message="The rule was paused.")
    middle = a_run(made.rule, made.runs[1].window, NOW, trigger=Trigger.BACKFILL)
    found = all_of(replace(made, runs=(left_out, middle)))[:3]
    assert [a.state for a in found] == [GapState.LEFT_OUT, GapState.DELIVERED, GapState.LEFT_OUT]
    assert [a.window for a in found] == [run.window for run in made.runs]
    assert found[0].message == "The rule was paused."


def test_windows_before_the_rule_begins_are_there_where_they_were_backfilled() -> None:
    made = daily(RunState.SUCCESS)
    before = Window(made.rule.begins - DAY, made.rule.begins)
    filled = a_run(made.rule, before, NOW, trigger=Trigger.BACKFILL)
    found = report(replace(made, runs=(*made.runs, filled)), before.start - 5 * DAY, made.rule.cursor)
    assert [a.window for a in found] == [before, made.runs[0].window]


def test_a_rule_without_a_clock_waits_with_what_is_new() -> None:
    made = rule(schedule={"frequency": "manual"})
    (found,) = report(History(made, (), NOW + DAY), NOW, NOW + 2 * DAY)
    assert isinstance(made.settings.schedule, OnDemand)
    assert (found.state, found.window.end) == (GapState.WAITING, NOW + DAY)


def test_windows_that_wait_long_after_the_cursor_are_all_there() -> None:
    made = rule(schedule={"frequency": "hourly"})
    start = made.cursor + timedelta(hours=3 * MOST_WINDOWS)
    assert len(report(History(made, (), NOW + 400 * DAY), start, start + timedelta(hours=9))) == 9


def test_a_claim_that_came_between_is_told_once() -> None:
    made = daily(RunState.SUCCESS, RunState.SUCCESS)
    read_before = replace(made, rule=replace(made.rule, cursor=made.runs[1].window.start))
    assert [a.state for a in all_of(read_before)][:2] == [GapState.DELIVERED, GapState.DELIVERED]


def test_an_inactive_rule_says_so_of_what_waits() -> None:
    made = daily(RunState.SUCCESS)
    off = replace(made, rule=replace(made.rule, state=RuleState.INACTIVE))
    assert "activate" in all_of(off)[1].message


def test_too_many_windows_are_refused() -> None:
    made = rule(schedule={"frequency": "hourly"})
    quiet = History(made, (), NOW)
    assert len(report(quiet, NOW, made.cursor + timedelta(hours=MOST_WINDOWS))) == MOST_WINDOWS
    with pytest.raises(InvalidInput, match="ask for a part"):
        report(quiet, NOW, made.cursor + timedelta(hours=MOST_WINDOWS + 1))


def counted(made: History, considered: int, late: int) -> Account:
    return with_source(made.rule, all_of(made)[0], Counted(considered, late))


def test_a_window_is_complete_where_source_and_delivery_agree() -> None:
    found = counted(daily(RunState.SUCCESS), 5, 0)
    assert (found.difference, found.complete, found.message) == (0, True, "Every row is delivered.")


def test_late_rows_say_what_brings_them() -> None:
    found = counted(daily(RunState.SUCCESS), 5, 3)
    assert (found.rows_in_source, found.late, found.difference, found.complete) == (8, 3, 3, False)
    assert "An amendment is owed" in found.message
    assert "leaves late rows out" in counted(daily(RunState.SUCCESS, late={"policy": "ignore"}), 5, 3).message
    short = daily(*[RunState.SUCCESS] * 3, late={"lookback_days": 1})
    assert "run the window again" in counted(short, 5, 3).message


def test_rows_that_were_there_and_did_not_arrive_are_lost() -> None:
    found = counted(daily(RunState.SUCCESS), 9, 0)
    assert (found.difference, found.complete) == (4, False)
    assert found.message.startswith("4 rows were there")
    assert "2 rows more" in counted(daily(RunState.SUCCESS), 3, 0).message


def test_what_cannot_be_compared_is_not_judged() -> None:
    made = daily(RunState.SUCCESS)
    changed = replace(made, rule=replace(made.rule, updated_at=made.now))
    assert counted(changed, 5, 0).complete is True
    other = counted(changed, 9, 0)
    assert (other.complete, other.rows_in_source) == (None, None)
    assert "changed after this run" in other.message
    carried = counted(daily(RunState.SUCCESS, late={"policy": "next"}), 9, 0)
    assert (carried.complete, carried.difference, carried.rows_in_source) == (None, None, 9)


def test_what_was_too_much_to_count_says_so() -> None:
    made = daily(RunState.SUCCESS)
    found = with_source(made.rule, all_of(made)[0], None)
    assert (found.rows_in_source, found.complete) == (None, None)
    assert "too large to count" in found.message


def test_totals_are_complete_only_where_every_window_is() -> None:
    made = daily(RunState.SUCCESS, RunState.SUCCESS)
    plain = all_of(made)
    told = totals(plain)
    assert told.windows == {"delivered": 2, "waiting": 1, "upcoming": 1}
    assert (told.rows_delivered, told.rows_in_source, told.complete) == (10, None, None)
    past = [with_source(made.rule, a, Counted(5, 0)) for a in plain[:2]]
    assert (totals([*past, plain[3]]).complete, totals([*past, plain[3]]).difference) == (True, 0)
    assert totals([*past, plain[2]]).complete is None
    missed = with_source(made.rule, plain[1], Counted(5, 1))
    assert (totals([past[0], missed]).complete, totals([past[0], missed]).late) == (False, 1)


def test_late_rows_that_went_with_another_run_are_complete_in_sum() -> None:
    made = daily(RunState.SUCCESS, RunState.SUCCESS, late={"policy": "next"})
    taken, taking = all_of(made)[:2]
    both = [with_source(made.rule, taken, Counted(7, 0)), with_source(made.rule, taking, Counted(3, 0))]
    assert [a.complete for a in both] == [None, None]
    assert (totals(both).difference, totals(both).complete) == (0, True)
