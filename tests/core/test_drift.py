from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.lake import OPEN, TICKETS
from tests.core.made import CATALOG
from waybill.core.drift import MOST_SEEN, Change, Columns, changes, columns_of, table_schema, unknown_columns


def seen(**columns: str) -> Columns:
    return Columns(written={"ticket_id": "string"}, seen=columns)


def said(before: Columns | None, now: Columns) -> list[str]:
    return [str(change) for change in changes(before, now)]


def test_columns_of_many_sources_are_one_list_with_all_their_kinds() -> None:
    fields = TICKETS.chosen(["ticket_id", "messages"])
    found = columns_of(fields, [("city:string", "visits:integer"), ("a:b:json", "visits:string|null"), ("...",)])
    assert found.written == {"ticket_id": "string", "messages": "integer"}
    assert found.seen == {"a:b": "json", "city": "string", "visits": "integer|null|string"}
    assert list(found.seen) == sorted(found.seen)


def test_columns_are_bounded_and_those_found_first_keep_their_kinds() -> None:
    many = [tuple(f"c{n:05d}:string" for n in range(MOST_SEEN + 50)), ("c00000:integer", "late:string")]
    found = columns_of([], many).seen
    assert len(found) == MOST_SEEN
    assert found["c00000"] == "integer|string"
    assert "late" not in found


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (seen(a="string"), seen(a="string", b="json"), ["b is new (json)"]),
        (seen(a="string", b="json"), seen(a="string"), ["b is gone (was json)"]),
        (seen(a="string"), seen(a="integer"), ["a was string and is integer"]),
        (seen(a="string"), seen(a="integer|string"), ["a was string and is integer|string"]),
        (seen(a="string"), seen(a="null|string"), []),
        (seen(a="string", b="string"), seen(a="string", b="null"), ["b is gone (was string)"]),
        (seen(a="null"), seen(a="null", b="null"), []),
        (seen(a="string"), seen(), []),
        (seen(), seen(a="string"), []),
        (None, seen(a="string"), []),
    ],
)
def test_only_what_a_receiver_may_trip_over_is_a_change(
    before: Columns | None, now: Columns, expected: list[str]
) -> None:
    assert said(before, now) == expected


def test_written_columns_come_first_and_count_without_any_source() -> None:
    before = Columns(written={"a": "string", "b": "json"}, seen={})
    now = Columns(written={"a": "number", "c": "string"}, seen={"z": "string"})
    assert [(c.where, str(c)) for c in changes(before, now)] == [
        ("written", "a was string and is number"), ("written", "b is gone (was json)"), ("written", "c is new (string)"),
    ]  # fmt: skip


NAMED = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(["string", "integer", "json", "null", "null|string"]), max_size=6
)
COLUMNS = st.builds(Columns, written=NAMED, seen=NAMED)


@given(COLUMNS, COLUMNS)
def test_changes_back_are_changes_forth_turned_around(one: Columns, other: Columns) -> None:
    assert changes(one, one) == []
    turned = [Change(where=c.where, column=c.column, was=c.now, now=c.was) for c in changes(one, other)]
    assert changes(other, one) == turned
    assert all(c.was != c.now for c in turned)


def test_a_column_that_no_file_holds_is_unknown_but_not_where_the_dataset_is_open() -> None:
    columns = seen(ticket_id="string", city="string", status="string")
    assert unknown_columns(TICKETS, columns) == ["city"]
    assert unknown_columns(OPEN, columns) == []


# From the standard's list of types: https://datapackage.org/standard/table-schema/#field-types
KNOWN_TYPES = {"string", "integer", "number", "boolean", "datetime", "any"}


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_dataset_has_a_table_schema_of_the_standards_types(name: str) -> None:
    dataset = CATALOG[name]
    schema = table_schema(dataset, dataset.fields)
    fields = schema["fields"]
    assert isinstance(fields, list)
    assert [f["name"] for f in fields] == [f.name for f in dataset.fields]
    assert {f["type"] for f in fields} <= KNOWN_TYPES
    assert all(f["description"] for f in fields)
    assert schema["primaryKey"] == [dataset.key_field]


def test_a_schema_names_no_key_that_is_not_written() -> None:
    schema = table_schema(TICKETS, TICKETS.chosen(["created_at", "tags"]))
    assert "primaryKey" not in schema
    assert schema["fields"] == [
        {"name": "created_at", "type": "datetime", "description": "When the ticket was opened."},
        {"name": "tags", "type": "any", "description": "The ticket's tags, a list of text."},
    ]
