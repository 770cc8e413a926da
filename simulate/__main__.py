"""All simulations, one table at the end: `python -m simulate`. Exit code 1 where anything is wrong.

Environment: `SEED` (1), `SIZE` (a share of the full size, 1.0), `RACE=0` (leaves out the race, which needs the sandbox). The
figures go to bench/results/simulation.json.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from simulate import chaos, load, race, year
from simulate.row import Row, saved, table

RESULT = Path(__file__).resolve().parents[1] / "bench/results/simulation.json"


def _year(seed: int, size: float) -> list[Row]:
    return year.rows(rules=max(1, round(10_000 * size)), year=2026, seed=seed)


def _chaos(seed: int, size: float) -> list[Row]:
    return chaos.rows(seeds=max(1, round(1_000 * size)), seed=seed, on_tables=max(1, round(5 * size)))


def _load(seed: int, size: float) -> list[Row]:
    return load.rows(due=max(1, round(100_000 * size)), seed=seed)


def _race(seed: int, size: float) -> list[Row]:
    if os.environ.get("RACE") == "0":
        return race.left_out()
    return race.rows(rules=max(200, round(2_000 * size)), seed=seed)


PARTS: Mapping[str, Callable[[int, float], list[Row]]] = {
    "the year": _year,
    "the chaos": _chaos,
    "the load": _load,
    "the race": _race,
}


def _timed(name: str, seed: int, size: float) -> list[Row]:
    """The part's rows, and how long it took here: other machines take another time, so nothing is wanted of it."""
    began = time.monotonic()
    rows = PARTS[name](seed, size)
    return [*rows, Row(f"minutes that {name} took", round((time.monotonic() - began) / 60, 1), "", ok=True)]


def main() -> int:
    seed, size = int(os.environ.get("SEED") or 1), float(os.environ.get("SIZE") or 1)
    rows = [row for name in PARTS for row in _timed(name, seed, size)]
    saved(rows, seed, RESULT)
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
