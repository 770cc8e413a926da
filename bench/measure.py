"""A bench: ours and a peer in turn on one input, each run in a process of its own, both outputs checked equal."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path


class PeerMissing(Exception):
    """The peer cannot be run here; the text says what to install."""


class Mismatch(Exception):
    """The two outputs differ, so there is no figure."""


@dataclass(frozen=True)
class Side:
    """`run(folder)` does the work once on what `prepare` left in the folder, and returns how many units it did."""

    label: str
    run: Callable[[Path], float]


@dataclass(frozen=True)
class Bench:
    """One comparison, in a file of its own that names it `BENCH`. The value of a side is units a second.

    `prepare(folder, size)` makes the seeded input and returns its description; `size` 1.0 is the full one. `check(folder)`
    raises Mismatch unless both sides' outputs are right. Sides are found again by name in the process that runs them.
    `around(folder)` is what stands while they run, such as a server.
    """

    name: str
    unit: str
    ours: Side
    peer: Side
    prepare: Callable[[Path, float], str]
    check: Callable[[Path], None]
    around: Callable[[Path], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Figure:
    label: str
    value: float


@dataclass(frozen=True)
class Result:
    """What a bench found; `ratio` above 1 means ours is better. `peak_memory_mib` is of our process, all of it."""

    name: str
    ours: Figure
    peer: Figure
    unit: str
    ratio: float
    peak_memory_mib: float
    input: str
    runs: int


@dataclass(frozen=True)
class Run:
    seconds: float
    units: float
    peak_memory_mib: float

    @property
    def value(self) -> float:
        return self.units / self.seconds


def measured(bench: Bench, runs: int = 5, size: float = 1.0) -> Result:
    """Runs the sides A B A B ..., after one of each that does not count, and takes medians; the ratio is that of pairs.

    Raises PeerMissing, Mismatch, or subprocess.CalledProcessError where a side fails.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        described = bench.prepare(folder, size)
        with bench.around(folder):
            for side in ("ours", "peer"):
                in_process(bench.name, side, folder)
            bench.check(folder)
            pairs = [tuple(in_process(bench.name, side, folder) for side in ("ours", "peer")) for _ in range(runs)]
            bench.check(folder)
    return Result(
        name=bench.name,
        ours=Figure(bench.ours.label, round(statistics.median(a.value for a, _ in pairs), 1)),
        peer=Figure(bench.peer.label, round(statistics.median(b.value for _, b in pairs), 1)),
        unit=bench.unit,
        ratio=round(statistics.median(a.value / b.value for a, b in pairs), 3),
        peak_memory_mib=round(max(a.peak_memory_mib for a, _ in pairs), 1),
        input=described,
        runs=runs,
    )


def in_process(name: str, side: str, folder: Path) -> Run:
    """One run of a side in a fresh process. Only the work is timed, not the start of Python and the imports."""
    command = [sys.executable, "-m", "bench.side", name, side, str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return Run(**json.loads(done.stdout))


def run_here(side: Side, folder: Path) -> Run:
    start = time.perf_counter()
    units = side.run(folder)
    return Run(time.perf_counter() - start, units, peak_memory_mib())


def peak_memory_mib() -> float:
    """This process's largest resident size. `ru_maxrss` would count the parent's."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def saved(result: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.name}.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
