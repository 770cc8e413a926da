"""What the tenant used, by day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from endpoints.caller import calling
from endpoints.operation import operation
from waybill.core.access import Permission
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.usage import MOST_DAYS, Usage, days, used
from waybill.wiring import clock, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
USUAL = timedelta(days=30)


class UsageView(BaseModel):
    """`runs` that ended, by state; `rows`, `bytes` and `files` as they delivered them. A run that was retried counts once."""

    runs: dict[str, int]
    rows: int
    bytes: int
    files: int


class DayView(UsageView):
    day: str


class UsageReport(BaseModel):
    items: list[DayView]
    totals: UsageView


@router.get("/usage", **operation(Permission.AUDIT))
def report_usage(
    first: Annotated[
        date | None, Query(alias="from", description="The first day, in UTC; 30 days before `to`.")
    ] = None,
    last: Annotated[date | None, Query(alias="to", description="The last day; today, if not given.")] = None,
) -> UsageReport:
    """Of every day, at most 93 of them."""
    caller = calling(router)
    upto = last or clock.now().date()
    since = first or max(upto, date.min + USUAL) - USUAL
    if since > upto or (upto - since).days >= MOST_DAYS:
        raise InvalidInput([FieldError("from", f"is after `to`, or {MOST_DAYS} days or more before it")])
    found = {day: used(stores.ended_runs().ended_on(caller.tenant, day)) for day in days(since, upto)}
    return UsageReport(
        items=[DayView(day=day.isoformat(), **asdict(one)) for day, one in found.items()],
        totals=UsageView(**asdict(reduce(add, found.values(), Usage()))),
    )
