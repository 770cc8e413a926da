"""The hour of a hundred thousand: a million rules, a tenth of them due at once, through the real doors and AWS's own throttles.

`python -m simulate.load --due 100000 --seed 1`. Time is simulated: the code that claims is the platform's, the tables, the
queue, the functions and the workflow are models with AWS's limits (simulate/aws_limits.py). The claims are followed one by one,
the runs only up to their start.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from functions.dispatch.app import BATCH, THREADS
from simulate import aws_limits as aws
from simulate import prices
from simulate.crowd import HOUR, crowd
from simulate.invocation import Threads, invocation
from simulate.row import Row, counted, none_of, table
from simulate.shares import worst
from simulate.starts import started
from simulate.timed_stores import Claim, Clock, TimedRules, TimedRuns
from tests.core.made import CATALOG
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryBackfills, MemoryEvents, MemoryLakeObjects
from waybill.core.dispatch import is_large
from waybill.core.doors import House
from waybill.core.run import Run
from waybill.core.window import stamp

WITHIN = 60.0
MOST_FAIR_WAITS = 2.0
WARM = 32_000
"""Writes a second for which the tables and their indexes are warm: by what they served before, or on order (decision 21)."""
_LATER = aws.HEARTBEAT_LATEST - aws.HEARTBEAT_LATE
_UNTIL = 180.0
"""Heartbeats come until then; the sweeper would begin."""


class World:
    """What happens, in the order of its time."""

    def __init__(self, due: int, seed: int, warm: int) -> None:
        self._chance, self._clock = Random(seed), Clock()
        self._ahead: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.crowd = crowd(due, seed)
        rules = TimedRules(self.crowd, self._clock)
        self.runs = TimedRuns(rules, self._clock, self._chance, warm)
        self._queue = Queue(self, self._chance)
        self._house = House(
            rules,
            self.runs,
            MemoryBackfills(self.runs),
            MemoryLakeObjects(),
            lambda _: CATALOG,
            MemoryStage(),
            self._queue,
            MemoryEvents(),
            map,
            lambda _: None,
        )
        self.handed_on: list[tuple[float, list[Run]]] = []
        self.invoked = 0
        self.seconds = 0.0

    def at(self, moment: float, what: Callable[[], None]) -> None:
        heappush(self._ahead, (moment, next(self._numbers), what))

    @property
    def now(self) -> float:
        return self._clock.now

    def go(self) -> None:
        for minute in range(-60, int(_UNTIL), 60):
            beat = {"time": stamp(HOUR + timedelta(seconds=minute))}
            self.invoke(beat, minute + aws.HEARTBEAT_LATE)
        while self._ahead:
            self._clock.now, _, what = heappop(self._ahead)
            what()

    def invoke(self, event: Mapping[str, Any], begins: float, over: Callable[[], None] = lambda: None) -> None:
        """`over` is called when the invocation has ended."""

        def begin() -> None:
            threads = Threads(THREADS, self._clock)
            self._go_on(invocation(event, self._house, threads, self._clock, BATCH), begins, over)

        self.invoked += 1
        self.at(begins, begin)

    def _go_on(self, steps: Iterator[tuple[float, list[Run]]], begun: float, over: Callable[[], None]) -> None:
        step = next(steps, None)
        if step is None:
            self.seconds += self.now - begun
            over()
            return
        moment, handed_on = step
        if handed_on:
            self.handed_on.append(step)
        self.at(moment, lambda: self._go_on(steps, begun, over))


class Queue:
    """SQS before Lambda: more and more invocations side by side while messages wait; some messages come twice."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._waiting = deque[dict[str, Any]]()
        self._busy, self._since = 0, 0.0

    def share(self, time: datetime, shards: Sequence[int]) -> None:
        for shard in shards:
            message = {"time": stamp(time), "shard": shard}
            self._waiting += [message] * (2 if self._chance.random() < aws.TWICE else 1)
        self._since = self._world.now + aws.SEND_BATCH
        self._world.at(self._since, self._deliver)

    def _deliver(self) -> None:
        now = self._world.now
        most = min(aws.POLLERS_AT_MOST, aws.POLLERS_AT_FIRST + int((now - self._since) * aws.POLLERS_PER_SECOND))
        while self._waiting and self._busy < most:
            self._busy += 1
            self._world.invoke(self._waiting.popleft(), now + self._chance.uniform(*aws.COLD_START), self._over)
        if self._waiting:
            self._world.at(now + aws.POLL, self._deliver)

    def _over(self) -> None:
        self._busy -= 1


