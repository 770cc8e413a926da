"""Around every handler: structured logs, and errors under the names that the state machines match."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext

from waybill.core.errors import RECOVERIES, PermanentError, WaybillError

R = TypeVar("R")
Event = Mapping[str, Any]
Handler = Callable[[Event, LambdaContext], R]

logger = Logger(service="waybill")
_FRAMES = 8
for _talkative in ("aws_lambda_powertools", "botocore"):
    # They write down what they send and get, secrets as well, where somebody turns all logs up.
    logging.getLogger(_talkative).setLevel(logging.INFO)
_LOGGED = ("tenant", "run_id", "epoch", "part", "destination_id", "shard")


class Defect(Exception):
    """Something went wrong that nobody foresaw. It says what kind of error it was and where, and none of its words: these
    could hold anything, a tenant's password as well, and end in logs and in a run's history.
    """

    def __init__(self, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        places = [f"{'/'.join(Path(f.filename).parts[-2:])}:{f.lineno} ({f.name})" for f in frames]
        super().__init__(f"{type(error).__name__} at {', '.join(reversed(places))}")


class Unauthorized(Exception):
    """No key or token, or one that is not known; it says nothing about which. API Gateway answers 401 where an authorizer
    raises exactly this word, and 500 for any other.
    """

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def handler(function: Handler[R]) -> Handler[R]:
    """Wrap `function` as a Lambda's handler.

    What it raises on purpose leaves as exactly one of the three recoveries, under that class's own name: a state machine
    does not match subclasses. Any other exception is a Defect, and nothing retries it.
    """

    def wrapped(event: Event, context: LambdaContext) -> R:
        logger.set_correlation_id(context.aws_request_id)
        logger.append_keys(**{k: event[k] for k in _LOGGED if k in event})
        try:
            return function(event, context)
        except WaybillError as error:
            recovery = next((r for r in RECOVERIES if isinstance(error, r)), PermanentError)
            logger.warning("%s: %s", type(error).__name__, error)
            if type(error) is recovery:
                raise
            raise recovery(error.message, error.advice) from error
        except Unauthorized:
            raise
        except Exception as error:  # noqa: BLE001 (the last one who can keep its words from being written down)
            defect = Defect(error)
        finally:
            logger.remove_keys(list(_LOGGED))
        # Out here, where it drags no other error behind it.
        logger.warning("Defect: %s", defect)
        raise defect

    return wrapped


def out_of_time(context: LambdaContext, reserve_seconds: float) -> Callable[[], bool]:
    """Asks whether less than `reserve_seconds` of the invocation's time are left."""
    return lambda: context.get_remaining_time_in_millis() < reserve_seconds * 1000


def measured(name: str, value: float, unit: MetricUnit = MetricUnit.Count, **dimensions: str) -> None:
    """One figure for the operator's dashboard, in the namespace `Waybill`: a line of the log in CloudWatch's embedded format.

    Dimensions are few and of few values (an outcome, a kind; never a tenant): each new pair is a metric that costs.
    """
    with single_metric(name, unit, value, namespace="Waybill", default_dimensions={}) as metric:
        for dimension, said in dimensions.items():
            metric.add_dimension(dimension, said)
