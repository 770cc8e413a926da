"""The runs table, and the claim: the one transaction that makes a window run once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from pydantic import TypeAdapter
from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from waybill.aws.tables.items import (
    DUE_SHARDS,
    RuleItem,
    RunItem,
    bind,
    failed_condition,
    page_of,
    page_size,
    read,
    read_instant,
    tables,
    unpack_cursor,
    written,
)
from waybill.aws.tables.rules import arrived_upto, when_due
from waybill.aws.tables.transactions import together
from waybill.aws.tables.usage import ended_day
from waybill.core.attempt import IN_OTHER_HANDS
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.rule import Rule
from waybill.core.run import NO_TOTALS, Outcome, Run, RunKey, RunState, SequenceRange, Trigger
from waybill.core.window import Window, stamp

_PAGE = 200
_SEQUENCES: TypeAdapter[Mapping[str, SequenceRange]] = TypeAdapter(Mapping[str, SequenceRange])


class RunsTable:
    """`rules_table` is bound as well: a claim writes to both."""

    def __init__(self, table: str, rules_table: str, region: str) -> None:
        bind(RunItem, table, region)
        bind(RuleItem, rules_table, region)
        self._connection = Connection(region=region)

    def claim(self, rule: Rule, run: Run, moved: Rule) -> bool:
        moves: list[Action] = [
            RuleItem.cursor.set(written(moved.cursor)),
            RuleItem.newest_run.set(moved.newest_run),
            RuleItem.version.set(moved.version),
            *when_due(moved),
            *arrived_upto(moved),
        ]
        unchanged = (RuleItem.version == rule.version) & (RuleItem.cursor == written(rule.cursor))

        def writes(transaction: TransactWrite) -> None:
            transaction.save(to_item(run), condition=RunItem.rule.does_not_exist())
            transaction.update(RuleItem(rule.tenant, rule.rule_id), actions=moves, condition=unchanged)

        return together(self._connection, "claiming a window", writes)

    def add(self, run: Run) -> None:
        with tables("saving a run"):
            try:
                to_item(run).save(RunItem.rule.does_not_exist())
            except PutError as error:
                if failed_condition(error):
                    raise Conflict("The window was run again at the same moment.", "See the rule's runs.") from error
                raise

    def get(self, key: RunKey) -> Run:
        with tables("reading a run"):
            try:
                return _to_run(read(RunItem, owner_of(key.tenant, key.rule_id), _range(key)))
            except DoesNotExist:
                raise NotFound(f"There is no run {key.run_id}.", "See GET /runs.") from None

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
        owner = owner_of(tenant, rule_id)
        start = unpack_cursor(cursor, rule=owner)
        with tables("listing runs"):
            found = RunItem.query(
                owner,
                scan_index_forward=oldest_first,
                page_size=page_size(limit, keep),
                last_evaluated_key=start,
                consistent_read=True,
            )
            read = ((item, _to_run(item)) for item in found)
            return page_of(read, keep, limit, lambda item: {"rule": item.rule, "window": item.window})

    def before(self, tenant: str, rule_id: str, moment: datetime | None) -> Iterator[Run]:
        earlier = RunItem.window < stamp(moment) if moment else None
        with tables("reading a rule's runs"):
            for item in RunItem.query(
                owner_of(tenant, rule_id),
                earlier,
                scan_index_forward=False,
                page_size=_PAGE,
                consistent_read=True,
            ):
                yield _to_run(item)

    def of_tenant(
        self,
        tenant: str,
        cursor: str,
        limit: int,
        keep: Callable[[Run], bool] | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[Run]:
        start = unpack_cursor(cursor, tenant=tenant)
        size = page_size(limit, keep)
        with tables("listing runs"):
            found = RunItem.by_tenant.query(
                tenant, scan_index_forward=oldest_first, page_size=size, last_evaluated_key=start
            )
            return page_of(self._in_full(found, size), keep, limit, _place_of)

    def _in_full(self, found: Iterable[RunItem], at_once: int) -> Iterator[tuple[RunItem, Run]]:
        """The items of an index with their runs, read afresh, some at once."""
        items = iter(found)
        while some := list(islice(items, min(at_once, 100))):
            runs = self._found([(item.rule, item.window) for item in some])
            yield from ((item, runs[item.rule, item.window]) for item in some if (item.rule, item.window) in runs)

    def waiting(self, before: datetime) -> Iterator[Run]:
        for shard in range(DUE_SHARDS):
            with tables("looking for waiting runs"):
                found = RunItem.waiting.query(str(shard), RunItem.watched_from < written(before))
                keys = [(item.rule, item.window) for item in found]
            yield from (run for run in self._all(keys) if not run.state.ended)

    def _all(self, keys: Sequence[tuple[str, str]]) -> list[Run]:
        """The items of an index's keys, read afresh, in the keys' order."""
        found = self._found(keys)
        return [found[key] for key in keys if key in found]

    def _found(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Run]:
        found: dict[tuple[str, str], Run] = {}
        with tables("reading runs"):
            for start in range(0, len(keys), 100):
                for item in RunItem.batch_get(keys[start : start + 100], consistent_read=True):
                    found[item.rule, item.window] = _to_run(item)
        return found

    def of_window(self, tenant: str, rule_id: str, window_start: datetime) -> Sequence[Run]:
        same = RunItem.window.startswith(stamp(window_start))
        with tables("reading a window's runs"):
            found = RunItem.query(owner_of(tenant, rule_id), same, scan_index_forward=False, consistent_read=True)
            return [_to_run(item) for item in found]

    def newest_generation(self, tenant: str, rule_id: str, window_start: datetime) -> int:
        return max((run.key.generation for run in self.of_window(tenant, rule_id, window_start)), default=0)

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
        begun: list[Action] = [
            RunItem.state.set(RunState.ONGOING.value),
            RunItem.started_at.set(RunItem.started_at | written(now)),
            RunItem.parts.set(parts),
            RunItem.estimated_bytes.set(estimated_bytes),
            RunItem.sequences.set(_SEQUENCES.dump_json(sequences).decode()),
            RunItem.watched_from.set(written(now + lasts)),
        ]
        if not _changed(key, begun, _held_by(epoch), "starting a run"):
            raise Conflict(IN_OTHER_HANDS, "See the run's log.")

    def end(self, key: RunKey, epoch: int, now: datetime, outcome: Outcome, totals: Mapping[str, int]) -> bool:
        return _changed(key, _ended(key, outcome, now, totals), _held_by(epoch), "ending a run")

    def hold_manifest(self, key: RunKey, epoch: int, until: datetime) -> bool:
        return _changed(key, [RunItem.manifest_until.set(written(until))], _held_by(epoch), "holding a run")

    def cancel(self, key: RunKey, epoch: int, now: datetime, message: str) -> bool:
        free = RunItem.manifest_until.does_not_exist() | (RunItem.manifest_until < written(now))
        cancelled = _ended(key, Outcome(RunState.CANCELLED, message), now, NO_TOTALS)
        return _changed(key, cancelled, _held_by(epoch) & free, "cancelling a run")

    def retry(self, key: RunKey, epoch: int, at: datetime) -> Run:
        again: list[Action] = [
            RunItem.state.set(RunState.SCHEDULED.value),
            RunItem.epoch.set(epoch + 1),
            RunItem.scheduled_for.set(written(at)),
            RunItem.message.set(""),
            RunItem.waiting_shard.set(_waiting_shard(key)),
            RunItem.watched_from.set(written(at)),
        ]
        again += [gone.remove() for gone in _OF_AN_ATTEMPT]
        unsuccessful = RunItem.state.is_in(*(s.value for s in RunState if s.ended and s is not RunState.SUCCESS))
        if not _changed(key, again, (RunItem.epoch == epoch) & unsuccessful, "retrying a run"):
            raise Conflict("The run was retried at the same moment.", "See the run.")
        return self.get(key)


_OF_AN_ATTEMPT = (
    RunItem.started_at,
    RunItem.finished_at,  # with it the run leaves the index of those that ended
    RunItem.rows,
    RunItem.bytes,
    RunItem.files,
    RunItem.rejects,
    RunItem.manifest_until,
)


def _held_by(epoch: int) -> Condition:
    running = RunItem.state.is_in(RunState.SCHEDULED.value, RunState.ONGOING.value)
    held: Condition = (RunItem.epoch == epoch) & running
    return held


def _ended(key: RunKey, outcome: Outcome, now: datetime, totals: Mapping[str, int]) -> list[Action]:
    return [
        RunItem.state.set(outcome.state.value),
        RunItem.message.set(outcome.message),
        RunItem.finished_at.set(written(now)),
        RunItem.ended_day.set(ended_day(key.tenant, now.astimezone(UTC).date())),
        RunItem.rows.set(totals["rows"]),
        RunItem.bytes.set(totals["bytes"]),
        RunItem.files.set(totals["files"]),
        RunItem.rejects.set(totals["rejects"]),
        RunItem.waiting_shard.remove(),
        RunItem.watched_from.remove(),
    ]


def _changed(key: RunKey, actions: list[Action], condition: Condition, doing: str) -> bool:
    """Whether the run was as the condition says; it is changed then, and not otherwise."""
    with tables(doing):
        try:
            RunItem(owner_of(key.tenant, key.rule_id), _range(key)).update(actions, condition)
        except UpdateError as error:
            if failed_condition(error):
                return False
            raise
    return True


def owner_of(tenant: str, rule_id: str) -> str:
    return f"{tenant}#{rule_id}"


def _place_of(item: RunItem) -> dict[str, str]:
    """Where an item lies in the index of a tenant's runs."""
    return {"tenant": item.tenant, "created_at": item.created_at, "rule": item.rule, "window": item.window}


