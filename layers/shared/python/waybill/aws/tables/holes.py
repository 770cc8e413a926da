"""The holes table: what the audit found, one item by rule, window and kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, changed, read_instant, written
from waybill.aws.tables.paging import pack_cursor, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.hole import Hole, HoleKind, KeptHole
from waybill.core.ports import Page
from waybill.core.window import Window, stamp


class HoleItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    hole = UnicodeAttribute(range_key=True)
    rule_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    window_start = UnicodeAttribute()
    window_end = UnicodeAttribute()
    run_ids = UnicodeAttribute(default="")
    message = UnicodeAttribute()
    first_seen = UnicodeAttribute()
    last_seen = UnicodeAttribute()
    cured_at = UnicodeAttribute(null=True)


class HolesTable:
    def __init__(self, table: str, region: str) -> None:
        bind(HoleItem, table, region)

    def note(self, hole: Hole, now: datetime) -> None:
        with tables("keeping a hole"):
            _key(hole).update(
                [
                    HoleItem.rule_id.set(hole.rule_id),
                    HoleItem.kind.set(hole.kind.value),
                    HoleItem.window_start.set(written(hole.window.start)),
                    HoleItem.window_end.set(written(hole.window.end)),
                    HoleItem.run_ids.set(" ".join(hole.run_ids)),
                    HoleItem.message.set(hole.message),
                    HoleItem.first_seen.set(HoleItem.first_seen | written(now)),
                    HoleItem.last_seen.set(written(now)),
                    HoleItem.cured_at.remove(),
                ]
            )

    def open_of_rule(self, tenant: str, rule_id: str) -> Sequence[KeptHole]:
        with tables("reading a rule's holes"):
            mine = HoleItem.hole.startswith(f"{rule_id}#")
            found = HoleItem.query(tenant, mine, HoleItem.cured_at.does_not_exist(), consistent_read=True)
            return [_to_hole(item) for item in found]

    def page(self, tenant: str, cursor: str, limit: int) -> Page[KeptHole]:
        start = unpack_cursor(cursor, tenant=tenant)
        with tables("listing holes"):
            found = HoleItem.query(
                tenant,
                filter_condition=HoleItem.cured_at.does_not_exist(),
                limit=limit,
                last_evaluated_key=start,
                consistent_read=True,
            )
            holes = [_to_hole(item) for item in found]
        return Page(holes, pack_cursor(found.last_evaluated_key))

    def unseen(self, since: datetime) -> Iterator[KeptHole]:
        forgotten = HoleItem.cured_at.does_not_exist() & (HoleItem.last_seen < written(since))
        with tables("looking for holes that were not seen again"):
            for item in HoleItem.scan(forgotten, consistent_read=True):
                yield _to_hole(item)

    def cure(self, hole: KeptHole, now: datetime) -> None:
        unseen = HoleItem.last_seen == written(hole.last_seen)
        changed(_key(hole.hole), [HoleItem.cured_at.set(written(now))], unseen, "closing a hole")


def _key(hole: Hole) -> HoleItem:
    return HoleItem(hole.tenant, f"{hole.rule_id}#{stamp(hole.window.start)}#{hole.kind.value}")


def _to_hole(item: HoleItem) -> KeptHole:
    return KeptHole(
        hole=Hole(
            tenant=item.tenant,
            rule_id=item.rule_id,
            kind=HoleKind(item.kind),
            window=Window(read_instant(item.window_start), read_instant(item.window_end)),
            run_ids=tuple(item.run_ids.split()),
            message=item.message,
        ),
        first_seen=read_instant(item.first_seen),
        last_seen=read_instant(item.last_seen),
        cured_at=read_instant(item.cured_at) if item.cured_at else None,
    )
