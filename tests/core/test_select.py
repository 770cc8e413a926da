"""Filters: what they become, and the sentence that each wrong one earns."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.errors import InvalidInput
from waybill.core.select import Predicate, compile_filter

TYPES = {
    "id": "string",
    "created_at": "timestamp",
    "priority": "integer",
    "score": "number",
    "bot": "boolean",
    "meta": "json",
}
DATASET = Dataset(
    name="chat_tickets",
    title="Tickets",
    description="for tests",
    time_field="created_at",
    key_field="id",
    fields=tuple(DataField(name=n, type=FieldType(t), description="for tests") for n, t in TYPES.items()),
)


def test_columns_are_quoted_and_values_bound() -> None:
    found = compile_filter("id = 'it''s' AND NOT (priority IN (1, 2) OR score < -0.5)", DATASET)

    assert found == Predicate(
        '(("id" = CAST(? AS VARCHAR)) AND '
        '(NOT (("priority" IN (CAST(? AS HUGEINT), CAST(? AS HUGEINT))) OR ("score" < CAST(? AS DOUBLE)))))',
        ("it's", 1, 2, -0.5),
        frozenset({"id", "priority", "score"}),
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("priority = 9007199254740993", (9007199254740993,)),
        ("priority = -12345678901234567890123", (-12345678901234567890123,)),
        ("id = '12' and priority = 3 and score = 4e2 and id = \"id\"", ("12", 3, 400.0)),
        ("created_at > timestamp('2026-03-29T03:00:00.5+02:00')", ("2026-03-29 01:00:00.500000",)),
        ("created_at < date('0999-01-01')", ("0999-01-01 00:00:00.000000",)),
        ("bot", ()),
        ("bot = false", (False,)),
        ("meta like '%a%' or meta is not null", ("%a%",)),
        ("5 < priority", (5,)),
        ("score > priority", ()),
        ("true", ()),
    ],
)  # fmt: skip
def test_values_are_those_of_the_text(text: str, values: tuple[Any, ...]) -> None:
    found = compile_filter(text, DATASET)

    assert found.values == values
    assert [type(v) for v in found.values] == [type(v) for v in values]
    assert found.sql.count("?") == len(values)


def test_json_is_taken_as_text_and_as_an_object() -> None:
    tree = {"op": "=", "args": [{"op": "casei", "args": [{"property": "id"}]}, {"op": "casei", "args": ["A"]}]}

    assert compile_filter(tree, DATASET) == compile_filter(json.dumps(tree), DATASET)
    assert compile_filter(tree, DATASET) == compile_filter("casei(id) = casei('A')", DATASET)


OPEN = DATASET.model_copy(update={"open_field": "meta"})


def test_an_open_column_has_the_type_of_what_it_is_compared_with() -> None:
    found = compile_filter("\"meta.my city\" = 'x' and meta.n > 5 and meta.n in (1, 2.5) and meta.n is null", OPEN)

    assert found.sql == (
        '(("open 0" = CAST(? AS VARCHAR)) AND ("open 1" > CAST(? AS DOUBLE)) AND '
        '("open 1" IN (CAST(? AS DOUBLE), CAST(? AS DOUBLE))) AND ("open 2" IS NULL))'
    )
    assert found.columns == frozenset({"meta.my city", "meta.n"})
    assert found.open_columns == (
        ("meta.my city", FieldType.STRING), ("meta.n", FieldType.NUMBER), ("meta.n", FieldType.ANY),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("meta.a = meta.b", "'meta.a' and 'meta.b' are both open columns: compare each with a value"),
        ("meta.a in (1, 'x')", "'meta.a' is of type number; 'in' needs a number there, not 'x'."),
        ("meta.a = null", "write 'meta.a is null'"),
        ("meta.a = meta", "is json: it can be asked for 'is null', 'like', 'a_contains' and 'a_overlaps'"),
        ("casei(meta.a) = 5", "'casei' folds text"),
        ({"op": "between", "args": [{"op": "casei", "args": [{"property": "meta.a"}]}, 1, 2]}, "'casei' folds text"),
        ("meta. = 5", "is not a field"),
        ({"op": "=", "args": [{"property": "meta.a"}, [1]]}, "needs a text, a number, true, false or a timestamp"),
        ({"op": "=", "args": [{"property": 'meta.a"; DROP'}, 1]}, "is not a field"),
        ("other.a = 5", "is not a field"),
    ],
)
def test_wrong_questions_to_open_columns_earn_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(sentence)):
        compile_filter(wrong, OPEN)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("prio = 1", "'prio' is not a field of chat_tickets; the nearest are: priority."),
        ("priority = 'x'", "'=' needs a whole number of at most 38 digits there, not 'x'."),
        ("priority = 2.5", "whole number"),
        ("priority = 1e39", "whole number"),
        ("score = 1e400", "'score' is of type number; '=' needs a number there, not inf."),
        ("id = 5", "a text in quotes there, not 5"),
        ("bot = 'true'", "true or false"),
        ("created_at = '2026-03-29T01:00:00Z'", "timestamp('2026-03-29T01:00:00Z') there"),
        ({"op": ">", "args": [{"property": "created_at"}, {"timestamp": "2026-03-29T01:00:00"}]}, "is no instant"),
        ("created_at > timestamp('2026-02-30T01:00:00Z')", "is no instant"),
        ("created_at = date('2026-03-29')", "use >= and < in place of '='"),
        ("id = null", "write 'id is null'"),
        ("id", "'id' is of type string and no condition by itself; compare it."),
        ("meta = 'x'", "'a_overlaps', not for '='"),
        ("casei(priority) = 1", "leave 'casei' out"),
        ("priority like '1%'", "'like' looks into text"),
        ("id like 5", "needs a pattern in quotes"),
        ("id like '50\\p'", "a backslash stands before nothing"),
        ("id = bot", "they cannot be compared"),
        ("'a' = 'b'", "needs a field on one side"),
        ("s_intersects(id, point(1 2))", "'s_intersects' is not an operator of these filters"),
        ("id = 'a' garbage", "at line 1, column 10, from 'garbage' on"),
        ("id =", "at line 1, column 5: it ends too early"),
        ("id = 'x' and\n  priority ! 3", "at line 2, column 12, from '! 3' on"),
        ("(" * 100, "parentheses at character 13 are nested deeper than 12"),
        ("((id = 'x')", "a parenthesis is never closed"),
        ("id = 'x')", "the parenthesis at character 9 closes nothing"),
        ("not " * 20 + "bot", "nested deeper than 12"),
        ("bot and " * 250 + "bot", "more than 200 conditions"),
        ("id = '" + "x" * 4_000 + "'", "at most 4000 are read"),
        ("", "the filter is empty"),
        ("{", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        ('{"a":' * 20_000, "at most 64000"),
        ('{"a":' * 12_000, "the filter is"),
        ({}, "{} is not a condition"),
        ({"op": "and", "args": [True]}, "'and' joins two or more conditions, not 1"),
        ({"op": "=", "args": [{"property": "id"}]}, "'=' takes 2 operands, not 1"),
        ({"op": "in", "args": [{"property": "id"}, []]}, "a list of 1 to 1000 values"),
        ({"op": "in", "args": [{"property": "id"}, ["x"] * 1_001]}, "a list of 1 to 1000 values"),
        ({"op": "=", "args": [{"property": ["id"]}, "x"]}, "needs a field of chat_tickets"),
        ({"op": "=", "args": [{"property": 'id" OR 1=1 --'}, "x"]}, "is not a field"),
        ({"op": "; DROP TABLE x", "args": []}, "is not an operator"),
        ({"op": ["="], "args": []}, "is not a condition"),
    ],
)  # fmt: skip
def test_each_wrong_filter_earns_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(sentence)) as raised:
        compile_filter(wrong, DATASET)
    assert [e.field for e in raised.value.errors] == ["filter"]


some_operators = st.sampled_from(["and", "=", "in", "like", "casei", "between", "isNull", "not"])
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.fixed_dictionaries({}, optional=dict.fromkeys(("op", "args", "property", "timestamp", "date"), inner)),
        st.builds(lambda op, args: {"op": op, "args": args}, some_operators, st.lists(inner, max_size=3)),
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values.filter(lambda v: isinstance(v, dict)))
def test_no_json_breaks_the_compiler(tree: dict[str, Any]) -> None:
    with suppress(InvalidInput):
        compile_filter(tree, DATASET)


fragments = st.sampled_from(
    [
        "id",
        "bot",
        "(",
        ")",
        "'",
        '"',
        "=",
        "and",
        "not ",
        "1",
        "-",
        "1e9",
        "'x'",
        "\x00",
        "é",
        ",",
        "in",
        "like",
        " ",
        ";",
        "--",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(fragments, max_size=25).map(" ".join)))
def test_no_text_breaks_the_compiler(text: str) -> None:
    with suppress(InvalidInput):
        compile_filter(text, DATASET)


HOSTILE = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("'\"\\;?%_-\x00\n")), max_size=40
)


@given(HOSTILE)
def test_text_is_bound_and_never_sql(value: str) -> None:
    quoted = value.replace("'", "''")
    found = compile_filter(f"id = '{quoted}' or id <> '{quoted}'", DATASET)

    assert found.values == (value, value)
    assert found.sql == '(("id" = CAST(? AS VARCHAR)) OR ("id" <> CAST(? AS VARCHAR)))'
