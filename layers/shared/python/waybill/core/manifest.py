"""The manifest (the waybill): the signed account of a package, delivered last.

It says what was asked for, which sources were considered, what was written and what was not, so that a receiver can prove
that nothing is missing. Its bytes are a function of the plan and of what was packaged.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from waybill.core.drift import unknown_columns
from waybill.core.plan import Carried, Plan, PlannedData
from waybill.core.window import local_time, stamp

NAME = "waybill.json"
SIGNATURE_NAME = "waybill.json.jws"
FORMAT_VERSION = 1
Kind = Literal["data", "media", "archive", "schema", "rejects", "manifest", "signature"]


class Entry(BaseModel):
    """One file inside an archive."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Literal["data", "media"]
    dataset: str
    size: int
    sha256: str
    rows: int | None = None
    signature: str | None = None
    """`valid` where the medium's signature was checked."""


class PackagedFile(BaseModel):
    """One file of the package. `name` is its path below the run's folder; `where` and `key` say where its bytes lie."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    media_type: str
    size: int
    sha256: str
    where: Literal["stage", "lake"]
    key: str
    version: str = ""
    dataset: str = ""
    rows: int | None = None
    signature: str | None = None
    entries: tuple[Entry, ...] = ()

    def listed(self) -> dict[str, Any]:
        """As the manifest shows it: nothing of where we kept it."""
        shown: dict[str, Any] = {"name": self.name, "kind": self.kind, "size": self.size, "sha256": self.sha256}
        if self.dataset:
            shown["dataset"] = self.dataset
        if self.rows is not None:
            shown["rows"] = self.rows
        if self.signature:
            shown["signature"] = self.signature
        if self.entries:
            shown["entries"] = [e.model_dump(mode="json", exclude_none=True) for e in self.entries]
        return shown


class Missing(BaseModel):
    """What could not be packaged, and why. The run goes on without it and says so."""

    model_config = ConfigDict(frozen=True)

    name: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """What a run has packaged."""

    files: Sequence[PackagedFile]
    exceptions: Sequence[Missing]
    rows: int
    rejects: int
    duplicates: int


def manifest_bytes(plan: Plan, contents: Contents) -> bytes:
    """The manifest of a package, as UTF-8 JSON that ends in a line feed."""
    zone = plan.settings.schedule.zone
    document = {
        "waybill": FORMAT_VERSION,
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
        "query": [_query(plan, data) for data in plan.data.values()],
        "late_rows_of": [_late(carried, zone) for carried in plan.carried],
        "schema": [_schema(data) for data in plan.data.values()],
        "format": plan.settings.format.value,
        "archive": plan.settings.archive.method.value,
        "media": plan.settings.media.model_dump(mode="json"),
        "files": [f.listed() for f in contents.files],
        "totals": {
            "files": len(contents.files),
            "bytes": sum(f.size for f in contents.files),
            "rows": contents.rows,
            "rejects": contents.rejects,
            "duplicates_left_out": contents.duplicates,
            "exceptions": len(contents.exceptions),
        },
        "exceptions": [e.model_dump(mode="json") for e in contents.exceptions],
        "previous_manifest_sha256": plan.previous_manifest or None,
        "planned_at": stamp(plan.planned_at),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _query(plan: Plan, data: PlannedData) -> dict[str, Any]:
    choice = plan.choice(data.dataset.name)
    return {
        "dataset": choice.dataset,
        "filter": choice.filter,
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


def signing_input(manifest: bytes, key_id: str) -> tuple[str, bytes]:
    """The protected header and the bytes to sign of a detached JWS over the manifest (RFC 7515, appendix F)."""
    header = _base64url(json.dumps({"alg": "ES256", "kid": key_id, "typ": "waybill+json"}).encode())
    return header, f"{header}.{_base64url(manifest)}".encode()


def detached_jws(header: str, signature: bytes) -> bytes:
    """`header..signature`: the payload is the manifest's own file."""
    return f"{header}..{_base64url(signature)}".encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
