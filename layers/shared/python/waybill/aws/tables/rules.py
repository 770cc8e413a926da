"""The rules table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from waybill.aws.tables import shards
from waybill.aws.tables.item import bind, changed, found, saved, written
from waybill.aws.tables.paging import pack_cursor, page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import busy, tables
from waybill.aws.tables.rule_item import COLUMNS, RuleItem, arrived_upto, mark, to_item, to_rule, when_due
from waybill.core.arrival import runs_by_arrival
from waybill.core.drift import Columns
from waybill.core.errors import Conflict, NotFound, PermanentError
from waybill.core.ports import Page
from waybill.core.rule import Rule, RuleRef, RuleState
from waybill.core.schedule_settings import OnDemand

_LOG = logging.getLogger(__name__)
_TRIES = 20
_MOST_AT_ONCE = 100
_NO_MARK = RuleItem.late_checked.does_not_exist()


class RulesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(RuleItem, table, region)

    def add(self, rule: Rule) -> None:
        if not saved(to_item(rule), RuleItem.rule_id.does_not_exist(), "saving a rule"):
            raise Conflict(f"The rule {rule.rule_id} exists.", "Use another id.")

    def get(self, tenant: str, rule_id: str) -> Rule:
        item = found(RuleItem, tenant, rule_id, "reading a rule")
        if item is None:
            raise NotFound(f"There is no rule {rule_id}.", "See GET /rules.")
        try:
            return to_rule(item)
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
            those = RuleItem.query(tenant, page_size=page_size(limit, keep), last_evaluated_key=start)
            there = ((item, rule) for item in those for rule in _readable([item]))
            return page_of(there, keep, limit, lambda item: {"tenant": item.tenant, "rule_id": item.rule_id})

    def every(self, cursor: str, limit: int) -> Page[Rule]:
        start = unpack_cursor(cursor)
        with tables("going through all rules"):
            those = RuleItem.scan(limit=limit, last_evaluated_key=start, consistent_read=True)
            items = list(_readable(those))
        return Page(items, pack_cursor(those.last_evaluated_key))

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
        if not changed(RuleItem(rule.tenant, rule.rule_id), actions, RuleItem.version == version, "saving a rule"):
            said = "The rule changed or was deleted since it was read."
            raise Conflict(said, "Read it again and repeat the change.")

    def remove(self, tenant: str, rule_id: str) -> None:
        with tables("deleting a rule"):
            RuleItem(tenant, rule_id).delete()

    @property
    def shards(self) -> int:
        return shards.DUE_SHARDS

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> Sequence[RuleRef]:
        with tables("looking for due rules"):
            those = RuleItem.due.query(str(shard), RuleItem.next_run <= written(upto), limit=limit)
            return [RuleRef(item.tenant, item.rule_id) for item in those]

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
            refs = [RuleRef(item.tenant, item.rule_id) for item in RuleItem.by_arrival.query(tenant)]
        for start in range(0, len(refs), _MOST_AT_ONCE):
            for rule in self.all(refs[start : start + _MOST_AT_ONCE]):
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
            noted += [RuleItem.last_bytes.set(size), RuleItem.last_columns.set(COLUMNS.dump_json(columns).decode())]
        _note(tenant, rule_id, noted, "noting a manifest")

    def failed(self, tenant: str, rule_id: str) -> int:
        item, one_more = RuleItem(tenant, rule_id), RuleItem.failures.set((RuleItem.failures | 0) + 1)
        there = changed(item, [one_more], RuleItem.rule_id.exists(), "counting failures")
        return int(item.failures) if there else 0

    def recovered(self, tenant: str, rule_id: str) -> None:
        _note(tenant, rule_id, [RuleItem.failures.set(0)], "noting that no run fails any more")

    def late_checked(self, rule: Rule, checked: Mapping[str, int]) -> None:
        noted: list[Action] = [RuleItem.late_checked.set(mark(checked))]
        _note(rule.tenant, rule.rule_id, noted, "noting late rows", _owed_as_in(rule))

    def late_owed(self, tenant: str, rule_id: str, after: Mapping[str, int]) -> None:
        for _ in range(_TRIES):
            try:
                rule = self.get(tenant, rule_id)
            except NotFound:
                return
            checked = {**rule.late_checked, **{n: min(a, rule.late_checked.get(n, a)) for n, a in after.items()}}
            noted: list[Action] = [
                RuleItem.late_checked.set(mark(checked)),
                RuleItem.late_owed.set(rule.late_owed + 1),
            ]
            same = RuleItem.late_checked == mark(rule.late_checked) if rule.late_checked else _NO_MARK
            if _note(tenant, rule_id, noted, "noting owed rows", same & _owed_as_in(rule)):
                return
        raise busy("noting owed rows")


def _owed_as_in(rule: Rule) -> Condition:
    return RuleItem.late_owed == rule.late_owed if rule.late_owed else RuleItem.late_owed.does_not_exist()


def _note(tenant: str, rule_id: str, noted: list[Action], doing: str, condition: Condition | None = None) -> bool:
    """Beside the rule's version: what runs note is no change of the rule. False where the rule is gone or not as it must be."""
    there = RuleItem.rule_id.exists()
    return changed(RuleItem(tenant, rule_id), noted, there if condition is None else there & condition, doing)


def _optional(attribute: UnicodeAttribute, value: str | None) -> Action:
    return attribute.remove() if value is None else attribute.set(value)


def _readable(items: Iterable[RuleItem]) -> Iterator[Rule]:
    """The rules that this version understands. Another one holds back nobody: it is left out, and the operator is told."""
    for item in items:
        try:
            yield to_rule(item)
        except ValidationError as wrong:
            _LOG.error("the rule %s of %s cannot be read by this version: %s", item.rule_id, item.tenant, _why(wrong))


def _why(wrong: ValidationError) -> str:
    errors = wrong.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors[:3])
