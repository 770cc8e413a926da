"""The audit log's table. An entry is added under the number behind the newest one, if that is free; none is ever written
again.
"""

from __future__ import annotations

import random
import time

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, saved
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import busy, tables
from waybill.core.audit_log import Entry, after
from waybill.core.ports import Page

_TRIES = 40
_NUMBER = "{:012d}"


class AuditItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    number = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class AuditLogTable:
    def __init__(self, table: str, region: str) -> None:
        bind(AuditItem, table, region)

    def append(self, tenant: str, new: Entry) -> Entry:
        for tried in range(_TRIES):
            placed = after(self._newest(tenant), new)
            item = AuditItem(tenant, _NUMBER.format(placed.number), body=placed.model_dump_json())
            if saved(item, AuditItem.number.does_not_exist(), "writing the audit log"):
                return placed
            time.sleep(random.uniform(0, 0.01 * min(tried + 1, 10)))  # noqa: S311 - spreads writers, keeps no secret
        raise busy("writing the audit log")

    def page(self, tenant: str, cursor: str, limit: int, by: str = "", thing: str = "") -> Page[Entry]:
        start = unpack_cursor(cursor, tenant=tenant)

        def wanted(one: Entry) -> bool:
            return (not by or one.by == by) and (not thing or thing in one.things.values())

        keep = wanted if by or thing else None
        with tables("reading the audit log"):
            found = AuditItem.query(
                tenant,
                scan_index_forward=False,
                page_size=page_size(limit, keep),
                last_evaluated_key=start,
                consistent_read=True,
            )
            read = ((item, _entry(item)) for item in found)
            return page_of(read, keep, limit, lambda item: {"tenant": item.tenant, "number": item.number})

    def _newest(self, tenant: str) -> Entry | None:
        with tables("reading the audit log"):
            found = AuditItem.query(tenant, scan_index_forward=False, limit=1, consistent_read=True)
            return next((_entry(item) for item in found), None)


def _entry(item: AuditItem) -> Entry:
    return Entry.model_validate_json(item.body)
