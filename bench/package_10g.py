"""A package of 10 GiB, end to end but for AWS: planned, packaged part by part into an AES-256 ZIP, sealed. Two workers against
one. Lake and stage are folders on the disk; the lake's objects are one object under many names, which takes little room.

Workers are processes, as Lambda has them. A figure needs: both archives the same byte for byte, 7z content with every
sum, no process over 512 MiB of memory, no worker over 1 GiB of local disk. The ratio is how it scales on this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.measure import Bench, Mismatch, PeerMissing, Side, peak_memory_mib
from bench.rows import DATASET, as_text, query_of
from bench.zips import PASSWORD
from tests.core.made import NOW
from tests.core.stores import MemoryRules, MemoryRuns
from tests.engines.disk import DiskLake, DiskStage
from tests.engines.exporting import Upstream
from tests.engines.test_package import seal_bench
from waybill.core.freeze import Registry, freeze
from waybill.core.lake_object import LakeObject
from waybill.core.package import package_part
from waybill.core.plan import Plan, PlannedDestination
from waybill.core.register import Registrar
from waybill.core.rule import new_rule
from waybill.core.rule_settings import RuleSettings
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.seal import seal
from waybill.core.window import Window
from waybill.core.workshop import Workshop
from waybill.engines import survey_parquet, zip_entry
from waybill.engines.compress import compressed
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined

PLAIN = 10 << 30
"""Bytes of NDJSON in the package, about."""
ROWS_AN_OBJECT = 400_000
MOST_MEMORY_MIB, MOST_DISK = 512, 1 << 30
ROW_MEMORY_MIB = 256
CATALOG = {DATASET.name: DATASET}
MONTH = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
SETTINGS = {
    "name": "Bench",
    "data": [{"dataset": DATASET.name}],
    "schedule": {"frequency": "manual"},
    "format": "ndjson",
    "archive": {"method": "zip_aes256"},
    "destinations": ["dst_one"],
}


class Vault:
    def read(self, reference: str) -> dict[str, str]:
        return {"password": PASSWORD}


def prepare(folder: Path, size: float) -> str:
    if not shutil.which("7z"):
        raise PeerMissing("7z; run bash tests/programs.sh")
    upstream = Upstream(folder / "lake")
    first = upstream.lake.path(_key(0))
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({as_text(query_of(ROWS_AN_OBJECT))}) TO '{first}' (FORMAT json, COMPRESSION gzip)")
    registrar = Registrar(upstream.lake, upstream.objects, lambda tenant: CATALOG, survey_parquet.survey)
    known = registrar.register(_key(0), "", NOW)
    assert known is not None
    count = max(2, round(PLAIN * size / known.weight))
    for number in range(1, count):
        os.link(first, upstream.lake.path(_key(number)))
    plan = _plan([known.model_copy(update={"key": _key(n), "sequence": n + 1}) for n in range(count)])
    (folder / "plan.json").write_text(plan.model_dump_json())
    (folder / "rows").write_text(str(count * ROWS_AN_OBJECT))
    return (
        f"{count} objects of {ROWS_AN_OBJECT:,} rows in NDJSON.gz, {count * known.weight / 2**30:.1f} GiB of rows, in"
        f" {len(plan.parts)} parts; AES-256 ZIP; the units are MB of rows; lake and stage are folders on one disk"
    )


def _key(number: int) -> str:
    return f"tenant=acme/dataset={DATASET.name}/dt=2026-03-01/hr=00/{number:05d}.ndjson.gz"


def _plan(objects: list[LakeObject]) -> Plan:
    lake = Upstream(Path()).objects
    for one in objects:
        lake.register("acme", DATASET.name, one)
    rule = new_rule("acme", "rul_0123456789abcdef", RuleSettings.model_validate(SETTINGS), CATALOG, NOW, "bench")
    key = RunKey("acme", rule.rule_id, MONTH.start, 1)
    run = Run(key, MONTH, RunState.SCHEDULED, Trigger.MANUAL, 1, NOW, NOW)
    registry = Registry(MemoryRuns(MemoryRules()), lake, CATALOG)
    where = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
    plan = freeze(rule, run, registry, where, NOW).plan
    return plan.model_copy(update={"password_ref": "ref"})


def _read_plan(folder: Path) -> Plan:
    return Plan.model_validate_json((folder / "plan.json").read_bytes())


def by_workers(count: int) -> Side:
    """So many processes package every `count`-th part each; then this one seals."""

    def run(folder: Path) -> float:
        own, plan = folder / f"workers-{count}", _read_plan(folder)
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        command = [sys.executable, "-m", "bench.package_10g", str(folder), str(own), str(count)]
        workers = [subprocess.Popen([*command, str(number)]) for number in range(count)]
        codes = [worker.wait() for worker in workers]
        if any(codes):
            raise subprocess.SubprocessError("a worker failed; it said why")
        sealed = seal(plan, seal_bench(DiskStage(own / "stage"), secrets=Vault()))
        assert sealed is not None
        archive = next(f for f in sealed.files if f.kind == "archive")
        found = {"key": archive.key, "size": archive.size, "sha256": archive.sha256, "rows": sealed.rows}
        (own / "sealed.json").write_text(json.dumps(found))
        _bounded("seal", peak_memory_mib(), 0)
        return sum(o.weight for part in plan.parts for o in part.objects) / 1e6

    return Side(f"{count} worker{'s' if count > 1 else ''}", run)


def work(folder: Path, own: Path, count: int, number: int) -> None:
    """One worker: its parts one after the other, each in a folder of its own, as an invocation has it."""
    most = 0
    for part in _read_plan(folder).parts[number::count]:
        local = own / f"part-{part.index}"
        local.mkdir()
        with _disk_used(local) as used:
            shop = Workshop(
                stage=DiskStage(own / "stage"),
                lake=DiskLake(folder / "lake"),
                rows=Refined(DuckDbRows(local, ROW_MEMORY_MIB, 1), local, ROW_MEMORY_MIB),
                secrets=Vault(),
                archive=lambda: zip_entry.entry,
                compress=compressed,
                folder=local,
                attempt=f"attempt-{part.index}",
            )
            package_part(_read_plan(folder), part.index, shop)
        most = max(most, *used)
        shutil.rmtree(local)
    _bounded(f"worker {number} of {count}", peak_memory_mib(), most)


@contextmanager
def _disk_used(folder: Path) -> Iterator[list[int]]:
    """Bytes in the folder, looked at ten times a second while the block runs."""
    found, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            found.append(sum(path.stat().st_size for path in list(folder.rglob("*")) if path.is_file()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


def _bounded(who: str, memory_mib: float, disk: int) -> None:
    print(f"  {who}: {memory_mib:.0f} MiB of memory, {disk / 2**20:.0f} MiB of local disk", file=sys.stderr)
    if memory_mib > MOST_MEMORY_MIB or disk > MOST_DISK:
        raise Mismatch(f"{who} took {memory_mib:.0f} MiB of memory and {disk / 2**20:.0f} MiB of local disk")


def check(folder: Path) -> None:
    """Raises Mismatch unless both archives are the same, have every row, and 7z finds every sum right."""
    two, one = (json.loads((folder / f"workers-{n}" / "sealed.json").read_bytes()) for n in (2, 1))
    rows = int((folder / "rows").read_text())
    if two != one or two["rows"] != rows:
        raise Mismatch(f"two workers made {two}, one made {one}; there are {rows} rows")
    path = folder / "workers-2" / "stage" / two["key"]
    said = subprocess.run(["7z", "t", f"-p{PASSWORD}", str(path)], check=False, capture_output=True).stdout
    if b"Everything is Ok" not in said:
        raise Mismatch("7z finds fault with the archive")


BENCH = Bench("package_10g", "MB/s", by_workers(2), by_workers(1), prepare, check)

if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
