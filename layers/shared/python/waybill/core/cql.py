"""CQL2 text or JSON to one tree (OGC 21-065r2), with limits on what is read at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import cql2

from waybill.core.errors import FieldError, InvalidInput
from waybill.core.window import instant

MAX_TEXT = 4_000
MAX_JSON_TEXT = 64_000
MAX_DEPTH = 12


def refuse(message: str) -> InvalidInput:
    """The error for a filter that cannot be taken."""
    return InvalidInput([FieldError("filter", message)])


def tree_of(text_or_json: str | Mapping[str, Any]) -> Any:
    """CQL2 JSON as Python values. Raises InvalidInput where the text cannot be read or is too long or too deep."""
    if not isinstance(text_or_json, str):
        return text_or_json
    text = text_or_json.strip()
    if not text.startswith("{"):
        return _parse_text(text)
    if len(text) > MAX_JSON_TEXT:
        raise refuse(f"the filter has {len(text)} characters; at most {MAX_JSON_TEXT} are read.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise refuse(f"the filter is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except (RecursionError, ValueError) as error:
        raise refuse(f"the filter is nested deeper than {MAX_DEPTH} levels; split it.") from error


_TOKENS = re.compile(
    r"""(?P<skip>'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\W\d]\w*(?:\.\w+)*)|
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|
    (?P<paren>[()])""",
    re.DOTALL | re.VERBOSE,
)


def _parse_text(text: str) -> Any:
    if not text:
        raise refuse("the filter is empty; leave it out to select every row.")
    if len(text) > MAX_TEXT:
        raise refuse(f"the filter has {len(text)} characters; at most {MAX_TEXT} are read.")
    tokens = list(_TOKENS.finditer(text))
    _check_parentheses(tokens)
    _check_instants(tokens)
    try:
        tree = cql2.parse_text(text).to_json()
    except cql2.ParseError as error:
        raise refuse(f"the filter cannot be read {_place(text, str(error))}.") from error
    numbers = iter([t["number"] for t in tokens if t["number"]])
    return _with_exact_numbers(tree, numbers)


def _place(text: str, error: str) -> str:
    """Where the parser stopped, in words: its own account names rules of its grammar."""
    found = re.search(r"--> (\d+):(\d+)", error)
    if not found:
        return "as CQL2"
    line, column = int(found[1]), int(found[2])
    rest = text.split("\n")[line - 1][column - 1 :][:20].strip()
    return f"at line {line}, column {column}" + (f", from {rest!r} on" if rest else ": it ends too early")


def _check_parentheses(tokens: list[re.Match[str]]) -> None:
    """The parser's time is exponential in open parentheses that nothing closes, so it never sees such a text."""
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token["paren"] or "", 0)
        if depth > MAX_DEPTH:
            raise refuse(f"parentheses at character {token.start() + 1} are nested deeper than {MAX_DEPTH}; split it.")
        if depth < 0:
            raise refuse(f"the parenthesis at character {token.start() + 1} closes nothing; remove it.")
    if depth:
        raise refuse("a parenthesis is never closed; add the missing ')'.")


def _check_instants(tokens: list[re.Match[str]]) -> None:
    """The parser takes a time without an offset for one in UTC, without a word; its author may have meant another zone."""
    for word, parenthesis, literal in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (word["skip"] or "").lower() == "timestamp" and parenthesis["paren"] == "(":
            try:
                instant((literal["skip"] or "").strip("'"))
            except (ValueError, OverflowError):
                raise refuse(
                    f"{literal[0][:60]} is no instant, which has an offset from UTC; write timestamp('2026-03-29T01:00:00Z')."
                ) from None


def _with_exact_numbers(node: Any, numbers: Iterator[str]) -> Any:
    """The parser reads every number as a double, which rounds long integers: put the text's own numbers back."""
    match node:
        case dict():
            return {key: _with_exact_numbers(value, numbers) for key, value in node.items()}
        case list():
            return [_with_exact_numbers(item, numbers) for item in node]
        case float() | int() if not isinstance(node, bool):
            token = next(numbers, "")
            if not token or float(token) != abs(node):
                raise refuse(f"the number {node} cannot be told from the text around it; use the JSON form.")
            exact = int(token) if token.isdigit() else float(token)
            return -exact if math.copysign(1, node) < 0 else exact
    return node
