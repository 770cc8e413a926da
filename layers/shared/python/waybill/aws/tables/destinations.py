"""The destinations table. Settings without secrets, how the last probe went, and on which day one was warned of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from waybill.aws.tables.item import Item, bind, changed, found, read_instant, written
from waybill.aws.tables.paging import pack_cursor, page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.deliver import ProbeStep
from waybill.core.destination import Approval
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page, SavedDestination


class DestinationItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    destination_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    version = NumberAttribute(null=True)
    noticed_on = UnicodeAttribute(null=True)


class DestinationsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(DestinationItem, table, region)

    def get(self, tenant: str, destination_id: str) -> SavedDestination:
        there = self.find(tenant, destination_id)
        if there is None:
            raise NotFound(f"There is no destination {destination_id}.", "See GET /destinations.")
        return there

    def find(self, tenant: str, destination_id: str) -> SavedDestination | None:
        item = found(DestinationItem, tenant, destination_id, "reading a destination")
        return None if item is None else _to_destination(item)

    def page(
        self, tenant: str, cursor: str, limit: int, keep: Callable[[SavedDestination], bool] | None = None
    ) -> Page[SavedDestination]:
        start = unpack_cursor(cursor, tenant=tenant)
        size = page_size(limit, keep)
        with tables("listing destinations"):
            those = DestinationItem.query(tenant, page_size=size, last_evaluated_key=start, consistent_read=True)
            there = ((item, _to_destination(item)) for item in those)
            return page_of(there, keep, limit, lambda i: {"tenant": i.tenant, "destination_id": i.destination_id})

    def every(self, cursor: str, limit: int) -> Page[SavedDestination]:
        start = unpack_cursor(cursor)
        with tables("going through all destinations"):
            those = DestinationItem.scan(limit=limit, last_evaluated_key=start, consistent_read=True)
            items = [_to_destination(item) for item in those]
        return Page(items, pack_cursor(those.last_evaluated_key))

    def add(self, destination: SavedDestination) -> None:
        with tables("saving a destination"):
            _to_item(destination).save()

    def replace(self, destination: SavedDestination, version: int) -> None:
        item = _to_item(destination)
        # One that an earlier release saved has no version of its own.
        unchanged = DestinationItem.version == version
        if version == 1:
            unchanged |= DestinationItem.body.exists() & DestinationItem.version.does_not_exist()
        actions: list[Action] = [DestinationItem.body.set(item.body), DestinationItem.version.set(item.version)]
        if not changed(item, actions, unchanged, "saving a destination"):
            said = "The destination was changed or deleted since it was read."
            raise Conflict(said, "Read it again and repeat the change.")

    def remove(self, tenant: str, destination_id: str) -> None:
        with tables("deleting a destination"):
            DestinationItem(tenant, destination_id).delete()

    def claim_notice(self, destination: SavedDestination, day: str) -> bool:
        first = DestinationItem.noticed_on.does_not_exist() | (DestinationItem.noticed_on < day)
        there = DestinationItem.body.exists() & first
        return changed(_place(destination), [DestinationItem.noticed_on.set(day)], there, "claiming a notice")

    def return_notice(self, destination: SavedDestination, day: str) -> None:
        claimed = DestinationItem.noticed_on == day
        changed(_place(destination), [DestinationItem.noticed_on.remove()], claimed, "returning a notice")


def _place(destination: SavedDestination) -> DestinationItem:
    return DestinationItem(destination.tenant, destination.destination_id)


_INSTANTS = ("probed_at", "created_at", "expires_at")


def _to_item(destination: SavedDestination) -> DestinationItem:
    body = asdict(destination)
    for name in _INSTANTS:
        body[name] = written(body[name]) if body[name] else None
    for approval in body["host_keys"]:
        approval["approved_at"] = written(approval["approved_at"])
    return DestinationItem(
        destination.tenant, destination.destination_id, body=json.dumps(body), version=destination.version
    )


def _to_destination(item: DestinationItem) -> SavedDestination:
    body = json.loads(item.body)
    for name in _INSTANTS:
        body[name] = read_instant(body[name]) if body.get(name) else None
    body["probe"] = tuple(ProbeStep(**step) for step in body["probe"])
    body["host_keys"] = tuple(
        Approval(key["host_key"], key["approved_by"], read_instant(key["approved_at"]))
        for key in body.get("host_keys", ())
    )
    return SavedDestination(**body)
