"""One invocation of `dispatch`: its handler's loop over the real doors, in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import heapreplace
from typing import Any

from simulate import aws_limits as aws
from simulate.timed_stores import Clock
from waybill.core.dispatch import Tick
from waybill.core.doors import House, runs_asked_for
from waybill.core.rule import Rule
from waybill.core.run import Run, Trigger


class Threads:
    """Threads over one processor: each claim has the processor first, and then waits for AWS."""

    def __init__(self, count: int, clock: Clock) -> None:
        self._count, self._clock = count, clock
        self._free = [clock.now]

    @property
    def now(self) -> float:
        """When the first of them is free."""
        return self._free[0]

    def claims(self, claim: Callable[[Rule], list[Run]], rules: Iterable[Rule]) -> Iterator[list[Run]]:
        """In the rules' order; who asks for more gets it when the last of these is done."""
        self._free, processor = [self._clock.now] * self._count, self._clock.now
        for rule in rules:
            processor = self._clock.now = max(self._free[0], processor) + aws.CLAIM_CPU
            runs = claim(rule)
            heapreplace(self._free, self._clock.now)
            yield runs
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """For the last of them, and then so long."""
        self._clock.now = max(self._clock.now, *self._free) + seconds
        self._free = [self._clock.now]


def invocation(
    event: Mapping[str, Any], house: House, threads: Threads, clock: Clock, batch: int
) -> Iterator[tuple[float, list[Run]]]:
    """Yields after each claim when it goes on, and the runs that were handed on before, mostly none."""
    tick = Tick(datetime.fromisoformat(event["time"]), clock.moment, Trigger.SCHEDULE, "simulated")
    claimed: list[Run] = []
    for run in runs_asked_for(event, tick, replace(house, claims=threads.claims)):
        claimed.append(run)
        handed_on: list[Run] = []
        if len(claimed) == batch:
            threads.wait(batch * aws.LINE_CPU + aws.PUT_OBJECT + aws.START_EXECUTION)
            handed_on, claimed = claimed, []
        yield threads.now, handed_on
    clock.now += aws.PUT_OBJECT + aws.START_EXECUTION
    yield clock.now, claimed
