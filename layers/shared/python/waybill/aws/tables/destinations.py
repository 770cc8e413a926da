"""The destinations table. Settings without secrets, how the last probe went, and on which day one was warned of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from waybill.aws.tables.items import (
    DestinationItem,
    bind,
    failed_condition,
    pack_cursor,
    page_of,
    page_size,
    read,
    read_instant,
    tables,
    unpack_cursor,
    written,
)
from waybill.core.deliver import ProbeStep
from waybill.core.destination import Approval
from waybill.core.errors import Conflict, NotFound
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
            those = ((item, _to_destination(item)) for item in found)
            return page_of(those, keep, limit, lambda i: {"tenant": i.tenant, "destination_id": i.destination_id})

    def every(self, cursor: str, limit: int) -> Page[SavedDestination]:
        start = unpack_cursor(cursor)
        with tables("going through all destinations"):
            found = DestinationItem.scan(limit=limit, last_evaluated_key=start, consistent_read=True)
            items = [_to_destination(item) for item in found]
        return Page(items, pack_cursor(found.last_evaluated_key))

    def add(self, destination: SavedDestination) -> None:
        with tables("saving a destination"):
            _to_item(destination).save()

    def replace(self, destination: SavedDestination, version: int) -> None:
        item = _to_item(destination)
        # One that an earlier release saved has no version of its own.
        unchanged = DestinationItem.version == version
        if version == 1:
            unchanged |= DestinationItem.body.exists() & DestinationItem.version.does_not_exist()
        with tables("saving a destination"):
            try:
                item.update([DestinationItem.body.set(item.body), DestinationItem.version.set(item.version)], unchanged)
            except UpdateError as error:
                if failed_condition(error):
                    raise Conflict(
                        "The destination was changed or deleted since it was read.",
                        "Read it again and repeat the change.",
                    ) from error
                raise

    def remove(self, tenant: str, destination_id: str) -> None:
        with tables("deleting a destination"):
            DestinationItem(tenant, destination_id).delete()

    def claim_notice(self, destination: SavedDestination, day: str) -> bool:
        first = DestinationItem.noticed_on.does_not_exist() | (DestinationItem.noticed_on < day)
        there = DestinationItem.body.exists() & first
        with tables("claiming a notice"):
            return _updated(destination, DestinationItem.noticed_on.set(day), there)

    def return_notice(self, destination: SavedDestination, day: str) -> None:
        with tables("returning a notice"):
            _updated(destination, DestinationItem.noticed_on.remove(), DestinationItem.noticed_on == day)


def _updated(destination: SavedDestination, action: Action, condition: Condition) -> bool:
    try:
        DestinationItem(destination.tenant, destination.destination_id).update([action], condition)
    except UpdateError as error:
        if failed_condition(error):
            return False
        raise
    return True


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
