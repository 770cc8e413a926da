"""Sealing: the parts' pieces become files, the files get their manifest, the manifest its signature.

Everything is staged under names of the run, and sealing again finds it there: the second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.errors import ConfigurationError
from waybill.core.layout import below
from waybill.core.manifest import (
    NAME,
    SIGNATURE_NAME,
    Contents,
    Kind,
    PackagedFile,
    detached_jws,
    manifest_bytes,
    sha256_hex,
    signing_input,
)
from waybill.core.package import PartResult, part_key
from waybill.core.plan import Plan, run_key, stage_folder
from waybill.core.ports import Signer
from waybill.core.rule_settings import EmptyWindow
from waybill.core.run import RunKey
from waybill.core.sealing import Sealer, StageForFiles, staged_file, staged_file_key

MANIFEST_SHARD = -1
PROBE_SHARD = -2
"""No file: a run without any proves all the same that its destinations would take one."""
SHARD_FILES = 200
SHARD_BYTES = 4 * 1024 * 1024 * 1024
_JSON, _JWS = "application/json", "application/jose"


class StageForSeal(StageForFiles, Protocol):
    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...


class Sealed(BaseModel):
    """A run's package, ready to deliver. The manifest and its signature are the last two files; no files: nothing to do."""

    model_config = ConfigDict(frozen=True)

    files: tuple[PackagedFile, ...]
    rows: int
    size: int
    rejects: int
    exceptions: int
    manifest_sha256: str

    @property
    def cargo(self) -> range:
        """The numbers of all files but the manifest and its signature."""
        return range(max(0, len(self.files) - 2))

    def numbers(self, shard: int) -> Sequence[int]:
        """The files of one shard, in the order in which they are sent."""
        if shard == MANIFEST_SHARD:
            return range(len(self.cargo), len(self.files))
        return self._shards()[shard]

    def _shards(self) -> list[list[int]]:
        shards: list[list[int]] = []
        size = 0
        for number in self.cargo:
            if not shards or len(shards[-1]) >= SHARD_FILES or size >= SHARD_BYTES:
                shards.append([])
                size = 0
            shards[-1].append(number)
            size += self.files[number].size
        return shards

    def work(self, plan: Plan) -> dict[str, Any]:
        """What the state machine maps over: every shard of the cargo to every destination, then the manifests."""
        places = [d.destination_id for d in plan.destinations]
        if not self.files:
            return {"cargo": [{"destination_id": d, "shard": PROBE_SHARD} for d in places], "manifests": []}
        shards = range(len(self._shards()))
        return {
            "cargo": [{"destination_id": d, "shard": n} for d in places for n in shards],
            "manifests": [{"destination_id": d, "shard": MANIFEST_SHARD} for d in places],
        }

    def summary(self) -> str:
        """For the run's log."""
        said = f"{len(self.files)} files, {self.size} bytes, {self.rows} rows."
        if self.rejects:
            said += f" {self.rejects} rows could not be read; see rejects.ndjson."
        if self.exceptions:
            said += f" {self.exceptions} media files could not be packaged as asked; see the manifest's exceptions."
        return said


def sealed_key(key: RunKey) -> str:
    return f"{stage_folder(key.tenant, key.run_id)}/sealed.json"


def read_sealed(plan: Plan, stage: StageForSeal) -> Sealed:
    """The package of a run that was sealed."""
    return Sealed.model_validate_json(stage.read(sealed_key(run_key(plan))))


def seal(plan: Plan, stage: StageForSeal, signer: Signer) -> Sealed:
    """Compose, count, sign. Idempotent: returns what an earlier attempt sealed, if one did.

    Raises ConfigurationError where more rows could not be read than the rule allows.
    """
    before = stage.read_if_there(sealed_key(run_key(plan)))
    if before is not None:
        return Sealed.model_validate_json(before)
    results = [PartResult.model_validate_json(stage.read(part_key(plan, part.index))) for part in plan.parts]
    rejected = sum(r.rejected for r in results)
    if rejected > plan.settings.max_rejects:
        raise ConfigurationError(
            f"{rejected} rows could not be read, and the rule allows {plan.settings.max_rejects}.",
            "See the sources of the window, correct them upstream, or raise the rule's max_rejects; then run the rule again.",
        )
    sealed = _signed(plan, stage, signer, results)
    stage.put(sealed_key(run_key(plan)), sealed.model_dump_json().encode())
    return Sealed.model_validate_json(stage.read(sealed_key(run_key(plan))))


def _signed(plan: Plan, stage: StageForSeal, signer: Signer, results: Sequence[PartResult]) -> Sealed:
    files = list(Sealer(plan, stage, results).files())
    rows = sum(r.rows for r in results)
    rejects = sum(r.rejected for r in results)
    exceptions = [m for r in results for m in r.missing]
    nothing = plan.amends or plan.settings.empty_window is EmptyWindow.NOTHING
    if nothing and not exceptions and not files:
        return Sealed(files=(), rows=0, size=0, rejects=0, exceptions=0, manifest_sha256="")
    duplicates = sum(r.duplicates for r in results)
    manifest = manifest_bytes(plan, Contents(files, exceptions, rows, rejects, duplicates))
    header, message = signing_input(manifest, signer.key_id)
    signature = detached_jws(header, signer.sign(message))
    last: tuple[tuple[str, Kind, bytes, str], ...] = (
        (NAME, "manifest", manifest, _JSON),
        (SIGNATURE_NAME, "signature", signature, _JWS),
    )
    for own, kind, data, media in last:
        name = below(plan.manifest_folder, own)
        key = staged_file_key(plan, name)
        stage.put(key, data)
        kept = stage.read(key)  # an earlier attempt's signature is another one, and may be delivered already
        files.append(staged_file(key, name, kind, media, len(kept), sha256_hex(kept)))
    return Sealed(
        files=tuple(files),
        rows=rows,
        size=sum(f.size for f in files),
        rejects=rejects,
        exceptions=len(exceptions),
        manifest_sha256=sha256_hex(manifest),
    )
