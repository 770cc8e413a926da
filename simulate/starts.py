"""`fan_out` in simulated time: from the claims that were handed on to the runs' executions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from pathlib import Path
from random import Random
from typing import Any

import yaml

from simulate import aws_limits as aws
from simulate.throttle import Bucket

DEFINITION = Path(__file__).resolve().parents[1] / "functions/fan_out.asl.yaml"
EACH_CLAIM: dict[str, Any] = yaml.safe_load(DEFINITION.read_text())["States"]["EachClaim"]
_AGAIN = EACH_CLAIM["ItemProcessor"]["States"]["StartStandard"]["Retry"][-1]
CHILD_TRANSITIONS = 4
"""The steps HowLarge, StartStandard or StartExpress, and Started, and the end."""


@dataclass
class Starts:
    """`at`: when each run was started. `left`: claims that the sweeper has to start."""

    at: list[float] = field(default_factory=list)
    left: int = 0


def started(batches: Iterable[tuple[float, Sequence[bool]]], chance: Random) -> Starts:
    """Starts the batches' runs, each a Map Run of its own. `batches`: when handed on, and of each run whether it is large."""
    found = Starts()
    starts = {True: Bucket(*aws.STANDARD_STARTS), False: Bucket(*aws.EXPRESS_STARTS)}
    transitions = Bucket(*aws.TRANSITIONS)
    waiting, children = [], list[tuple[float, int, int, bool]]()
    for number, (handed_on, runs) in enumerate(batches):
        waiting.append(deque(runs))
        free = min(EACH_CLAIM["MaxConcurrency"], len(runs))
        children += [(handed_on + aws.MAP_RUN_STARTS, number, 0, waiting[-1].popleft()) for _ in range(free)]
    heapify(children)
    while children:
        now, number, tries, large = heappop(children)
        now = transitions.wait(1 if tries else CHILD_TRANSITIONS, now)
        if starts[large].take(now):
            found.at.append(now)
        elif tries < _AGAIN["MaxAttempts"]:
            pause = _AGAIN["IntervalSeconds"] * _AGAIN["BackoffRate"] ** tries
            heappush(children, (now + chance.uniform(0, pause), number, tries + 1, large))
            continue
        else:
            found.left += 1
        if waiting[number]:
            heappush(children, (now + aws.CHILD, number, 0, waiting[number].popleft()))
    return found
