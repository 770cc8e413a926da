"""The steps of a connection test as the API tells them: with a destination, and with the refusal of one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from waybill.core.deliver import ProbeStep


class StepView(BaseModel):
    """`result`: `ok`, `failed`, or `not_reached` where a step before it failed."""

    step: str
    result: Literal["ok", "failed", "not_reached"]
    ok: bool
    milliseconds: int
    message: str
    advice: str
    facts: dict[str, str]


def step_view(step: ProbeStep) -> StepView:
    return StepView(
        step=step.step,
        result=step.result,
        ok=step.ok,
        milliseconds=step.milliseconds,
        message=step.message,
        advice=step.advice,
        facts=dict(step.facts),
    )