def _range(key: RunKey) -> str:
    return f"{stamp(key.window_start)}#{key.generation:06d}"


def _waiting_shard(key: RunKey) -> str:
    return str(zlib.crc32(key.run_id.encode()) % DUE_SHARDS)


def to_item(run: Run) -> RunItem:
    key = run.key
    return RunItem(
        owner_of(key.tenant, key.rule_id),
        _range(key),
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
        sequences=_SEQUENCES.dump_json(run.sequences).decode() if run.sequences is not None else None,
        amends=run.amends,
        carried_by=run.carried_by,
        backfill=run.backfill,
        minimal_log=run.minimal_log,
        started_at=written(run.started_at) if run.started_at else None,
        finished_at=written(run.finished_at) if run.finished_at else None,
        ended_day=ended_day(key.tenant, run.finished_at.astimezone(UTC).date()) if run.finished_at else None,
        message=run.message,
        waiting_shard=_waiting_shard(key) if run.state is RunState.SCHEDULED else None,
        watched_from=written(run.created_at) if run.state is RunState.SCHEDULED else None,
    )


def _to_run(item: RunItem) -> Run:
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
        sequences=_SEQUENCES.validate_json(item.sequences) if item.sequences else None,
        amends=bool(item.amends),
        carried_by=item.carried_by or "",
        backfill=item.backfill or "",
        minimal_log=bool(item.minimal_log),
    )
