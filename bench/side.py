"""`python -m bench.side NAME ours|peer FOLDER`: one run of one side; its figures go to standard output as JSON."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.measure import Bench, run_here


def main(name: str, side: str, folder: str) -> None:
    bench: Bench = importlib.import_module(f"bench.{name}").BENCH
    print(json.dumps(asdict(run_here({"ours": bench.ours, "peer": bench.peer}[side], Path(folder)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
