"""A page of things in an order of their own: by any text of theirs, then by their id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from waybill.core.errors import FieldError, InvalidInput
from waybill.core.ports import Page

T = TypeVar("T")


def ordered(
    things: Iterable[T], by: Callable[[T], tuple[str, str]], cursor: str, limit: int, *, descending: bool
) -> Page[T]:
    """`by` gives what is compared, and the id. The cursor names the last one of the page before, so that a page goes on
    behind it although others came or went. Raises InvalidInput for a cursor that is not ours.
    """
    after = _read(cursor)
    found = sorted(things, key=by, reverse=descending)
    if after is not None:
        found = [one for one in found if (by(one) < after if descending else by(one) > after)]
    page = found[:limit]
    return Page(page, json.dumps(by(page[-1])) if len(found) > limit else "")


def _read(cursor: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    try:
        value, identity = json.loads(cursor)
    except (ValueError, TypeError):
        raise InvalidInput([FieldError("cursor", "is not one that this list gave out")]) from None
    return str(value), str(identity)
