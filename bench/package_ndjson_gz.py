"""End to end through the packager: a registered NDJSON.gz object planned, packaged, composed, hashed, its manifest written.

The peer only selects and writes. There is no target: the figure says what a package costs beside its rows. Lake and stage
are folders on the disk.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.measure import Bench, Side
from bench.rows import DATASET, FILTER, WINDOW
from bench.rows_ndjson_gz import BENCH as ROWS
from tests.core.made import NOW
from tests.core.stores import MemoryRules, MemoryRuns
from tests.engines.exporting import Upstream, packaged, sealed
from waybill.core.freeze import Registry, freeze
from waybill.core.lake_object import LakeObject
from waybill.core.plan import Plan, PlannedDestination
from waybill.core.register import Registrar
from waybill.core.rule import new_rule
from waybill.core.rule_settings import RuleSettings
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.engines import survey_parquet

KEY = "tenant=acme/dataset=messages/dt=2026-03-01/hr=00/input.ndjson.gz"
CATALOG = {DATASET.name: DATASET}
RULE = "rul_0123456789abcdef"
SETTINGS = {
    "name": "Bench",
    "data": [{"dataset": DATASET.name, "filter": FILTER}],
    "schedule": {"frequency": "manual"},
    "format": "ndjson",
    "destinations": ["dst_one"],
}


def prepare(folder: Path, size: float) -> str:
    """The input of `rows_ndjson_gz`, as a lake object that was registered when it came in."""
    described = ROWS.prepare(folder, size)
    upstream = Upstream(folder / "lake")
    shutil.copy(folder / "input", upstream.lake.path(KEY))
    registrar = Registrar(upstream.lake, upstream.objects, lambda tenant: CATALOG, survey_parquet.survey)
    registered = registrar.register(KEY, "", NOW)
    assert registered is not None
    (folder / "registered.json").write_text(registered.model_dump_json())
    return f"{described}; ours also plans, composes, hashes and writes the manifest, over folders on the disk"


def ours(folder: Path) -> float:
    upstream = Upstream(folder / "lake")
    known = LakeObject.model_validate_json((folder / "registered.json").read_bytes())
    upstream.objects.register("acme", DATASET.name, known)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    package = sealed(plan := _plan(upstream), packaged(upstream, plan, work))
    package.files["messages.ndjson"].replace(folder / "ours")
    return float((folder / "rows").read_text())


def _plan(upstream: Upstream) -> Plan:
    rule = new_rule("acme", RULE, RuleSettings.model_validate(SETTINGS), CATALOG, NOW, "bench")
    key = RunKey("acme", RULE, WINDOW.start, 1)
    run = Run(key, WINDOW, RunState.SCHEDULED, Trigger.MANUAL, 1, NOW, NOW)
    registry = Registry(MemoryRuns(MemoryRules()), upstream.objects, CATALOG)
    where = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
    return freeze(rule, run, registry, where, NOW).plan


BENCH = Bench("package_ndjson_gz", "rows/s", Side("waybill package", ours), ROWS.peer, prepare, ROWS.check)
