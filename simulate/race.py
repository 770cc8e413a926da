"""Sixty-four dispatchers at once over thousands of due rules: one run a rule, and each rule moves on once.

Real are the rules, the tables with their transactions (those of the embedded AWS), and the deployed `dispatch`: 64 workers of
it, four to a shard, which read the same rules and claim them. Not real are the runs: `fan_out` is made a machine that ends
at once, since two thousand exports would take an hour and show nothing of the claims.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from sandbox import up, workers
from sandbox.places import ROOT, Places
from simulate.row import Row, counted, none_of
from simulate.rules import Made, made
from waybill.aws.tables.rules import RulesTable
from waybill.aws.tables.runs import RunsTable
from waybill.core.rule import Rule
from waybill.core.run import Run

DISPATCHERS = 64
_PLACES = Places(state=ROOT / ".sandbox" / "race")
_YEAR = 2035
"""Far ahead, so that the sandbox's own heartbeat finds none of the rules due."""
_TIME = datetime(_YEAR + 2, 2, 1, tzinfo=UTC)
"""When each rule's first window is over, and of most rules many more."""
_NOTHING_DUE = datetime(_YEAR - 2, 1, 1, tzinfo=UTC)
_TENANTS = 40
_ALL = 1_000_000
_NOTHING_RUNS = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


@dataclass(frozen=True)
class Claimed:
    """What one dispatcher answered: how many `runs` it claimed of its shard; None where it failed."""

    shard: int
    runs: int | None


class Track:
    """The tables and dispatchers of the sandbox that the environment names."""

    def __init__(self, function: str) -> None:
        # One that is slow must not be asked twice: it would be two dispatchers and one answer.
        patient = Config(read_timeout=300, retries={"max_attempts": 0}, max_pool_connections=DISPATCHERS)
        self._function, self._lambda = function, boto3.client("lambda", config=patient)
        configured = self._lambda.get_function_configuration(FunctionName=function)
        names, region = configured["Environment"]["Variables"], self._lambda.meta.region_name
        boto3.client("stepfunctions").update_state_machine(
            stateMachineArn=names["WAYBILL_FAN_OUT_ARN"], definition=json.dumps(_NOTHING_RUNS)
        )
        self._rules = RulesTable(names["WAYBILL_RULES_TABLE"], region)
        self._runs = RunsTable(names["WAYBILL_RUNS_TABLE"], names["WAYBILL_RULES_TABLE"], region)

    def add(self, rules: Sequence[Rule]) -> None:
        for rule in rules:
            self._rules.add(rule)

    def dispatch(self, time: datetime) -> list[Claimed]:
        """All dispatchers at once, each over its shard of what is due at that time."""
        shards = [n % self._rules.shards for n in range(DISPATCHERS)]
        with ThreadPoolExecutor(DISPATCHERS) as pool:
            return list(pool.map(lambda shard: Claimed(shard, self._claim(time, shard)), shards))

    def _claim(self, time: datetime, shard: int) -> int | None:
        event = json.dumps({"time": time.isoformat(), "shard": shard}).encode()
        answer = json.loads(self._lambda.invoke(FunctionName=self._function, Payload=event)["Payload"].read())
        return int(answer["claimed"]) if "claimed" in answer else None

    @property
    def dispatchers(self) -> int:
        return len(workers.pids(self._function))

    def rules(self) -> Mapping[str, Rule]:
        return {rule.rule_id: rule for rule in self._rules.every("", _ALL).items}

    def runs(self) -> Sequence[Run]:
        return [run for n in range(_TENANTS) for run in self._runs.of_tenant(_tenant(n), "", _ALL).items]


def rows(rules: int, seed: int) -> list[Row]:
    started = [_of_tenants(made(seed, number, _YEAR), number) for number in range(rules)]
    with up.running(_PLACES) as surroundings, surroundings.operated():
        track = Track(surroundings.outputs["DispatchFunctionName"])
        track.add([one.rule for one in started])
        track.dispatch(_NOTHING_DUE)  # until here no worker is there; one that starts late would miss the race
        dispatchers = track.dispatchers
        claimed = track.dispatch(_TIME)
        found = judged(started, track.rules(), track.runs(), claimed)
    return [Row("dispatchers at once", dispatchers, f"{DISPATCHERS}", dispatchers >= DISPATCHERS), *found]


def judged(
    started: Sequence[Made], after: Mapping[str, Rule], runs: Sequence[Run], claimed: Sequence[Claimed]
) -> list[Row]:
    """What became of the rules that started the race."""
    wanted = {one.rule.rule_id: one.wanted[0] for one in started}
    of_rule = Counter(run.key.rule_id for run in runs)
    told = sum(one.runs or 0 for one in claimed)
    winners = Counter(one.shard for one in claimed if one.runs)
    bounds = {run.key.run_id: tuple(int(b.timestamp()) for b in (run.window.start, run.window.end)) for run in runs}
    return [
        counted("rules due at once", len(started)),
        counted("shards that several dispatchers claimed from", sum(n > 1 for n in winners.values())),
        none_of("dispatchers that failed", sum(one.runs is None for one in claimed)),
        none_of("rules without a run", sum(not of_rule[rule_id] for rule_id in wanted)),
        none_of("rules with more than one run", sum(n > 1 for n in of_rule.values())),
        none_of(
            "runs of another window than the rule's first",
            sum(bounds[run.key.run_id] != wanted[run.key.rule_id][:2] for run in runs),
        ),
        none_of("runs handed on twice or never", abs(told - len(runs))),
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
