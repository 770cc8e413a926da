"""Sealing: the parts' pieces become files, the files get their manifest, the manifest its signature.

Everything is staged under names of the run, and sealing again finds it there: the second time changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.archiving import Archiving
from waybill.core.detail_files import DetailFiles
from waybill.core.errors import ConfigurationError
from waybill.core.layout import below
from waybill.core.manifest import NAME, SIGNATURE_NAME, PackagedFile, Tally, manifest_bytes, sha256_hex
from waybill.core.package import PartResult, part_key
from waybill.core.packaged import own_name, refuse_our_names, staged_file, staged_key
from waybill.core.plan import Plan, run_key, stage_folder
from waybill.core.plural import many
from waybill.core.rule_settings import EmptyWindow, OnExceptions
from waybill.core.run import RunKey
from waybill.core.seal_bench import SealBench
from waybill.core.sealing import Sealer, media_files
from waybill.core.settled_names import settled
from waybill.core.signing import signed

MANIFEST_SHARD = -1
PROBE_SHARD = -2
"""No file: a run without any proves all the same that its destinations would take one."""
WHOLE_SHARD = -3
"""All of the cargo, for a destination that one worker at a time sends to."""
SHARD_FILES = 200
SHARD_BYTES = 4 * 1024 * 1024 * 1024
WORKERS_AT_ONCE = 40
"""So many workers the state machine's maps run (`MaxConcurrency`), and a run has no more shards: a destination that does not
answer, whose workers wait long between their attempts, then takes no other one's turn.
"""
_JSON, _JWS = "application/json", "application/jose"


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

    def numbers(self, shard: int, plan: Plan) -> Sequence[int]:
        """The files of one shard, in the order in which they are sent."""
        if shard == MANIFEST_SHARD:
            return range(len(self.cargo), len(self.files))
        if shard == WHOLE_SHARD:
            return self.cargo
        return self._shards(plan)[shard]

    def _shards(self, plan: Plan) -> list[list[int]]:
        # A shard is full by its files or by its bytes: half of a destination's turns for either.
        share = WORKERS_AT_ONCE // len(plan.destinations) // 2
        most_files = max(SHARD_FILES, len(self.cargo) // share + 1)
        most_bytes = max(SHARD_BYTES, sum(self.files[n].size for n in self.cargo) // share + 1)
        shards: list[list[int]] = []
        size = 0
        for number in self.cargo:
            if not shards or len(shards[-1]) >= most_files or size >= most_bytes:
                shards.append([])
                size = 0
            shards[-1].append(number)
            size += self.files[number].size
        return shards

    def work(self, plan: Plan) -> dict[str, Any]:
        """What the state machine maps over: every shard of the cargo to every destination, then the manifests. To one that
        has limits the cargo goes as one shard, so that the limits hold for all that the run sends.
        """
        places = [d.destination_id for d in plan.destinations]
        if not self.files:
            return {"cargo": [{"destination_id": d, "shard": PROBE_SHARD} for d in places], "manifests": []}
        all_shards = range(len(self._shards(plan)))
        shards = {
            d.destination_id: [WHOLE_SHARD] if d.limited and self.cargo else all_shards for d in plan.destinations
        }
        return {
            "cargo": [{"destination_id": d, "shard": n} for d in places for n in shards[d]],
            "manifests": [{"destination_id": d, "shard": MANIFEST_SHARD} for d in places],
        }

    def summary(self) -> str:
        """For the run's log."""
        return f"{many(len(self.files), 'file')}, {many(self.size, 'byte')}, {many(self.rows, 'row')}.{self.left_out}"

    @property
    def left_out(self) -> str:
        """What was not packaged, as sentences with a space before each; empty for nothing."""
        said = ""
        if self.rejects:
            said += f" {many(self.rejects, 'row')} could not be read; see rejects.ndjson."
        if self.exceptions:
            said += (
                f" {many(self.exceptions, 'media file')} could not be packaged as asked; see the manifest's exceptions."
            )
        return said


class Staged(Protocol):
    def read(self, key: str) -> bytes: ...


def sealed_key(key: RunKey) -> str:
    return f"{stage_folder(key.tenant, key.run_id)}/sealed.json"


def read_sealed(plan: Plan, stage: Staged) -> Sealed:
    """The package of a run that was sealed."""
    return Sealed.model_validate_json(stage.read(sealed_key(run_key(plan))))


