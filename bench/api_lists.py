"""Lists of the API, as the console asks for them, against reading the same pages out of the tables with boto3.

A side's value is how often its slowest call in twenty fits into a second: 3.3 is a p95 of 300 ms, which lists shall not pass
when warm. The ratio is what the API adds to its tables: access, rate, types, JSON. All of it runs in the sandbox.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import boto3
from boto3.dynamodb.conditions import Key

from bench.measure import Bench, Mismatch, Side
from sandbox import up
from sandbox.api import Api
from sandbox.places import ROOT, Places
from sandbox.receivers import aws_client
from sandbox.seed import TENANT
from tests.core.made import NOW, rule
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.window import Window
from waybill.wiring import environment, stores

RULES, RUNS_EACH, PAGE, CALLS = 400, 10, 50, 200
_PLACES = Places(state=ROOT / ".sandbox" / "bench")
_FREELY = {**up.PARAMETERS, "RequestsPerMinute": "1000000", "RequestsAtOnce": "1000000"}


def prepare(folder: Path, size: float) -> str:
    rules = max(int(RULES * size), 2 * PAGE)
    (folder / "rules.json").write_text(json.dumps(rules))
    return f"{CALLS} calls for {PAGE} of {rules:,} rules and of {rules * RUNS_EACH:,} runs in turn, one after another"


@contextmanager
def around(folder: Path) -> Iterator[None]:
    with up.running(_PLACES, parameters=_FREELY) as surroundings, surroundings.operated():
        function = aws_client("cloudformation", surroundings).describe_stack_resource(
            StackName="waybill-sandbox", LogicalResourceId="ApiFunction"
        )["StackResourceDetail"]["PhysicalResourceId"]
        found = aws_client("lambda", surroundings).get_function_configuration(FunctionName=function)
        variables = dict(found["Environment"]["Variables"])
        os.environ.update(variables)
        environment.settings.cache_clear()
        _fill(json.loads((folder / "rules.json").read_text()))
        told = {"base": surroundings.api, "key": surroundings.seeded["WAYBILL_API_KEY"]}
        told |= {"rules": variables["WAYBILL_RULES_TABLE"], "runs": variables["WAYBILL_RUNS_TABLE"]}
        (folder / "told.json").write_text(json.dumps({**told, "aws": surroundings.engine.environment()}))
        yield


def _fill(rules: int) -> None:
    """Rules that nothing starts, each with runs that ended."""
    for number in range(rules):
        made = rule(
            tenant=TENANT, rule_id=f"rul_{number:016x}", name=f"Rule {number}", schedule={"frequency": "manual"}
        )
        stores.rules().add(made)
        for day in range(RUNS_EACH):
            window = Window(NOW + day * timedelta(days=1), NOW + (day + 1) * timedelta(days=1))
            at = window.end + timedelta(seconds=number)
            key = RunKey(TENANT, made.rule_id, window.start, 1)
            stores.runs().add(Run(key, window, RunState.SUCCESS, Trigger.MANUAL, 1, at, at))


def ours(folder: Path) -> float:
    told = json.loads((folder / "told.json").read_text())
    api = Api(told["base"], told["key"])

    def page(what: str) -> list[str]:
        return [item["rule_id"] for item in api.get(f"/{what}?limit={PAGE}")["items"]]

    return _slowest_of_twenty(folder / "ours", lambda: page("rules"), lambda: page("runs"))


def theirs(folder: Path) -> float:
    told = json.loads((folder / "told.json").read_text())
    os.environ.update(told["aws"])
    tables = boto3.resource("dynamodb")

    def rules() -> list[str]:
        found = tables.Table(told["rules"]).query(KeyConditionExpression=Key("tenant").eq(TENANT), Limit=PAGE)
        return [str(item["rule_id"]) for item in found["Items"]]

    def runs() -> list[str]:
        of_tenant = Key("tenant").eq(TENANT)
        found = tables.Table(told["runs"]).query(
            IndexName="by_tenant", KeyConditionExpression=of_tenant, ScanIndexForward=False, Limit=PAGE
        )
        keys = [{name: item[name] for name in ("rule", "window")} for item in found["Items"]]
        full = tables.batch_get_item(RequestItems={told["runs"]: {"Keys": keys}})["Responses"][told["runs"]]
        return [str(item["rule_id"]) for item in full]

    return _slowest_of_twenty(folder / "peer", rules, runs)


def _slowest_of_twenty(place: Path, *lists: Callable[[], list[str]]) -> float:
    """Units such that units a second are calls a second at the p95. The first calls find nothing warm and do not count."""
    started = time.perf_counter()
    found = [sorted(ask()) for ask in lists]
    place.write_text(json.dumps(found))
    seconds = []
    for number in range(CALLS):
        at = time.perf_counter()
        lists[number % len(lists)]()
        seconds.append(time.perf_counter() - at)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return (time.perf_counter() - started) / p95


def check(folder: Path) -> None:
    found, wanted = (json.loads((folder / side).read_text()) for side in ("ours", "peer"))
    if found != wanted or [len(page) for page in found] != [PAGE, PAGE]:
        raise Mismatch("the API lists other things than the tables hold")


BENCH = Bench("api_lists", "calls/s at the p95", Side("waybill", ours), Side("boto3", theirs), prepare, check, around)
