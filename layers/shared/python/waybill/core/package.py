"""Packaging one part: rows selected, written in the rule's format, and, for an archive, encoded as whole entries.

Outside an archive a part stages the bodies of its data files, without the frame; `seal` composes the bodies. In an archive it
stages a piece: the whole entries of its data files and media, one after another; `seal` adds the directory.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from waybill.core.catalog import DataField
from waybill.core.cut import Cutter
from waybill.core.details import detail_writing
from waybill.core.errors import PermanentError
from waybill.core.format import RowFormat, Writing
from waybill.core.journal import JournalFile, Journaling
from waybill.core.lake_object import LakeObject
from waybill.core.manifest import Missing
from waybill.core.media import FoundFiles, FoundMedia, LakeMedia, Media, fields_for_media, sha256_of
from waybill.core.parts import Part
from waybill.core.plan import Plan, stage_folder
from waybill.core.prepared import PreparedMedia
from waybill.core.rows import MediaFile, Refinement, RowSource, RowStream, Selection
from waybill.core.rule_settings import DetailFormat, Duplicates, RowOrder, Scope
from waybill.core.taken import selection_of
from waybill.core.workshop import Workshop
from waybill.core.zip_entry import ZippedEntry
from waybill.core.zipping import Zipping


class PackagedMedia(BaseModel):
    """A media file that is delivered from the lake as it lies there, or from the stage where it was prepared (`staged`)."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    version: str
    size: int
    sha256: str
    staged: str = ""
    signature: str = ""


class Body(BaseModel):
    """The rows of one file, or of a piece of it, staged without the frame. `size` is in bytes, as staged."""

    model_config = ConfigDict(frozen=True)

    key: str
    size: int
    rows: int


class PackagedMail(BaseModel):
    """A journal's mail, from byte `start` on of the `piece` that its part staged."""

    model_config = ConfigDict(frozen=True)

    name: str
    start: int
    size: int
    sha256: str
    rows: int


class PartResult(BaseModel):
    """What one part staged: `bodies` of its data file (several where a limit cuts it), or the `piece` of an archive or of a
    journal's `mails`; `details` are its rows for the lists of detail records, by their format.
    """

    model_config = ConfigDict(frozen=True)

    index: int
    dataset: str
    rows: int
    rejected: int
    rejects: tuple[str, ...]
    duplicates: int = 0
    size: int
    bodies: tuple[Body, ...] = ()
    piece: str = ""
    entries: tuple[ZippedEntry, ...] = ()
    mails: tuple[PackagedMail, ...] = ()
    media: tuple[PackagedMedia, ...] = ()
    missing: tuple[Missing, ...] = ()
    details: dict[DetailFormat, Body] = {}


def part_key(plan: Plan, index: int) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/parts/{index:05d}.json"


def package_part(plan: Plan, index: int, shop: Workshop) -> PartResult:
    """Stage one part's bytes and its result. Idempotent: a part that was packaged before is not packaged again, and of two
    attempts at once the first result stands.

    Raises PermanentError where a source cannot be read, ConfigurationError where the archive's password is gone.
    """
    before = shop.stage.read_if_there(part_key(plan, index))
    if before is not None:
        return PartResult.model_validate_json(before)
    part = plan.parts[index]
    sources, known = fetched(part.objects, "", shop), fetched(part.known, "known-", shop)
    stream = _rows(plan, part, shop, sources, known)
    media = Media(plan, shop, _found_media(plan, part, shop, sources))
    packed = _journaled if plan.settings.journal else _archived if plan.archived else _plain
    try:
        result = packed(plan, part, shop, stream, media)
        result = result.model_copy(update={"details": _details(plan, part, shop, (sources, known), result.rows)})
    except PermanentError as error:
        raise with_keys(error, part) from error
    shop.stage.put(part_key(plan, index), result.model_dump_json().encode())
    return PartResult.model_validate_json(shop.stage.read(part_key(plan, index)))


def fetched(objects: Sequence[LakeObject], prefix: str, shop: Workshop) -> list[RowSource]:
    sources = []
    for name, one in _local_names(objects, prefix).items():
        path = shop.folder / name
        shop.lake.download(one.key, one.version, path)
        sources.append(RowSource(path, one.format))
    return sources


