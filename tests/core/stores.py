"""The ports of rules and runs in memory, as strict as the tables: a claim is all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.rule import Rule, RuleState
from waybill.core.run import Outcome, Run, RunKey, RunState
from waybill.core.schedule import OnDemand


class MemoryRules:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Rule] = {}

    def add(self, rule: Rule) -> None:
        if (rule.tenant, rule.rule_id) in self.kept:
            raise Conflict("exists")
        self.kept[rule.tenant, rule.rule_id] = rule

    def get(self, tenant: str, rule_id: str) -> Rule:
        try:
            return self.kept[tenant, rule_id]
        except KeyError:
            raise NotFound("no such rule") from None

    def find(self, rule_id: str) -> Rule:
        return next((r for (_, found), r in self.kept.items() if found == rule_id))

    def page(self, tenant: str, cursor: str, limit: int) -> Page[Rule]:
        return Page([r for (owner, _), r in sorted(self.kept.items()) if owner == tenant][:limit])

    def replace(self, rule: Rule, version: int) -> None:
        if self.get(rule.tenant, rule.rule_id).version != version:
            raise Conflict("changed")
        self.kept[rule.tenant, rule.rule_id] = rule

    def remove(self, tenant: str, rule_id: str) -> None:
        self.kept.pop((tenant, rule_id), None)

    def due(self, upto: datetime) -> Iterator[Rule]:
        yield from [r for r in self.kept.values() if r.next_run is not None and r.next_run <= upto]

    def listening(self, tenant: str, dataset: str) -> Iterator[Rule]:
        for rule in list(self.kept.values()):
            schedule = rule.settings.schedule
            waits = isinstance(schedule, OnDemand) and schedule.frequency == "event"
            named = any(c.dataset == dataset for c in rule.settings.data)
            if rule.tenant == tenant and rule.state is RuleState.ACTIVE and waits and named:
                yield rule

    def delivered(self, tenant: str, rule_id: str, manifest_sha256: str, size: int) -> None:
        rule = self.kept[tenant, rule_id]
        self.kept[tenant, rule_id] = replace(rule, last_manifest=manifest_sha256, last_bytes=size)


class MemoryRuns:
    def __init__(self, rules: MemoryRules) -> None:
        self._rules = rules
        self.kept: dict[RunKey, Run] = {}

    def claim(self, rule: Rule, run: Run, cursor: datetime, next_run: datetime | None) -> bool:
        current = self._rules.kept.get((rule.tenant, rule.rule_id))
        if run.key in self.kept or current is None:
            return False
        if current.version != rule.version or current.cursor != rule.cursor:
            return False
        self.kept[run.key] = run
        moved = replace(current, cursor=cursor, next_run=next_run, version=current.version + 1)
        self._rules.kept[rule.tenant, rule.rule_id] = moved
        return True

    def add(self, run: Run) -> None:
        if run.key in self.kept:
            raise Conflict("exists")
        self.kept[run.key] = run

    def get(self, key: RunKey) -> Run:
        try:
            return self.kept[key]
        except KeyError:
            raise NotFound("no such run") from None

    def of_rule(self, tenant: str, rule_id: str, cursor: str, limit: int) -> Page[Run]:
        found = [r for k, r in self.kept.items() if (k.tenant, k.rule_id) == (tenant, rule_id)]
        return Page(sorted(found, key=lambda r: (r.window.start, r.key.generation), reverse=True)[:limit])

    def of_tenant(self, tenant: str, cursor: str, limit: int) -> Page[Run]:
        found = [r for k, r in self.kept.items() if k.tenant == tenant]
        return Page(sorted(found, key=lambda r: r.created_at, reverse=True)[:limit])

    def waiting(self, before: datetime) -> Iterator[Run]:
        yield from [r for r in self.kept.values() if r.state is RunState.SCHEDULED and r.created_at < before]

    def newest_generation(self, tenant: str, rule_id: str, window_start: datetime) -> int:
        same = (tenant, rule_id, window_start)
        return max((k.generation for k in self.kept if (k.tenant, k.rule_id, k.window_start) == same), default=0)

    def begin(self, key: RunKey, epoch: int, now: datetime, parts: int, estimated_bytes: int) -> None:
        run = self.get(key)
        if run.epoch != epoch or run.state.ended:
            raise Conflict("ended")
        started = run.started_at or now
        self.kept[key] = replace(
            run, state=RunState.ONGOING, started_at=started, parts=parts, estimated_bytes=estimated_bytes
        )

    def end(self, key: RunKey, epoch: int, now: datetime, outcome: Outcome, totals: Mapping[str, int]) -> bool:
        run = self.get(key)
        if run.epoch != epoch or run.state.ended:
            return False
        self.kept[key] = replace(
            run,
            state=outcome.state,
            message=outcome.message,
            finished_at=now,
            rows=totals["rows"],
            bytes=totals["bytes"],
            files=totals["files"],
            rejects=totals["rejects"],
        )
        return True
