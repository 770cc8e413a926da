"""The ports of rules, runs and lake objects in memory, as strict as the tables: a claim is all or nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from waybill.core.arrival import runs_by_arrival
from waybill.core.backfill import Backfill, BackfillState
from waybill.core.drift import Columns
from waybill.core.errors import Conflict, NotFound
from waybill.core.hole import Hole, HoleKind, KeptHole
from waybill.core.lake_keys import Listed
from waybill.core.lake_object import LakeObject
from waybill.core.ports import Page
from waybill.core.rule import Rule, RuleRef, RuleState
from waybill.core.run import NO_TOTALS, Outcome, Run, RunKey, RunState, SequenceRange
from waybill.core.schedule_settings import OnDemand
from waybill.core.window import Window


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
        found = [r for (_, known), r in self.kept.items() if known == rule_id]
        if not found:
            raise NotFound("no such rule")
        return found[0]

    def page(self, tenant: str, cursor: str, limit: int, keep: Callable[[Rule], bool] | None = None) -> Page[Rule]:
        found = [r for (owner, _), r in sorted(self.kept.items()) if owner == tenant]
        return Page([r for r in found if keep is None or keep(r)][:limit])

    def every(self, cursor: str, limit: int) -> Page[Rule]:
        keys = [key for key in sorted(self.kept) if "/".join(key) > cursor]
        more = len(keys) > limit
        return Page([self.kept[key] for key in keys[:limit]], "/".join(keys[limit - 1]) if more else "")

    def replace(self, rule: Rule, version: int) -> None:
        if self.get(rule.tenant, rule.rule_id).version != version:
            raise Conflict("changed")
        self.kept[rule.tenant, rule.rule_id] = rule

    def remove(self, tenant: str, rule_id: str) -> None:
        self.kept.pop((tenant, rule_id), None)

    @property
    def shards(self) -> int:
        return 2

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> Sequence[RuleRef]:
        found = [
            r
            for r in self.kept.values()
            if r.next_run is not None and r.next_run <= upto and zlib.crc32(r.rule_id.encode()) % self.shards == shard
        ]
        found.sort(key=lambda r: r.next_run or upto)
        return [RuleRef(r.tenant, r.rule_id) for r in found[:limit]]

    def all(self, refs: Sequence[RuleRef]) -> Iterator[Rule]:
        yield from [self.kept[ref] for ref in refs if ref in self.kept]

    def listening(self, tenant: str, dataset: str) -> Iterator[Rule]:
        for rule in list(self.kept.values()):
            schedule = rule.settings.schedule
            waits = isinstance(schedule, OnDemand) and schedule.frequency == "event"
            named = any(c.dataset == dataset for c in rule.settings.data)
            if rule.tenant == tenant and rule.state is RuleState.ACTIVE and waits and named:
                yield rule

    def arriving(self, tenant: str, dataset: str) -> Iterator[Rule]:
        for rule in list(self.kept.values()):
            named = any(c.dataset == dataset for c in rule.settings.data)
            if rule.tenant == tenant and rule.state is RuleState.ACTIVE and runs_by_arrival(rule) and named:
                yield rule

    def look_at(self, rule: Rule, at: datetime) -> None:
        current = self.kept.get((rule.tenant, rule.rule_id))
        if current and current.state is RuleState.ACTIVE:
            self.kept[rule.tenant, rule.rule_id] = replace(current, next_run=at)

    def delivered(
        self, tenant: str, rule_id: str, manifest_sha256: str, size: int, columns: Mapping[str, Columns] | None
    ) -> None:
        rule = replace(self.kept[tenant, rule_id], last_manifest=manifest_sha256)
        if columns is not None:
            rule = replace(rule, last_bytes=size, last_columns=columns)
        self.kept[tenant, rule_id] = rule

    def failed(self, tenant: str, rule_id: str) -> int:
        rule = self.kept[tenant, rule_id]
        self.kept[tenant, rule_id] = replace(rule, failures=rule.failures + 1)
        return rule.failures + 1

    def recovered(self, tenant: str, rule_id: str) -> None:
        self.kept[tenant, rule_id] = replace(self.kept[tenant, rule_id], failures=0)

    def late_checked(self, rule: Rule, checked: Mapping[str, int]) -> None:
        current = self.kept[rule.tenant, rule.rule_id]
        if current.late_owed == rule.late_owed:
            self.kept[rule.tenant, rule.rule_id] = replace(current, late_checked=checked)

    def late_owed(self, tenant: str, rule_id: str, after: Mapping[str, int]) -> None:
        current = self.kept[tenant, rule_id]
        lower = {name: min(least, current.late_checked.get(name, least)) for name, least in after.items()}
        self.kept[tenant, rule_id] = replace(
            current, late_checked={**current.late_checked, **lower}, late_owed=current.late_owed + 1
        )


def newest_first(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda r: (r.window.start, r.key.generation), reverse=True)


class MemoryRuns:
    def __init__(self, rules: MemoryRules) -> None:
        self._rules = rules
        self.kept: dict[RunKey, Run] = {}
        self.manifests_held: dict[RunKey, datetime] = {}
        self._watched_from: dict[RunKey, datetime] = {}

    def claim(self, rule: Rule, run: Run, moved: Rule) -> bool:
        current = self._rules.kept.get((rule.tenant, rule.rule_id))
        if run.key in self.kept or current is None:
            return False
        if current.version != rule.version or current.cursor != rule.cursor:
            return False
        self.kept[run.key] = run
        self._rules.kept[rule.tenant, rule.rule_id] = replace(
            current,
            cursor=moved.cursor,
            next_run=moved.next_run,
            newest_run=moved.newest_run,
            arrived=moved.arrived,
            version=moved.version,
        )
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

    def of_rule(
        self,
        tenant: str,
        rule_id: str,
        cursor: str,
        limit: int,
        keep: Callable[[Run], bool] | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[Run]:
        found = newest_first(r for k, r in self.kept.items() if (k.tenant, k.rule_id) == (tenant, rule_id))
        ordered = found[::-1] if oldest_first else found
        return Page([r for r in ordered if keep is None or keep(r)][:limit])

    def before(self, tenant: str, rule_id: str, moment: datetime | None) -> Iterator[Run]:
        found = [r for k, r in self.kept.items() if (k.tenant, k.rule_id) == (tenant, rule_id)]
        yield from newest_first(r for r in found if moment is None or r.window.start < moment)

    def of_tenant(
        self,
        tenant: str,
        cursor: str,
        limit: int,
        keep: Callable[[Run], bool] | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[Run]:
        found = [r for k, r in self.kept.items() if k.tenant == tenant and (keep is None or keep(r))]
        return Page(sorted(found, key=lambda r: r.created_at, reverse=not oldest_first)[:limit])

    def waiting(self, before: datetime) -> Iterator[Run]:
        known = [(r, self._watched_from.get(r.key, r.created_at)) for r in self.kept.values() if not r.carried_by]
        yield from [r for r, moment in known if not r.state.ended and moment < before]

    def of_window(self, tenant: str, rule_id: str, window_start: datetime) -> Sequence[Run]:
        found = self.of_rule(tenant, rule_id, "", len(self.kept)).items
        return [r for r in found if r.window.start == window_start]

    def newest_generation(self, tenant: str, rule_id: str, window_start: datetime) -> int:
        return max((r.key.generation for r in self.of_window(tenant, rule_id, window_start)), default=0)

    def begin(
        self,
        key: RunKey,
        epoch: int,
        now: datetime,
        parts: int,
        estimated_bytes: int,
        sequences: Mapping[str, SequenceRange],
        lasts: timedelta,
    ) -> None:
        run = self.get(key)
        if not run.held_by(epoch):
            raise Conflict("ended")
        self._watched_from[key] = now + lasts
        started = run.started_at or now
        self.kept[key] = replace(
            run,
            state=RunState.ONGOING,
            started_at=started,
            parts=parts,
            estimated_bytes=estimated_bytes,
            sequences=sequences,
        )

    def end(self, key: RunKey, epoch: int, now: datetime, outcome: Outcome, totals: Mapping[str, int]) -> bool:
        run = self.get(key)
        if not run.held_by(epoch):
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

    def hold_manifest(self, key: RunKey, epoch: int, until: datetime) -> bool:
        if not self.get(key).held_by(epoch):
            return False
        self.manifests_held[key] = until
        return True

    def cancel(self, key: RunKey, epoch: int, now: datetime, message: str) -> bool:
        if key in self.manifests_held and self.manifests_held[key] >= now:
            return False
        return self.end(key, epoch, now, Outcome(RunState.CANCELLED, message), NO_TOTALS)

    def retry(self, key: RunKey, epoch: int, at: datetime) -> Run:
        run = self.get(key)
        if run.epoch != epoch or not run.state.ended or run.state is RunState.SUCCESS:
            raise Conflict("changed")
        self.manifests_held.pop(key, None)
        self._watched_from[key] = at
        self.kept[key] = replace(
            run, state=RunState.SCHEDULED, epoch=epoch + 1, scheduled_for=at, message="", started_at=None,
            finished_at=None, rows=None, bytes=None, files=None, rejects=None,
        )  # fmt: skip
        return self.kept[key]


class MemoryBackfills:
    def __init__(self, runs: MemoryRuns) -> None:
        self._runs = runs
        self.kept: dict[tuple[str, str, str], Backfill] = {}

    def add(self, backfill: Backfill) -> None:
        if _place(backfill) in self.kept:
            raise Conflict("exists")
        self.kept[_place(backfill)] = backfill

    def get(self, tenant: str, rule_id: str, backfill_id: str) -> Backfill:
        try:
            return self.kept[tenant, rule_id, backfill_id]
        except KeyError:
            raise NotFound("no such backfill") from None

    def page(self, tenant: str, rule_id: str, cursor: str, limit: int) -> Page[Backfill]:
        found = [b for place, b in sorted(self.kept.items(), reverse=True) if place[:2] == (tenant, rule_id)]
        return Page(found[:limit])

    def active(self) -> Iterator[Backfill]:
        yield from [b for b in self.kept.values() if b.state is BackfillState.ACTIVE]

    def move(self, backfill: Backfill, moved: Backfill, run: Run | None = None) -> bool:
        if self.kept[_place(backfill)].version != backfill.version or (run and run.key in self._runs.kept):
            return False
        if run:
            self._runs.add(run)
        self.kept[_place(backfill)] = moved
        return True


def _place(backfill: Backfill) -> tuple[str, str, str]:
    return backfill.tenant, backfill.rule_id, backfill.backfill_id


class MemoryWorkflow:
    def __init__(self) -> None:
        self.started: list[Run] = []
        self.stopped: list[Run] = []

    def fan_out(self, batch: str) -> None:
        raise NotImplementedError

    def start(self, run: Run, large: bool) -> None:
        self.started.append(run)

    def stop(self, run: Run) -> None:
        self.stopped.append(run)


class MemoryLakeObjects:
    """By tenant and dataset: the registered objects, number 1 first, and the replacements."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], list[LakeObject]] = {}
        self.merged: dict[tuple[str, str], list[LakeObject]] = {}

    def register(self, tenant: str, dataset: str, found: LakeObject) -> LakeObject:
        listed = Listed(found.key, found.etag, found.size)
        known = self.known(tenant, dataset, [listed])
        if known:
            return known[listed]
        objects = self.kept.setdefault((tenant, dataset), [])
        objects.append(found.model_copy(update={"sequence": len(objects) + 1}))
        return objects[-1]

    def known(self, tenant: str, dataset: str, listed: Sequence[Listed]) -> Mapping[Listed, LakeObject]:
        kept = {Listed(o.key, o.etag, o.size): o for o in self.kept.get((tenant, dataset), [])}
        return {one: kept[one] for one in listed if one in kept}

    def newest(self, tenant: str, dataset: str) -> int:
        return len(self.kept.get((tenant, dataset), []))

    def get(self, tenant: str, dataset: str, sequence: int) -> LakeObject:
        if not 1 <= sequence <= self.newest(tenant, dataset):
            raise NotFound("no such object")
        return self.kept[tenant, dataset][sequence - 1]

    def since(self, tenant: str, dataset: str, after: int, upto: int) -> Iterator[LakeObject]:
        yield from self.kept.get((tenant, dataset), [])[after:upto]

    def between(
        self, tenant: str, dataset: str, window: Window, after: int, upto: int, *, replaced: bool = False
    ) -> Iterator[LakeObject]:
        whole = [
            m for m in self.merged.get((tenant, dataset), []) if min(m.replaces) > after and max(m.replaces) <= upto
        ]
        merged = [] if replaced else whole
        gone = {number for m in merged for number in m.replaces}
        plain = [o for o in self.since(tenant, dataset, after, upto) if o.sequence not in gone]
        yield from sorted((o for o in [*plain, *merged] if o.in_window(window)), key=lambda o: o.sequence)

    def merges(self, tenant: str, dataset: str) -> int:
        return len(self.merged.get((tenant, dataset), []))

    def replacements(self, tenant: str, dataset: str, after: int) -> Iterator[LakeObject]:
        yield from (m for m in self.merged.get((tenant, dataset), []) if max(m.replaces) > after)

    def replace(self, tenant: str, dataset: str, merged: LakeObject, merges: int) -> bool:
        if merges != self.merges(tenant, dataset):
            return False
        self.merged.setdefault((tenant, dataset), []).append(merged)
        return True