def _local_names(objects: Sequence[LakeObject], prefix: str) -> dict[str, LakeObject]:
    return {f"{prefix}{number:05d}.{one.format.value}": one for number, one in enumerate(objects)}


def with_keys(error: PermanentError, part: Part) -> PermanentError:
    """What the engine says of a local file, with the lake's key in its place."""
    names = {**_local_names(part.known, "known-"), **_local_names(part.objects, "")}
    said = re.sub(r"(known-)?\d{5}\.\w+", lambda f: names[f[0]].key if f[0] in names else f[0], error.message)
    return PermanentError(said, error.advice)


def _rows(
    plan: Plan, part: Part, shop: Workshop, sources: Sequence[RowSource], known: Sequence[RowSource]
) -> RowStream:
    data = plan.data[part.dataset]
    selection = replace(_selection(plan, part, data.fields), judged=data.details)
    refinement, journal = _refinement(plan, known), data.dataset.journal
    if plan.settings.journal and journal:
        by_conversation = replace(refinement, ordered=True, grouped_by=journal.conversation)
        return shop.rows.select(sources, selection, Writing(RowFormat.NDJSON), by_conversation)
    return shop.rows.select(sources, selection, plan.settings.writing, refinement)


def _refinement(plan: Plan, known: Sequence[RowSource]) -> Refinement:
    settings = plan.settings
    return Refinement(
        ordered=settings.order is RowOrder.TIME,
        distinct=settings.duplicates is Duplicates.DROP,
        known=tuple(known),
    )


def _details(
    plan: Plan, part: Part, shop: Workshop, found: tuple[Sequence[RowSource], Sequence[RowSource]], rows: int
) -> dict[DetailFormat, Body]:
    """The very rows that the part delivers, once more, for each list that the rule asks for."""
    sources, known = found
    data, staged = plan.data[part.dataset], {}
    selection = replace(_selection(plan, part, data.details), judged=data.fields)
    for wanted in plan.settings.detail_records.formats:
        stream = shop.rows.select(sources, selection, detail_writing(plan.settings, wanted), _refinement(plan, known))
        key = _piece_key(plan, part, shop, f"details.{wanted.value}")
        size = shop.stage.put_stream(key, iter(stream)).size
        if stream.rows != rows:
            raise PermanentError(f"{rows} rows are delivered, but the detail records have {stream.rows}.")
        staged[wanted] = Body(key=key, size=size, rows=rows)
    return staged


def _selection(plan: Plan, part: Part, fields: tuple[DataField, ...]) -> Selection:
    return selection_of(plan.choice(part.dataset), plan.data[part.dataset].dataset, part.window, fields)


def _found_media(plan: Plan, part: Part, shop: Workshop, sources: Sequence[RowSource]) -> FoundFiles:
    if plan.prepares(part.dataset):
        return PreparedMedia(plan, part, shop.stage)
    return LakeMedia(plan, part, shop, named_media(plan, part, shop, sources))


def named_media(plan: Plan, part: Part, shop: Workshop, sources: Sequence[RowSource]) -> Iterator[MediaFile]:
    """Every file that the part's rows name and the rule wants."""
    choice = plan.choice(part.dataset)
    if not choice.wants_media:
        return iter(())
    dataset = plan.data[part.dataset].dataset
    fields = fields_for_media(plan.settings.layout, dataset, choice)
    return iter(shop.rows.media(sources, _selection(plan, part, fields)))


def _plain(plan: Plan, part: Part, shop: Workshop, stream: RowStream, media: Media) -> PartResult:
    bodies = tuple(_bodies(plan, part, shop, stream))
    packaged = tuple(_packaged(shop, m) for m in media)
    size = sum(b.size for b in bodies) + sum(m.size for m in packaged)
    return _result(part, stream, media, size).model_copy(update={"bodies": bodies, "media": packaged})


def _packaged(shop: Workshop, m: FoundMedia) -> PackagedMedia:
    return PackagedMedia(
        name=m.name,
        key=m.key,
        version=m.version,
        size=m.size,
        sha256=m.etag if m.staged else sha256_of(shop, m),
        staged=m.staged,
        signature=m.signature,
    )


