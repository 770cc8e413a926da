"""Random filters: each as CQL2 text, as CQL2 JSON, and as SQL that was written without the compiler under test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.engines.generated import MISSING, START, WORDS


@dataclass(frozen=True)
class Asked:
    """One condition in three languages."""

    text: str
    tree: Any
    sql: str


_FIELDS: dict[str, dict[str, str]] = {
    "conversations": {
        "channel": "words", "sender": "words", "language": "words", "conversation_id": "plain", "position": "integer",
        "confidence": "number", "entities": "json", "read_at": "moment", "sent_at": "moment", "topic": "plain",
    },
    "chat_tickets": {
        "channel": "words", "status": "words", "agent": "words", "priority": "words", "language": "words",
        "messages": "integer", "first_response_seconds": "number", "reopened": "boolean", "tags": "json",
        "closed_at": "moment", "created_at": "moment", "team": "plain",
    },
}  # fmt: skip
_OPERATORS = ("=", "<>", "<", "<=", ">", ">=")


def asked(random: Random, dataset: str, depth: int = 3) -> Asked:
    """A condition over the dataset's fields, nested at most `depth` times."""
    if depth == 0 or random.random() < 0.35:
        return _leaf(random, dataset)
    if random.random() < 0.25:
        one = asked(random, dataset, depth - 1)
        return Asked(f"NOT ({one.text})", {"op": "not", "args": [one.tree]}, f"(NOT {one.sql})")
    word = random.choice(("and", "or", "or"))
    found = [asked(random, dataset, depth - 1) for _ in range(random.randint(2, 3))]
    return Asked(
        f" {word.upper()} ".join(f"({one.text})" for one in found),
        {"op": word, "args": [one.tree for one in found]},
        "(" + f" {word} ".join(one.sql for one in found) + ")",
    )


def _leaf(random: Random, dataset: str) -> Asked:
    name, kind = random.choice(list(_FIELDS[dataset].items()))
    if random.random() < 0.12:
        return _null(random, name)
    match kind:
        case "boolean":
            return _flag(random, name)
        case "json":
            return _like(random, name, random.choice(('%"vip": true%', "%[4,%", "%ü%", "%nobody%")), folded=False)
        case "words" | "plain" if random.random() < 0.35:
            pattern = random.choice(("%e%", "V%", "_pen", "%\\%%", "on\\_hold", "c1%", "%n_", "%Ä%", "", "%'%"))
            return _like(random, name, pattern, folded=random.random() < 0.5)
        case _:
            return _values(random, name, kind)


def _null(random: Random, name: str) -> Asked:
    tree = {"op": "isNull", "args": [{"property": name}]}
    if random.random() < 0.5:
        return Asked(f"{name} IS NULL", tree, f'("{name}" IS NULL)')
    return Asked(f"{name} IS NOT NULL", {"op": "not", "args": [tree]}, f'("{name}" IS NOT NULL)')


def _flag(random: Random, name: str) -> Asked:
    if random.random() < 0.4:
        return Asked(name, {"property": name}, f'"{name}"')
    operator, value = random.choice(("=", "<>")), random.random() < 0.5
    said = str(value).lower()
    return Asked(
        f"{name} {operator} {said}",
        {"op": operator, "args": [{"property": name}, value]},
        f'("{name}" {operator} {said})',
    )


def _like(random: Random, name: str, pattern: str, *, folded: bool) -> Asked:
    column, sql, text, bound = {"property": name}, f'"{name}"', name, _quoted(pattern)
    args: list[Any] = [column, pattern]
    if folded:
        args = [{"op": "casei", "args": [one]} for one in args]
        sql, text = f"lower({sql})", f"casei({name})"
        return Asked(
            f"{text} LIKE casei({bound})", {"op": "like", "args": args}, f"({sql} LIKE lower({bound}) ESCAPE '\\')"
        )
    return Asked(f"{text} LIKE {bound}", {"op": "like", "args": args}, f"({sql} LIKE {bound} ESCAPE '\\')")


def _values(random: Random, name: str, kind: str) -> Asked:
    shape = random.random()
    if shape < 0.2 and kind != "moment":
        found = [_value(random, name, kind) for _ in range(random.randint(1, 4))]
        inside = ", ".join(one.text for one in found)
        tree = {"op": "in", "args": [{"property": name}, [one.tree for one in found]]}
        return Asked(f"{name} IN ({inside})", tree, f'("{name}" IN ({", ".join(one.sql for one in found)}))')
    if shape < 0.4 and kind in {"integer", "number"}:
        low, high = _value(random, name, kind), _value(random, name, kind)
        tree = {"op": "between", "args": [{"property": name}, low.tree, high.tree]}
        return Asked(f"{name} BETWEEN {low.text} AND {high.text}", tree, f'("{name}" BETWEEN {low.sql} AND {high.sql})')
    operator, one = random.choice(_OPERATORS), _value(random, name, kind)
    tree = {"op": operator, "args": [{"property": name}, one.tree]}
    return Asked(f"{name} {operator} {one.text}", tree, f'("{name}" {operator} {one.sql})')


def _value(random: Random, name: str, kind: str) -> Asked:
    match kind:
        case "integer":
            whole = random.randint(-3, 61)
            return Asked(str(whole), whole, str(whole))
        case "number":
            number = random.choice((round(random.random(), 3), round(random.random() * 500, 1)))
            return Asked(repr(number), number, f"CAST('{number!r}' AS DOUBLE)")
        case "moment":
            seconds = random.choice((random.randint(-9_000, 90_000), random.randint(0, 400_000)))
            moment = f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}Z"
            return Asked(f"TIMESTAMP('{moment}')", {"timestamp": moment}, f"TIMESTAMPTZ '{moment}'")
        case _:
            word = random.choice((*WORDS.get(name, ("c1", "c12", "none")), "never said"))
            return Asked(_quoted(word), word, _quoted(word))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def as_given(random: Random, one: Asked) -> str | dict[str, Any]:
    """What a rule's `filter` may hold: text, JSON, or JSON as text."""
    if not isinstance(one.tree, dict):
        return one.text
    return random.choice((one.text, one.text, one.tree, json.dumps(one.tree)))


assert all(name in fields for name, fields in zip(MISSING, _FIELDS.values(), strict=True))
