from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.errors import InvalidInput
from waybill.core.ordering import ordered

Thing = tuple[str, str]
things = st.lists(st.tuples(st.sampled_from("aäbc"), st.text(max_size=3)), unique=True, max_size=12)


def walked(found: list[Thing], limit: int, *, descending: bool) -> list[list[Thing]]:
    pages, cursor = [], ""
    while True:
        page = ordered(found, lambda one: one, cursor, limit, descending=descending)
        pages.append(list(page.items))
        cursor = page.cursor
        if not cursor:
            return pages


@given(things, st.integers(1, 5), st.booleans())
def test_pages_are_the_whole_in_order(found: list[Thing], limit: int, descending: bool) -> None:
    pages = walked(found, limit, descending=descending)
    assert [one for page in pages for one in page] == sorted(found, reverse=descending)
    assert all(len(page) == limit for page in pages[:-1])
    assert len(pages) == max(1, -(-len(found) // limit))


@given(things, things, st.integers(1, 5), st.booleans())
def test_what_stays_comes_once_whatever_comes_and_goes(
    before: list[Thing], after: list[Thing], limit: int, descending: bool
) -> None:
    first = ordered(before, lambda one: one, "", limit, descending=descending)
    if not first.cursor:
        return
    rest = ordered(after, lambda one: one, first.cursor, 50, descending=descending)
    shown = [*first.items, *rest.items]
    stayed = set(before) & set(after)
    assert [one for one in shown if one in stayed] == sorted(stayed, reverse=descending)


@pytest.mark.parametrize("cursor", ["x", "[]", "{}", "7", "[1]", '["a", "b", "c"]'])
def test_what_no_list_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        ordered([("a", "b")], lambda one: one, cursor, 1, descending=False)
