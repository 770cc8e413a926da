"""`make bench`, or `make bench ONLY=<name>`: every module of this folder that has a `BENCH`, one table at the end.

Environment: `ONLY` (a name), `RUNS` (pairs, 5), `SIZE` (a share of the full input, 1.0).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

from bench.measure import Bench, Mismatch, PeerMissing, Result, measured, saved

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"


def benches() -> dict[str, Bench]:
    names = sorted(m.name for m in pkgutil.iter_modules([str(FOLDER)]) if m.name not in ("__main__", "side", "measure"))
    modules = (importlib.import_module(f"bench.{name}") for name in names)
    return {m.BENCH.name: m.BENCH for m in modules if hasattr(m, "BENCH")}


def table(results: list[Result]) -> str:
    rows = [("bench", "ours", "peer", "unit", "ratio", "memory MiB")]
    rows += [
        (r.name, f"{r.ours.value:,.0f}", f"{r.peer.value:,.0f}", r.unit, f"{r.ratio:.2f}", f"{r.peak_memory_mib:.0f}")
        for r in results
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def main() -> int:
    known, only = benches(), os.environ.get("ONLY", "")
    if only and only not in known:
        print(f"There is no bench {only!r}; there are: {', '.join(known)}.", file=sys.stderr)
        return 2
    results: list[Result] = []
    failed = 0
    for bench in [known[only]] if only else known.values():
        print(f"{bench.name}: {bench.ours.label} against {bench.peer.label}", flush=True)
        try:
            result = measured(bench, int(os.environ.get("RUNS") or 5), float(os.environ.get("SIZE") or 1))
        except PeerMissing as missing:
            print(f"  no figure, the peer is missing: {missing}")
            continue
        except Mismatch as wrong:
            print(f"  no figure, the outputs differ: {wrong}")
            failed = 1
            continue
        saved(result, RESULTS)
        results.append(result)
    if results:
        print("\n" + table(results))
    return failed


if __name__ == "__main__":
    sys.exit(main())
