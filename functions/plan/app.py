"""A run's first step: freeze which lake objects it exports, and split them into parts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill import wiring
from waybill.boundary import Event, handler
from waybill.core.freeze import Registry, freeze
from waybill.core.plan import Plan, plan_key
from waybill.core.run import Run, known_key


@handler
def handle(event: Event, context: LambdaContext) -> dict[str, Any]:
    key = known_key(event["tenant"], event["run_id"])
    frozen = wiring.stage().read_if_there(plan_key(key))
    plan = Plan.model_validate_json(frozen) if frozen else _freeze(wiring.runs().get(key))
    parts, size = len(plan.parts), plan.estimated_bytes()
    wiring.runs().begin(key, event["epoch"], wiring.now(), parts, size, plan.sequences)
    wiring.run_log().note(key, plan.planned_at, "plan", plan.summary())
    return {"parts": [part.index for part in plan.parts]}


def _freeze(run: Run) -> Plan:
    """The first to stage a plan wins, and alone notes how far late rows were looked for: up to where its plan reads."""
    rule = wiring.rules().get(run.key.tenant, run.key.rule_id)
    registry = Registry(wiring.runs(), wiring.lake_objects(), wiring.catalog(rule.tenant))
    where = wiring.planned_destinations(rule.tenant, rule.settings.destinations)
    frozen = freeze(rule, run, registry, where, wiring.now())
    wiring.stage().put(plan_key(run.key), frozen.plan.model_dump_json().encode())
    plan = Plan.model_validate_json(wiring.stage().read(plan_key(run.key)))
    if plan == frozen.plan and frozen.note:
        wiring.run_log().note(run.key, wiring.now(), "late rows", frozen.note)
    if plan == frozen.plan and frozen.checked != rule.late_checked and not run.amends:
        wiring.rules().late_checked(rule.tenant, rule.rule_id, frozen.checked)
    return plan
