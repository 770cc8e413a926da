"""The access table: API keys, as keyed hashes."""

from __future__ import annotations

from datetime import datetime

from pynamodb.exceptions import DoesNotExist

from waybill.aws.tables.items import AccessItem, bind, tables, written
from waybill.core.access import AccessKey, Caller, Permission


class AccessTable:
    def __init__(self, table: str, region: str) -> None:
        bind(AccessItem, table, region)

    def get(self, key_id: str) -> AccessKey | None:
        with tables("reading an API key"):
            try:
                item = AccessItem.get(key_id)
            except DoesNotExist:
                return None
        permissions = frozenset(Permission(p) for p in item.permissions.split())
        return AccessKey(item.key_id, item.digest, Caller(item.tenant, item.name, permissions, f"key:{item.key_id}"))

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
            ).save(AccessItem.key_id.does_not_exist())
