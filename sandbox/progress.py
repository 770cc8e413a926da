"""Say what one waits for, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """One line when the wait begins, one when it ends, whatever its end."""
    begin = time.monotonic()
    console.print(f"[dim]waiting for {what} ...[/dim]")
    try:
        yield
    except BaseException:
        console.print(f"[red]gave up[/red] on {what} after {time.monotonic() - begin:.1f} s")
        raise
    console.print(f"[green]ready[/green]: {what} [dim]({time.monotonic() - begin:.1f} s)[/dim]")
