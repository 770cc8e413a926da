"""The hour of a hundred thousand: a million rules, a tenth of them due at once, through the real doors and AWS's own throttles.

`python -m simulate.load --due 100000 --seed 1`. Time is simulated: the code that claims is the platform's, the tables, the
queue, the functions and the workflow are models with AWS's limits (simulate/aws_limits.py). The claims are followed one by one,
the runs only up to their start.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from functions.dispatch.app import BATCH, THREADS
from simulate import aws_limits as aws
from simulate.crowd import HOUR, crowd
from simulate.invocation import Threads, invocation
from simulate.row import Row, counted, none_of, table
from simulate.shares import worst
from simulate.starts import Starts, started
from simulate.timed_stores import Claim, Clock, TimedRules, TimedRuns
from tests.core.made import CATALOG
from tests.core.stage import MemoryStage
from tests.core.stores import MemoryBackfills
from waybill.core.dispatch import is_large
from waybill.core.doors import House
from waybill.core.rule import Rule
from waybill.core.run import Run
from waybill.core.window import stamp

WITHIN = 60.0
MOST_OF_A_FAIR_WAIT = 2.0
WARM = 32_000
"""Writes a second for which the tables and their indexes are warm: by the hour before, or by the template's WarmWrites."""
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
            rules, self.runs, MemoryBackfills(self.runs), lambda _: CATALOG, MemoryStage(), self._queue, map, self._broken
        )
        self.given_up = 0
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

    def invoke(self, event: dict[str, Any], begins: float, over: Callable[[], None] = lambda: None) -> None:
        def begin() -> None:
            self.invoked += 1
            threads = Threads(THREADS, self._clock)
            steps = invocation(event, self._house, threads, self._clock, BATCH)

            def step() -> None:
                found = next(steps, None)
                if found is None:
                    self.seconds += self._clock.now - begins
                    over()
                    return
                goes_on, runs = found
                if runs:
                    self.handed_on.append((goes_on, list(runs)))
                self.at(goes_on, step)

            step()

        self.at(begins, begin)

    def _broken(self, _: Rule) -> None:
        self.given_up += 1


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
    world: World
    claims: Sequence[Claim]
    starts: Starts


def simulated(due: int, seed: int, warm: int = WARM) -> Found:
    world = World(due, seed, warm)
    world.go()
    batches = sorted((moment, [is_large(run) for run in runs]) for moment, runs in world.handed_on)
    return Found(world, world.runs.claims, started(batches, Random(seed)))


def rows(due: int, seed: int) -> list[Row]:
    found = simulated(due, seed)
    world, claims = found.world, found.claims
    times = Counter(claim.rule for claim in claims)
    runs = Counter(run.key for _, batch in world.handed_on for run in batch)
    last = max((claim.at for claim in claims), default=0.0)
    worst_wait = worst((claim.at, claim.rule.tenant) for claim in claims)
    return [
        counted("rules in the simulated hour", len(world.crowd.rules)),
        counted("rules due on the hour", len(world.crowd.due)),
        counted("tenants that they belong to", len({rule.tenant for rule in world.crowd.due})),
        none_of("rules due on the hour that were not claimed", len(world.crowd.due - times.keys())),
        none_of("rules claimed that were not due", len(times.keys() - world.crowd.due)),
        none_of("claims made twice, or handed on twice", (times + runs).total() - len(times) - len(runs)),
        Row("seconds until the last claim", round(last, 1), f"<= {WITHIN}", 0 < last <= WITHIN),
        Row(
            "longest wait of a tenant / its fair wait",
            round(worst_wait, 2),
            f"<= {MOST_OF_A_FAIR_WAIT}",
            0 < worst_wait <= MOST_OF_A_FAIR_WAIT,
        ),
        counted("seconds until the last run started", round(found.starts.at[-1])),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--warm", type=int, default=WARM)
    asked = parser.parse_args()
    found = rows(asked.due, asked.seed)
    print(table(found))
    return 0 if all(row.ok for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