def _bodies(plan: Plan, part: Part, shop: Workshop, stream: RowStream) -> Iterator[Body]:
    compression, limit = plan.settings.file_compression, plan.settings.file_limit
    if plan.choice(part.dataset).scope is Scope.MEDIA:
        _read_through(stream)
    elif limit.none:
        key = _piece_key(plan, part, shop, "body")
        staged = shop.stage.put_stream(key, shop.compress(compression, iter(stream)))
        yield Body(key=key, size=staged.size, rows=stream.rows)
    else:
        cutter = Cutter(iter(stream), plan.settings.format, limit)
        for number, piece in enumerate(cutter.pieces(), start=1):
            key = _piece_key(plan, part, shop, f"{number:04d}.body")
            staged = shop.stage.put_stream(key, shop.compress(compression, piece))
            yield Body(key=key, size=staged.size, rows=cutter.rows)


def _read_through(stream: RowStream) -> None:
    """Rows that are not delivered are read all the same: what cannot be read is told."""
    for _ in stream:
        pass


def _piece_key(plan: Plan, part: Part, shop: Workshop, ending: str) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/pieces/{part.index:05d}-{shop.attempt}.{ending}"


def _archived(plan: Plan, part: Part, shop: Workshop, stream: RowStream, media: Media) -> PartResult:
    key = _piece_key(plan, part, shop, "zip")
    zipping = Zipping(plan, part, shop)
    if plan.choice(part.dataset).scope is Scope.MEDIA:
        _read_through(stream)
        entries = zipping.media(media)
    else:
        entries = zipping.entries(stream, media)
    staged = shop.stage.put_stream(key, entries)
    done = {"piece": key, "entries": tuple(zipping.done)}
    return _result(part, stream, media, staged.size).model_copy(update=done)


def _journaled(plan: Plan, part: Part, shop: Workshop, stream: RowStream, media: Media) -> PartResult:
    journaling = Journaling(plan, part, shop, {m.key: m for m in media})
    files = journaling.files(stream)
    zipping, mails = Zipping(plan, part, shop) if plan.archived else None, Mails()
    if zipping:
        staged = shop.stage.put_stream(_piece_key(plan, part, shop, "zip"), _zipped_mails(zipping, files, journaling))
        done: dict[str, object] = {"entries": tuple(zipping.done)}
    else:
        staged = shop.stage.put_stream(_piece_key(plan, part, shop, "mails"), mails.joined(files))
        done = {"mails": tuple(mails.done), "media": tuple(_packaged(shop, m) for m in journaling.beside)}
    if journaling.rows != stream.rows:
        raise PermanentError(f"{stream.rows} rows were read, but the mails have {journaling.rows}.")
    return _result(part, stream, media, staged.size).model_copy(update={"piece": staged.key, **done})


def _zipped_mails(zipping: Zipping, files: Iterator[JournalFile], journaling: Journaling) -> Iterator[bytes]:
    yield from zipping.mails(files)
    yield from zipping.media(journaling.beside)


class Mails:
    """Mails one after another in one staged object; those that are written to their end are in `done`."""

    def __init__(self) -> None:
        self.done: list[PackagedMail] = []

    def joined(self, files: Iterator[JournalFile]) -> Iterator[bytes]:
        start = 0
        for file in files:
            digest, size = hashlib.sha256(), 0
            for chunk in file.chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk
            self.done.append(
                PackagedMail(name=file.name, start=start, size=size, sha256=digest.hexdigest(), rows=file.rows)
            )
            start += size


def _result(part: Part, stream: RowStream, media: Media, size: int) -> PartResult:
    return PartResult(
        index=part.index,
        dataset=part.dataset,
        rows=stream.rows,
        rejected=stream.rejected,
        rejects=tuple(_rejects(part, stream)),
        duplicates=stream.duplicates + stream.already_known,
        size=size,
        missing=tuple(media.missing),
    )


def _rejects(part: Part, stream: RowStream) -> Iterator[str]:
    """The engine's rejects, with the lake's key in place of the local file's name."""
    objects = _local_names(part.objects, "")
    for line in stream.rejects:
        reject = json.loads(line)
        reject["source"] = objects[reject["source"]].key
        yield json.dumps(reject, ensure_ascii=False)
