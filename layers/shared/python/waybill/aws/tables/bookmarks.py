"""Bookmarks: where something that goes through the whole lake stopped."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist

from waybill.aws.tables.items import BookmarkItem, bind, tables

_OWNER = "bookmarks"


class BookmarksTable:
    def __init__(self, table: str, region: str) -> None:
        bind(BookmarkItem, table, region)

    def read(self, name: str) -> str:
        with tables("reading a bookmark"):
            try:
                return str(BookmarkItem.get(_OWNER, name, consistent_read=True).body or "")
            except DoesNotExist:
                return ""

    def save(self, name: str, place: str) -> None:
        with tables("saving a bookmark"):
            BookmarkItem(_OWNER, name, body=place).save()
