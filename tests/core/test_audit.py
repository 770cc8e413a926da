from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.core.histories import CLOCKS, SETTLE, ZONES, History, a_run, history
from tests.core.made import CATALOG, NOW, rule, settings
from waybill.core.audit import GRACE, LONGEST, holes_of, is_boundary
from waybill.core.hole import Hole, HoleKind
from waybill.core.rule import RuleState, with_settings
from waybill.core.run import RunState, SequenceRange, Trigger
from waybill.core.schedule import first_boundary, occurrence_from, occurrences
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window
from waybill.core.window_runs import claims, read_back, uncovered

Planted = tuple[History, HoleKind, Window]
DAY = timedelta(days=1)


def found(made: History) -> list[Hole]:
    return holes_of(made.rule, made.runs, made.now, SETTLE)


def without(made: History, *gone: object) -> History:
    return replace(made, runs=tuple(r for r in made.runs if r not in gone))


# --- what is planted: each takes a healthy history and leaves one hole; None where the history has no place for it ---------


def deleted(random: Random, made: History) -> Planted | None:
    backfilled = [r.window for r in made.runs if r.trigger is Trigger.BACKFILL]
    own = [
        r for r in claims(made.rule, made.runs) if not any(r.window.start < w.end <= r.window.end for w in backfilled)
    ]
    if not own:
        return None
    run = random.choice(own)
    return without(made, run), HoleKind.MISSING, run.window


def doubled(random: Random, made: History) -> Planted | None:
    run = random.choice(claims(made.rule, made.runs))
    later = Window(run.window.start + timedelta(seconds=30), run.window.end)
    return replace(made, runs=(*made.runs, a_run(made.rule, later, run.created_at))), HoleKind.OVERLAP, later


def moved(random: Random, made: History) -> Planted | None:
    """By 17 minutes, where no zone has a boundary."""
    since = made.rule.schedule_since
    own = [r for r in claims(made.rule, made.runs) if r.window.start >= since and r.created_at <= made.now - GRACE]
    if not own or isinstance(made.rule.settings.schedule, OnDemand):
        return None
    run, by = random.choice(own), timedelta(minutes=17)
    start, end = random.choice(((by, timedelta()), (timedelta(), -by), (timedelta(), by)))
    window = Window(run.window.start + start, run.window.end + end)
    bent = replace(run, window=window, key=replace(run.key, window_start=window.start))
    return replace(made, runs=tuple(bent if r is run else r for r in made.runs)), HoleKind.STRANGE, window


def cursor_ahead(random: Random, made: History) -> Planted | None:
    coming = occurrence_from(made.rule.settings.schedule, made.rule.cursor, SETTLE)
    end = coming.window.end if coming else made.rule.cursor + timedelta(hours=random.randint(1, 40))
    return replace(made, rule=replace(made.rule, cursor=end)), HoleKind.MISSING, Window(made.rule.cursor, end)


def next_run_lost(random: Random, made: History) -> Planted | None:
    """The last claims were never made."""
    own = [r for r in claims(made.rule, made.runs) if r.window.start >= made.rule.schedule_since]
    if made.rule.state is not RuleState.ACTIVE or isinstance(made.rule.settings.schedule, OnDemand) or not own:
        return None
    first = own[-random.randint(1, len(own))].window
    kept = tuple(r for r in made.runs if r.window.end <= first.start)
    stuck = replace(made.rule, cursor=first.start, next_run=None)
    coming = occurrence_from(stuck.settings.schedule, first.start, SETTLE)
    assert coming is not None
    known = [m for r in kept for m in (r.created_at, r.finished_at) if m]
    now = max([made.now, *(moment + GRACE for moment in [coming.due, made.rule.updated_at, *known])])
    return History(stuck, kept, now), HoleKind.UNCLAIMED, coming.window


def not_started(random: Random, made: History) -> Planted | None:
    return _stalled(random, made, RunState.SCHEDULED, GRACE)


def not_ended(random: Random, made: History) -> Planted | None:
    return _stalled(random, made, RunState.ONGOING, LONGEST)


def _stalled(random: Random, made: History, state: RunState, longest: timedelta) -> Planted | None:
    own = [r for r in claims(made.rule, made.runs) if r.created_at + longest <= made.now]
    if not own:
        return None
    run = random.choice(own)
    stuck = replace(run, state=state, finished_at=None)
    return replace(made, runs=tuple(stuck if r is run else r for r in made.runs)), HoleKind.STALLED, run.window


