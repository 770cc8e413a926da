"""The gap report of a rule: is every row of every window delivered?"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import AwareDatetime, BaseModel, Field

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.reach import own_rule
from waybill.core import gaps
from waybill.core.access import Permission
from waybill.core.count import MOST_COUNTED, Counted
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.gaps import Account
from waybill.core.rule import Rule
from waybill.core.window import stamp
from waybill.wiring import clock, remote, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
USUAL = timedelta(days=31)


class AccountView(BaseModel):
    """One window, whole, although the range may cut it. `difference`: rows of the source that were not delivered."""

    start: str
    end: str
    state: gaps.GapState
    rows_delivered: Annotated[int, Field(description="At every destination; amendments included, rejects not.")]
    rejects: int
    rows_in_source: Annotated[
        int | None, Field(description="What the rule selects now; null where it was not counted.")
    ]
    late: Annotated[int | None, Field(description="The part of it that was registered after the window was exported.")]
    difference: int | None
    complete: Annotated[bool | None, Field(description="Whether every row is delivered; null where not known yet.")]
    run_ids: list[str]
    message: str


class TotalsView(BaseModel):
    """`windows` counts by state."""

    windows: dict[str, int]
    rows_delivered: int
    rejects: int
    rows_in_source: int | None
    late: int | None
    difference: int | None
    complete: bool | None


class GapReport(BaseModel):
    rule_id: str
    start: str
    end: str
    source_counted: bool
    items: list[AccountView]
    totals: TotalsView


_JSON_OR_CSV = {
    200: {
        "description": "",
        "content": {"application/json": {"model": GapReport}, "text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/rules/<rule_id>/gaps", **operation(Permission.READ, responses=_JSON_OR_CSV))
def report_gaps(
    rule_id: str,
    start: Annotated[
        AwareDatetime | None, Query(alias="from", description="31 days before `to`, if not given.")
    ] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Now, if not given.")] = None,
    count: Annotated[Literal["source"] | None, Query(description="`source`: count the lake's rows too.")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="as")] = "json",
) -> Response[GapReport | str]:
    """Each window that the range meets, with its runs and rows, and the totals."""
    caller = calling(router)
    rule, now = own_rule(caller, rule_id), clock.now()
    upto = (end or now).astimezone(UTC).replace(microsecond=0)
    since = (start or upto - USUAL).astimezone(UTC).replace(microsecond=0)
    if since >= upto:
        raise InvalidInput([FieldError("to", "is not after `from`; give the end of a span")])
    found = gaps.accounts(rule, stores.runs(), since, upto, now)
    if count:
        found = _with_source(rule, found)
    if form == "csv":
        return Response(HTTPStatus.OK.value, "text/csv; charset=utf-8; header=present", _csv(found))
    totals: Mapping[str, Any] = asdict(gaps.totals(found))
    report = GapReport(
        rule_id=rule_id,
        start=stamp(since),
        end=stamp(upto),
        source_counted=count is not None,
        items=[AccountView.model_validate(gaps.told(one)) for one in found],
        totals=TotalsView(**totals),
    )
    return Response(HTTPStatus.OK.value, "application/json", report)


def _with_source(rule: Rule, found: Sequence[Account]) -> list[Account]:
    asked = [n for n, one in enumerate(found) if gaps.countable(one)][:MOST_COUNTED]
    question = {
        "kind": "count",
        "tenant": rule.tenant,
        "settings": rule.settings.model_dump(mode="json"),
        "windows": [gaps.question(found[n]) for n in asked],
    }
    answers = remote.querying().ask(question)["counts"] if asked else []
    counts = {n: Counted(**answer) if answer else None for n, answer in zip(asked, answers, strict=True)}
    return [gaps.with_source(rule, one, counts.get(n)) if gaps.countable(one) else one for n, one in enumerate(found)]


def _csv(found: Sequence[Account]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(AccountView.model_fields), lineterminator="\r\n")
    writer.writeheader()
    for one in found:
        told = gaps.told(one)
        writer.writerow({**told, "run_ids": " ".join(told["run_ids"])})
    return text.getvalue()