@dataclass(frozen=True)
class Found:
    """`batches`: when each was handed on to `fan_out`, and of each of its runs whether it is large."""

    world: World
    claims: Sequence[Claim]
    batches: Sequence[tuple[float, list[bool]]]


def simulated(due: int, seed: int, warm: int) -> Found:
    world = World(due, seed, warm)
    world.go()
    batches = sorted((moment, [is_large(run) for run in runs]) for moment, runs in world.handed_on)
    return Found(world, world.runs.claims, batches)


def rows(due: int, seed: int, warm: int = WARM) -> list[Row]:
    found = simulated(due, seed, warm)
    return [*_claimed(found), *_started(found, Random(seed)), *_paid(found)]


def _claimed(found: Found) -> list[Row]:
    wanted, claims = found.world.crowd.due, found.claims
    by_rule = Counter(claim.rule for claim in claims)
    by_run = Counter(run.key for _, batch in found.world.handed_on for run in batch)
    tenants = Counter(rule.tenant for rule in wanted)
    last = round(max((claim.at for claim in claims), default=0.0), 1)
    wait = round(worst((claim.at, claim.rule.tenant) for claim in claims), 2)
    return [
        counted("rules there are", len(found.world.crowd.rules)),
        counted("rules due on the hour", len(wanted)),
        counted("tenants that they belong to", len(tenants)),
        counted("rules of the largest tenant that are due on the hour", max(tenants.values())),
        none_of("rules due on the hour that were not claimed", len(wanted - by_rule.keys())),
        none_of("rules claimed that were not due", len(by_rule.keys() - wanted)),
        none_of("rules claimed twice", by_rule.total() - len(by_rule)),
        none_of("runs handed on twice", by_run.total() - len(by_run)),
        none_of("runs claimed but not handed on", len(by_rule) - len(by_run)),
        Row("seconds after the hour until the last claim", last, f"<= {WITHIN:.0f}", 0 < last <= WITHIN),
        Row("the same if the heartbeat comes as late as it may", round(last + _LATER, 1), "", ok=True),
        Row(
            "longest wait of a tenant, in its fair waits",
            wait,
            f"<= {MOST_FAIR_WAITS:.0f}",
            0 < wait <= MOST_FAIR_WAITS,
        ),
        Row("claims that AWS refused at first", sum(claim.pauses > 0 for claim in claims), "", ok=True),
    ]


def _started(found: Found, chance: Random) -> list[Row]:
    usual = started(found.batches, chance)
    large = started([(moment, [True] * len(runs)) for moment, runs in found.batches], chance)
    return [
        counted("seconds after the hour until the last run started", round(max(usual.at, default=0.0), 1)),
        none_of("claims that the sweeper has to start", usual.left),
        Row("the same if every run is large", large.left, "", ok=True),
    ]


def _paid(found: Found) -> list[Row]:
    world, count = found.world, len(found.claims)
    claiming = 1_000 / count * prices.claims(count, world.invoked, world.seconds)
    fan_out = prices.fan_out(1_000)
    return [
        counted("dollars per 1,000 claims", round(claiming, 4)),
        counted("dollars per 1,000 started by fan_out", round(fan_out, 4)),
        counted("dollars per 1,000 runs in all, EXPRESS", round(claiming + fan_out + 1_000 * prices.run(True), 3)),
        counted("dollars per 1,000 runs in all, STANDARD", round(claiming + fan_out + 1_000 * prices.run(False), 3)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--warm", type=int, default=WARM, help="4000 for new tables")
    asked = parser.parse_args()
    found = rows(asked.due, asked.seed, asked.warm)
    print(table(found))
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
