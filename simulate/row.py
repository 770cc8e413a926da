"""What a simulation says: rows of a figure, what is wanted of it, and whether it holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`wanted` is for the reader; empty where any figure is right."""

    name: str
    figure: float
    wanted: str
    ok: bool


def none_of(name: str, figure: int) -> Row:
    """What must never happen."""
    return Row(name, figure, "0", figure == 0)


def counted(name: str, figure: float) -> Row:
    """How much was tried; a simulation that tried nothing proves nothing."""
    return Row(name, figure, "", figure > 0)


def table(rows: Sequence[Row]) -> str:
    cells = [("simulation", "figure", "wanted", "")]
    cells += [(row.name, f"{row.figure:,}", row.wanted, "ok" if row.ok else "WRONG") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def saved(rows: Sequence[Row], seed: int, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "name": "simulation",
        "seed": seed,
        "ok": all(row.ok for row in rows),
        "rows": [asdict(row) for row in rows],
    }
    place.write_text(json.dumps(found, indent=2) + "\n")
