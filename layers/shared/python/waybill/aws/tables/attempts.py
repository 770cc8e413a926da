"""The table of attempts at notices. Each item ends by itself."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found, written
from waybill.aws.tables.paging import page_of, page_size, unpack_cursor
from waybill.aws.tables.refusals import tables
from waybill.core.notice import KEPT, Attempt, Result
from waybill.core.ports import Page

_TRIED, _DELIVERED = "tried#", "delivered#"


class AttemptItem(Item):
    """`expires_at` is in seconds since 1970."""

    receiver = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class AttemptsTable:
    """An item an attempt, in order of time, and one for each notice that was delivered."""

    def __init__(self, table: str, region: str) -> None:
        bind(AttemptItem, table, region)

    def note(self, tenant: str, receiver: str, attempt: Attempt) -> None:
        owner, ends = _owner(tenant, receiver), _ends(attempt.at)
        entry = f"{_TRIED}{written(attempt.at)}#{attempt.notice_id}"
        with tables("noting an attempt"):
            AttemptItem(owner, entry, body=attempt.model_dump_json(), expires_at=ends).save()
            if attempt.result is Result.DELIVERED:
                AttemptItem(owner, f"{_DELIVERED}{attempt.notice_id}", expires_at=ends).save()

    def delivered(self, tenant: str, receiver: str, notice_id: str) -> bool:
        noted = found(AttemptItem, _owner(tenant, receiver), f"{_DELIVERED}{notice_id}", "reading an attempt")
        return noted is not None

    def page(self, tenant: str, receiver: str, cursor: str, limit: int) -> Page[Attempt]:
        owner = _owner(tenant, receiver)
        start = unpack_cursor(cursor, receiver=owner)
        with tables("listing attempts"):
            those = AttemptItem.query(
                owner,
                AttemptItem.entry.startswith(_TRIED),
                scan_index_forward=False,
                page_size=page_size(limit, None),
                last_evaluated_key=start,
                consistent_read=True,
            )
            there = ((item, Attempt.model_validate_json(item.body or "")) for item in those)
            return page_of(there, None, limit, lambda i: {"receiver": i.receiver, "entry": i.entry})


def _owner(tenant: str, receiver: str) -> str:
    return f"{tenant}#{receiver}"


def _ends(moment: datetime) -> int:
    return int((moment + KEPT).timestamp())
