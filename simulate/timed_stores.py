"""The stores of rules and runs, where each call takes time and AWS may refuse it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulate import aws_limits as aws
from simulate.crowd import HOUR, Crowd, DueIndex
from simulate.throttle import Keys
from tests.core.stores import MemoryRules, MemoryRuns
from waybill.aws.tables.shards import DUE_SHARDS, due_shard
from waybill.aws.tables.transactions import PAUSES
from waybill.core.errors import NotFound, TransientError
from waybill.core.rule import Rule, RuleRef
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.window import Window


@dataclass
class Clock:
    """What whoever is at work just now takes for the time: seconds after the hour."""

    now: float = 0.0

    @property
    def moment(self) -> datetime:
        return HOUR + timedelta(seconds=self.now)


@dataclass(frozen=True)
class Claim:
    at: float
    rule: RuleRef
    pauses: int


def write_units(size: int) -> int:
    return -(-size // aws.WRITE_UNIT_BYTES) * aws.IN_TRANSACTION


class TimedRules(MemoryRules):
    def __init__(self, crowd: Crowd, clock: Clock) -> None:
        super().__init__()
        self._crowd, self._clock = crowd, clock
        self.kept = crowd.rules
        self.index = DueIndex(timedelta(seconds=aws.INDEX_LAG))
        entries = ((ref, rule.next_run) for ref, rule in crowd.rules.items())
        self.index.fill((due_shard(*ref), due, RuleRef(*ref)) for ref, due in entries if due)

    @property
    def shards(self) -> int:
        return DUE_SHARDS

    def due(self, upto: datetime, shard: int, limit: int | None = None) -> Sequence[RuleRef]:
        found = self.index.due(str(shard), upto, self._clock.moment, limit)
        self._clock.now += aws.QUERY + len(found) * aws.REF_CPU
        return found

    def all(self, refs: Sequence[RuleRef]) -> Iterator[Rule]:
        self._clock.now += aws.BATCH_GET + len(refs) * aws.READ_CPU
        return map(self._crowd.rule, refs)


class TimedRuns(MemoryRuns):
    """`warm`: writes a second for which each table and index was warmed. `claims` are those that were made."""

    def __init__(self, rules: TimedRules, clock: Clock, chance: Random, warm: int) -> None:
        super().__init__(rules)
        self._timed, self._clock, self._chance = rules, clock, chance
        self._rules_table, self._due = Keys("rules", warm), Keys("due", warm)
        self._runs_table, self._waiting = Keys("runs", warm), Keys("waiting", warm)
        self._by_tenant = Keys("by_tenant", warm)
        self.claims: list[Claim] = []

    def get(self, key: RunKey) -> Run:
        self._clock.now += aws.GET
        try:
            return super().get(key)
        except NotFound:
            return _of_yesterday(key)

    def waiting(self, before: datetime) -> Iterator[Run]:
        """Empty: the simulation is over before the first claim has waited for two minutes."""
        self._clock.now += DUE_SHARDS * aws.QUERY
        return iter(())

    def claim(self, rule: Rule, run: Run, moved: Rule) -> bool:
        """As the table does it: a claim that AWS refuses is made again after a pause."""
        for pauses, pause in enumerate(PAUSES):
            self._clock.now += aws.TRANSACTION
            if self._taken(rule, run):
                return self._claimed(rule, run, moved, pauses)
            self._clock.now += self._chance.uniform(0, pause)
        raise TransientError("busy")

    def _claimed(self, rule: Rule, run: Run, moved: Rule, pauses: int) -> bool:
        made = super().claim(rule, run, moved)
        if made and rule.next_run:
            ref = RuleRef(rule.tenant, rule.rule_id)
            self.claims.append(Claim(self._clock.now, ref, pauses))
            self._timed.index.move(due_shard(*ref), ref, rule.next_run, moved.next_run, self._clock.moment)
        return made

    def _taken(self, rule: Rule, run: Run) -> bool:
        """Whether table and indexes take the claim's writes. What some of them took is lost where another one refuses."""
        now, of_rule = self._clock.now, f"{rule.tenant}#{rule.rule_id}"
        waiting_shard = str(zlib.crc32(run.key.run_id.encode()) % DUE_SHARDS)
        return all(
            [
                self._rules_table.write(rule.tenant, write_units(aws.RULE_BYTES), now),
                self._due.write(due_shard(rule.tenant, rule.rule_id), aws.KEY_CHANGE_WRITES, now),
                self._runs_table.write(of_rule, write_units(aws.RUN_BYTES), now),
                self._by_tenant.write(rule.tenant, 1, now),
                self._waiting.write(waiting_shard, 1, now),
            ]
        )


def _of_yesterday(key: RunKey) -> Run:
    window = Window(key.window_start, key.window_start + timedelta(days=1))
    return Run(key, window, RunState.SUCCESS, Trigger.SCHEDULE, 1, window.end, window.end)
