"""A rule's runs: begun by hand, and listed."""

from __future__ import annotations

from datetime import UTC
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit
from endpoints.reach import own_rule
from endpoints.runs import RunList, RunOrder, RunView, Since, State, Upto, listed, view_of_run
from waybill.core.access import Permission
from waybill.core.again import run_window
from waybill.core.arrival import run_arrived, runs_by_arrival
from waybill.core.dispatch import Tick, is_large, run_now
from waybill.core.freeze import Registry, amend_now
from waybill.core.run import Trigger
from waybill.wiring import catalogs, clock, starting, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class RunRequest(BaseModel):
    """`window_start`: run the window that starts there once more; without it, what the rule has to run next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_start: AwareDatetime | None = None


@router.post("/rules/<rule_id>/run", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True))
def run_rule(rule_id: str, body: RunRequest | None = None) -> Response[RunView]:
    caller = calling(router)
    rule = own_rule(caller, rule_id)
    if body is not None and body.window_start is not None:
        run = run_window(rule, stores.runs(), by_hand(), body.window_start.astimezone(UTC))
    elif runs_by_arrival(rule):
        run = run_arrived(rule, stores.runs(), stores.lake_objects(), by_hand())
    else:
        run = run_now(rule, stores.runs(), catalogs.catalog(caller.tenant), by_hand())
    starting.workflow().start(run, is_large(run))
    return Response(HTTPStatus.ACCEPTED.value, "application/json", view_of_run(run))


@router.post("/rules/<rule_id>/amend", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True))
def amend_rule(rule_id: str) -> Response[RunList]:
    """Deliver now what came late to windows that are over. It is also looked for whenever the rule runs."""
    caller = calling(router)
    rule = own_rule(caller, rule_id)
    registry = Registry(stores.runs(), stores.lake_objects(), catalogs.catalog(caller.tenant))
    made, checked = amend_now(rule, registry, clock.now(), clock.tzdata_version())
    stores.rules().late_checked(rule, checked)
    for run in made:
        starting.workflow().start(run, is_large(run))
    answer = RunList(items=[view_of_run(run) for run in made], cursor="")
    return Response(HTTPStatus.ACCEPTED.value, "application/json", answer)


@router.get("/rules/<rule_id>/runs", **operation(Permission.READ))
def list_runs_of_rule(
    rule_id: str,
    limit: Limit = 50,
    cursor: Cursor = "",
    state: State = None,
    since: Since = None,
    upto: Upto = None,
    order: RunOrder = RunOrder.NEWEST,
) -> RunList:
    """By window."""
    caller = calling(router)
    own_rule(caller, rule_id)
    return listed(caller, rule_id, limit, cursor, state, since, upto, order)


def by_hand() -> Tick:
    now = clock.now()
    return Tick(time=now, now=now, trigger=Trigger.MANUAL, tzdata=clock.tzdata_version())
