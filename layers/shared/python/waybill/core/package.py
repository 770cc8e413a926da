"""Packaging one part: rows selected, written in the rule's format, and, for an archive, encoded as whole entries.

Outside an archive a part stages the body of its data file, without the frame; `seal` composes the bodies. In an archive it
stages a piece: the whole entries of its data file and media, one after another; `seal` adds the directory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.archive import derive_salt
from waybill.core.catalog import Catalog
from waybill.core.format import framing
from waybill.core.ingest import media_key
from waybill.core.layout import name_problem, safe_step
from waybill.core.manifest import Entry, Missing
from waybill.core.plan import Part, Plan, stage_folder
from waybill.core.rows import RowEngine, RowSource, RowStream, Selection
from waybill.core.rule import ArchiveMethod, EmptyWindow
from waybill.core.select import compile_filter


class StagedBytes(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...


class StageForParts(Protocol):
    def put(self, key: str, data: bytes) -> StagedBytes: ...

    def put_stream(self, key: str, chunks: Iterator[bytes]) -> StagedBytes: ...

    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...


class MediaThere(Protocol):
    @property
    def version(self) -> str: ...

    @property
    def etag(self) -> str: ...

    @property
    def size(self) -> int: ...


class LakeForParts(Protocol):
    def download(self, key: str, version: str, path: Path) -> None: ...

    def head(self, key: str) -> MediaThere | None: ...

    def stream(self, key: str, version: str) -> Iterator[bytes]: ...


class SecretReader(Protocol):
    def read(self, reference: str) -> Mapping[str, str]: ...


class EncodedEntry(Protocol):
    """One entry of an archive; iterate to the end, then read `entry`."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def entry(self) -> ArchiveEntry: ...


class Encoder(Protocol):
    """Makes entries: see `engines.zip_aes.entry`, which says what its arguments promise."""

    def __call__(
        self, name: str, modified: datetime, data: Iterable[bytes], *, password: str | None, salt: bytes, large: bool
    ) -> EncodedEntry: ...


class ZippedEntry(BaseModel):
    """One entry inside a staged piece: what the archive's directory and the manifest need."""

    model_config = ConfigDict(frozen=True)

    record: ArchiveEntry
    entry: Entry


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


@dataclass(frozen=True)
class Workshop:
    """What packaging a part needs. `folder` is an empty local folder; `archive` makes the encoder where there is one.

    `attempt` is unique to the invocation, of `[a-z0-9-]`: two workers on one part (one of them taken for dead) never share a
    piece, and the first result that is staged says whose counts.
    """

    stage: StageForParts
    lake: LakeForParts
    rows: RowEngine
    secrets: SecretReader
    archive: Callable[[], Encoder]
    catalog: Catalog
    folder: Path
    attempt: str


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
    stream = shop.rows.select(sources, selection, plan.settings.format)
    wants_media = any(c.media for c in plan.settings.data if c.dataset == part.dataset)
    media = _Media(plan, part, shop, iter(shop.rows.media(sources, selection)) if wants_media else iter(()))
    result = _archived(plan, part, shop, stream, media) if plan.archived else _plain(plan, part, shop, stream, media)
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


