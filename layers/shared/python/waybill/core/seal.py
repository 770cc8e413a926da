"""Sealing: the parts' pieces become files, the files get their manifest, the manifest its signature.

Everything is staged under names of the run, and sealing again finds it there: the second time changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core import archive
from waybill.core.catalog import Catalog
from waybill.core.compose import Literal, Part, Piece, compose
from waybill.core.errors import ConfigurationError, PermanentError
from waybill.core.format import framing, media_type
from waybill.core.layout import safe_step
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
from waybill.core.rule import EmptyWindow
from waybill.core.run import RunKey

MANIFEST_SHARD = -1
SHARD_FILES = 200
SHARD_BYTES = 4 * 1024 * 1024 * 1024
_JSON, _JWS = "application/json", "application/jose"


class StageForSeal(Protocol):
    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...

    def put(self, key: str, data: bytes) -> object: ...

    def compose(self, key: str, parts: Sequence[Part]) -> None: ...

    def sha256(self, key: str) -> tuple[int, str]: ...


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
        if not self.files:
            return {"cargo": [], "manifests": []}
        places = [d.destination_id for d in plan.destinations]
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
            said += f" {self.exceptions} media files could not be packaged; see the manifest's exceptions."
        return said


def sealed_key(key: RunKey) -> str:
    return f"{stage_folder(key.tenant, key.run_id)}/sealed.json"


def read_sealed(plan: Plan, stage: StageForSeal) -> Sealed:
    """The package of a run that was sealed."""
    return Sealed.model_validate_json(stage.read(sealed_key(run_key(plan))))


def seal(plan: Plan, stage: StageForSeal, signer: Signer, catalog: Catalog) -> Sealed:
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
    sealer = _Sealer(plan, stage, catalog, results)
    sealed = _signed(plan, stage, signer, sealer)
    stage.put(sealed_key(run_key(plan)), sealed.model_dump_json().encode())
    return Sealed.model_validate_json(stage.read(sealed_key(run_key(plan))))


def _signed(plan: Plan, stage: StageForSeal, signer: Signer, sealer: _Sealer) -> Sealed:
    files = list(sealer.files())
    rows = sum(r.rows for r in sealer.results)
    rejects = sum(r.rejected for r in sealer.results)
    exceptions = [m for r in sealer.results for m in r.missing]
    if not files and not exceptions and plan.settings.empty_window is EmptyWindow.NOTHING:
        return Sealed(files=(), rows=0, size=0, rejects=0, exceptions=0, manifest_sha256="")
    manifest = manifest_bytes(plan, Contents(files, exceptions, rows, rejects))
    header, message = signing_input(manifest, signer.key_id)
    signature = detached_jws(header, signer.sign(message))
    last: tuple[tuple[str, Kind, bytes, str], ...] = (
        (NAME, "manifest", manifest, _JSON),
        (SIGNATURE_NAME, "signature", signature, _JWS),
    )
    for name, kind, data, media in last:
        key = _file_key(plan, name)
        stage.put(key, data)
        kept = stage.read(key)  # an earlier attempt's signature is another one, and may be delivered already
        files.append(_staged(key, name, kind, media, len(kept), sha256_hex(kept)))
    return Sealed(
        files=tuple(files),
        rows=rows,
        size=sum(f.size for f in files),
        rejects=rejects,
        exceptions=len(exceptions),
        manifest_sha256=sha256_hex(manifest),
    )


@dataclass(frozen=True)
class _Sealer:
    """The files of a package but its manifest."""

    plan: Plan
    stage: StageForSeal
    catalog: Catalog
    results: Sequence[PartResult]

    def files(self) -> Iterator[PackagedFile]:
        """In the order in which they are delivered."""
        if self.plan.archived:
            yield from self._archive()
        else:
            yield from self._data_files()
            yield from self._media()
        yield from self._rejects()

    def _data_files(self) -> Iterator[PackagedFile]:
        """One a dataset, whichever parts wrote its rows."""
        plan = self.plan
        by_name: dict[str, list[PartResult]] = defaultdict(list)
        for result in self.results:
            by_name[result.file].append(result)
        for name, results in by_name.items():
            rows = sum(r.rows for r in results)
            if rows == 0 and plan.settings.empty_window is not EmptyWindow.EMPTY_FILE:
                continue
            choice = next(c for c in plan.settings.data if c.dataset == results[0].dataset)
            fields = self.catalog[choice.dataset].chosen(choice.fields)
            frame = framing(plan.settings.writing, fields)
            bodies = [Piece(r.body, self._body_size(r)) for r in results if r.rows]
            segments: list[Literal | Piece] = [Literal(frame.prefix)]
            for number, body in enumerate(bodies):
                segments += [Literal(frame.separator), body] if number else [body]
            segments.append(Literal(frame.suffix))
            yield self._composed(name, "data", media_type(plan.settings.format), segments).model_copy(
                update={"dataset": choice.dataset, "rows": rows}
            )

    @staticmethod
    def _body_size(result: PartResult) -> int:
        return result.size - sum(m.size for m in result.media)

    def _archive(self) -> Iterator[PackagedFile]:
        """One ZIP of all parts' pieces. An entry that two parts packaged is listed once; the other's bytes lie unlisted."""
        pieces = [r for r in self.results if r.entries]
        if not pieces:
            return
        zipped = [z for result in pieces for z in result.entries]
        first = {z.record.name: n for n, z in reversed(list(enumerate(zipped)))}
        again = [n for n, z in enumerate(zipped) if first[z.record.name] != n]
        end = archive.central_directory([z.record for z in zipped], leave_out=again)
        entries = [zipped[n].entry for n in sorted(first.values())]
        name = f"{safe_step(self.plan.settings.name)}.zip"
        segments: list[Literal | Piece] = [Piece(r.piece, r.size) for r in pieces]
        file = self._composed(name, "archive", "application/zip", [*segments, Literal(end)])
        rows = sum(e.rows or 0 for e in entries)
        yield file.model_copy(update={"entries": tuple(entries), "rows": rows})

    def _media(self) -> Iterator[PackagedFile]:
        seen: set[str] = set()
        for result in self.results:
            for media in result.media:
                if media.name in seen:
                    continue
                seen.add(media.name)
                yield PackagedFile(
                    name=media.name,
                    kind="media",
                    media_type="application/octet-stream",
                    size=media.size,
                    sha256=media.sha256,
                    where="lake",
                    key=media.key,
                    version=media.version,
                    dataset=result.dataset,
                )

    def _rejects(self) -> Iterator[PackagedFile]:
        """Rows that could not be read, with their place and reason: nothing is left out silently."""
        lines = [line for result in self.results for line in result.rejects]
        if not lines:
            return
        data = ("\n".join(lines) + "\n").encode()
        name = "rejects.ndjson"
        key = _file_key(self.plan, name)
        self.stage.put(key, data)
        yield _staged(key, name, "rejects", "application/x-ndjson", len(data), sha256_hex(data))

    def _composed(self, name: str, kind: Kind, media: str, segments: Sequence[Literal | Piece]) -> PackagedFile:
        key = _file_key(self.plan, name)
        self.stage.compose(key, compose(segments))
        size, digest = self.stage.sha256(key)
        expected = sum(s.size for s in segments)
        if size != expected:
            raise PermanentError(
                f"{name} was composed to {size} bytes instead of {expected}.", "Give the operator this run's id."
            )
        return _staged(key, name, kind, media, size, digest)


def _staged(key: str, name: str, kind: Kind, media: str, size: int, sha256: str) -> PackagedFile:
    return PackagedFile(name=name, kind=kind, media_type=media, size=size, sha256=sha256, where="stage", key=key)


def _file_key(plan: Plan, name: str) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/files/{name}"
