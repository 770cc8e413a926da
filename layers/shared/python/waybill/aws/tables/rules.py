"""The rules table."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from waybill.aws.tables.items import (
    DUE_SHARDS,
    RuleItem,
    bind,
    busy,
    failed_condition,
    pack_cursor,
    page_of,
    page_size,
    read,
    read_instant,
    tables,
    unpack_cursor,
    written,
)
from waybill.core.arrival import runs_by_arrival
from waybill.core.drift import Columns
from waybill.core.errors import Conflict, NotFound, PermanentError
from waybill.core.ports import Page
from waybill.core.rule import Rule, RuleRef, RuleState
from waybill.core.rule_settings import RuleSettings
from waybill.core.schedule_settings import OnDemand

_LOG = logging.getLogger(__name__)
_SHARDS_OF_TENANT = 4
_TRIES = 20
_MOST_AT_ONCE = 100
_NO_MARK = RuleItem.late_checked.does_not_exist()
_COLUMNS: TypeAdapter[Mapping[str, Columns]] = TypeAdapter(Mapping[str, Columns])


class RulesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(RuleItem, table, region)

    def add(self, rule: Rule) -> None:
        with tables("saving a rule"):
            try:
                to_item(rule).save(RuleItem.rule_id.does_not_exist())
            except PutError as error:
                if failed_condition(error):
                    raise Conflict(f"The rule {rule.rule_id} exists.", "Use another id.") from error
                raise

    def get(self, tenant: str, rule_id: str) -> Rule:
        with tables("reading a rule"):
            try:
                return to_rule(read(RuleItem, tenant, rule_id))
            except DoesNotExist:
                raise NotFound(f"There is no rule {rule_id}.", "See GET /rules.") from None
            except ValidationError as wrong:
                advice = "Deploy the version that saved it, or save its settings again."
                raise PermanentError(
                    f"The rule {rule_id} cannot be read by this version: {_why(wrong)}.", advice
                ) from wrong

    def find(self, rule_id: str) -> Rule:
        with tables("looking for a rule"):
            owners = [item.tenant for item in RuleItem.by_id.query(rule_id, limit=1)]
        if not owners:
            raise NotFound(f"There is no rule {rule_id}.", "See GET /rules.")
        return self.get(owners[0], rule_id)

    def page(self, tenant: str, cursor: str, limit: int, keep: Callable[[Rule], bool] | None = None) -> Page[Rule]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing rules"):
            found = RuleItem.query(tenant, page_size=page_size(limit, keep), last_evaluated_key=start)
            read = ((item, rule) for item in found for rule in _readable([item]))
            return page_of(read, keep, limit, lambda item: {"tenant": item.tenant, "rule_id": item.rule_id})

    def every(self, cursor: str, limit: int) -> Page[Rule]:
        start = unpack_cursor(cursor)
        with tables("going through all rules"):
            found = RuleItem.scan(limit=limit, last_evaluated_key=start, consistent_read=True)
            items = list(_readable(found))
        return Page(items, pack_cursor(found.last_evaluated_key))

    def replace(self, rule: Rule, version: int) -> None:
        """Writes what a tenant or a change of state may change; what `delivered` notes is left as it is."""
        item = to_item(rule)
        actions: list[Action] = [
            RuleItem.settings.set(item.settings),
            RuleItem.state.set(item.state),
            RuleItem.begins.set(item.begins),
            RuleItem.schedule_since.set(item.schedule_since),
            RuleItem.cursor.set(item.cursor),
            RuleItem.version.set(rule.version),
            RuleItem.updated_at.set(item.updated_at),
            RuleItem.password_ref.set(item.password_ref),
            RuleItem.failures.set(rule.failures),
            RuleItem.paused_because.set(rule.paused_because),
            *when_due(rule),
            *arrived_upto(rule),
            _optional(RuleItem.arrives_for, item.arrives_for),
        ]
        with tables("saving a rule"):
            try:
                RuleItem(rule.tenant, rule.rule_id).update(actions, RuleItem.version == version)
            except UpdateError as error:
                if failed_condition(error):
                    raise Conflict(
                        "The rule changed or was deleted since it was read.", "Read it again and repeat the change."
                    ) from error
                raise

    def remove(self, tenant: str, rule_id: str) -> None:
        with tables("deleting a rule"):
            try:
                RuleItem(tenant, rule_id).delete()
            except DeleteError as error:
                if not failed_condition(error):
                    raise

    @property
    def shards(self) -> int:
        return DUE_SHARDS

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> Sequence[RuleRef]:
        with tables("looking for due rules"):
            found = RuleItem.due.query(str(shard), RuleItem.next_run <= written(upto), limit=limit)
            return [RuleRef(item.tenant, item.rule_id) for item in found]

    def all(self, refs: Sequence[RuleRef]) -> Iterator[Rule]:
        with tables("reading rules"):
            items = list(RuleItem.batch_get(list(refs), consistent_read=True))
        yield from _readable(items)

    def listening(self, tenant: str, dataset: str) -> Iterator[Rule]:
        with tables("looking for rules that an event sets off"):
            rules = list(_readable(RuleItem.query(tenant, consistent_read=True)))
        for rule in rules:
            schedule = rule.settings.schedule
            if (
                rule.state is RuleState.ACTIVE
                and isinstance(schedule, OnDemand)
                and schedule.frequency == "event"
                and any(choice.dataset == dataset for choice in rule.settings.data)
            ):
                yield rule

    def arriving(self, tenant: str, dataset: str) -> Iterator[Rule]:
        with tables("looking for rules that run as objects arrive"):
            found = [RuleRef(item.tenant, item.rule_id) for item in RuleItem.by_arrival.query(tenant)]
        for start in range(0, len(found), _MOST_AT_ONCE):
            for rule in self.all(found[start : start + _MOST_AT_ONCE]):
                chosen = any(choice.dataset == dataset for choice in rule.settings.data)
                if chosen and runs_by_arrival(rule) and rule.state is RuleState.ACTIVE:
                    yield rule

    def look_at(self, rule: Rule, at: datetime) -> None:
        active = RuleItem.state == RuleState.ACTIVE.value
        _note(rule.tenant, rule.rule_id, when_due(replace(rule, next_run=at)), "noting when a rule is due", active)

    def delivered(
        self, tenant: str, rule_id: str, manifest_sha256: str, size: int, columns: Mapping[str, Columns] | None
    ) -> None:
        noted: list[Action] = [RuleItem.last_manifest.set(manifest_sha256)]
        if columns is not None:
            noted += [RuleItem.last_bytes.set(size), RuleItem.last_columns.set(_COLUMNS.dump_json(columns).decode())]
        _note(tenant, rule_id, noted, "noting a manifest")

    def failed(self, tenant: str, rule_id: str) -> int:
        with tables("counting failures"):
            item = RuleItem(tenant, rule_id)
            try:
                item.update([RuleItem.failures.set((RuleItem.failures | 0) + 1)], RuleItem.rule_id.exists())
            except UpdateError as error:
                if failed_condition(error):
                    return 0
                raise
        return int(item.failures)

    def recovered(self, tenant: str, rule_id: str) -> None:
        _note(tenant, rule_id, [RuleItem.failures.set(0)], "noting that no run fails any more")

    def late_checked(self, rule: Rule, checked: Mapping[str, int]) -> None:
        noted: list[Action] = [RuleItem.late_checked.set(_mark(checked))]
        _note(rule.tenant, rule.rule_id, noted, "noting late rows", _owed_as_in(rule))

    def late_owed(self, tenant: str, rule_id: str, after: Mapping[str, int]) -> None:
        for _ in range(_TRIES):
            try:
                rule = self.get(tenant, rule_id)
            except NotFound:
                return
            checked = {**rule.late_checked, **{n: min(a, rule.late_checked.get(n, a)) for n, a in after.items()}}
            noted: list[Action] = [
                RuleItem.late_checked.set(_mark(checked)),
                RuleItem.late_owed.set(rule.late_owed + 1),
            ]
            same = RuleItem.late_checked == _mark(rule.late_checked) if rule.late_checked else _NO_MARK
            if _note(tenant, rule_id, noted, "noting owed rows", same & _owed_as_in(rule)):
                return
        raise busy("noting owed rows")


def _mark(checked: Mapping[str, int]) -> str:
    return json.dumps(dict(checked), sort_keys=True)


def _owed_as_in(rule: Rule) -> Condition:
    return RuleItem.late_owed == rule.late_owed if rule.late_owed else RuleItem.late_owed.does_not_exist()


def _note(tenant: str, rule_id: str, noted: list[Action], doing: str, condition: Condition | None = None) -> bool:
    """Beside the rule's version: what runs note is no change of the rule. False where the rule is gone or not as it must be."""
    there = RuleItem.rule_id.exists()
    with tables(doing):
        try:
            RuleItem(tenant, rule_id).update(noted, there if condition is None else there & condition)
        except UpdateError as error:
            if not failed_condition(error):
                raise
            return False
    return True


