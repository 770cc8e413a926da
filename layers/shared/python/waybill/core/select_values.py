"""Values of a filter: what they are, which type they ask for, how they are bound. Every refusal says what would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from waybill.core.catalog import DataField, FieldType
from waybill.core.cql import refuse
from waybill.core.window import instant

Value = str | int | float | bool
_HUGE = 10**38
_EXACT = 2**53
"""Integers below are doubles without loss; an open column that is compared with a larger one is read as an integer."""


def only(op: str, args: list[Any], count: int) -> list[Any]:
    if len(args) != count:
        raise refuse(f"'{op}' takes {count} operands, not {len(args)}.")
    return args


def uncased(node: Any) -> tuple[Any, bool]:
    """What is inside `casei(...)`, and whether there was one."""
    if isinstance(node, Mapping) and node.get("op") == "casei" and isinstance(node.get("args"), list):
        return only("casei", node["args"], 1)[0], True
    return node, False


def show(value: Any) -> str:
    """A value in a message: short, whatever it was."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def kind_of(op: str, field: DataField, values: Sequence[Any]) -> FieldType:
    """The type that an open column has beside these values: that of the first, where numbers go together."""
    plain = [uncased(v)[0] for v in values]
    numbers = [v for v in plain if isinstance(v, int | float) and not isinstance(v, bool)]
    match plain[0]:
        case bool():
            return FieldType.BOOLEAN
        case str() | None:  # nothing equals null, as will be said
            return FieldType.STRING
        case int() | float():
            exact = all(isinstance(n, int) for n in numbers) and any(abs(n) >= _EXACT for n in numbers)
            return FieldType.INTEGER if exact else FieldType.NUMBER
        case {"timestamp": _} | {"date": _}:
            return FieldType.TIMESTAMP
    raise refuse(f"'{op}' for '{field.name}' needs a text, a number, true, false or a timestamp, not {show(plain[0])}.")


def typed(op: str, field: DataField, value: Any) -> tuple[Value, str]:
    """The value as it is bound and the SQL type that it is cast to."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match field.type:
        case FieldType.STRING if isinstance(value, str):
            return value, "VARCHAR"
        case FieldType.BOOLEAN if isinstance(value, bool):
            return value, "BOOLEAN"
        case FieldType.INTEGER if number and abs(value) < _HUGE and value == int(value):
            return int(value), "HUGEINT"
        case FieldType.NUMBER if number and abs(value) < 1e308:
            return float(value), "DOUBLE"
        case FieldType.TIMESTAMP if isinstance(value, Mapping):
            return _moment(op, field, value), "TIMESTAMP"
    wanted = {
        FieldType.STRING: "a text in quotes",
        FieldType.BOOLEAN: "true or false",
        FieldType.INTEGER: "a whole number of at most 38 digits",
        FieldType.NUMBER: "a number",
    }.get(field.type, "timestamp('2026-03-29T01:00:00Z')")
    raise refuse(f"'{field.name}' is of type {field.type}; '{op}' needs {wanted} there, not {show(value)}.")


def _moment(op: str, field: DataField, value: Mapping[str, Any]) -> str:
    """An instant as SQL reads it, in UTC to the microsecond."""
    text = value.get("timestamp", value.get("date"))
    try:
        if "timestamp" in value:
            moment = instant(str(text))
        elif op in ("=", "<>", "in"):
            raise refuse(f"'{field.name}' is an instant and a date a whole day; use >= and < in place of '{op}'.")
        else:
            moment = datetime.combine(date.fromisoformat(str(text)), datetime.min.time(), UTC)
    except (ValueError, OverflowError) as error:
        raise refuse(
            f"{show(text)} for '{field.name}' is no instant; "
            "write timestamp('2026-03-29T01:00:00Z') or date('2026-03-29')."
        ) from error
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