def not_delivered(random: Random, made: History) -> Planted | None:
    run = random.choice([r for r in made.runs if r.state is RunState.SUCCESS and not r.amends] or [None])
    if run is None or any(r.window.start < run.window.end and run.window.start < r.window.end
                          for r in made.runs if r.trigger is Trigger.BACKFILL and r is not run):  # fmt: skip
        return None
    ended = replace(run, state=random.choice((RunState.FAILURE, RunState.PARTIAL)))
    kept = [
        ended if r is run else r
        for r in made.runs
        if r is run or r.window != run.window or r.key.generation < run.key.generation
    ]
    return replace(made, runs=tuple(kept)), HoleKind.FAILED, run.window


PLANTS: tuple[Callable[[Random, History], Planted | None], ...] = (
    deleted, doubled, moved, cursor_ahead, next_run_lost, not_started, not_ended, not_delivered,
)  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_every_planted_hole_is_found_and_nothing_else_is(part: int) -> None:
    planted = 0
    random = Random(part)
    while planted < 250:
        made = history(random)
        assert found(made) == [], made
        plant = random.choice(PLANTS)
        done = plant(random, made)
        if done is None:
            continue
        broken, kind, window = done
        planted += 1
        holes = found(broken)
        assert any(
            h.kind is kind and h.window.start <= window.start and window.end <= h.window.end for h in holes
        ), (plant.__name__, window, holes)  # fmt: skip
        for hole in holes:
            near = hole.window.start <= window.end and window.start <= hole.window.end
            assert near or kind is HoleKind.UNCLAIMED, (plant.__name__, window, hole)


def test_an_audit_of_the_newest_days_agrees_with_that_of_everything() -> None:
    random = Random(7)
    for _ in range(100):
        made = history(random)
        done = random.choice(PLANTS)(random, made)
        if done is None:
            continue
        broken = done[0]
        newest_first = sorted(broken.runs, key=lambda r: (r.window.start, r.key.generation), reverse=True)
        runs, since = read_back(newest_first, broken.now - timedelta(days=random.choice((1, 3, 30))))
        recent = holes_of(broken.rule, runs, broken.now, SETTLE, since)
        everything = {h.identity: h for h in found(broken)}
        # A part of a longer hole may be all that is seen of it; what lies before is left to the whole audit.
        for hole in recent:
            assert any(h.kind is hole.kind and h.window.end >= hole.window.end for h in everything.values())
        later = {h.identity for h in everything.values() if since is None or h.window.start > since}
        assert later <= {h.identity for h in recent}


@pytest.mark.parametrize("clock", CLOCKS)
def test_boundaries_are_where_windows_meet_and_nowhere_else(clock: str) -> None:
    for zone in ZONES:
        schedule = settings(schedule={"frequency": clock, "zone": zone, "ends_at": "2025-02-01T00:00:00Z"}).schedule
        start = first_boundary(schedule, datetime(2024, 1, 1, tzinfo=UTC))
        for _, occurrence in zip(range(60), occurrences(schedule, start, SETTLE), strict=False):
            assert is_boundary(schedule, occurrence.window.start)
            assert is_boundary(schedule, occurrence.window.end)
            assert not is_boundary(schedule, occurrence.window.start + timedelta(seconds=1))
            assert not is_boundary(schedule, occurrence.window.end - timedelta(minutes=17))


def test_a_one_time_export_is_judged_by_its_own_window() -> None:
    once = {"frequency": "once", "zone": "UTC", "first_day": "2026-01-01", "last_day": "2026-01-07"}
    made = with_settings(rule(), settings(schedule=once), CATALOG, NOW)
    assert [h.kind for h in found(History(made, (), NOW + DAY))] == [HoleKind.UNCLAIMED]
    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
    done = replace(made, cursor=window.end)
    assert found(History(done, (a_run(done, window, NOW),), NOW + DAY)) == []
    short = Window(window.start, window.end - DAY)
    kinds = {h.kind for h in found(History(done, (a_run(done, short, NOW),), NOW + DAY))}
    assert kinds == {HoleKind.MISSING, HoleKind.STRANGE}


def hourly() -> History:
    """Three delivered hours from 09:00 on; the next is due at 13:05."""
    made = rule(now=NOW - timedelta(hours=3), schedule={"frequency": "hourly"})
    runs = []
    for _, one in zip(range(3), occurrences(made.settings.schedule, made.cursor, SETTLE), strict=False):
        runs.append(a_run(made, one.window, one.due))
        made = replace(made, cursor=one.window.end)
    return History(made, tuple(runs), NOW)


