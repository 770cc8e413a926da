"""The destinations table. Settings without secrets, and how the last probe went."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from pynamodb.exceptions import DoesNotExist

from waybill.aws.tables.items import (
    DestinationItem,
    bind,
    page_of,
    page_size,
    read,
    read_instant,
    tables,
    unpack_cursor,
    written,
)
from waybill.core.deliver import ProbeStep
from waybill.core.errors import NotFound
from waybill.core.ports import Page, SavedDestination


class DestinationsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(DestinationItem, table, region)

    def get(self, tenant: str, destination_id: str) -> SavedDestination:
        with tables("reading a destination"):
            try:
                return _to_destination(read(DestinationItem, tenant, destination_id))
            except DoesNotExist:
                raise NotFound(f"There is no destination {destination_id}.", "See GET /destinations.") from None

    def find(self, tenant: str, destination_id: str) -> SavedDestination | None:
        try:
            return self.get(tenant, destination_id)
        except NotFound:
            return None

    def page(
        self, tenant: str, cursor: str, limit: int, keep: Callable[[SavedDestination], bool] | None = None
    ) -> Page[SavedDestination]:
        start = unpack_cursor(cursor, tenant=tenant)
        size = page_size(limit, keep)
        with tables("listing destinations"):
            found = DestinationItem.query(tenant, page_size=size, last_evaluated_key=start, consistent_read=True)
            read = ((item, _to_destination(item)) for item in found)
            return page_of(read, keep, limit, lambda i: {"tenant": i.tenant, "destination_id": i.destination_id})

    def save(self, destination: SavedDestination) -> None:
        body = asdict(destination)
        for name in ("probed_at", "created_at"):
            body[name] = written(body[name])
        with tables("saving a destination"):
            DestinationItem(destination.tenant, destination.destination_id, body=json.dumps(body)).save()

    def remove(self, tenant: str, destination_id: str) -> None:
        with tables("deleting a destination"):
            DestinationItem(tenant, destination_id).delete()


def _to_destination(item: DestinationItem) -> SavedDestination:
    body = json.loads(item.body)
    for name in ("probed_at", "created_at"):
        body[name] = read_instant(body[name])
    body["probe"] = tuple(ProbeStep(**step) for step in body["probe"])
    return SavedDestination(**body)