class MemoryHoles:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, datetime, HoleKind], KeptHole] = {}

    def note(self, hole: Hole, now: datetime) -> None:
        known = self.kept.get(hole.identity)
        self.kept[hole.identity] = KeptHole(hole, known.first_seen if known else now, now)

    def open_of_rule(self, tenant: str, rule_id: str) -> Sequence[KeptHole]:
        return [k for k in self._open() if (k.hole.tenant, k.hole.rule_id) == (tenant, rule_id)]

    def page(self, tenant: str, cursor: str, limit: int) -> Page[KeptHole]:
        return Page([k for k in self._open() if k.hole.tenant == tenant][:limit])

    def unseen(self, since: datetime) -> Iterator[KeptHole]:
        yield from [k for k in self._open() if k.last_seen < since]

    def cure(self, hole: KeptHole, now: datetime) -> None:
        if self.kept[hole.hole.identity].last_seen == hole.last_seen:
            self.kept[hole.hole.identity] = replace(hole, cured_at=now)

    def _open(self) -> list[KeptHole]:
        return [kept for _, kept in sorted(self.kept.items()) if kept.cured_at is None]


class MemoryEvents:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Mapping[str, Any]]] = []

    def send(self, source: str, kind: str, details: Sequence[Mapping[str, Any]]) -> None:
        self.sent += [(source, kind, detail) for detail in details]


class MemoryBookmarks:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def read(self, name: str) -> str:
        return self.kept.get(name, "")

    def save(self, name: str, place: str) -> None:
        self.kept[name] = place
