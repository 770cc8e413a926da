"""A rule as an item: its attributes and indexes, and the way there and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import TypeAdapter
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from waybill.aws.tables.item import Item, read_instant, written
from waybill.aws.tables.shards import due_shard
from waybill.core.arrival import runs_by_arrival
from waybill.core.drift import Columns
from waybill.core.rule import Rule, RuleState
from waybill.core.rule_settings import RuleSettings

COLUMNS: TypeAdapter[Mapping[str, Columns]] = TypeAdapter(Mapping[str, Columns])


class _RulesDue(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    next_run = UnicodeAttribute(range_key=True)


class _RulesById(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_id"
        projection = KeysOnlyProjection()

    rule_id = UnicodeAttribute(hash_key=True)


class _RulesByArrival(GlobalSecondaryIndex["RuleItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_arrival"
        projection = KeysOnlyProjection()

    arrives_for = UnicodeAttribute(hash_key=True)


class RuleItem(Item):
    """`arrives_for` is the tenant of an active rule that runs as objects arrive, and is there for no other."""

    tenant = UnicodeAttribute(hash_key=True)
    rule_id = UnicodeAttribute(range_key=True)
    settings = UnicodeAttribute()
    state = UnicodeAttribute()
    begins = UnicodeAttribute()
    schedule_since = UnicodeAttribute()
    cursor = UnicodeAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    password_ref = UnicodeAttribute(default="")
    last_manifest = UnicodeAttribute(null=True)
    last_bytes = NumberAttribute(null=True)
    last_columns = UnicodeAttribute(null=True)
    late_checked = UnicodeAttribute(null=True)
    newest_run = UnicodeAttribute(default="")
    failures = NumberAttribute(default=0)
    paused_because = UnicodeAttribute(default="")
    late_owed = NumberAttribute(null=True)
    arrived = UnicodeAttribute(null=True)
    arrives_for = UnicodeAttribute(null=True)
    next_run = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due = _RulesDue()
    by_arrival = _RulesByArrival()
    by_id = _RulesById()


def to_item(rule: Rule) -> RuleItem:
    due = rule.next_run is not None and rule.state is RuleState.ACTIVE
    return RuleItem(
        rule.tenant,
        rule.rule_id,
        settings=rule.settings.model_dump_json(),
        state=rule.state.value,
        begins=written(rule.begins),
        schedule_since=written(rule.schedule_since),
        cursor=written(rule.cursor),
        version=rule.version,
        created_at=written(rule.created_at),
        updated_at=written(rule.updated_at),
        created_by=rule.created_by,
        password_ref=rule.password_ref,
        last_manifest=rule.last_manifest or None,
        last_bytes=rule.last_bytes,
        last_columns=COLUMNS.dump_json(rule.last_columns).decode() if rule.last_columns else None,
        late_checked=mark(rule.late_checked) if rule.late_checked else None,
        late_owed=rule.late_owed or None,
        newest_run=rule.newest_run,
        failures=rule.failures,
        paused_because=rule.paused_because,
        arrived=mark(rule.arrived) if rule.arrived else None,
        arrives_for=rule.tenant if runs_by_arrival(rule) and rule.state is RuleState.ACTIVE else None,
        next_run=written(rule.next_run) if rule.next_run and due else None,
        due_shard=due_shard(rule.tenant, rule.rule_id) if due else None,
    )


def to_rule(item: RuleItem) -> Rule:
    return Rule(
        tenant=item.tenant,
        rule_id=item.rule_id,
        settings=RuleSettings.model_validate_json(item.settings),
        state=RuleState(item.state),
        begins=read_instant(item.begins),
        schedule_since=read_instant(item.schedule_since),
        cursor=read_instant(item.cursor),
        next_run=read_instant(item.next_run) if item.next_run else None,
        version=int(item.version),
        created_at=read_instant(item.created_at),
        updated_at=read_instant(item.updated_at),
        created_by=item.created_by,
        password_ref=item.password_ref or "",
        last_manifest=item.last_manifest or "",
        last_bytes=int(item.last_bytes) if item.last_bytes is not None else None,
        last_columns=COLUMNS.validate_json(item.last_columns) if item.last_columns else {},
        late_checked=json.loads(item.late_checked) if item.late_checked else {},
        late_owed=int(item.late_owed or 0),
        arrived=json.loads(item.arrived) if item.arrived else {},
        newest_run=item.newest_run or "",
        failures=int(item.failures),
        paused_because=item.paused_because or "",
    )


def mark(checked: Mapping[str, int]) -> str:
    return json.dumps(dict(checked), sort_keys=True)


def when_due(rule: Rule) -> list[Action]:
    """Puts the rule into the index of what is due, or takes it out."""
    item = to_item(rule)
    if item.next_run and item.due_shard:
        return [RuleItem.next_run.set(item.next_run), RuleItem.due_shard.set(item.due_shard)]
    return [RuleItem.next_run.remove(), RuleItem.due_shard.remove()]


def arrived_upto(rule: Rule) -> list[Action]:
    """Moves the mark of a rule that runs as objects arrive."""
    return [RuleItem.arrived.set(mark(rule.arrived))] if rule.arrived else []
