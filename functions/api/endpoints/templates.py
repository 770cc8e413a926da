"""Templates: settings of a rule, saved to be loaded into others, for oneself or shared."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging
from endpoints.precondition import check_match, etag
from endpoints.problems import field_errors
from endpoints.rule_views import RuleView
from endpoints.rules import RuleRequest, made_rule
from waybill.core.access import Caller, Permission
from waybill.core.errors import InvalidInput, NotFound, NotPermitted
from waybill.core.sharing import Sharing
from waybill.core.template import Template, checked_settings, loaded
from waybill.core.window import stamp
from waybill.wiring import clock, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]


class TemplateRequest(BaseModel):
    """`settings`: any of a rule's fields. `shared`: who sees it beside its maker and the administrators."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    settings: dict[str, Any]
    shared: Sharing = Sharing()


class TemplateView(BaseModel):
    template_id: str
    name: str
    settings: dict[str, Any]
    shared: Sharing
    created_at: str
    updated_at: str
    created_by: str


class TemplateList(BaseModel):
    items: list[TemplateView]
    cursor: NextCursor


@router.get("/templates", **operation(Permission.READ))
def list_templates(limit: Limit = 50, cursor: Cursor = "") -> TemplateList:
    """One's own, and those that are shared with the caller."""
    caller = calling(router)
    paging = Paging(caller, "templates", of=caller.subject)
    page = stores.templates().page(caller, paging.inner(cursor), limit)
    return TemplateList(items=[_view(t) for t in page.items], cursor=paging.outer(page.cursor))


@router.get("/templates/<template_id>", **operation(Permission.READ))
def get_template(template_id: str) -> Response[TemplateView]:
    """Its `settings` are what a rule would be made of."""
    return _answered(_reached(calling(router), template_id))


@router.post("/templates", **operation(Permission.MANAGE_TEMPLATES, HTTPStatus.CREATED, changes=True))
def create_template(body: TemplateRequest) -> Response[TemplateView]:
    """Each field is checked by itself; what they say together, once a rule is made of them."""
    caller, now = calling(router), clock.now()
    template = Template(
        tenant=caller.tenant,
        template_id=f"tpl_{secrets.token_hex(8)}",
        name=body.name,
        settings=checked_settings(body.settings),
        shared=body.shared,
        created_at=now,
        updated_at=now,
        created_by=caller.name,
    )
    stores.templates().add(template)
    return _answered(template, HTTPStatus.CREATED)


@router.put("/templates/<template_id>", **operation(Permission.MANAGE_TEMPLATES, changes=True, if_match=True))
def change_template(template_id: str, body: TemplateRequest) -> Response[TemplateView]:
    """Rules that were made of it stay as they are."""
    before = _own(calling(router), template_id)
    check_match(router, _etag(before))
    said = {"name": body.name, "settings": checked_settings(body.settings), "shared": body.shared}
    changed = before.model_copy(update={**said, "updated_at": clock.now()})
    stores.templates().replace(before, changed)
    return _answered(changed)


@router.delete(
    "/templates/<template_id>", **operation(Permission.MANAGE_TEMPLATES, HTTPStatus.NO_CONTENT, changes=True)
)
def delete_template(template_id: str) -> Response[str]:
    """Rules that were made of it stay."""
    caller = calling(router)
    stores.templates().remove(caller.tenant, _own(caller, template_id).template_id)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


@router.post("/templates/<template_id>/rules", **operation(Permission.EXPORT, HTTPStatus.CREATED, changes=True))
def create_rule_of_template(template_id: str, body: Annotated[dict[str, Any], Body()]) -> Response[RuleView]:
    """A rule of the template's settings; what the body has besides stands in their place, field by field, as in
    `POST /rules`.
    """
    caller = calling(router)
    settings = loaded(_reached(caller, template_id), body)
    try:
        request = RuleRequest.model_validate(settings)
    except ValidationError as wrong:
        found = [dict(e) for e in wrong.errors(include_url=False, include_input=False)]
        raise InvalidInput(field_errors(found)) from None
    return made_rule(caller, request)


def _reached(caller: Caller, template_id: str) -> Template:
    found = stores.templates().get(caller.tenant, template_id)
    if not found.reaches(caller):
        raise NotFound(f"There is no template {template_id}.", "See GET /templates.")
    return found


def _own(caller: Caller, template_id: str) -> Template:
    found = _reached(caller, template_id)
    if not caller.made(found.created_by):
        raise NotPermitted(f"The template is {found.created_by}'s.", "Save a template of your own of its settings.")
    return found


def _etag(template: Template) -> str:
    return etag(template.model_dump_json())


def _answered(template: Template, status: HTTPStatus = HTTPStatus.OK) -> Response[TemplateView]:
    return Response(status.value, "application/json", _view(template), headers={"ETag": _etag(template)})


def _view(template: Template) -> TemplateView:
    return TemplateView(
        template_id=template.template_id,
        name=template.name,
        settings=dict(template.settings),
        shared=template.shared,
        created_at=stamp(template.created_at),
        updated_at=stamp(template.updated_at),
        created_by=template.created_by,
    )
