"""The manifest (the waybill): the signed account of a package, delivered last.

It says what was asked for, which sources were considered, what was written and what was not, so that a receiver can prove
that nothing is missing. Its bytes are a function of the plan and of what was packaged.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from waybill.core.drift import unknown_columns
from waybill.core.layout import below
from waybill.core.plan import Carried, Plan, PlannedData
from waybill.core.taken import query_text
from waybill.core.window import local_time, stamp

NAME = "waybill.json"
SIGNATURE_NAME = "waybill.json.jws"
FORMAT_VERSION = 1
EntryKind = Literal["data", "media", "details", "schema", "rejects", "manifest", "signature"]
Kind = Literal[EntryKind, "archive"]


class Entry(BaseModel):
    """One file inside an archive. `dataset` is empty where it is of the whole run."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: EntryKind
    dataset: str = ""
    size: int
    sha256: str
    rows: int | None = None
    signature: str | None = None
    """`valid` where the medium's signature was checked."""

    def listed(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True, exclude=None if self.dataset else {"dataset"})


class PackagedFile(BaseModel):
    """One file of the package. `name` is its path below the run's folder; `where` and `key` say where its bytes lie, from
    byte `start` on: what is staged may hold several files.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    media_type: str
    size: int
    sha256: str
    where: Literal["stage", "lake"]
    key: str
    version: str = ""
    start: int = 0
    dataset: str = ""
    rows: int | None = None
    signature: str | None = None
    entries: tuple[Entry, ...] = ()

    def listed(self) -> dict[str, Any]:
        """As the manifest shows it: nothing of where we kept it."""
        shown: dict[str, Any] = {"name": self.name, "kind": self.kind}
        if self.dataset:
            shown["dataset"] = self.dataset
        shown |= {"size": self.size, "sha256": self.sha256}
        if self.rows is not None:
            shown["rows"] = self.rows
        if self.signature:
            shown["signature"] = self.signature
        if self.entries:
            shown["entries"] = [e.listed() for e in self.entries]
        return shown


class Missing(BaseModel):
    """What could not be packaged, and why. The run goes on without it and says so. `source` is that of a file that is
    delivered all the same, as it is.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class Tally:
    """What became of a run's rows and media. `rows` are of each dataset."""

    rows: Mapping[str, int]
    rejects: int
    duplicates: int
    exceptions: Sequence[Missing]


def manifest_bytes(plan: Plan, tally: Tally, files: Sequence[Mapping[str, Any]], *, inside: bool = False) -> bytes:
    """The manifest of a package, as UTF-8 JSON that ends in a line feed. `files` are shown as they are given; of one that lies
    `inside` an archive they are the archive's entries. What it holds: docs/manifest.md and docs/manifest.schema.json.
    """
    items = [entry for file in files for entry in file.get("entries", [file])]
    media = Counter(item["dataset"] for item in items if item["kind"] == "media")
    zone = plan.settings.schedule.zone
    document = {
        "waybill": FORMAT_VERSION,
        "inside": inside,
        "path": NAME if inside else below(plan.manifest_folder, NAME),
        "run": {
            "id": plan.run_id,
            "tenant": plan.tenant,
            "rule_id": plan.rule_id,
            "rule": plan.settings.name,
            "generation": plan.generation,
            "amendment": plan.amends,
            "requested_by": plan.requested_by,
        },
        "window": {
            "start": stamp(plan.window_start),
            "end": stamp(plan.window_end),
            "zone": zone,
            "local_start": local_time(plan.window_start, zone),
            "local_end": local_time(plan.window_end, zone),
            "tzdata": plan.tzdata,
        },
        "query": [
            _query(plan, data) | {"rows": tally.rows.get(name, 0), "media": media[name]}
            for name, data in plan.data.items()
        ],
        "late_rows_of": [_late(carried, zone) for carried in plan.carried],
        "schema": [_schema(data) for data in plan.data.values()],
        "format": "eml" if plan.settings.journal else plan.settings.format.value,
        "archive": plan.settings.archive.method.value,
        "media": plan.settings.media.model_dump(mode="json"),
        "files": list(files),
        "totals": {
            "files": len(files),
            "bytes": sum(file["size"] for file in files),
            "rows": sum(tally.rows.values()),
            "media": media.total(),
            "rejects": tally.rejects,
            "duplicates_left_out": tally.duplicates,
            "exceptions": len(tally.exceptions),
        },
        "exceptions": [{"name": e.name, "reason": e.reason} for e in tally.exceptions],
        "previous_manifest_sha256": plan.previous_manifest or None,
        "planned_at": stamp(plan.planned_at),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _query(plan: Plan, data: PlannedData) -> dict[str, Any]:
    choice = plan.choice(data.dataset.name)
    assigned = {"assigned": choice.assigned.model_dump(mode="json")} if choice.assigned else {}
    return {
        "dataset": choice.dataset,
        "filter": choice.filter,
        **assigned,
        "text": query_text(choice, data.dataset),
        "fields": [f.name for f in data.fields],
        "scope": choice.scope.value,
        "extensions": list(choice.extensions),
        "cdr_only": choice.cdr_only.value,
        "source": choice.source.value,
        "objects": sum(len(p.objects) for p in plan.parts if p.dataset == choice.dataset),
        "sequence": data.considered.model_dump(),
    }


def _late(carried: Carried, zone: str) -> dict[str, Any]:
    return {
        "window": {
            "start": stamp(carried.window_start),
            "end": stamp(carried.window_end),
            "local_start": local_time(carried.window_start, zone),
        },
        "sequence": {name: range_.model_dump() for name, range_ in carried.sequences.items()},
    }


def _schema(data: PlannedData) -> dict[str, Any]:
    """The columns' digest, to compare runs by, what changed since the last run, and what the sources had beside them."""
    written = json.dumps(data.columns.written, separators=(",", ":")).encode()
    return {
        "dataset": data.dataset.name,
        "columns": len(data.columns.written),
        "sha256": sha256_hex(written),
        "changes": [change.model_dump() for change in data.changes],
        "not_in_the_catalogue": unknown_columns(data.dataset, data.columns),
    }


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
