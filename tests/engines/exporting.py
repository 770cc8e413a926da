"""From objects put into a lake to the files of a package: registration, plan, parts and seal as they are, over the disk."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.core.made import CATALOG, NOW, rule
from tests.core.stores import MemoryLakeObjects, MemoryRules, MemoryRuns
from tests.engines.disk import DiskLake, DiskStage
from tests.engines.manifests import check_manifest
from tests.engines.test_package import Vault, seal_bench
from waybill.core.freeze import Registry, freeze
from waybill.core.lake_object import LakeObject
from waybill.core.package import package_part
from waybill.core.plan import Plan, PlannedDestination
from waybill.core.register import Registrar
from waybill.core.rule import Rule
from waybill.core.rule_checks import check_settings
from waybill.core.run import Run, RunKey, RunState, Trigger
from waybill.core.seal import seal
from waybill.core.window import Window
from waybill.core.workshop import Workshop
from waybill.engines import survey_parquet, zip_entry
from waybill.engines.compress import compressed
from waybill.engines.rows_duckdb import DuckDbRows
from waybill.engines.rows_refined import Refined

_ATTEMPTS = itertools.count()


class Upstream:
    """A lake on the disk with its register. What is put is registered as the platform registers it."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.objects = DiskLake(folder), MemoryLakeObjects()
        self._registrar = Registrar(self.lake, self.objects, lambda tenant: CATALOG, survey_parquet.survey)

    def register(self, key: str) -> LakeObject:
        found = self._registrar.register(key, "", NOW)
        assert found is not None, key
        return found

    def put(self, key: str, data: bytes) -> LakeObject:
        self.lake.put(key, data)
        return self.register(key)


@dataclass(frozen=True)
class Package:
    """What a receiver gets: files by name, and the manifest that accounts for them."""

    plan: Plan
    files: Mapping[str, Path]
    manifest: Mapping[str, Any]

    def listed(self, kind: str) -> list[dict[str, Any]]:
        return [f for f in self.manifest["files"] if f["kind"] == kind]

    @property
    def rejects(self) -> list[dict[str, Any]]:
        names = [f["name"] for f in self.listed("rejects")]
        return [json.loads(line) for name in names for line in self.files[name].read_bytes().splitlines()]


def a_rule(tenant: str, **changes: Any) -> Rule:
    """A rule of these settings, which are checked as the API checks them."""
    made = rule(tenant=tenant, **changes)
    check_settings(made.settings, CATALOG, made.settings.destinations)
    return made


def planned(upstream: Upstream, made: Rule, window: Window, now: datetime = NOW) -> Plan:
    run = Run(
        key=RunKey(made.tenant, made.rule_id, window.start, 1),
        window=window,
        state=RunState.SCHEDULED,
        trigger=Trigger.MANUAL,
        epoch=1,
        scheduled_for=now,
        created_at=now,
        tzdata="2026.6",
    )
    registry = Registry(MemoryRuns(MemoryRules()), upstream.objects, CATALOG)
    where = [PlannedDestination(destination_id="dst_one", name="One", kind="memory")]
    return freeze(made, run, registry, where, now).plan


def packaged(upstream: Upstream, plan: Plan, folder: Path, attempt: str = "") -> DiskStage:
    """The stage with every part's bytes; `attempt` names a second one."""
    stage = DiskStage(folder / f"stage{attempt}")
    stage.folder.mkdir()
    for part in plan.parts:
        own = folder / f"part-{part.index}{attempt}"
        own.mkdir()
        shop = Workshop(
            stage=stage,
            lake=upstream.lake,
            rows=Refined(DuckDbRows(temp_dir=own), own),
            secrets=Vault(),
            archive=lambda: zip_entry.entry,
            compress=compressed,
            folder=own,
            attempt=f"attempt-{next(_ATTEMPTS)}",
        )
        package_part(plan, part.index, shop)
    return stage


def sealed(plan: Plan, stage: DiskStage) -> Package:
    """The package; its files are held against the seal's own sums."""
    done = seal(plan, seal_bench(stage))
    assert done is not None
    files = {}
    for file in done.files:
        assert stage.sha256(file.key) == (file.size, file.sha256)
        files[file.name] = stage.path(file.key)
    manifests = [json.loads(path.read_bytes()) for name, path in files.items() if name.endswith("waybill.json")]
    for manifest in manifests:
        check_manifest(manifest)
    return Package(plan, files, manifests[0] if manifests else {})


def export(upstream: Upstream, made: Rule, window: Window, folder: Path) -> Package:
    plan = planned(upstream, made, window)
    return sealed(plan, packaged(upstream, plan, folder))
