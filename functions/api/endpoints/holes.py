"""Holes: what the audit found of a tenant's rules."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from endpoints.reach import rules_in_reach
from waybill.core.access import Permission
from waybill.core.hole import KeptHole
from waybill.core.window import stamp
from waybill.wiring import stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class HoleView(BaseModel):
    rule_id: str
    kind: str
    window_start: str
    window_end: str
    run_ids: list[str]
    message: str
    first_seen: str
    last_seen: str


class HoleList(BaseModel):
    items: list[HoleView]
    cursor: NextCursor


@router.get("/holes", **operation(Permission.READ))
def list_holes(limit: Limit = 50, cursor: Cursor = "") -> HoleList:
    """The open ones, by rule and window. One that is mended goes with the next audit."""
    caller = calling(router)
    paging = Paging(caller, "holes")
    page = stores.holes().page(caller.tenant, paging.inner(cursor), limit)
    in_reach = rules_in_reach(caller)
    found = [kept for kept in page.items if in_reach is None or in_reach(kept.hole.rule_id)]
    return HoleList(items=[_view(kept) for kept in found], cursor=paging.outer(page.cursor))


def _view(kept: KeptHole) -> HoleView:
    hole = kept.hole
    return HoleView(
        rule_id=hole.rule_id,
        kind=hole.kind.value,
        window_start=stamp(hole.window.start),
        window_end=stamp(hole.window.end),
        run_ids=list(hole.run_ids),
        message=hole.message,
        first_seen=stamp(kept.first_seen),
        last_seen=stamp(kept.last_seen),
    )
