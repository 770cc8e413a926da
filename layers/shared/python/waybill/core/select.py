"""Filters: CQL2 in (OGC 21-065r2; text or JSON), a checked SQL predicate with bound values out.

What can be asked: `and or not`, `= <> < <= > >=`, `between`, `in`, `like`, `is null`, `casei(...)`, `timestamp('...')`
and `date('...')` over the dataset's fields. A json field can be asked for `is null`, `like` (of its text), and, where it is
a list of texts, `a_contains(labels, ('urgent', 'open'))` and `a_overlaps(...)`: all of them, one of them.
A null never matches, also not under `not`: SQL's three values hold. A date means its first instant, in UTC.

An open column has the type of what it is compared with: a text is compared with rows whose value is a text, a number
with numbers, an instant with texts that are one; where a row's value is of another type it counts as null. Its name is
quoted where it is no word: `"attributes.home town" = 'Köln'`.

The SQL expects columns of these types under the fields' own names: string and json VARCHAR, integer HUGEINT, number
DOUBLE, boolean BOOLEAN, timestamp TIMESTAMP in UTC. The n-th of `Predicate.open_columns` is `"open n"`, from 0; one of
type any is null or not, whatever it is. A value of the caller is never a part of the SQL's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waybill.core.catalog import DataField, Dataset, FieldType, closest
from waybill.core.cql import MAX_DEPTH, refuse, tree_of
from waybill.core.select_values import Value, kind_of, only, show, typed, uncased

MAX_NODES = 200
MAX_LIST = 1_000


@dataclass(frozen=True)
class Predicate:
    """A condition over a dataset's columns: `sql` names columns as quoted identifiers and every value as `?`.

    `columns` are the fields that it reads, open columns among them; None where nobody said, which means that it may read
    any of the catalogue's. `open_columns` are names of open columns, each with the type that the SQL expects.
    """

    sql: str
    values: tuple[Value, ...]
    columns: frozenset[str] | None = None
    open_columns: tuple[tuple[str, FieldType], ...] = ()


def compile_filter(text_or_json: str | Mapping[str, Any], dataset: Dataset) -> Predicate:
    """The filter as SQL. A text that starts with `{` is read as CQL2 JSON, any other as CQL2 text.

    Raises InvalidInput with one FieldError on `filter` that says where and what would do.
    """
    compiler = _Compiler(dataset)
    sql = compiler.condition(tree_of(text_or_json), 1)
    return Predicate(sql, tuple(compiler.values), frozenset(compiler.columns), tuple(compiler.open_columns))


_COMPARISONS = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)


@dataclass(frozen=True)
class _Column:
    """A field as an operand; `casei` where it is compared without regard to case. `identifier` is its name in the SQL."""

    field: DataField
    casei: bool
    identifier: str

    @property
    def sql(self) -> str:
        return f'lower("{self.identifier}")' if self.casei else f'"{self.identifier}"'


class _Compiler:
    """One walk over one tree; `values` fill the SQL's `?` from left to right."""

    def __init__(self, dataset: Dataset) -> None:
        self.values: list[Value] = []
        self.columns: set[str] = set()
        self.open_columns: list[tuple[str, FieldType]] = []
        self._dataset = dataset
        self._nodes = 0

    def condition(self, node: Any, depth: int) -> str:
        """SQL that is true, false or null."""
        self._count(depth)
        if isinstance(node, bool):
            return "TRUE" if node else "FALSE"
        if isinstance(node, Mapping) and "property" in node:
            return self._flag(node)
        op, args = _operation(node)
        if op in ("and", "or"):
            if len(args) < 2:
                raise refuse(f"'{op}' joins two or more conditions, not {len(args)}.")
            return "(" + f" {op.upper()} ".join(self.condition(a, depth + 1) for a in args) + ")"
        if op == "not":
            return f"(NOT {self.condition(only(op, args, 1)[0], depth + 1)})"
        leaves: dict[str, Callable[[str, list[Any]], str]] = {
            "between": self._between, "in": self._in, "like": self._like, "isNull": self._is_null,
            "a_contains": self._list, "a_overlaps": self._list,
        }  # fmt: skip
        if op in _COMPARISONS:
            return self._compare(op, args)
        if op in leaves:
            return leaves[op](op, args)
        known = ", ".join(["and", "or", "not", *_COMPARISONS, *leaves, "casei"])
        raise refuse(f"'{op}' is not an operator of these filters; there are {known}.")

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise refuse(f"the filter is nested deeper than {MAX_DEPTH} levels; split it.")
        if self._nodes > MAX_NODES:
            raise refuse(f"the filter has more than {MAX_NODES} conditions; use 'in' for lists of values.")

    def _flag(self, node: Mapping[str, Any]) -> str:
        column = self._as(FieldType.BOOLEAN, self._column(node, "as a condition"))
        if column.field.type is not FieldType.BOOLEAN:
            raise refuse(
                f"'{column.field.name}' is of type {column.field.type} and no condition by itself; compare it."
            )
        return column.sql

    def _compare(self, op: str, args: list[Any]) -> str:
        left, right = only(op, args, 2)
        if _is_column(left) and _is_column(right):
            one, other = self._alike(op, self._column(left, f"'{op}'"), self._column(right, f"'{op}'"))
            self._comparable(op, one)
            same = one.field.type is other.field.type or {one.field.type, other.field.type} <= set(_NUMERIC)
            if not same:
                raise refuse(
                    f"'{one.field.name}' is of type {one.field.type} and '{other.field.name}' of type "
                    f"{other.field.type}: they cannot be compared."
                )
            return f"({one.sql} {_COMPARISONS[op]} {other.sql})"
        if _is_column(left):
            column = self._comparable(op, self._column(left, f"'{op}'"), right)
            return f"({column.sql} {_COMPARISONS[op]} {self._value(op, column, right)})"
        if _is_column(right):
            column = self._comparable(op, self._column(right, f"'{op}'"), left)
            return f"({self._value(op, column, left)} {_COMPARISONS[op]} {column.sql})"
        called = next((show(s["op"]) for s in (left, right) if isinstance(s, Mapping) and "op" in s), "")
        if called:
            raise refuse(f"{called} is no function of these filters; there is casei. Compare the field itself.")
        raise refuse(f"'{op}' needs a field on one side; {show(left)} and {show(right)} are both values.")

    def _between(self, op: str, args: list[Any]) -> str:
        target, low, high = only(op, args, 3)
        column = self._comparable(op, self._column(target, f"'{op}'"), low, high)
        return f"({column.sql} BETWEEN {self._value(op, column, low)} AND {self._value(op, column, high)})"

    def _in(self, op: str, args: list[Any]) -> str:
        target, items = only(op, args, 2)
        named = self._column(target, f"'{op}'")
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_LIST:
            raise refuse(f"'in' for '{named.field.name}' needs a list of 1 to {MAX_LIST} values.")
        column = self._comparable(op, named, *items)
        return f"({column.sql} IN ({', '.join(self._value(op, column, item) for item in items)}))"

    def _like(self, op: str, args: list[Any]) -> str:
        target, pattern = only(op, args, 2)
        column = self._as(FieldType.STRING, self._column(target, f"'{op}'"))
        if column.field.type not in (FieldType.STRING, FieldType.JSON):
            raise refuse(
                f"'like' looks into text, and '{column.field.name}' is of type {column.field.type}; compare it."
            )
        text, folded = uncased(pattern)
        if not isinstance(text, str):
            raise refuse(f"'like' for '{column.field.name}' needs a pattern in quotes, not {show(text)}.")
        if re.search(r"(?<!\\)(?:\\\\)*\\(?![\\%_])", text):
            raise refuse(
                f"in the pattern for '{column.field.name}' a backslash stands before nothing that it "
                r"could escape; write \% \_ or \\."
            )
        self.values.append(text)
        bound = "lower(CAST(? AS VARCHAR))" if folded else "CAST(? AS VARCHAR)"
        return rf"({column.sql} LIKE {bound} ESCAPE '\')"

    def _list(self, op: str, args: list[Any]) -> str:
        """Whether a list of texts has all of the values (`a_contains`), or one of them. What is no list matches nothing."""
        target, items = only(op, args, 2)
        column = self._column(target, f"'{op}'")
        if column.field.type is not FieldType.JSON or column.casei:
            raise refuse(
                f"'{op}' looks into a list, and '{column.field.name}' is of type {column.field.type}; use 'in'."
            )
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_LIST or not all(isinstance(i, str) for i in items):
            raise refuse(f"'{op}' for '{column.field.name}' needs a list of 1 to {MAX_LIST} texts in quotes.")
        self.values += items
        texts = f"json_extract_string({column.sql}, '$[*]')"
        listed = f"CASE WHEN json_valid({column.sql}) AND json_type({column.sql}) = 'ARRAY' THEN {texts} END"
        wanted = ", ".join(["CAST(? AS VARCHAR)"] * len(items))
        return f"{'list_has_all' if op == 'a_contains' else 'list_has_any'}({listed}, [{wanted}])"

    def _is_null(self, op: str, args: list[Any]) -> str:
        return f"({self._as(FieldType.ANY, self._column(only(op, args, 1)[0], 'is null')).sql} IS NULL)"

    def _column(self, node: Any, use: str) -> _Column:
        inner, folded = uncased(node)
        if not isinstance(inner, Mapping) or not isinstance(inner.get("property"), str):
            raise refuse(f"{use} needs a field of {self._dataset.name}, not {show(inner)}.")
        name = inner["property"]
        if not self._dataset.has(name):
            near = closest(name, [f.name for f in self._dataset.fields])
            raise refuse(f"{show(name)} is not a field of {self._dataset.name}; the nearest are: {near}.")
        field = self._dataset.field(name)
        if folded and field.type not in (FieldType.STRING, FieldType.ANY):
            raise refuse(f"'casei' folds text, and '{name}' is of type {field.type}; leave 'casei' out.")
        self.columns.add(name)
        return _Column(field, folded, name)

    def _as(self, kind: FieldType, column: _Column) -> _Column:
        """An open column read as values of `kind`; any other column as it is."""
        if column.field.type is not FieldType.ANY:
            return column
        name = column.field.name
        if column.casei and kind is not FieldType.STRING:
            raise refuse(f"'casei' folds text, and '{name}' is asked for another type; leave 'casei' out.")
        if (name, kind) not in self.open_columns:
            self.open_columns.append((name, kind))
        field = column.field.model_copy(update={"type": kind})
        return _Column(field, column.casei, f"open {self.open_columns.index((name, kind))}")

    def _alike(self, op: str, one: _Column, other: _Column) -> tuple[_Column, _Column]:
        """Two columns to compare; an open one is read as the other's type."""
        if one.field.type is other.field.type is FieldType.ANY:
            raise refuse(
                f"'{one.field.name}' and '{other.field.name}' are both open columns: compare each with a value."
            )
        kinds = {c: FieldType.NUMBER if c.field.type is FieldType.INTEGER else c.field.type for c in (one, other)}
        return self._as(kinds[other], one), self._as(kinds[one], other)

    def _comparable(self, op: str, column: _Column, *values: Any) -> _Column:
        """The column, an open one as the type of the values; refused where it cannot be compared at all."""
        if column.field.type is FieldType.ANY:
            return self._as(kind_of(op, column.field, values), column)
        if column.field.type is FieldType.JSON:
            raise refuse(
                f"'{column.field.name}' is json: it can be asked for 'is null', 'like', 'a_contains' and "
                f"'a_overlaps', not for '{op}'."
            )
        return column

    def _value(self, op: str, column: _Column, node: Any) -> str:
        value, folded = uncased(node)
        if value is None:
            raise refuse(f"nothing equals null; write '{column.field.name} is null'.")
        bound, kind = typed(op, column.field, value)
        self.values.append(bound)
        return f"lower(CAST(? AS {kind}))" if folded and kind == "VARCHAR" else f"CAST(? AS {kind})"


def _operation(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, Mapping) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
        raise refuse(f"{show(node)} is not a condition; a condition compares a field with a value.")
    return node["op"], node["args"]


def _is_column(node: Any) -> bool:
    inner, _ = uncased(node)
    return isinstance(inner, Mapping) and "property" in inner
