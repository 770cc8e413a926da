"""What all lists take: how many, and from where. A cursor serves the caller's tenant and the very query that gave it out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from waybill.core.access import Caller
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.ports import Page

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[
    str, Query(max_length=4000, description="Where the page starts: what the page before answered, for the same query.")
]
NextCursor = Annotated[
    str,
    Field(
        description="Where the next page starts; empty on the last one. A page may be short, or empty, before the last."
    ),
]


class Paging:
    """The cursors of one query. `query`: everything that decides what is listed, and in which order, but not how many."""

    def __init__(self, caller: Caller, listed: str, **query: Any) -> None:
        said = json.dumps([caller.tenant, listed, query], sort_keys=True, default=str)
        self._query = hashlib.sha256(said.encode()).hexdigest()[:16]

    def inner(self, cursor: str) -> str:
        """Where the table goes on. Raises InvalidInput for what this query did not give out."""
        if not cursor:
            return ""
        try:
            query, inner = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        except (ValueError, TypeError):
            query, inner = "", ""
        if query != self._query or not isinstance(inner, str):
            said = "is not one that this list gave out for this query; start without a cursor"
            raise InvalidInput([FieldError("cursor", said)])
        return inner

    def outer(self, inner: str) -> str:
        """What the caller is given."""
        return base64.urlsafe_b64encode(json.dumps([self._query, inner]).encode()).decode() if inner else ""


def all_of(page: Callable[[str, int], Page[T]]) -> Iterator[T]:
    """Every thing of a list, page by page."""
    cursor = ""
    while True:
        found = page(cursor, 200)
        yield from found.items
        cursor = found.cursor
        if not cursor:
            return
