"""A filter as CQL2 text (OGC 21-065r2), for people: in manifests and lists.

Not by the library that reads filters: its own writer rounds long integers, and fails on some filters that rules may have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from waybill.core.cql import tree_of

_WORD = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_KEYWORDS = {
    "and",
    "between",
    "casei",
    "date",
    "false",
    "in",
    "interval",
    "is",
    "like",
    "not",
    "null",
    "or",
    "timestamp",
    "true",
}
_BETWEEN_SIGNS = {"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/"}
_LINKS = {"and", "or", "not"}


def filter_text(given: str | Mapping[str, Any] | None) -> str | None:
    """A filter that was checked before; text stays as it is, None is none."""
    if given is None or (isinstance(given, str) and not given.strip().startswith("{")):
        return given
    return _shown(tree_of(given))


def _shown(node: Any) -> str:
    match node:
        case {"op": str(op), "args": list(args)}:
            return _operation(op.lower(), args)
        case {"property": str(name)}:
            plain = _WORD.fullmatch(name) and name.lower() not in _KEYWORDS
            return name if plain else f'"{name}"'
        case {"timestamp": str(moment)}:
            return f"TIMESTAMP('{moment}')"
        case {"date": str(day)}:
            return f"DATE('{day}')"
        case str():
            doubled = node.replace("'", "''")
            return f"'{doubled}'"
        case list():
            return f"({', '.join(map(_shown, node))})"
        case bool() | None:
            return json.dumps(node).upper()
        case _:
            return json.dumps(node, ensure_ascii=False)


def _operation(op: str, args: Sequence[Any]) -> str:
    shown = [f"({_shown(a)})" if _links(op, a) else _shown(a) for a in args]
    match op, shown:
        case (("and" | "or"), _):
            return f" {op.upper()} ".join(shown)
        case "not", [one]:
            return f"NOT {one}"
        case "between", [value, low, high]:
            return f"{value} BETWEEN {low} AND {high}"
        case (("in" | "like"), [value, other]):
            return f"{value} {op.upper()} {other}"
        case "isnull", [value]:
            return f"{value} IS NULL"
        case _, [left, right] if op in _BETWEEN_SIGNS:
            return f"{left} {op} {right}"
        case _:
            return f"{op}({', '.join(shown)})"


def _links(op: str, arg: Any) -> bool:
    """Whether the argument would be read otherwise without parentheses."""
    own = isinstance(arg, dict) and isinstance(arg.get("op"), str) and arg["op"].lower()
    return (op in _LINKS and own in _LINKS) or (op in _BETWEEN_SIGNS and own in _BETWEEN_SIGNS)
