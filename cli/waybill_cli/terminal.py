"""What reaches the terminal: tables, sentences and sizes, without a control character of anybody else's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

STATES = {
    "success": "green", "active": "green", "done": "green", "partial": "yellow", "paused": "yellow", "ongoing": "cyan",
    "scheduled": "dim", "cancelled": "dim", "inactive": "dim", "failure": "bold red",
    "ok": "green", "failed": "bold red", "not reached": "dim",
}  # fmt: skip


def plain(text: str) -> str:
    """Names come from others: no control character of theirs reaches the terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False)


def say_json(document: object) -> None:
    """One document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """`empty` is a sentence that says what to do where there are no rows. Numbers stand at the right."""
    found = [list(row) for row in rows]
    if not found:
        console().print(Text(empty))
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        number = all(isinstance(row[at], int | float) or row[at] is None for row in found)
        shown.add_column(head, justify="right" if number else "left", overflow="fold")
    for row in found:
        shown.add_row(*map(_cell, row))
    console().print(shown)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values of one thing; those without a value are left out."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column(style="dim")
    shown.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, "", [], {}):
            shown.add_row(name, _cell(value))
    console().print(shown)


def warn(sentences: Iterable[str]) -> None:
    """What the API found that its caller should think of; nothing is wrong."""
    for sentence in sentences:
        console().print(Text(plain(f"Mind: {sentence}"), style="yellow"))


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= step:
            return f"{count / step:,.1f} {unit}"
    return f"{count} B"


def moment(text: str | None) -> str:
    """An instant of the API in UTC, to the minute."""
    return (text or "")[:16].replace("T", " ")


def _cell(value: Any) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    text = plain(str(value))
    return Text(text, style=STATES.get(text, ""))
