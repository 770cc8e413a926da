"""The runs table, and the claim: the one transaction that makes a window run once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from waybill.aws.tables import shards
from waybill.aws.tables.item import bind, changed, found, saved, written
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.aws.tables.rule_item import RuleItem, arrived_upto, when_due
from waybill.aws.tables.run_item import SEQUENCES, RunItem, ended_day, owner_of, range_of, to_item, to_run
from waybill.aws.tables.transactions import together
from waybill.core.attempt import IN_OTHER_HANDS
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.rule import Rule
from waybill.core.run import NO_TOTALS, Outcome, Run, RunKey, RunState, SequenceRange
from waybill.core.window import stamp

_PAGE = 200


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
        if not saved(to_item(run), RunItem.rule.does_not_exist(), "saving a run"):
            raise Conflict("The window was run again at the same moment.", "See the rule's runs.")

    def get(self, key: RunKey) -> Run:
        item = found(RunItem, owner_of(key.tenant, key.rule_id), range_of(key), "reading a run")
        if item is None:
            raise NotFound(f"There is no run {key.run_id}.", "See GET /runs.")
        return to_run(item)

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
            those = RunItem.query(
                owner,
                scan_index_forward=oldest_first,
                page_size=page_size(limit, keep),
                last_evaluated_key=start,
                consistent_read=True,
            )
            there = ((item, to_run(item)) for item in those)
            return page_of(there, keep, limit, lambda item: {"rule": item.rule, "window": item.window})

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
                yield to_run(item)

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
            those = RunItem.by_tenant.query(
                tenant, scan_index_forward=oldest_first, page_size=size, last_evaluated_key=start
            )
            return page_of(self._in_full(those, size), keep, limit, _place_of)

    def _in_full(self, those: Iterable[RunItem], at_once: int) -> Iterator[tuple[RunItem, Run]]:
        """The items of an index with their runs, read afresh, some at once."""
        items = iter(those)
        while some := list(islice(items, min(at_once, 100))):
            runs = self._read([(item.rule, item.window) for item in some])
            yield from ((item, runs[item.rule, item.window]) for item in some if (item.rule, item.window) in runs)

    def waiting(self, before: datetime) -> Iterator[Run]:
        for shard in range(shards.DUE_SHARDS):
            with tables("looking for waiting runs"):
                those = RunItem.waiting.query(str(shard), RunItem.watched_from < written(before))
                keys = [(item.rule, item.window) for item in those]
            runs = self._read(keys)
            yield from (runs[key] for key in keys if key in runs and not runs[key].state.ended)

    def _read(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Run]:
        """The runs of an index's keys, read afresh, by key."""
        runs: dict[tuple[str, str], Run] = {}
        with tables("reading runs"):
            for start in range(0, len(keys), 100):
                for item in RunItem.batch_get(keys[start : start + 100], consistent_read=True):
                    runs[item.rule, item.window] = to_run(item)
        return runs

    def of_window(self, tenant: str, rule_id: str, window_start: datetime) -> Sequence[Run]:
        same = RunItem.window.startswith(stamp(window_start))
        with tables("reading a window's runs"):
            those = RunItem.query(owner_of(tenant, rule_id), same, scan_index_forward=False, consistent_read=True)
            return [to_run(item) for item in those]

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
            RunItem.sequences.set(SEQUENCES.dump_json(sequences).decode()),
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
            RunItem.waiting_shard.set(shards.waiting_shard(key)),
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
    return changed(RunItem(owner_of(key.tenant, key.rule_id), range_of(key)), actions, condition, doing)


def _place_of(item: RunItem) -> dict[str, str]:
    """Where an item lies in the index of a tenant's runs."""
    return {"tenant": item.tenant, "created_at": item.created_at, "rule": item.rule, "window": item.window}
