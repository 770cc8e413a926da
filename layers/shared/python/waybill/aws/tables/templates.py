"""The templates table."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist, PutError

from waybill.aws.tables.items import (
    TemplateItem,
    bind,
    failed_condition,
    page_of,
    page_size,
    read,
    tables,
    unpack_cursor,
)
from waybill.core.access import Caller
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.template import Template


class TemplatesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(TemplateItem, table, region)

    def add(self, template: Template) -> None:
        with tables("saving a template"):
            try:
                _item(template).save(TemplateItem.template_id.does_not_exist())
            except PutError as error:
                if failed_condition(error):
                    raise Conflict(f"The template {template.template_id} exists.", "Use another id.") from error
                raise

    def get(self, tenant: str, template_id: str) -> Template:
        with tables("reading a template"):
            try:
                return _template(read(TemplateItem, tenant, template_id))
            except DoesNotExist:
                raise NotFound(f"There is no template {template_id}.", "See GET /templates.") from None

    def replace(self, before: Template, template: Template) -> None:
        with tables("saving a template"):
            try:
                _item(template).save(TemplateItem.body == before.model_dump_json())
            except PutError as error:
                if failed_condition(error):
                    said = "The template changed or was deleted since it was read."
                    raise Conflict(said, "Read it again and repeat the change.") from error
                raise

    def page(self, caller: Caller, cursor: str, limit: int) -> Page[Template]:
        start = unpack_cursor(cursor, tenant=caller.tenant)
        keep = None if caller.reaches_all else lambda template: template.reaches(caller)
        size = page_size(limit, keep)
        with tables("listing templates"):
            found = TemplateItem.query(caller.tenant, page_size=size, last_evaluated_key=start, consistent_read=True)
            there = ((item, _template(item)) for item in found)
            return page_of(there, keep, limit, lambda i: {"tenant": i.tenant, "template_id": i.template_id})

    def remove(self, tenant: str, template_id: str) -> None:
        with tables("deleting a template"):
            TemplateItem(tenant, template_id).delete()


def _item(template: Template) -> TemplateItem:
    return TemplateItem(template.tenant, template.template_id, body=template.model_dump_json())


def _template(item: TemplateItem) -> Template:
    return Template.model_validate_json(item.body)
