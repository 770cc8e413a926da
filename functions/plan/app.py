"""A run's first step: freeze which lake objects it exports, and split them into parts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.plan import Plan, PlannedDestination, make_plan, plan_key
from waybill.core.rule import Rule
from waybill.core.run import Run, known_key


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    frozen = wiring.stage().read_if_there(plan_key(key))
    plan = Plan.model_validate_json(frozen) if frozen else _freeze(wiring.runs().get(key))
    wiring.runs().begin(key, event["epoch"], wiring.now(), len(plan.parts), plan.estimated_bytes())
    wiring.run_log().note(key, plan.planned_at, "plan", plan.summary())
    return {"parts": [part.index for part in plan.parts]}


def _freeze(run: Run) -> Plan:
    """What is registered at this moment belongs to the run; what comes later does not. The first to stage wins."""
    rule = wiring.rules().get(run.key.tenant, run.key.rule_id)
    names = [choice.dataset for choice in rule.settings.data]
    newest = {name: wiring.lake_objects().newest(rule.tenant, name) for name in names}
    objects = {name: list(wiring.lake_objects().upto(rule.tenant, name, newest[name])) for name in names}
    plan = make_plan(rule, run, objects, newest, _destinations(rule), wiring.now())
    wiring.stage().put(plan_key(run.key), plan.model_dump_json().encode())
    return Plan.model_validate_json(wiring.stage().read(plan_key(run.key)))


def _destinations(rule: Rule) -> list[PlannedDestination]:
    saved = [wiring.destinations().get(rule.tenant, one) for one in rule.settings.destinations]
    return [PlannedDestination(destination_id=s.destination_id, name=s.name, kind=s.kind) for s in saved]
