"""What a thousand runs cost in US dollars: public prices of us-east-1, read on 21 November 2026. S3 is left out."""

from __future__ import annotations

from simulate import aws_limits as aws
from simulate.starts import CHILD_TRANSITIONS
from simulate.timed_stores import write_units

# aws.amazon.com/dynamodb/pricing/on-demand, lambda/pricing (Arm, first tier), step-functions/pricing.
_WRITE, _READ = 0.625e-6, 0.125e-6
_INVOCATION, _GB_SECOND = 0.20e-6, 0.0000133334
_TRANSITION = 0.025e-3
_EXPRESS_REQUEST, _EXPRESS_GB_SECOND, _EXPRESS_GB = 1.00e-6, 0.00001667, 64 / 1024
_DISPATCH_GB = 1769 / 1024

# A run of one part to one destination by functions/export_run.asl.yaml: its functions, its steps and its end.
_FUNCTIONS, _RUN_TRANSITIONS = 6, 14
# Assumptions: a small run's functions take half a second each at 1 GB, and the whole of it five seconds.
_FUNCTION_GB_SECONDS, _RUN_SECONDS = 0.5, 5

_INDEX_WRITES = aws.KEY_CHANGE_WRITES + 2  # `due`, and the run in `by_tenant` and `waiting`
_CLAIM_READS = 2  # the rule, and the run before


def claims(count: int, invoked: int, seconds: float) -> float:
    """`count` claims, made by so many invocations of `dispatch` in so many seconds of theirs."""
    writes = write_units(aws.RULE_BYTES) + write_units(aws.RUN_BYTES) + _INDEX_WRITES
    tables = count * (writes * _WRITE + _CLAIM_READS * _READ)
    return tables + invoked * _INVOCATION + seconds * _DISPATCH_GB * _GB_SECOND


def fan_out(count: int) -> float:
    """Of each claim the STANDARD child that starts its run."""
    return count * CHILD_TRANSITIONS * _TRANSITION


def run(express: bool) -> float:
    """One small run: its execution and its functions."""
    functions = _FUNCTIONS * (_INVOCATION + _FUNCTION_GB_SECONDS * _GB_SECOND)
    if express:
        return functions + _EXPRESS_REQUEST + _RUN_SECONDS * _EXPRESS_GB * _EXPRESS_GB_SECOND
    return functions + _RUN_TRANSITIONS * _TRANSITION
