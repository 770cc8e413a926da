"""Pages of a list, and the cursors between them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from waybill.aws.tables.item import ItemT
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.ports import Page

T = TypeVar("T")
LOOKED_AT = 2_000
"""Items that one page of a filtered list looks at."""


def page_of(
    found: Iterable[tuple[ItemT, T]],
    keep: Callable[[T], bool] | None,
    limit: int,
    key: Callable[[ItemT], dict[str, str]],
) -> Page[T]:
    """The first `limit` that are kept, and a cursor where there may be more. Looks at no more than `LOOKED_AT` items: a
    page may be short, or empty, before the last.
    """
    page: list[T] = []
    last: dict[str, str] = {}
    for looked, (item, made) in enumerate(found):
        wanted = keep is None or keep(made)
        if looked >= LOOKED_AT or (wanted and len(page) == limit):
            return Page(page, pack_cursor({name: {"S": value} for name, value in last.items()}))
        if wanted:
            page.append(made)
        last = key(item)
    return Page(page)


def page_size(limit: int, keep: object) -> int:
    """How many items to read at once for a page: one more than it has shows whether there is a next one."""
    return limit + 1 if keep is None else 200


def pack_cursor(key: dict[str, Any] | None) -> str:
    """A page's end as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else ""


def unpack_cursor(cursor: str, **owner: str) -> dict[str, Any] | None:
    """Where the next page starts. `owner`: key attributes that must be the caller's own. InvalidInput otherwise."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        fits = isinstance(key, dict) and all(key[name] == {"S": value} for name, value in owner.items())
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise InvalidInput([FieldError("cursor", "is not one that a list gave out; start without a cursor")])
    return dict(key)