def test_a_claim_is_late_after_the_grace_and_not_before() -> None:
    made = hourly()
    due = datetime(2026, 3, 10, 13, 5, tzinfo=UTC)
    assert found(replace(made, now=due + GRACE - timedelta(seconds=1))) == []
    (hole,) = found(replace(made, now=due + GRACE))
    assert (hole.kind, str(hole.window)) == (HoleKind.UNCLAIMED, "2026-03-10T12:00:00Z/2026-03-10T13:00:00Z")
    assert "2026-03-10T13:05:00Z" in hole.message


def test_a_rule_that_waits_for_its_own_run_is_not_late_nor_is_one_that_was_just_changed() -> None:
    made = hourly()
    later = replace(made, now=NOW + timedelta(hours=5))
    (*before, newest) = made.runs
    waiting = (*before, replace(newest, state=RunState.ONGOING, finished_at=None))
    assert [h.kind for h in found(later)] == [HoleKind.UNCLAIMED]
    assert found(replace(later, runs=waiting)) == []
    just_ended = (*before, replace(newest, finished_at=later.now - timedelta(minutes=1)))
    assert found(replace(later, runs=just_ended)) == []
    assert found(replace(later, rule=replace(later.rule, updated_at=later.now))) == []
    assert found(replace(later, rule=replace(later.rule, state=RuleState.INACTIVE))) == []


def test_windows_that_wait_unclaimed_are_one_hole_that_keeps_its_identity() -> None:
    made = hourly()
    first, second = (found(replace(made, now=NOW + timedelta(hours=h))) for h in (3, 30))
    assert [h.identity for h in first] == [h.identity for h in second]
    assert first[0].window.end < second[0].window.end


def test_a_failed_run_again_of_a_delivered_window_is_no_hole() -> None:
    made = hourly()
    again = a_run(made.rule, made.runs[0].window, NOW, RunState.FAILURE, generation=2)
    assert found(replace(made, runs=(*made.runs, again))) == []


def test_a_failed_merged_window_is_mended_by_backfills_of_its_parts() -> None:
    made = hourly()
    whole = Window(made.runs[0].window.start, made.runs[-1].window.end)
    merged = a_run(made.rule, whole, NOW - timedelta(hours=1), RunState.FAILURE)
    assert [h.kind for h in found(replace(made, runs=(merged,)))] == [HoleKind.FAILED]
    parts = [a_run(made.rule, r.window, NOW, trigger=Trigger.BACKFILL, generation=g) for g, r in
             zip((2, 1, 1), made.runs, strict=True)]  # fmt: skip
    assert found(replace(made, runs=(merged, *parts))) == []
    assert [h.kind for h in found(replace(made, runs=(merged, *parts[:2])))] == [HoleKind.FAILED]


def test_a_backfill_mends_a_missing_window() -> None:
    made = hourly()
    gone = made.runs[1]
    mended = a_run(made.rule, gone.window, NOW, trigger=Trigger.BACKFILL)
    assert [h.kind for h in found(without(made, gone))] == [HoleKind.MISSING]
    assert found(replace(without(made, gone), runs=(made.runs[0], mended, made.runs[2]))) == []


def test_a_run_beyond_the_cursor_is_strange_once_it_is_no_new_claim() -> None:
    made = hourly()
    ahead = Window(made.rule.cursor, made.rule.cursor + timedelta(hours=1))
    old, new = (a_run(made.rule, ahead, NOW - age) for age in (GRACE, timedelta(minutes=1)))
    assert [h.kind for h in found(replace(made, runs=(*made.runs, old)))] == [HoleKind.STRANGE]
    assert found(replace(made, runs=(*made.runs, new))) == []


def test_a_stalled_amendment_is_told_too() -> None:
    made = hourly()
    late = {"chat_tickets": SequenceRange(after=10, upto=12)}
    amending = a_run(
        made.rule, made.runs[0].window, NOW - GRACE, RunState.SCHEDULED, generation=2, amends=True, sequences=late
    )
    (hole,) = found(replace(made, runs=(*made.runs, amending)))
    assert (hole.kind, hole.run_ids) == (HoleKind.STALLED, (amending.key.run_id,))


def test_what_no_window_covers_is_told_in_order_with_neighbours_in_one() -> None:
    def at(hour: int) -> datetime:
        return datetime(2026, 1, 1, hour, tzinfo=UTC)

    windows = [Window(at(8), at(10)), Window(at(2), at(4)), Window(at(3), at(5))]
    assert uncovered(at(1), at(9), windows) == [Window(at(1), at(2)), Window(at(5), at(8))]
    assert uncovered(at(1), at(9), []) == [Window(at(1), at(9))]
    assert uncovered(at(1), at(1), windows) == []
