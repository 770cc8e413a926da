"""Looking before exporting: search a dataset, fetch the result as a list, see what a rule would deliver."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from endpoints.caller import calling
from endpoints.datasets import dataset_named
from endpoints.operation import operation
from endpoints.reach import may_use
from waybill.core.access import Permission
from waybill.core.lists import ListQuestion
from waybill.core.preview import PreviewSettings
from waybill.core.reach import reached, reached_data
from waybill.core.rule_checks import check_settings
from waybill.core.rule_warnings import rule_warnings
from waybill.core.search import LARGEST_PAGE, Question, Span
from waybill.wiring import catalogs, clock, notices, remote, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class SearchRequest(Question):
    cursor: str = ""
    limit: int = Field(default=50, ge=1, le=LARGEST_PAGE)

    def question(self) -> Question:
        return Question.model_validate(self.model_dump(exclude={"cursor", "limit"}))


class SearchAnswer(BaseModel):
    """`rule`: what a rule needs to export just this; give it a name, a schedule and destinations."""

    rows: list[dict[str, Any]]
    cursor: Annotated[
        str, Field(description="Of the next page; empty on the last. A page may be short or empty before.")
    ]
    rejected: Annotated[int, Field(description="Lines of the objects read for this page that no one could read.")]
    rule: dict[str, Any]


class ListAnswer(BaseModel):
    """`url` can be fetched by anyone who has it, for `expires_in` seconds."""

    name: str
    size: int
    url: str
    expires_in: int


class ExpectedView(BaseModel):
    dataset: str
    columns: list[str]
    rows: int
    bytes: Annotated[int, Field(description="Of the data file, before compression.")]
    exact: Annotated[bool, Field(description="False where rows and bytes are estimates.")]
    first_rows: list[dict[str, Any]]
    unreadable: int


class SampleView(BaseModel):
    name: str
    media_type: str
    content_base64: str


class PreviewAnswer(BaseModel):
    """`names`: the files of such a run, as far as they are known before it; `more_names` are not listed."""

    window: Span
    data: list[ExpectedView]
    names: list[str]
    more_names: int
    sample: SampleView | None
    warnings: list[str]


class PreviewRequest(BaseModel):
    """`rule`: a rule's settings, without its password; destinations may be missing. No `span` means the newest window that is
    over.
    """

    model_config = ConfigDict(extra="forbid")

    rule: PreviewSettings
    span: Span | None = None


@router.post("/datasets/<name>/search", **operation(Permission.READ))
def search_dataset(name: str, body: SearchRequest) -> SearchAnswer:
    """Rows in the order in which they came into the lake."""
    caller = calling(router)
    dataset = dataset_named(caller, name)
    body = body.model_copy(update={"assigned": reached(caller, body.assigned, dataset, "assigned")})
    question = body.question()
    question.check(dataset)
    asked = {"kind": "search", "tenant": caller.tenant, "dataset": name, "cursor": body.cursor, "limit": body.limit}
    found = remote.querying().ask({**asked, "question": question.model_dump(mode="json")})
    draft = {"dataset": name, "filter": body.filter, "fields": body.fields, "source": body.source}
    if body.assigned:
        draft["assigned"] = body.assigned.model_dump(mode="json")
    return SearchAnswer(**found, rule={"data": [draft]})


@router.post("/datasets/<name>/list", **operation(Permission.LIST_EXPORT, changes=True))
def list_dataset(name: str, body: ListQuestion) -> Response[ListAnswer]:
    """A search's result as a file: CSV, XLSX or PDF."""
    caller = calling(router)
    dataset = dataset_named(caller, name)
    body = body.model_copy(update={"assigned": reached(caller, body.assigned, dataset, "assigned")})
    body.check(dataset)
    asked = {"kind": "list", "tenant": caller.tenant, "by": caller.name, "dataset": name}
    asked["request"] = secrets.token_hex(16)
    answer = ListAnswer(**remote.querying().ask({**asked, "question": body.model_dump(mode="json")}))
    return Response(HTTPStatus.OK.value, "application/json", answer, headers={"Cache-Control": "no-store"})


@router.post("/preview", **operation(Permission.READ))
def preview_rule(body: PreviewRequest) -> PreviewAnswer:
    """What a rule would deliver: rows, bytes, names, a sample. Nothing is saved and nothing leaves."""
    caller = calling(router)
    catalog = catalogs.catalog(caller.tenant)
    rule = body.rule.model_copy(update={"data": reached_data(caller, body.rule.data, catalog)})
    saved = [stores.destinations().find(caller.tenant, one) for one in rule.destinations]
    check_settings(rule, catalog, {s.destination_id for s in saved if s is not None and may_use(caller, s)})
    asked = {"kind": "preview", "tenant": caller.tenant, "settings": rule.model_dump(mode="json")}
    found = remote.querying().ask({**asked, "span": body.span.model_dump(mode="json") if body.span else None})
    return PreviewAnswer(**found, warnings=rule_warnings(rule, catalog, clock.now(), mails=notices.mails_are_sent()))
