"""A filter as text for people: the very filter, however it was given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from waybill.core.cql import tree_of
from waybill.core.cql_text import filter_text

FILTERS = [
    "channel = 'web' AND position > 9007199254740993",
    "a_contains(labels, ('urgent', 'it''s'))",
    "casei(name) = casei('GRÜSSE')",
    "sent_at > TIMESTAMP('2026-03-29T01:00:00Z') AND NOT (n BETWEEN 1 AND 5 OR c IN (1, 2)) OR d LIKE '%5' OR e IS NULL",
    "x = -7.5 AND (y <> 123456789012345678901 OR z = 1)",
    "\"custom_fields.home 24 town\" = 'Köln 7'",
]


@pytest.mark.parametrize("text", FILTERS)
def test_json_is_shown_as_text_that_means_the_same(text: str) -> None:
    tree: Any = tree_of(text)
    for given in (tree, json.dumps(tree)):
        shown = filter_text(given)
        assert shown is not None
        assert tree_of(shown) == tree


def test_what_the_parser_does_not_know_is_shown_all_the_same() -> None:
    given = {"op": "=", "args": [{"op": "strange", "args": [{"property": "date"}, None, True]}, [1, "a"]]}
    assert filter_text(given) == "strange(\"date\", NULL, TRUE) = (1, 'a')"


def test_text_stays_as_it_was_given_and_none_is_none() -> None:
    assert [filter_text(text) for text in FILTERS] == FILTERS
    assert filter_text(None) is None
