"""The files of a package but its manifest: pieces composed, archives ended, schemas and rejects written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from waybill.core import archive
from waybill.core.compose import Literal, Part, Piece, compose
from waybill.core.compression import literal
from waybill.core.compression import media_type as compressed_type
from waybill.core.drift import table_schema
from waybill.core.errors import PermanentError
from waybill.core.format import Framing, RowFormat, framing, media_type
from waybill.core.layout import below, safe_step
from waybill.core.manifest import Kind, PackagedFile, sha256_hex
from waybill.core.media import marked
from waybill.core.naming import FileName
from waybill.core.package import Body, PackagedMedia, PartResult
from waybill.core.plan import Plan, PlannedData, stage_folder
from waybill.core.rule_settings import EmptyWindow, FileLimit, Scope


class StageForFiles(Protocol):
    def put(self, key: str, data: bytes) -> object: ...

    def compose(self, key: str, parts: Sequence[Part]) -> None: ...

    def sha256(self, key: str) -> tuple[int, str]: ...


@dataclass(frozen=True)
class Sealer:
    """The files of a package but its manifest and signature."""

    plan: Plan
    stage: StageForFiles
    results: Sequence[PartResult]

    def files(self) -> Iterator[PackagedFile]:
        """In the order in which they are delivered."""
        delivered = [*self._archive()] if self.plan.archived else [*self._data_files(), *self._media()]
        yield from delivered
        if delivered:
            yield from self._schemas()
        yield from self._rejects()

    def _data_files(self) -> Iterator[PackagedFile]:
        """One a name, whichever parts wrote its rows; several, numbered, where a limit or the format asks for it."""
        by_name: dict[FileName, list[PartResult]] = defaultdict(list)
        for part, result in zip(self.plan.parts, self.results, strict=True):
            if self.plan.choice(result.dataset).scope is not Scope.MEDIA:
                by_name[part.name].append(result)
        for name, results in by_name.items():
            bodies = [body for result in results for body in result.bodies if body.rows]
            if not bodies and self.plan.settings.empty_window is not EmptyWindow.EMPTY_FILE:
                continue
            data = self.plan.data[results[0].dataset]
            if self.plan.settings.format is RowFormat.PARQUET and not bodies:
                bodies = list(results[0].bodies)
            groups = list(self._grouped(bodies)) or [[]]
            for number, group in enumerate(groups, start=1):
                yield self._data_file(name.numbered(number) if len(groups) > 1 else name.whole, data, group)

    def _grouped(self, bodies: Sequence[Body]) -> Iterator[list[Body]]:
        """Bodies that make one file: as many as the limit allows; a Parquet file is whole and stays alone."""
        settings = self.plan.settings
        limit = FileLimit(rows=1) if settings.format is RowFormat.PARQUET else settings.file_limit
        group: list[Body] = []
        for body in bodies:
            size, rows = sum(b.size for b in [*group, body]), sum(b.rows for b in [*group, body])
            over = (limit.bytes is not None and size > limit.bytes) or (limit.rows is not None and rows > limit.rows)
            if group and over:
                yield group
                group = []
            group.append(body)
        if group:
            yield group

    def _data_file(self, name: str, data: PlannedData, bodies: Sequence[Body]) -> PackagedFile:
        settings = self.plan.settings
        frame = self._compressed(framing(settings.writing, data.fields))
        segments: list[Literal | Piece] = [Literal(frame.prefix)]
        for number, body in enumerate(bodies):
            piece = Piece(body.key, body.size)
            segments += [Literal(frame.separator), piece] if number else [piece]
        segments.append(Literal(frame.suffix))
        media = compressed_type(settings.file_compression, media_type(settings.format))
        made = self._composed(name, "data", media, segments)
        return made.model_copy(update={"dataset": data.dataset.name, "rows": sum(b.rows for b in bodies)})

    def _compressed(self, frame: Framing) -> Framing:
        compression = self.plan.settings.file_compression
        return Framing(*(literal(compression, part) for part in (frame.prefix, frame.separator, frame.suffix)))

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
        name = below(self.plan.manifest_folder, f"{safe_step(self.plan.settings.name)}.zip")
        segments: list[Literal | Piece] = [Piece(r.piece, r.size) for r in pieces]
        file = self._composed(name, "archive", "application/zip", [*segments, Literal(end)])
        rows = sum(e.rows or 0 for e in entries)
        yield file.model_copy(update={"entries": tuple(entries), "rows": rows})

    def _media(self) -> Iterator[PackagedFile]:
        """Each media file once; of two that got one name in different parts, the later one's name is marked."""
        names: dict[str, str] = {}
        for result in self.results:
            for media in result.media:
                name = media.name
                if name in names and names[name] != media.key:
                    name = marked(name, media.key)
                if name not in names:
                    names[name] = media.key
                    yield _from_lake(name, media, result.dataset)

    def _schemas(self) -> Iterator[PackagedFile]:
        if not self.plan.settings.schema_file:
            return
        for name, data in self.plan.data.items():
            if self.plan.choice(name).scope is not Scope.MEDIA:
                text = (
                    json.dumps(table_schema(data.dataset, data.fields), ensure_ascii=False, indent=2).encode() + b"\n"
                )
                yield self._put(f"{name}.schema.json", "schema", "application/json", text)

    def _rejects(self) -> Iterator[PackagedFile]:
        """Rows that could not be read, with their place and reason: nothing is left out silently."""
        lines = [line for result in self.results for line in result.rejects]
        if lines:
            text = ("\n".join(lines) + "\n").encode()
            yield self._put("rejects.ndjson", "rejects", "application/x-ndjson", text)

    def _put(self, own: str, kind: Kind, media: str, data: bytes) -> PackagedFile:
        name = below(self.plan.manifest_folder, own)
        key = staged_file_key(self.plan, name)
        self.stage.put(key, data)
        return staged_file(key, name, kind, media, len(data), sha256_hex(data))

    def _composed(self, name: str, kind: Kind, media: str, segments: Sequence[Literal | Piece]) -> PackagedFile:
        key = staged_file_key(self.plan, name)
        self.stage.compose(key, compose(segments))
        size, digest = self.stage.sha256(key)
        expected = sum(s.size for s in segments)
        if size != expected:
            raise PermanentError(
                f"{name} was composed to {size} bytes instead of {expected}.", "Give the operator this run's id."
            )
        return staged_file(key, name, kind, media, size, digest)


def _from_lake(name: str, media: PackagedMedia, dataset: str) -> PackagedFile:
    return PackagedFile(
        name=name,
        kind="media",
        media_type="application/octet-stream",
        size=media.size,
        sha256=media.sha256,
        where="stage" if media.staged else "lake",
        key=media.staged or media.key,
        version="" if media.staged else media.version,
        dataset=dataset,
        signature=media.signature or None,
    )


def staged_file(key: str, name: str, kind: Kind, media: str, size: int, sha256: str) -> PackagedFile:
    return PackagedFile(name=name, kind=kind, media_type=media, size=size, sha256=sha256, where="stage", key=key)


def staged_file_key(plan: Plan, name: str) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/files/{name}"
