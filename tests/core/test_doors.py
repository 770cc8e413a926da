"""The doors of dispatch: what each of them claims, in whose turn, and what happens where much is due at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.made import CATALOG, NOW, rule
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryBackfills, MemoryEvents, MemoryLakeObjects, MemoryRules, MemoryRuns
from tests.core.test_dispatch import tick
from waybill.core.dispatch import is_large
from waybill.core.doors import MOST_ALONE, SWEEP_AFTER, House, fairly, runs_asked_for
from waybill.core.errors import PermanentError
from waybill.core.freeze import Registry, freeze
from waybill.core.plan import PlannedDestination, plan_key
from waybill.core.rule import Rule, RuleRef
from waybill.core.run import RunState
from waybill.core.stalled import MOST_ATTEMPTS

LATER = NOW + timedelta(days=1)


class Queue:
    def __init__(self) -> None:
        self.shared: list[int] = []

    def share(self, time: datetime, shards: Sequence[int]) -> None:
        self.shared += shards


class Scene:
    def __init__(self, *made: Rule) -> None:
        self.rules = MemoryRules()
        for one in made:
            self.rules.add(one)
        self.runs, self.queue, self.broken = MemoryRuns(self.rules), Queue(), list[Rule]()
        backfills = MemoryBackfills(self.runs)
        self.stage, self.events = MemoryStage(), MemoryEvents()
        self.lake = MemoryLakeObjects()
        self.house = House(
            self.rules,
            self.runs,
            backfills,
            self.lake,
            lambda _: CATALOG,
            self.stage,
            self.queue,
            self.events,
            map,
            self.broken.append,
        )

    def asked(self, event: dict[str, object], time: datetime = LATER) -> list[tuple[str, str]]:
        return [(r.key.tenant, r.key.rule_id) for r in runs_asked_for(event, tick(time), self.house)]


def numbered(count: int, tenant: str = "acme", start: int = 0) -> list[Rule]:
    return [rule(tenant=tenant, rule_id=f"rul_{start + n:016x}") for n in range(count)]


def test_the_heartbeat_claims_all_that_is_due_itself_where_that_is_little() -> None:
    scene = Scene(*numbered(MOST_ALONE))
    assert len(set(scene.asked({}))) == MOST_ALONE
    assert scene.queue.shared == []


def test_where_much_is_due_each_shard_goes_to_an_invocation_of_its_own() -> None:
    scene = Scene(*numbered(MOST_ALONE + 1))
    assert scene.asked({}) == []
    assert scene.queue.shared == [0, 1]
    found = [ref for shard in scene.queue.shared for ref in scene.asked({"shard": shard})]
    assert len(set(found)) == len(found) == MOST_ALONE + 1
    assert scene.asked({"shard": 0}) == []  # the message came twice


def test_a_rule_that_cannot_be_claimed_holds_back_no_other() -> None:
    gone = rule(rule_id="rul_00000000000000ff", data=[{"dataset": "recordings"}])
    scene = Scene(*numbered(3), gone)
    some = {name: dataset for name, dataset in CATALOG.items() if name != "recordings"}
    scene.house = replace(scene.house, catalogs=lambda _: some)
    assert len(scene.asked({})) == 3
    assert [r.rule_id for r in scene.broken] == [gone.rule_id]


def test_a_claim_that_did_not_start_is_asked_for_again() -> None:
    scene = Scene(*numbered(2))
    first = scene.asked({})
    assert scene.asked({}, LATER + SWEEP_AFTER) == []
    assert sorted(scene.asked({}, LATER + SWEEP_AFTER + timedelta(seconds=1))) == sorted(first)


def test_an_execution_that_is_over_without_an_end_is_followed_by_the_next_attempt() -> None:
    scene = Scene(*numbered(1))
    scene.asked({})
    (run,) = scene.runs.kept.values()
    registry = Registry(scene.runs, MemoryLakeObjects(), CATALOG)
    where = [PlannedDestination(destination_id="dst_one", name="SFTP", kind="sftp")]
    plan = freeze(scene.rules.get("acme", run.key.rule_id), run, registry, where, LATER).plan
    scene.stage.put(plan_key(run.key), plan.model_dump_json().encode())
    minutes = timedelta(minutes=1)
    for epoch in range(1, MOST_ATTEMPTS + 1):
        begun = LATER + epoch * 20 * minutes
        scene.runs.begin(run.key, epoch, begun, 1, 10, plan.sequences, 5 * minutes)
        assert scene.asked({}, begun + 7 * minutes) == []
        found = scene.asked({}, begun + 8 * minutes)
        after = scene.runs.get(run.key)
        if epoch < MOST_ATTEMPTS:
            assert (len(found), after.state, after.epoch) == (1, RunState.SCHEDULED, epoch + 1)
            assert is_large(after)
        else:
            assert (found, after.state) == ([], RunState.FAILURE)
            assert "stopped without an end" in after.message
    told = [(detail["attempt"], detail["next_attempt_at"] is None) for _, _, detail in scene.events.sent]
    assert told == [(n, n == MOST_ATTEMPTS) for n in range(1, MOST_ATTEMPTS + 1)]


def test_a_schedule_of_someones_own_names_a_rule_that_is_there() -> None:
    scene = Scene(*numbered(2))
    assert scene.asked({"rule_id": "rul_0000000000000001"}) == [("acme", "rul_0000000000000001")]
    scene.rules.kept.clear()
    with pytest.raises(PermanentError, match="does not exist"):
        scene.asked({"rule_id": "rul_0000000000000001"})


@given(st.lists(st.sampled_from("abcde"), max_size=60))
def test_tenants_take_turns(tenants: list[str]) -> None:
    due = [RuleRef(tenant, f"rul_{n}") for n, tenant in enumerate(tenants)]
    turns = list(fairly(due))
    assert sorted(turns) == sorted(due)
    for tenant in set(tenants):
        own = [place for place, ref in enumerate(turns) if ref.tenant == tenant]
        assert [turns[place] for place in own] == [ref for ref in due if ref.tenant == tenant]
        # Before a tenant's n-th rule no other tenant has had more than n.
        for count, place in enumerate(own, start=1):
            before = [ref.tenant for ref in turns[:place]]
            assert all(before.count(other) <= count for other in set(before))
