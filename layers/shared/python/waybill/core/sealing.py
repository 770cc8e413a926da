"""The files of a package but its archives and manifest: pieces composed to data files, media named, schemas and rejects
written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waybill.core.compose import Literal, Piece
from waybill.core.compression import literal
from waybill.core.compression import media_type as compressed_type
from waybill.core.drift import table_schema
from waybill.core.format import Framing, RowFormat, framing, media_type
from waybill.core.mail import MESSAGE
from waybill.core.manifest import PackagedFile
from waybill.core.naming import FileName
from waybill.core.package import Body, PackagedMedia, PartResult
from waybill.core.packaged import StageForFiles, composed, put_own, staged_key
from waybill.core.plan import Plan, PlannedData
from waybill.core.rule_settings import EmptyWindow, FileLimit, Scope


@dataclass(frozen=True)
class Sealer:
    """Files of a package out of what its parts staged."""

    plan: Plan
    stage: StageForFiles
    results: Sequence[PartResult]

    def data(self) -> Iterator[PackagedFile]:
        """Data files outside an archive, in the order in which they are delivered."""
        yield from self._mails() if self.plan.settings.journal else self._data_files()

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

    def _mails(self) -> Iterator[PackagedFile]:
        """Each as it lies in what its part staged."""
        for result in self.results:
            for one in result.mails:
                yield PackagedFile(
                    name=one.name,
                    kind="data",
                    media_type=MESSAGE,
                    size=one.size,
                    sha256=one.sha256,
                    where="stage",
                    key=result.piece,
                    start=one.start,
                    dataset=result.dataset,
                    rows=one.rows,
                )

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
        made = composed(self.stage, staged_key(self.plan, name), name, "data", media, segments)
        return made.model_copy(update={"dataset": data.dataset.name, "rows": sum(b.rows for b in bodies)})

    def _compressed(self, frame: Framing) -> Framing:
        compression = self.plan.settings.file_compression
        return Framing(*(literal(compression, part) for part in (frame.prefix, frame.separator, frame.suffix)))

    def schemas(self) -> Iterator[PackagedFile]:
        if not self.plan.settings.schema_file or self.plan.settings.journal:
            return
        for name, data in self.plan.data.items():
            if self.plan.choice(name).scope is not Scope.MEDIA:
                schema = json.dumps(table_schema(data.dataset, data.fields), ensure_ascii=False, indent=2)
                text = schema.encode() + b"\n"
                file = put_own(self.plan, self.stage, f"{name}.schema.json", "schema", "application/json", text)
                yield file.model_copy(update={"dataset": name})

    def rejects(self) -> Iterator[PackagedFile]:
        """Rows that could not be read, with their place and reason: nothing is left out silently."""
        lines = [line for result in self.results for line in result.rejects]
        if lines:
            text = ("\n".join(lines) + "\n").encode()
            yield put_own(self.plan, self.stage, "rejects.ndjson", "rejects", "application/x-ndjson", text)


def media_files(results: Sequence[PartResult]) -> Iterator[PackagedFile]:
    """Media outside an archive, of results whose names are settled."""
    for result in results:
        for media in result.media:
            yield _medium(media, result.dataset)


def _medium(media: PackagedMedia, dataset: str) -> PackagedFile:
    return PackagedFile(
        name=media.name,
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
