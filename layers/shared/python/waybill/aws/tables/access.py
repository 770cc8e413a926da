"""The access table: API keys, as keyed hashes."""

from __future__ import annotations

import json
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from waybill.aws.tables.item import Item, bind, read_instant, written
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import failed_condition, tables
from waybill.core.access import AccessKey, Caller, Level, Permission, is_key_id
from waybill.core.errors import NotFound
from waybill.core.ports import Page


class _KeysOfTenant(GlobalSecondaryIndex["AccessItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(hash_key=True)
    created_at = UnicodeAttribute(range_key=True)


class AccessItem(Item):
    key_id = UnicodeAttribute(hash_key=True)
    tenant = UnicodeAttribute()
    name = UnicodeAttribute()
    digest = UnicodeAttribute()
    permissions = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute(default="")
    expires_at = UnicodeAttribute(null=True)
    level = UnicodeAttribute(null=True)
    user = UnicodeAttribute(default="")
    groups = UnicodeAttribute(default="[]")
    by_tenant = _KeysOfTenant()


class AccessTable:
    def __init__(self, table: str, region: str) -> None:
        bind(AccessItem, table, region)

    def get(self, key_id: str) -> AccessKey | None:
        with tables("reading an API key"):
            try:
                return _to_key(AccessItem.get(key_id))
            except DoesNotExist:
                return None

    def add(self, key: AccessKey, now: datetime) -> None:
        caller = key.caller
        with tables("saving an API key"):
            AccessItem(
                key.key_id,
                tenant=caller.tenant,
                name=caller.name,
                digest=key.digest,
                permissions=" ".join(sorted(caller.permissions)),
                created_at=written(now),
                created_by=key.created_by,
                expires_at=written(key.expires_at) if key.expires_at else None,
                level=caller.level.value,
                user=caller.user,
                groups=json.dumps(caller.groups),
            ).save(AccessItem.key_id.does_not_exist())

    def page(self, tenant: str, cursor: str, limit: int) -> Page[AccessKey]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing API keys"):
            found = AccessItem.by_tenant.query(tenant, page_size=page_size(limit, None), last_evaluated_key=start)
            read = ((item, self.get(item.key_id)) for item in found)
            there = ((item, key) for item, key in read if key is not None)
            return page_of(there, None, limit, _place_of)

    def remove(self, tenant: str, key_id: str) -> None:
        gone = NotFound(f"There is no API key {key_id}.", "See GET /api-keys.")
        if not is_key_id(key_id):
            raise gone
        with tables("deleting an API key"):
            try:
                AccessItem(key_id).delete(AccessItem.tenant == tenant)
            except DeleteError as error:
                if failed_condition(error):
                    raise gone from None
                raise


def _place_of(item: AccessItem) -> dict[str, str]:
    return {"tenant": item.tenant, "created_at": item.created_at, "key_id": item.key_id}


def _to_key(item: AccessItem) -> AccessKey:
    """Keys from before there were levels are administrators'."""
    caller = Caller(
        tenant=item.tenant,
        name=item.name,
        permissions=frozenset(Permission(p) for p in item.permissions.split()),
        subject=f"key:{item.key_id}",
        level=Level(item.level or Level.ADMINISTRATOR),
        user=item.user or "",
        groups=tuple(json.loads(item.groups or "[]")),
    )
    return AccessKey(
        item.key_id,
        item.digest,
        caller,
        created_at=read_instant(item.created_at),
        created_by=item.created_by or "",
        expires_at=read_instant(item.expires_at) if item.expires_at else None,
    )