def seal(plan: Plan, bench: SealBench) -> Sealed | None:
    """Compose, list, count, sign; None where time ran out: call again. Idempotent: returns what an earlier attempt sealed, if
    one did.

    Raises ConfigurationError where more rows could not be read, or more media not packaged, than the rule allows.
    """
    before = bench.stage.read_if_there(sealed_key(run_key(plan)))
    if before is not None:
        return Sealed.model_validate_json(before)
    results = [PartResult.model_validate_json(bench.stage.read(part_key(plan, part.index))) for part in plan.parts]
    _refuse(plan, _tally(results))
    details = DetailFiles(plan, bench, results).written()
    if details is None:
        return None
    data = [] if plan.archived else list(Sealer(plan, bench.stage, results).data())
    results = settled(results, [file.name for file in data])
    tally = _tally(results)
    sealed = _signed(plan, bench, tally, _files(plan, bench, results, data, details, tally))
    bench.stage.put(sealed_key(run_key(plan)), sealed.model_dump_json().encode())
    return read_sealed(plan, bench.stage)


def _tally(results: Sequence[PartResult]) -> Tally:
    rows: Counter[str] = Counter()
    for result in results:
        rows[result.dataset] += result.rows
    return Tally(
        rows=rows,
        rejects=sum(r.rejected for r in results),
        duplicates=sum(r.duplicates for r in results),
        exceptions=[m for r in results for m in r.missing],
    )


def _refuse(plan: Plan, tally: Tally) -> None:
    if tally.rejects > plan.settings.max_rejects:
        raise ConfigurationError(
            f"{many(tally.rejects, 'row')} could not be read, and the rule allows {plan.settings.max_rejects}.",
            "See the sources of the window, correct them upstream, or raise the rule's max_rejects; then run the rule again.",
        )
    if tally.exceptions and plan.settings.on_exceptions is OnExceptions.FAIL:
        first = tally.exceptions[0]
        raise ConfigurationError(
            f"{many(len(tally.exceptions), 'media file')} could not be packaged, and the rule allows none. The first one is"
            f" {first.name}: {first.reason}.",
            "Put them into the lake or correct their rows, or set the rule's on_exceptions to note; then run the rule again.",
        )


def _files(
    plan: Plan,
    bench: SealBench,
    results: Sequence[PartResult],
    data: Sequence[PackagedFile],
    details: Sequence[PackagedFile],
    tally: Tally,
) -> list[PackagedFile]:
    """All but the manifest and its signature, in the order in which they are delivered."""
    sealer = Sealer(plan, bench.stage, results)
    delivered = [*data, *media_files(results)]
    own = list(details)
    if delivered or own or any(r.entries for r in results):
        own += sealer.schemas()
    own += sealer.rejects()
    if plan.archived:
        return list(Archiving(plan, bench, results, own, tally).files())
    ours = [*(own_name(plan, name) for name in (NAME, SIGNATURE_NAME)), *(f.name for f in own)]
    refuse_our_names(ours, (f.name for f in delivered))
    return [*delivered, *own]


def _signed(plan: Plan, bench: SealBench, tally: Tally, files: Sequence[PackagedFile]) -> Sealed:
    nothing = plan.amends or plan.settings.empty_window is EmptyWindow.NOTHING
    if nothing and not tally.exceptions and not files:
        return Sealed(files=(), rows=0, size=0, rejects=0, exceptions=0, manifest_sha256="")
    manifest = manifest_bytes(plan, tally, [file.listed() for file in files])
    names = [below(plan.manifest_folder, own) for own in (NAME, SIGNATURE_NAME)]
    keys = [staged_key(plan, name) for name in names]
    made = signed(manifest, keys[0], keys[1], bench.stage, bench.signer)
    last = (
        staged_file(keys[0], names[0], "manifest", _JSON, len(made.manifest), sha256_hex(made.manifest)),
        staged_file(keys[1], names[1], "signature", _JWS, len(made.signature), sha256_hex(made.signature)),
    )
    whole = (*files, *last)
    return Sealed(
        files=whole,
        rows=sum(tally.rows.values()),
        size=sum(f.size for f in whole),
        rejects=tally.rejects,
        exceptions=len(tally.exceptions),
        manifest_sha256=last[0].sha256,
    )
