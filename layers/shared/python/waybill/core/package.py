"""Packaging one part: rows selected, written in the rule's format, and, for an archive, encoded as whole entries.

Outside an archive a part stages the body of its data file, without the frame; `seal` composes the bodies. In an archive it
stages a piece: the whole entries of its data file and media, one after another; `seal` adds the directory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from waybill.core.catalog import Catalog
from waybill.core.manifest import Missing
from waybill.core.media import Media, sha256_of
from waybill.core.plan import Part, Plan, stage_folder
from waybill.core.rows import RowSource, RowStream, Selection
from waybill.core.select import compile_filter
from waybill.core.workshop import Workshop
from waybill.core.zipping import ZippedEntry, Zipping


class PackagedMedia(BaseModel):
    """A media file that is delivered from the lake as it lies there."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    version: str
    size: int
    sha256: str


class PartResult(BaseModel):
    """What one part staged. `body` is a data file's rows without the frame; `piece` whole entries of an archive."""

    model_config = ConfigDict(frozen=True)

    index: int
    dataset: str
    file: str
    rows: int
    rejected: int
    rejects: tuple[str, ...]
    size: int
    body: str = ""
    piece: str = ""
    entries: tuple[ZippedEntry, ...] = ()
    media: tuple[PackagedMedia, ...] = ()
    missing: tuple[Missing, ...] = ()


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
    sources = _fetch(part, shop)
    selection = _selection(plan, part, shop.catalog)
    stream = shop.rows.select(sources, selection, plan.settings.writing)
    wants_media = any(c.media for c in plan.settings.data if c.dataset == part.dataset)
    media = Media(plan, part, shop, iter(shop.rows.media(sources, selection)) if wants_media else iter(()))
    packed = _archived if plan.archived else _plain
    result = packed(plan, part, shop, selection, stream, media)
    shop.stage.put(part_key(plan, index), result.model_dump_json().encode())
    return PartResult.model_validate_json(shop.stage.read(part_key(plan, index)))


def _fetch(part: Part, shop: Workshop) -> list[RowSource]:
    sources = []
    for number, one in enumerate(part.objects):
        path = shop.folder / f"{number:05d}.{one.format.value}"
        shop.lake.download(one.key, one.version, path)
        sources.append(RowSource(path, one.format))
    return sources


def _selection(plan: Plan, part: Part, catalog: Catalog) -> Selection:
    dataset = catalog[part.dataset]
    choice = next(c for c in plan.settings.data if c.dataset == part.dataset)
    predicate = compile_filter(choice.filter, dataset) if choice.filter is not None else None
    return Selection(dataset, plan.window, predicate, dataset.chosen(choice.fields))


def _plain(plan: Plan, part: Part, shop: Workshop, _: Selection, stream: RowStream, media: Media) -> PartResult:
    key = _piece_key(plan, part, shop, "body")
    staged = shop.stage.put_stream(key, iter(stream))
    packaged = tuple(
        PackagedMedia(name=m.name, key=m.key, version=m.version, size=m.size, sha256=sha256_of(shop.lake, m))
        for m in media
    )
    return PartResult(
        index=part.index,
        dataset=part.dataset,
        file=part.file,
        rows=stream.rows,
        rejected=stream.rejected,
        rejects=tuple(_rejects(part, stream)),
        size=staged.size + sum(m.size for m in packaged),
        body=key,
        media=packaged,
        missing=tuple(media.missing),
    )


def _piece_key(plan: Plan, part: Part, shop: Workshop, ending: str) -> str:
    return f"{stage_folder(plan.tenant, plan.run_id)}/pieces/{part.index:05d}-{shop.attempt}.{ending}"


def _archived(
    plan: Plan, part: Part, shop: Workshop, selection: Selection, stream: RowStream, media: Media
) -> PartResult:
    key = _piece_key(plan, part, shop, "zip")
    zipping = Zipping(plan, part, shop, selection)
    staged = shop.stage.put_stream(key, zipping.entries(stream, media))
    return PartResult(
        index=part.index,
        dataset=part.dataset,
        file=part.file,
        rows=stream.rows,
        rejected=stream.rejected,
        rejects=tuple(_rejects(part, stream)),
        size=staged.size,
        piece=key,
        entries=tuple(zipping.done),
        missing=tuple(media.missing),
    )


def _rejects(part: Part, stream: RowStream) -> Iterator[str]:
    """The engine's rejects, with the lake's key in place of the local file's name."""
    keys = {f"{number:05d}.{one.format.value}": one.key for number, one in enumerate(part.objects)}
    for line in stream.rejects:
        reject = json.loads(line)
        reject["source"] = keys.get(reject["source"], reject["source"])
        yield json.dumps(reject, ensure_ascii=False)
