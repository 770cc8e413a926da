from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.made import NOW, rule
from tests.integration.conftest import REGION
from waybill.aws.tables.backfills import BackfillsTable
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable
from waybill.core.advance import BackfillDesk, advance, advance_all
from waybill.core.backfill import Backfill, BackfillRequest, BackfillState, new_backfill, progress
from waybill.core.dispatch import Tick
from waybill.core.errors import Conflict, InvalidInput, NotFound
from waybill.core.run import NO_TOTALS, Outcome, RunState, Trigger

TICK = Tick(time=NOW, now=NOW, trigger=Trigger.SCHEDULE, tzdata="2026.6")
THREE_DAYS = {"from": "2026-03-01T00:00:00+01:00", "to": "2026-03-04T00:00:00+01:00"}


@pytest.fixture
def desk(tables: dict[str, str]) -> BackfillDesk:
    rules = RulesTable(tables["RulesTable"], REGION)
    rules.add(rule())
    return BackfillDesk(
        rules,
        RunsTable(tables["RunsTable"], tables["RulesTable"], REGION),
        BackfillsTable(tables["BackfillsTable"], tables["RunsTable"], REGION),
    )


def made(desk: BackfillDesk, **more: object) -> Backfill:
    newest = next(iter(desk.backfills.page("acme", rule().rule_id, "", 1).items), None)
    request = BackfillRequest.model_validate({**THREE_DAYS, **more})
    backfill = new_backfill(rule(), request, newest, desk.runs, NOW, "Ada")
    desk.backfills.add(backfill)
    return backfill


def kept(desk: BackfillDesk, backfill: Backfill) -> Backfill:
    return desk.backfills.get("acme", backfill.rule_id, backfill.backfill_id)


def test_a_backfill_comes_back_as_it_went_in_and_its_id_is_taken_once(desk: BackfillDesk) -> None:
    backfill = made(desk)
    assert kept(desk, backfill) == backfill
    with pytest.raises(Conflict, match="same moment"):
        desk.backfills.add(backfill)
    with pytest.raises(NotFound):
        desk.backfills.get("zeta", backfill.rule_id, backfill.backfill_id)


def test_a_claim_is_all_or_nothing(desk: BackfillDesk) -> None:
    backfill = made(desk, at_once=2)
    first, second = advance(backfill, desk, TICK)
    assert [desk.runs.get(r.key) for r in (first, second)] == [first, second]
    moved = kept(desk, backfill)
    assert (moved.taken, moved.running, moved.version) == (2, (first.key.run_id, second.key.run_id), 3)
    assert list(advance(backfill, desk, TICK)) == []
    assert kept(desk, backfill) == moved
    third = replace(first, key=replace(first.key, generation=9))
    assert not desk.backfills.move(backfill, replace(backfill, version=2), third)
    with pytest.raises(NotFound):
        desk.runs.get(third.key)
    taken = replace(moved, taken=3, version=moved.version + 1)
    assert not desk.backfills.move(moved, taken, first)
    assert kept(desk, backfill) == moved


def test_only_active_ones_are_found_and_it_ends_when_its_runs_have(desk: BackfillDesk) -> None:
    backfill = made(desk, at_once=3)
    runs = list(advance_all(desk, TICK))
    assert [b.backfill_id for b in desk.backfills.active()] == [backfill.backfill_id]
    assert [r.backfill for r in desk.runs.waiting(NOW + timedelta(minutes=3))] == [backfill.backfill_id] * 3
    for run in runs:
        desk.runs.end(run.key, 1, NOW, Outcome(RunState.SUCCESS, ""), {**NO_TOTALS, "rows": 1})
    assert list(advance_all(desk, TICK)) == []
    assert list(desk.backfills.active()) == []
    ended = kept(desk, backfill)
    assert (ended.state, ended.ended_at) == (BackfillState.DONE, NOW)
    assert progress(ended, desk.runs).rows == 3


def test_backfills_are_listed_newest_first_page_by_page(desk: BackfillDesk) -> None:
    for _ in range(3):
        backfill = made(desk)
        assert desk.backfills.move(backfill, backfill.ended(BackfillState.CANCELLED, NOW))
    first = desk.backfills.page("acme", rule().rule_id, "", 2)
    second = desk.backfills.page("acme", rule().rule_id, first.cursor, 2)
    assert [b.backfill_id[-1] for b in [*first.items, *second.items]] == list("321")
    with pytest.raises(InvalidInput):
        desk.backfills.page("zeta", rule().rule_id, first.cursor, 2)
