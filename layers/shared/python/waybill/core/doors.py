"""The doors by which dispatch is set off, and the runs that each of them claims."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import Any, TypeVar

from waybill.core.advance import BackfillDesk, advance_all
from waybill.core.arrival import REGISTERED, claim_looked_at, claim_waiting, runs_by_arrival
from waybill.core.catalog import Catalogs
from waybill.core.dispatch import Tick, claim_triggered
from waybill.core.errors import NotFound, PermanentError
from waybill.core.plan import Probed
from waybill.core.ports import Backfills, DispatchQueue, Events, LakeObjects, Rules, Runs
from waybill.core.rule import Rule, RuleRef
from waybill.core.run import Run, RunState
from waybill.core.stalled import revived

T = TypeVar("T")

MOST_ALONE = 200
"""Rules due at one tick, above which the shards are dispatched side by side."""
SWEEP_AFTER = timedelta(minutes=2)
NAME_USED_UP = timedelta(hours=1)
"""A run that was asked for so long ago and has not begun has an execution that came to nothing."""
MOST_SWEPT = 1_000
"""Claims that one tick asks for again: after an outage most wait in the workflow engine's own queue."""
_READ_AT_ONCE = 100

Claims = Callable[[Callable[[Rule], list[Run]], Iterable[Rule]], Iterable[list[Run]]]


@dataclass(frozen=True)
class House:
    """What the doors lead to. `claims` maps a function over rules, side by side if it likes, in their order; `broken` is told
    of a rule that could not be claimed.
    """

    rules: Rules
    runs: Runs
    backfills: Backfills
    lake: LakeObjects
    catalogs: Catalogs
    stage: Probed
    queue: DispatchQueue
    events: Events
    claims: Claims
    broken: Callable[[Rule], None]


def runs_asked_for(event: Mapping[str, Any], tick: Tick, house: House) -> Iterator[Run]:
    """Claims what the event asks for: `{"rule_id"}` names a rule, `{"detail": {"tenant", "dataset"}}` what came in upstream or,
    by its detail type, what was registered, `{"shard"}` a shard of all that is due; anything else is the heartbeat. Yields the
    runs to start.

    Raises PermanentError for a rule that is not there.
    """
    if "rule_id" in event:
        try:
            named = [house.rules.find(str(event["rule_id"]))]
        except NotFound as missing:
            raise PermanentError(
                f"The schedule names the rule {event['rule_id']}, which does not exist.",
                "Correct or delete that schedule in EventBridge.",
            ) from missing
        return _triggered(named, tick, house)
    if "detail" in event:
        tenant, dataset = (str(event["detail"].get(name, "")) for name in ("tenant", "dataset"))
        registered = event.get("detail-type") == REGISTERED
        waiting = house.rules.arriving if registered else house.rules.listening
        return _triggered(waiting(tenant, dataset), tick, house)
    if "shard" in event:
        return _due(house.rules.due(tick.time, int(event["shard"])), tick, house)
    return _heartbeat(tick, house)


def _triggered(rules: Iterable[Rule], tick: Tick, house: House) -> Iterator[Run]:
    for rule in rules:
        if runs_by_arrival(rule):
            yield from claim_looked_at(rule, house.rules, house.runs, house.lake, tick)
        else:
            yield from claim_triggered(rule, house.rules, house.runs, house.catalogs(rule.tenant), tick)


def _heartbeat(tick: Tick, house: House) -> Iterator[Run]:
    """What is due in all shards; where that is much, each shard goes to an invocation of its own. Then the backfills and
    the sweep.
    """
    due = {shard: house.rules.due(tick.time, shard, MOST_ALONE) for shard in range(house.rules.shards)}
    if sum(map(len, due.values())) <= MOST_ALONE:
        yield from _due(chain.from_iterable(due.values()), tick, house)
    else:
        house.queue.share(tick.time, [shard for shard, found in due.items() if found])
    yield from advance_all(BackfillDesk(house.rules, house.runs, house.backfills), tick)
    yield from _swept(tick, house)


def _swept(tick: Tick, house: House) -> Iterator[Run]:
    """Claims that did not start are asked for again, under their own names. An execution that is over without an end is
    followed by the run's next attempt, and so is one that died before its first step was done: its name is used up.
    """
    for run in islice(house.runs.waiting(tick.now - SWEEP_AFTER), MOST_SWEPT):
        if run.state is RunState.SCHEDULED and tick.now - run.scheduled_for < NAME_USED_UP:
            yield run
        elif again := revived(run, house.runs, house.rules, house.stage, house.events, tick.now):
            yield again


def _due(due: Iterable[RuleRef], tick: Tick, house: House) -> Iterator[Run]:
    def claimed(rule: Rule) -> list[Run]:
        try:
            catalog = house.catalogs(rule.tenant)
            return list(claim_waiting(rule, house.rules, house.runs, house.lake, catalog, tick))
        except Exception:  # noqa: BLE001 - whatever is wrong with one rule holds back no other; the auditor tells of its window
            house.broken(rule)
            return []

    for refs in batches(fairly(due), _READ_AT_ONCE):
        yield from chain.from_iterable(house.claims(claimed, house.rules.all(refs)))


def fairly(due: Iterable[RuleRef]) -> Iterator[RuleRef]:
    """The same rules in turns of the tenants, each tenant's in their order: who has many does not hold back who has few."""
    waiting: dict[str, deque[RuleRef]] = {}
    for ref in due:
        waiting.setdefault(ref.tenant, deque()).append(ref)
    turns = deque(waiting.values())
    while turns:
        own = turns.popleft()
        yield own.popleft()
        if own:
            turns.append(own)


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """The same in their order, `size` at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