def _plain(plan: Plan, part: Part, shop: Workshop, stream: RowStream, media: _Media) -> PartResult:
    key = _piece_key(plan, part, shop, "body")
    staged = shop.stage.put_stream(key, iter(stream))
    packaged = tuple(
        PackagedMedia(name=m.name, key=m.key, version=m.version, size=m.size, sha256=_lake_sha256(shop.lake, m))
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


def _archived(plan: Plan, part: Part, shop: Workshop, stream: RowStream, media: _Media) -> PartResult:
    key = _piece_key(plan, part, shop, "zip")
    maker = _Zipping(plan, part, shop)
    staged = shop.stage.put_stream(key, maker.entries(stream, media))
    return PartResult(
        index=part.index,
        dataset=part.dataset,
        file=part.file,
        rows=stream.rows,
        rejected=stream.rejected,
        rejects=tuple(_rejects(part, stream)),
        size=staged.size,
        piece=key,
        entries=tuple(maker.done),
        missing=tuple(media.missing),
    )


@dataclass(frozen=True)
class _Found:
    """A media file of the part's rows, as it is in the lake now."""

    name: str
    key: str
    version: str
    etag: str
    size: int


class _Media:
    """The media of a part's rows. What cannot be packaged is in `missing` once the iteration is over."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop, named: Iterator[tuple[str, str]]) -> None:
        self._plan, self._part, self._shop, self._named = plan, part, shop, named
        self.missing: list[Missing] = []

    def __iter__(self) -> Iterator[_Found]:
        for shown, below in self._named:
            name = f"media/{below}"
            key = media_key(self._plan.tenant, self._part.dataset, below)
            problem = name_problem(name)
            if key is None or problem:
                reason = problem or "its key would leave the dataset's media folder"
                self.missing.append(Missing(name=safe_step(shown or below), reason=reason))
                continue
            there = self._shop.lake.head(key)
            if there is None:
                self.missing.append(Missing(name=name, reason="it is not in the lake"))
                continue
            yield _Found(name, key, there.version, there.etag, there.size)


def _lake_sha256(lake: LakeForParts, found: _Found) -> str:
    digest = hashlib.sha256()
    for chunk in lake.stream(found.key, found.version):
        digest.update(chunk)
    return digest.hexdigest()


def _rejects(part: Part, stream: RowStream) -> Iterator[str]:
    """The engine's rejects, with the lake's key in place of the local file's name."""
    keys = {f"{number:05d}.{one.format.value}": one.key for number, one in enumerate(part.objects)}
    for line in stream.rejects:
        reject = json.loads(line)
        reject["source"] = keys.get(reject["source"], reject["source"])
        yield json.dumps(reject, ensure_ascii=False)


LARGE = 0xFFF0_0000
"""From this many bytes on a file needs an entry in ZIP64 form; deflating what cannot shrink adds a little."""


class _Zipping:
    """The entries of one part's piece, one after another: the data file, if it has rows, then the media."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop) -> None:
        self._plan, self._part, self._shop = plan, part, shop
        self._encode = shop.archive()
        self._password = _password(plan, shop.secrets)
        self.done: list[ZippedEntry] = []

    def entries(self, stream: RowStream, media: _Media) -> Iterator[bytes]:
        plan, part = self._plan, self._part
        rows = iter(stream)
        first = next(rows, None)
        if first is not None or plan.settings.empty_window is EmptyWindow.EMPTY_FILE:
            frame = framing(plan.settings.format, _selection(plan, part, self._shop.catalog).fields)
            whole = chain([frame.prefix], [first] if first else [], rows, [frame.suffix])
            yield from self._entry("data", part.file, whole, version=f"part {part.index}", large=True)
            self.done[-1] = _with_rows(self.done[-1], stream.rows)
        for found in media:
            chunks = self._shop.lake.stream(found.key, found.version)
            version = f"{found.version} {found.etag}"
            yield from self._entry("media", found.name, chunks, version=version, large=found.size >= LARGE)

    def _entry(
        self, kind: Literal["data", "media"], name: str, chunks: Iterable[bytes], *, version: str, large: bool
    ) -> Iterator[bytes]:
        plan = self._plan
        salt = derive_salt(f"{plan.tenant}/{plan.run_id}", plan.generation, name, version)
        digest = hashlib.sha256()
        encoded = self._encode(
            name, plan.window_end, _hashed(chunks, digest), password=self._password, salt=salt, large=large
        )
        yield from encoded
        record = encoded.entry
        listed = Entry(name=name, kind=kind, dataset=self._part.dataset, size=record.size, sha256=digest.hexdigest())
        self.done.append(ZippedEntry(record=record, entry=listed))


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _with_rows(zipped: ZippedEntry, rows: int) -> ZippedEntry:
    return zipped.model_copy(update={"entry": zipped.entry.model_copy(update={"rows": rows})})


def _password(plan: Plan, secrets: SecretReader) -> str | None:
    if plan.settings.archive.method is not ArchiveMethod.ZIP_AES256:
        return None
    return secrets.read(plan.password_ref)["password"]
