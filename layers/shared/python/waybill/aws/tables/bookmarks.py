"""Bookmarks: where something that goes through the whole lake stopped."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found
from waybill.aws.tables.refusals import tables

_OWNER = "bookmarks"


class BookmarkItem(Item):
    """Lies in the table of lake objects; no tenant's dataset is called as its key is."""

    dataset = UnicodeAttribute(hash_key=True, default="bookmarks")
    entry = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(default="")


class BookmarksTable:
    def __init__(self, table: str, region: str) -> None:
        bind(BookmarkItem, table, region)

    def read(self, name: str) -> str:
        item = found(BookmarkItem, _OWNER, name, "reading a bookmark")
        return item.body or "" if item else ""

    def save(self, name: str, place: str) -> None:
        with tables("saving a bookmark"):
            BookmarkItem(_OWNER, name, body=place).save()
