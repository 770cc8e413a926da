"""The templates table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found, saved
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.access import Caller
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.template import Template


class TemplateItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    template_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class TemplatesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(TemplateItem, table, region)

    def add(self, template: Template) -> None:
        if not saved(_item(template), TemplateItem.template_id.does_not_exist(), "saving a template"):
            raise Conflict(f"The template {template.template_id} exists.", "Use another id.")

    def get(self, tenant: str, template_id: str) -> Template:
        item = found(TemplateItem, tenant, template_id, "reading a template")
        if item is None:
            raise NotFound(f"There is no template {template_id}.", "See GET /templates.")
        return _template(item)

    def replace(self, before: Template, template: Template) -> None:
        if not saved(_item(template), TemplateItem.body == before.model_dump_json(), "saving a template"):
            said = "The template changed or was deleted since it was read."
            raise Conflict(said, "Read it again and repeat the change.")

    def page(self, caller: Caller, cursor: str, limit: int) -> Page[Template]:
        start = unpack_cursor(cursor, tenant=caller.tenant)
        keep = None if caller.reaches_all else lambda template: template.reaches(caller)
        size = page_size(limit, keep)
        with tables("listing templates"):
            those = TemplateItem.query(caller.tenant, page_size=size, last_evaluated_key=start, consistent_read=True)
            there = ((item, _template(item)) for item in those)
            return page_of(there, keep, limit, lambda i: {"tenant": i.tenant, "template_id": i.template_id})

    def remove(self, tenant: str, template_id: str) -> None:
        with tables("deleting a template"):
            TemplateItem(tenant, template_id).delete()


def _item(template: Template) -> TemplateItem:
    return TemplateItem(template.tenant, template.template_id, body=template.model_dump_json())


def _template(item: TemplateItem) -> Template:
    return Template.model_validate_json(item.body)
