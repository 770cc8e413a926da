"""Rules that run as objects arrive, over the tables: found by tenant, marked by the claim, looked at without a trigger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.made import CATALOG, NOW, lake_object, rule, settings
from tests.integration.conftest import REGION
from waybill.aws.tables.lake_objects import LakeObjectsTable
from waybill.aws.tables.rule_item import RuleItem
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable
from waybill.aws.tables.shards import DUE_SHARDS
from waybill.core.arrival import LOOK_EVERY, claim_arrived, marked, waiting_since
from waybill.core.dispatch import Tick
from waybill.core.rule import Rule, RuleRef, activated, deactivated, with_settings
from waybill.core.run import SequenceRange, Trigger

TICK = Tick(NOW, NOW, Trigger.EVENT, "2026.6")
ARRIVAL = {"frequency": "arrival"}


@pytest.fixture
def lake(tables: dict[str, str]) -> LakeObjectsTable:
    return LakeObjectsTable(tables["LakeObjectsTable"], REGION)


def kept(rules: RulesTable, lake: LakeObjectsTable) -> Rule:
    made = marked(rule(schedule=ARRIVAL), lake)
    rules.add(made)
    return made


def arriving(rules: RulesTable, tenant: str = "acme", dataset: str = "chat_tickets") -> list[str]:
    return [found.rule_id for found in rules.arriving(tenant, dataset)]


def due(rules: RulesTable, upto: timedelta) -> list[RuleRef]:
    return [ref for shard in range(DUE_SHARDS) for ref in rules.due(NOW + upto, shard)]


def test_only_active_rules_that_run_by_arrival_are_found(rules: RulesTable, lake: LakeObjectsTable) -> None:
    rules.add(rule(rule_id="rul_00000000000000aa"))
    rules.add(rule(rule_id="rul_00000000000000bb", schedule={"frequency": "event"}))
    made = kept(rules, lake)
    assert rules.get("acme", made.rule_id) == made
    assert arriving(rules) == [made.rule_id]
    assert arriving(rules, dataset="recordings") == arriving(rules, tenant="zeta") == []
    off = deactivated(made, NOW)
    rules.replace(off, made.version)
    assert arriving(rules) == []
    assert list(RuleItem.by_arrival.query("acme")) == [], "the index has active rules alone"
    rules.replace(activated(off, CATALOG, NOW), off.version)
    assert arriving(rules) == [made.rule_id]


def test_a_claim_moves_the_mark_with_it_and_two_that_read_the_same_rule_make_one(
    rules: RulesTable, runs: RunsTable, lake: LakeObjectsTable
) -> None:
    lake.register("acme", "chat_tickets", lake_object(1, NOW, NOW))
    made = kept(rules, lake)
    assert (made.arrived, waiting_since(made, lake)) == ({"chat_tickets": 1}, None)
    lake.register("acme", "chat_tickets", lake_object(2, NOW, NOW + timedelta(days=400)))
    assert waiting_since(made, lake) == NOW + timedelta(days=400)  # as the object says
    run = claim_arrived(made, runs, lake, TICK)
    assert run is not None
    assert claim_arrived(made, runs, lake, TICK) is None
    assert runs.get(run.key).sequences == {"chat_tickets": SequenceRange(after=1, upto=2)}
    after = rules.get("acme", made.rule_id)
    assert (after.arrived, after.next_run) == ({"chat_tickets": 2}, NOW + LOOK_EVERY)
    assert claim_arrived(after, runs, lake, TICK) is None


def test_a_changed_rule_keeps_its_marks(rules: RulesTable, lake: LakeObjectsTable) -> None:
    made = kept(rules, lake)
    lake.register("acme", "recordings", lake_object(1, NOW, NOW))
    both = settings(schedule=ARRIVAL, data=[{"dataset": "chat_tickets"}, {"dataset": "recordings"}])
    changed = marked(with_settings(made, both, CATALOG, NOW), lake)
    rules.replace(changed, made.version)
    assert rules.get("acme", made.rule_id).arrived == {"chat_tickets": 0, "recordings": 1}
    assert arriving(rules, dataset="recordings") == [made.rule_id]


def test_a_rule_is_looked_at_when_it_was_said_unless_it_is_not_active(
    rules: RulesTable, lake: LakeObjectsTable
) -> None:
    made = kept(rules, lake)
    minute = timedelta(minutes=1)
    assert due(rules, minute) == [RuleRef("acme", made.rule_id)]
    rules.look_at(replace(made, version=99), NOW + LOOK_EVERY)  # whatever else changed
    assert due(rules, minute) == []
    assert due(rules, LOOK_EVERY) == [RuleRef("acme", made.rule_id)]
    assert rules.get("acme", made.rule_id).version == made.version
    rules.replace(deactivated(made, NOW), made.version)
    rules.look_at(made, NOW)
    assert due(rules, LOOK_EVERY) == []