def arrived_upto(rule: Rule) -> list[Action]:
    """Moves the mark of a rule that runs as objects arrive."""
    return [RuleItem.arrived.set(_mark(rule.arrived))] if rule.arrived else []


def _optional(attribute: UnicodeAttribute, value: str | None) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def when_due(rule: Rule) -> list[Action]:
    """Puts the rule into the index of what is due, or takes it out."""
    item = to_item(rule)
    if item.next_run and item.due_shard:
        return [RuleItem.next_run.set(item.next_run), RuleItem.due_shard.set(item.due_shard)]
    return [RuleItem.next_run.remove(), RuleItem.due_shard.remove()]


def due_shard(tenant: str, rule_id: str) -> str:
    """Under which key of the index of what is due a rule lies. A tenant's rules lie under a few keys: under many, it would have
    a turn at each of them while a tenant with one rule has one; under a single one, the largest would hold that up.
    """
    return str((zlib.crc32(tenant.encode()) + zlib.crc32(rule_id.encode()) % _SHARDS_OF_TENANT) % DUE_SHARDS)


def _readable(items: Iterable[RuleItem]) -> Iterator[Rule]:
    """The rules that this version understands. Another one holds back nobody: it is left out, and the operator is told."""
    for item in items:
        try:
            yield to_rule(item)
        except ValidationError as wrong:
            _LOG.error("the rule %s of %s cannot be read by this version: %s", item.rule_id, item.tenant, _why(wrong))


def _why(wrong: ValidationError) -> str:
    found = wrong.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:3])


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
        last_columns=_COLUMNS.dump_json(rule.last_columns).decode() if rule.last_columns else None,
        late_checked=_mark(rule.late_checked) if rule.late_checked else None,
        late_owed=rule.late_owed or None,
        newest_run=rule.newest_run,
        failures=rule.failures,
        paused_because=rule.paused_because,
        arrived=_mark(rule.arrived) if rule.arrived else None,
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
        last_columns=_COLUMNS.validate_json(item.last_columns) if item.last_columns else {},
        late_checked=json.loads(item.late_checked) if item.late_checked else {},
        late_owed=int(item.late_owed or 0),
        arrived=json.loads(item.arrived) if item.arrived else {},
        newest_run=item.newest_run or "",
        failures=int(item.failures),
        paused_because=item.paused_because or "",
    )
