"""A run as an item: its key, its attributes and indexes, and the way there and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date

from pydantic import TypeAdapter
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from waybill.aws.tables.item import Item, read_instant, written
from waybill.aws.tables.shards import waiting_shard
from waybill.core.run import Run, RunKey, RunState, SequenceRange, Trigger
from waybill.core.window import Window, stamp

SEQUENCES: TypeAdapter[Mapping[str, SequenceRange]] = TypeAdapter(Mapping[str, SequenceRange])


class _RunsOfTenant(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(hash_key=True)
    created_at = UnicodeAttribute(range_key=True)


class _RunsWaiting(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "waiting"
        projection = KeysOnlyProjection()

    waiting_shard = UnicodeAttribute(hash_key=True)
    watched_from = UnicodeAttribute(range_key=True)


class _RunsByEnd(GlobalSecondaryIndex["RunItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_ended_day"
        projection = IncludeProjection(["state", "rows", "bytes", "files"])

    ended_day = UnicodeAttribute(hash_key=True)
    finished_at = UnicodeAttribute(range_key=True)


class RunItem(Item):
    rule = UnicodeAttribute(hash_key=True)
    window = UnicodeAttribute(range_key=True)
    tenant = UnicodeAttribute()
    rule_id = UnicodeAttribute()
    rule_name = UnicodeAttribute(default="")
    window_start = UnicodeAttribute()
    window_end = UnicodeAttribute()
    generation = NumberAttribute()
    state = UnicodeAttribute()
    trigger = UnicodeAttribute()
    epoch = NumberAttribute()
    scheduled_for = UnicodeAttribute()
    created_at = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    rows = NumberAttribute(null=True)
    bytes = NumberAttribute(null=True)
    files = NumberAttribute(null=True)
    rejects = NumberAttribute(null=True)
    parts = NumberAttribute(null=True)
    estimated_bytes = NumberAttribute(null=True)
    message = UnicodeAttribute(default="")
    tzdata = UnicodeAttribute(default="")
    waiting_shard = UnicodeAttribute(null=True)
    watched_from = UnicodeAttribute(null=True)
    sequences = UnicodeAttribute(null=True)
    amends = BooleanAttribute(default=False)
    carried_by = UnicodeAttribute(default="")
    backfill = UnicodeAttribute(default="")
    minimal_log = BooleanAttribute(default=False)
    manifest_until = UnicodeAttribute(null=True)
    ended_day = UnicodeAttribute(null=True)
    by_ended_day = _RunsByEnd()
    by_tenant = _RunsOfTenant()
    waiting = _RunsWaiting()


def owner_of(tenant: str, rule_id: str) -> str:
    return f"{tenant}#{rule_id}"


def range_of(key: RunKey) -> str:
    return f"{stamp(key.window_start)}#{key.generation:06d}"


def to_item(run: Run) -> RunItem:
    key = run.key
    return RunItem(
        owner_of(key.tenant, key.rule_id),
        range_of(key),
        tenant=key.tenant,
        rule_id=key.rule_id,
        rule_name=run.rule_name,
        window_start=written(run.window.start),
        window_end=written(run.window.end),
        generation=key.generation,
        state=run.state.value,
        trigger=run.trigger.value,
        epoch=run.epoch,
        scheduled_for=written(run.scheduled_for),
        created_at=written(run.created_at),
        tzdata=run.tzdata,
        estimated_bytes=run.estimated_bytes,
        sequences=SEQUENCES.dump_json(run.sequences).decode() if run.sequences is not None else None,
        amends=run.amends,
        carried_by=run.carried_by,
        backfill=run.backfill,
        minimal_log=run.minimal_log,
        started_at=written(run.started_at) if run.started_at else None,
        finished_at=written(run.finished_at) if run.finished_at else None,
        ended_day=ended_day(key.tenant, run.finished_at.astimezone(UTC).date()) if run.finished_at else None,
        message=run.message,
        waiting_shard=waiting_shard(key) if run.state is RunState.SCHEDULED else None,
        watched_from=written(run.created_at) if run.state is RunState.SCHEDULED else None,
    )


def to_run(item: RunItem) -> Run:
    def number(value: float | None) -> int | None:
        return None if value is None else int(value)

    window = Window(read_instant(item.window_start), read_instant(item.window_end))
    return Run(
        key=RunKey(item.tenant, item.rule_id, window.start, int(item.generation)),
        window=window,
        state=RunState(item.state),
        trigger=Trigger(item.trigger),
        epoch=int(item.epoch),
        scheduled_for=read_instant(item.scheduled_for),
        created_at=read_instant(item.created_at),
        rule_name=item.rule_name or "",
        started_at=read_instant(item.started_at) if item.started_at else None,
        finished_at=read_instant(item.finished_at) if item.finished_at else None,
        rows=number(item.rows),
        bytes=number(item.bytes),
        files=number(item.files),
        rejects=number(item.rejects),
        parts=number(item.parts),
        estimated_bytes=number(item.estimated_bytes),
        message=item.message or "",
        tzdata=item.tzdata or "",
        sequences=SEQUENCES.validate_json(item.sequences) if item.sequences else None,
        amends=bool(item.amends),
        carried_by=item.carried_by or "",
        backfill=item.backfill or "",
        minimal_log=bool(item.minimal_log),
    )


def ended_day(tenant: str, day: date) -> str:
    return f"{tenant}#{day.isoformat()}"
