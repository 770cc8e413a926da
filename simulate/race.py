"""Sixty-four dispatchers at once over thousands of due rules: one run a rule, and each rule moves on once.

Real are the rules, the sandbox's tables with their transactions (those of the embedded AWS), and the dispatchers: each goes
through the door of its shards as the deployed function does, composed by that function's own environment. Each shard has four,
each in another process. Not real: they are threads of eight processes, since 64 workers of the function would take 16 GB
of memory; and no run starts, not even by the sandbox's own sweep, since two thousand exports would take an hour and show
nothing of the claims: `fan_out` is made a machine that ends at once. The deployed function and its runs have their own test,
tests/e2e/test_doors.py.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import get_context
from threading import Barrier

from sandbox import up
from sandbox.places import ROOT, Places
from sandbox.progress import waiting
from sandbox.receivers import aws_client
from sandbox.surroundings import Surroundings
from simulate.row import Row, counted, none_of
from simulate.rules import Made, made
from tests.core.stores import MemoryEvents
from waybill.core.dispatch import Tick
from waybill.core.doors import runs_asked_for
from waybill.core.rule import Rule
from waybill.core.run import Run, Trigger
from waybill.wiring import clock, dispatching, stores

DISPATCHERS, _PROCESSES = 64, 8
_PLACES = Places(state=ROOT / ".sandbox" / "race")
_YEAR = 2035
"""Far ahead, so that the sandbox's own heartbeat finds none of the rules due."""
_TIME = datetime(_YEAR + 2, 2, 1, tzinfo=UTC)
"""When each rule's first window is over, and of most rules many more."""
_TENANTS = 40
_ALL = 1_000_000
_START_SECONDS = 120
_A_SHARD = 4
"""Dispatchers."""


@dataclass(frozen=True)
class Claimed:
    """What one dispatcher did in one shard: the ids of the runs that it would hand on, and how many rules it did not claim."""

    dispatcher: int
    shard: int
    runs: Sequence[str]
    broken: int = 0


def rows(rules: int, seed: int) -> list[Row]:
    started = [_of_tenants(made(seed, number, _YEAR), number) for number in range(rules)]
    with up.running(_PLACES) as surroundings, surroundings.operated():
        os.environ.update(_configured(surroundings))
        _keep_from_running(surroundings)
        with waiting(f"{rules} rules to be saved"):
            for one in started:
                stores.rules().add(one.rule)
        with waiting(f"{DISPATCHERS} dispatchers"):
            claimed = _raced()
        after = {rule.rule_id: rule for rule in stores.rules().every("", _ALL).items}
        runs = [run for n in range(_TENANTS) for run in stores.runs().of_tenant(_tenant(n), "", _ALL).items]
    return judged(started, after, runs, claimed)


def _configured(surroundings: Surroundings) -> Mapping[str, str]:
    """The environment of the deployed `dispatch`."""
    function = surroundings.outputs["DispatchFunctionName"]
    found = aws_client("lambda", surroundings).get_function_configuration(FunctionName=function)
    return dict(found["Environment"]["Variables"])


def _keep_from_running(surroundings: Surroundings) -> None:
    ends = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    arn = os.environ["WAYBILL_FAN_OUT_ARN"]
    aws_client("stepfunctions", surroundings).update_state_machine(stateMachineArn=arn, definition=json.dumps(ends))


def _raced() -> list[Claimed]:
    context = get_context("spawn")
    line = context.Barrier(DISPATCHERS)
    each = DISPATCHERS // _PROCESSES
    numbers = [range(n, n + each) for n in range(0, DISPATCHERS, each)]
    with ProcessPoolExecutor(_PROCESSES, context, _lined_up, (line,)) as processes:
        return list(chain.from_iterable(processes.map(_dispatchers, numbers)))


def _lined_up(line: Barrier) -> None:
    global _line  # noqa: PLW0603 - a barrier reaches a process only as it starts
    _line = line


_line: Barrier


def _dispatchers(numbers: Sequence[int]) -> list[Claimed]:
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(chain.from_iterable(pool.map(_dispatcher, numbers)))


def _dispatcher(number: int) -> list[Claimed]:
    lanes = DISPATCHERS // _A_SHARD
    shards = range(number % lanes, stores.rules().shards, lanes)
    broken: list[Rule] = []
    house = replace(dispatching.house(map, broken.append), events=MemoryEvents())
    house.rules.due(_TIME, shards[0], 1)  # its connections are there
    tick = Tick(time=_TIME, now=clock.now(), trigger=Trigger.SCHEDULE, tzdata=clock.tzdata_version())
    _line.wait(_START_SECONDS)
    claimed = []
    for shard in shards:
        broken.clear()
        runs = [run.key.run_id for run in runs_asked_for({"shard": shard}, tick, house)]
        claimed.append(Claimed(number, shard, runs, len(broken)))
    return claimed


def judged(
    started: Sequence[Made], after: Mapping[str, Rule], runs: Sequence[Run], claimed: Sequence[Claimed]
) -> list[Row]:
    """What became of the rules that started the race."""
    wanted = {one.rule.rule_id: one.wanted[0] for one in started}
    of_rule = Counter(run.key.rule_id for run in runs)
    handed_on = Counter(chain.from_iterable(one.runs for one in claimed))
    forgotten = len(runs) - len(handed_on)
    winners = Counter(one.shard for one in claimed if one.runs)
    bounds = {run.key.run_id: tuple(int(b.timestamp()) for b in (run.window.start, run.window.end)) for run in runs}
    return [
        counted("rules due at once", len(started)),
        counted("dispatchers at once", len({one.dispatcher for one in claimed})),
        counted("shards that several dispatchers claimed from", sum(n > 1 for n in winners.values())),
        none_of("rules that a dispatcher could not claim", sum(one.broken for one in claimed)),
        none_of("rules without a run", sum(not of_rule[rule_id] for rule_id in wanted)),
        none_of("rules with more than one run", sum(n > 1 for n in of_rule.values())),
        none_of(
            "runs of another window than the rule's first",
            sum(bounds[run.key.run_id] != wanted[run.key.rule_id][:2] for run in runs),
        ),
        none_of("runs handed on twice", sum(n > 1 for n in handed_on.values())),
        # Whoever gets no answer to its claim takes it for another's; the sweep starts that run.
        Row("runs left to the sweep", forgotten, "at most 1 %", 0 <= forgotten <= len(started) / 100),
        none_of(
            "rules that did not move on exactly once",
            sum(not _moved_once(one.rule, after[one.rule.rule_id], one.wanted[0].end) for one in started),
        ),
    ]


def left_out() -> list[Row]:
    return [Row("dispatchers at once: left out by RACE=0", 0, "", ok=True)]


def _moved_once(before: Rule, after: Rule, end: int) -> bool:
    return after.version == before.version + 1 and int(after.cursor.timestamp()) == end


def _of_tenants(one: Made, number: int) -> Made:
    return replace(one, rule=replace(one.rule, tenant=_tenant(number % _TENANTS)))


def _tenant(number: int) -> str:
    return f"racer{number}"
