"""The backfills table, and the claim of a backfill's next window: one transaction over the run and the backfill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from waybill.aws.tables.item import Item, bind, found, read_instant, saved, written
from waybill.aws.tables.paging import pack_cursor, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.aws.tables.run_item import RunItem, owner_of
from waybill.aws.tables.run_item import to_item as to_run_item
from waybill.aws.tables.transactions import together
from waybill.core.backfill import Backfill, BackfillState, Only, Order
from waybill.core.errors import Conflict, NotFound
from waybill.core.ports import Page
from waybill.core.run import Run
from waybill.core.window import Window

_ACTIVE = BackfillState.ACTIVE.value


class _BackfillsActive(GlobalSecondaryIndex["BackfillItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "active"
        projection = KeysOnlyProjection()

    active = UnicodeAttribute(hash_key=True)
    rule = UnicodeAttribute(range_key=True)


class BackfillItem(Item):
    """`body` is what never changes; `active` is there while the backfill is."""

    rule = UnicodeAttribute(hash_key=True)
    backfill_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    message = UnicodeAttribute(default="")
    taken = NumberAttribute()
    left_out = NumberAttribute()
    running = UnicodeAttribute()
    version = NumberAttribute()
    ended_at = UnicodeAttribute(null=True)
    active = UnicodeAttribute(null=True)
    by_active = _BackfillsActive()


class BackfillsTable:
    """`runs_table` is bound as well: a claim writes to both."""

    def __init__(self, table: str, runs_table: str, region: str) -> None:
        bind(BackfillItem, table, region)
        bind(RunItem, runs_table, region)
        self._connection = Connection(region=region)

    def add(self, backfill: Backfill) -> None:
        if not saved(_to_item(backfill), BackfillItem.rule.does_not_exist(), "saving a backfill"):
            said = "Another backfill of the rule was made at the same moment."
            raise Conflict(said, "Wait for its end, or cancel it.")

    def get(self, tenant: str, rule_id: str, backfill_id: str) -> Backfill:
        item = found(BackfillItem, owner_of(tenant, rule_id), backfill_id, "reading a backfill")
        if item is None:
            said = f"The rule {rule_id} has no backfill {backfill_id}."
            raise NotFound(said, f"See GET /rules/{rule_id}/backfills.")
        return _to_backfill(item)

    def page(self, tenant: str, rule_id: str, cursor: str, limit: int) -> Page[Backfill]:
        owner = owner_of(tenant, rule_id)
        start = unpack_cursor(cursor, rule=owner)
        with tables("listing backfills"):
            those = BackfillItem.query(
                owner, scan_index_forward=False, limit=limit, last_evaluated_key=start, consistent_read=True
            )
            items = [_to_backfill(item) for item in those]
        return Page(items, pack_cursor(those.last_evaluated_key))

    def active(self) -> Iterator[Backfill]:
        with tables("looking for active backfills"):
            keys = [(item.rule, item.backfill_id) for item in BackfillItem.by_active.query(_ACTIVE)]
        for owner, backfill_id in keys:
            tenant, _, rule_id = owner.rpartition("#")
            yield self.get(tenant, rule_id, backfill_id)

    def move(self, backfill: Backfill, moved: Backfill, run: Run | None = None) -> bool:
        item = _to_item(moved)
        actions: list[Action] = [
            BackfillItem.state.set(item.state),
            BackfillItem.message.set(item.message),
            BackfillItem.taken.set(item.taken),
            BackfillItem.left_out.set(item.left_out),
            BackfillItem.running.set(item.running),
            BackfillItem.version.set(item.version),
        ]
        if item.ended_at is not None:
            actions += [BackfillItem.ended_at.set(item.ended_at), BackfillItem.active.remove()]

        def writes(transaction: TransactWrite) -> None:
            if run is not None:
                transaction.save(to_run_item(run), condition=RunItem.rule.does_not_exist())
            place = BackfillItem(owner_of(backfill.tenant, backfill.rule_id), backfill.backfill_id)
            transaction.update(place, actions=actions, condition=BackfillItem.version == backfill.version)

        return together(self._connection, "moving a backfill", writes)


def _to_item(backfill: Backfill) -> BackfillItem:
    body = {
        "tenant": backfill.tenant,
        "rule_id": backfill.rule_id,
        "start": written(backfill.start),
        "end": written(backfill.end),
        "order": backfill.order.value,
        "at_once": backfill.at_once,
        "only": backfill.only.value,
        "windows": [[int(bound.timestamp()) for bound in (w.start, w.end)] for w in backfill.windows],
        "created_at": written(backfill.created_at),
        "created_by": backfill.created_by,
    }
    return BackfillItem(
        owner_of(backfill.tenant, backfill.rule_id),
        backfill.backfill_id,
        body=json.dumps(body, separators=(",", ":")),
        state=backfill.state.value,
        message=backfill.message,
        taken=backfill.taken,
        left_out=backfill.left_out,
        running=json.dumps(backfill.running),
        version=backfill.version,
        ended_at=written(backfill.ended_at) if backfill.ended_at else None,
        active=_ACTIVE if backfill.state is BackfillState.ACTIVE else None,
    )


def _to_backfill(item: BackfillItem) -> Backfill:
    body = json.loads(item.body)
    return Backfill(
        tenant=body["tenant"],
        rule_id=body["rule_id"],
        backfill_id=item.backfill_id,
        start=read_instant(body["start"]),
        end=read_instant(body["end"]),
        order=Order(body["order"]),
        at_once=body["at_once"],
        only=Only(body["only"]),
        windows=tuple(Window(*(datetime.fromtimestamp(bound, UTC) for bound in pair)) for pair in body["windows"]),
        created_at=read_instant(body["created_at"]),
        created_by=body["created_by"],
        message=item.message or "",
        state=BackfillState(item.state),
        taken=int(item.taken),
        left_out=int(item.left_out),
        running=tuple(json.loads(item.running)),
        ended_at=read_instant(item.ended_at) if item.ended_at else None,
        version=int(item.version),
    )
