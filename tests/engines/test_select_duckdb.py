"""Compiled filters, run by DuckDB over rows, against a small evaluator with three truth values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.errors import InvalidInput
from waybill.core.select import compile_filter

TYPES = {"id": "string", "at": "timestamp", "n": "integer", "x": "number", "b": "boolean", "j": "json"}
COLUMNS = {"id": "VARCHAR", "at": "TIMESTAMP", "n": "HUGEINT", "x": "DOUBLE", "b": "BOOLEAN", "j": "VARCHAR"}
DATASET = Dataset(
    name="rows",
    title="Rows",
    description="for tests",
    time_field="at",
    key_field="id",
    fields=tuple(DataField(name=n, type=FieldType(t), description="for tests") for n, t in TYPES.items()),
)
START = datetime(2026, 3, 29, tzinfo=UTC)

letters = st.text(alphabet="aAbé%_\\'?\"\x00 ", max_size=4)
integers = st.one_of(st.integers(-3, 3), st.integers(-(10**37), 10**37))
numbers = st.one_of(st.sampled_from([-1.5, 0.0, 0.1, 2.0]), st.floats(-1e300, 1e300))
moments = st.integers(-3, 3).map(lambda s: START + timedelta(milliseconds=500 * s))
row = st.fixed_dictionaries(
    {
        "id": st.none() | letters,
        "at": st.none() | moments,
        "n": st.none() | integers,
        "x": st.none() | numbers,
        "b": st.none() | st.booleans(),
        "j": st.none() | letters,
    }
)

Tree = dict[str, Any]


def prop(name: str) -> Tree:
    return {"property": name}


def op(name: str, *args: Any) -> Tree:
    return {"op": name, "args": list(args)}


def stamped(moment: datetime) -> Tree:
    return {"timestamp": moment.isoformat().replace("+00:00", "Z")}


literals: dict[str, st.SearchStrategy[Any]] = {
    "id": letters,
    "at": moments.map(stamped),
    "n": integers,
    "x": numbers,
    "b": st.booleans(),
}
operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _of_column(name: str) -> st.SearchStrategy[Tree]:
    value = literals[name]
    return st.one_of(
        st.builds(lambda o, v: op(o, prop(name), v), operators, value),
        st.builds(lambda o, v: op(o, v, prop(name)), operators, value),
        st.builds(lambda low, high: op("between", prop(name), low, high), value, value),
        st.builds(lambda vs: op("in", prop(name), vs), st.lists(value, min_size=1, max_size=4)),
    )


patterns = letters.map(lambda p: re.sub(r"\\(?![%_])", r"\\\\", p))
leaves = st.one_of(
    *(_of_column(name) for name in literals),
    st.sampled_from(list(TYPES)).map(lambda n: op("isNull", prop(n))),
    st.builds(lambda n, p: op("like", prop(n), p), st.sampled_from(["id", "j"]), patterns),
    st.builds(lambda p: op("like", op("casei", prop("id")), op("casei", p)), patterns),
    st.builds(lambda o, v: op(o, op("casei", prop("id")), op("casei", v)), operators, letters),
    st.builds(lambda o: op(o, prop("n"), prop("n")), operators),
    st.just(prop("b")),
    st.booleans(),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda o, args: op(o, *args), st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)
        ),
        inner.map(lambda t: op("not", t)),
    ),
    max_leaves=6,
)


def operand(node: Any, row: dict[str, Any]) -> Any:
    match node:
        case {"property": name}:
            return row[name]
        case {"op": "casei", "args": [inner]}:
            value = operand(inner, row)
            return value.lower() if value is not None else None
        case {"timestamp": text}:
            return datetime.fromisoformat(text)
    return node


COMPARED = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compared(name: str, one: Any, other: Any) -> bool | None:
    if one is None or other is None:
        return None
    if isinstance(one, str):
        one, other = one.encode(), other.encode()
    return bool(COMPARED[name](one, other))


def both(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def either(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def truth(node: Any, row: dict[str, Any]) -> bool | None:
    if isinstance(node, bool):
        return node
    if "property" in node:
        found: bool | None = row[node["property"]]
        return found
    name, args = node["op"], node["args"]
    if name in ("and", "or"):
        return (both if name == "and" else either)([truth(a, row) for a in args])
    if name == "not":
        inner = truth(args[0], row)
        return None if inner is None else not inner
    return leaf(name, args, row)


def leaf(name: str, args: list[Any], row: dict[str, Any]) -> bool | None:
    value = operand(args[0], row)
    match name:
        case "isNull":
            return value is None
        case "between":
            low, high = (operand(a, row) for a in args[1:])
            return both([compared(">=", value, low), compared("<=", value, high)])
        case "in":
            return either([compared("=", value, operand(a, row)) for a in args[1]])
        case "like":
            return None if value is None else bool(like(operand(args[1], row)).fullmatch(value))
    return compared(name, value, operand(args[1], row))


def like(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(p, re.escape(p[-1])) for p in parts), re.DOTALL)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        made.execute(f"CREATE TABLE rows ({columns}, number INTEGER)")
        yield made


@settings(max_examples=200, deadline=None)
@given(tree=trees, rows=st.lists(row, max_size=6))
def test_duckdb_takes_the_rows_that_the_filter_means(
    connection: duckdb.DuckDBPyConnection, tree: Any, rows: list[dict[str, Any]]
) -> None:
    predicate = compile_filter(tree if isinstance(tree, dict) else op("and", tree, tree), DATASET)
    connection.execute("DELETE FROM rows")
    for number, one in enumerate(rows):
        at = one["at"].replace(tzinfo=None) if one["at"] else None
        values = [*(at if name == "at" else one[name] for name in COLUMNS), number]
        connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    found = connection.execute(f"SELECT number FROM rows WHERE {predicate.sql} ORDER BY number", predicate.values)

    assert [n for (n,) in found.fetchall()] == [n for n, one in enumerate(rows) if truth(tree, one) is True]


LISTS = ['["a","b"]', '["a"]', "[]", '["A"]', '{"a":"a"}', '"a"', "5", None, '["a", null, 5]', '[["a"]]', '["\\u0061"]']


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a_contains(j, ('a'))", ['["a","b"]', '["a"]', '["a", null, 5]', '["\\u0061"]']),
        ("A_CONTAINS(j, ('b', 'a'))", ['["a","b"]']),
        ("a_overlaps(j, ('b', 'A'))", ['["a","b"]', '["A"]']),
        ("not a_overlaps(j, ('a', 'A'))", ["[]", '[["a"]]']),
    ],
)
def test_lists_are_asked_for_their_texts(text: str, taken: list[str]) -> None:
    predicate = compile_filter(text, DATASET)
    rows = duckdb.connect().execute(
        f"SELECT j FROM (SELECT unnest(?::VARCHAR[]) AS j) WHERE {predicate.sql}", [LISTS, *predicate.values]
    )
    assert [row[0] for row in rows.fetchall()] == taken


@pytest.mark.parametrize("text", ["a_contains(id, ('a'))", "a_contains(j, ('a', 1))", "a_overlaps(j, ())"])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        compile_filter(text, DATASET)
