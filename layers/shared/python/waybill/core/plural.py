"""Counts as people read them."""

from __future__ import annotations


def many(number: int, one: str, several: str = "") -> str:
    """`1 row`, `2 rows`; `several` where an s at its end does not make it: `many(n, "row is", "rows are")`."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
