"""Backfills: past windows of a rule, run later."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from endpoints.reach import own_rule
from endpoints.runs import RunView, records, view_of_run
from waybill.core.access import Caller, Permission
from waybill.core.advance import advance
from waybill.core.backfill import Backfill, BackfillRequest, new_backfill, progress
from waybill.core.cancel import cancel_backfill
from waybill.core.dispatch import Tick, is_large
from waybill.core.run import Trigger
from waybill.core.window import stamp
from waybill.wiring import clock, starting, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class BackfillView(BaseModel):
    """`start` and `end` are the range as it was taken; `total` windows are run, `claimed` of them so far; `left_out` were
    delivered by other runs since the backfill was made.
    """

    backfill_id: str
    rule_id: str
    state: str
    start: str
    end: str
    order: str
    at_once: int
    only: str
    total: int
    claimed: int
    left_out: int
    message: str
    created_at: str
    created_by: str
    ended_at: str | None


class BackfillDetail(BackfillView):
    """`done` windows have ended; `states` counts the runs by state; `current` are those under way."""

    done: int
    states: dict[str, int]
    rows: int
    bytes: int
    current: list[RunView]


class BackfillList(BaseModel):
    items: list[BackfillView]
    cursor: NextCursor


class Running(StrEnum):
    """What becomes of runs that are under way."""

    FINISH = "finish"
    CANCEL = "cancel"


class CancelRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    running: Running = Running.FINISH


@router.post("/rules/<rule_id>/backfills", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True))
def create_backfill(rule_id: str, body: BackfillRequest) -> Response[BackfillView]:
    """Its first windows are claimed at once; the next ones whenever one has ended."""
    caller = calling(router)
    rule, now = own_rule(caller, rule_id), clock.now()
    newest = next(iter(stores.backfills().page(caller.tenant, rule_id, "", 1).items), None)
    backfill = new_backfill(rule, body, newest, stores.runs(), now, caller.name)
    stores.backfills().add(backfill)
    tick = Tick(time=now, now=now, trigger=Trigger.BACKFILL, tzdata=clock.tzdata_version())
    for run in advance(backfill, starting.backfill_desk(), tick):
        starting.workflow().start(run, is_large(run))
    return _accepted(stores.backfills().get(caller.tenant, rule_id, backfill.backfill_id))


@router.get("/rules/<rule_id>/backfills", **operation(Permission.READ))
def list_backfills(rule_id: str, limit: Limit = 50, cursor: Cursor = "") -> BackfillList:
    caller = calling(router)
    own_rule(caller, rule_id)
    paging = Paging(caller, "backfills", rule=rule_id)
    page = stores.backfills().page(caller.tenant, rule_id, paging.inner(cursor), limit)
    return BackfillList(items=[_view(b) for b in page.items], cursor=paging.outer(page.cursor))


@router.get("/rules/<rule_id>/backfills/<backfill_id>", **operation(Permission.READ))
def get_backfill(rule_id: str, backfill_id: str) -> BackfillDetail:
    caller = calling(router)
    backfill = _own(caller, rule_id, backfill_id)
    found = progress(backfill, stores.runs())
    return BackfillDetail(
        **_view(backfill).model_dump(),
        done=found.done,
        states=dict(found.states),
        rows=found.rows,
        bytes=found.bytes,
        current=[view_of_run(run) for run in found.current],
    )


@router.post(
    "/rules/<rule_id>/backfills/<backfill_id>/cancel", **operation(Permission.EXPORT, HTTPStatus.ACCEPTED, changes=True)
)
def stop_backfill(rule_id: str, backfill_id: str, body: CancelRequest | None = None) -> Response[BackfillView]:
    """It claims no further window; `{"running": "cancel"}` cancels its runs as well. The same again changes nothing."""
    caller = calling(router)
    backfill = _own(caller, rule_id, backfill_id)
    running = body is not None and body.running is Running.CANCEL
    return _accepted(
        cancel_backfill(backfill, stores.backfills(), records(), caller.name, clock.now(), running=running)
    )


def _own(caller: Caller, rule_id: str, backfill_id: str) -> Backfill:
    if not caller.reaches_all:
        own_rule(caller, rule_id)
    return stores.backfills().get(caller.tenant, rule_id, backfill_id)


def _accepted(backfill: Backfill) -> Response[BackfillView]:
    return Response(HTTPStatus.ACCEPTED.value, "application/json", _view(backfill))


def _view(backfill: Backfill) -> BackfillView:
    return BackfillView(
        backfill_id=backfill.backfill_id,
        rule_id=backfill.rule_id,
        state=backfill.state.value,
        start=stamp(backfill.start),
        end=stamp(backfill.end),
        order=backfill.order.value,
        at_once=backfill.at_once,
        only=backfill.only.value,
        total=backfill.total,
        claimed=backfill.taken - backfill.left_out,
        left_out=backfill.left_out,
        message=backfill.message,
        created_at=stamp(backfill.created_at),
        created_by=backfill.created_by,
        ended_at=stamp(backfill.ended_at) if backfill.ended_at else None,
    )
