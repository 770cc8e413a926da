"""The archives of a package: the parts' entries, then what is ours (lists, schemas, rejects), last the manifest inside.

What `seal` adds is encoded as pieces of its own, as a part's is: staged under the attempt's name, with a note of which
attempt's counts, so that two attempts never compose an archive of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from waybill.core.archive import central_directory
from waybill.core.compose import Literal
from waybill.core.layout import below, safe_step
from waybill.core.manifest import NAME, SIGNATURE_NAME, EntryKind, PackagedFile, Tally, manifest_bytes, sha256_hex
from waybill.core.package import PartResult
from waybill.core.packaged import composed, refuse_our_names, staged_file, staged_key
from waybill.core.plan import Plan, stage_folder
from waybill.core.seal_bench import SealBench
from waybill.core.signing import signed
from waybill.core.volumes import Placed, ZippedPiece, media_once, placed, segments, size_of, volumes_of
from waybill.core.zip_entry import LARGE, Entries


@dataclass(frozen=True)
class Archiving:
    """One run's archives. `own` are its files beside data and media, as they are staged."""

    plan: Plan
    bench: SealBench
    results: Sequence[PartResult]
    own: Sequence[PackagedFile]
    tally: Tally

    def files(self) -> Iterator[PackagedFile]:
        """One archive, or its volumes: each opens alone, the last one ends with the manifest. None where nothing is in it."""
        pieces = [ZippedPiece(key=r.piece, entries=r.entries) for r in self.results if r.entries]
        entries = media_once(chain.from_iterable(map(placed, pieces)))
        if not entries and not self.own:
            return
        refuse_our_names([NAME, SIGNATURE_NAME, *(f.name for f in self.own)], (one.name for one in entries))
        entries += placed(self._piece("own", self.own))
        limit = self.plan.settings.archive.volume_bytes
        volumes = volumes_of(entries, limit)
        last = list(placed(self._piece("manifest", self._manifest(volumes))))
        if limit is not None and volumes[-1] and size_of([*volumes[-1], *last]) > limit:
            volumes.append([])
        volumes[-1] += last
        for number, volume in enumerate(volumes, start=1):
            yield self._archive(f"-{number:03d}" if len(volumes) > 1 else "", volume)

    def _manifest(self, volumes: Sequence[Sequence[Placed]]) -> list[PackagedFile]:
        """Of all other entries, signed; as two files to be entries themselves."""
        numbered = self.plan.settings.archive.volume_bytes is not None
        listed = [
            one.zipped.entry.listed() | ({"volume": number} if numbered else {})
            for number, volume in enumerate(volumes, start=1)
            for one in volume
        ]
        manifest = manifest_bytes(self.plan, self.tally, listed, inside=True)
        key, signature_key = (staged_key(self.plan, name, inside=True) for name in (NAME, SIGNATURE_NAME))
        made = signed(manifest, key, signature_key, self.bench.stage, self.bench.signer)
        return [
            _in_memory(key, NAME, "manifest", made.manifest),
            _in_memory(signature_key, SIGNATURE_NAME, "signature", made.signature),
        ]

    def _piece(self, name: str, files: Sequence[PackagedFile]) -> ZippedPiece:
        """The files as entries of a staged piece; what the first attempt that got so far has staged."""
        stage, folder = self.bench.stage, stage_folder(self.plan.tenant, self.plan.run_id)
        if not files:
            return ZippedPiece(key="", entries=())
        note = f"{folder}/inside.{name}.json"
        before = stage.read_if_there(note)
        if before is None:
            entries = Entries(self.plan, self.bench.archive(), self.bench.secrets)
            key = f"{folder}/pieces/{name}-{self.bench.attempt}.zip"
            stage.put_stream(key, self._encoded(entries, files))
            stage.put(note, ZippedPiece(key=key, entries=tuple(entries.done)).model_dump_json().encode())
            before = stage.read(note)
        return ZippedPiece.model_validate_json(before)

    def _encoded(self, entries: Entries, files: Sequence[PackagedFile]) -> Iterator[bytes]:
        for file in files:
            chunks, kind = self.bench.stage.stream(file.key), file.kind
            assert kind != "archive"
            # By its sum: whatever made other bytes of that name has another salt.
            version, large = f"sha256 {file.sha256}", file.size >= LARGE
            yield from entries.encoded(kind, file.name, file.dataset, chunks, version=version, large=large)
            if file.rows is not None:
                entries.count_rows(file.rows)

    def _archive(self, counted: str, volume: Sequence[Placed]) -> PackagedFile:
        name = below(self.plan.manifest_folder, f"{safe_step(self.plan.settings.name)}{counted}.zip")
        end = Literal(central_directory([one.zipped.record for one in volume]))
        key = staged_key(self.plan, name)
        file = composed(self.bench.stage, key, name, "archive", "application/zip", [*segments(volume), end])
        entries = tuple(one.zipped.entry for one in volume)
        rows = sum(e.rows or 0 for e in entries if e.kind == "data")
        return file.model_copy(update={"entries": entries, "rows": rows})


def _in_memory(key: str, name: str, kind: EntryKind, data: bytes) -> PackagedFile:
    return staged_file(key, name, kind, "", len(data), sha256_hex(data))
