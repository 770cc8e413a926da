"""A part's piece of an archive: the entries of its data file and its media, one after another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

from pydantic import BaseModel, ConfigDict

from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.archive import derive_salt
from waybill.core.cut import Cutter
from waybill.core.format import RowFormat, framing
from waybill.core.manifest import Entry
from waybill.core.media import FoundMedia, Media, bytes_of
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.rows import RowStream
from waybill.core.rule_settings import ArchiveMethod, EmptyWindow, FileLimit
from waybill.core.workshop import SecretReader, Workshop


class ZippedEntry(BaseModel):
    """One entry inside a staged piece: what the archive's directory and the manifest need."""

    model_config = ConfigDict(frozen=True)

    record: ArchiveEntry
    entry: Entry


LARGE = 0xFFF0_0000
"""From this many bytes on a file needs an entry in ZIP64 form; deflating what cannot shrink adds a little."""


class Zipping:
    """The entries of one part's piece, one after another: the data files, if it has rows, then the media."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop) -> None:
        self._plan, self._part, self._shop = plan, part, shop
        self._encode = shop.archive()
        self._password = _password(plan, shop.secrets)
        self.done: list[ZippedEntry] = []

    def entries(self, stream: RowStream, media: Media) -> Iterator[bytes]:
        limit = self._plan.settings.file_limit
        if limit.bytes is None and limit.rows is None:
            yield from self._data_file(stream)
        else:
            yield from self._data_files(stream, limit)
        yield from self.media(media)

    def _data_file(self, stream: RowStream) -> Iterator[bytes]:
        rows = iter(stream)
        first = next(rows, None)
        # A Parquet file of no rows has bytes; how many rows it has is known with the first of them.
        none = first is None or (self._plan.settings.format is RowFormat.PARQUET and stream.rows == 0)
        if not none or self._plan.settings.empty_window is EmptyWindow.EMPTY_FILE:
            name = self._part.name.numbered(self._part.number) if self._part.of > 1 else self._part.name.whole
            yield from self._framed(name, chain([first] if first else [], rows))
            self.done[-1] = _with_rows(self.done[-1], stream.rows)

    def _data_files(self, stream: RowStream, limit: FileLimit) -> Iterator[bytes]:
        cutter = Cutter(iter(stream), self._plan.settings.format, limit)
        for number, piece in enumerate(cutter.pieces(), start=1):
            yield from self._framed(self._part.name.numbered(self._part.number, number), piece)
            self.done[-1] = _with_rows(self.done[-1], cutter.rows)

    def _framed(self, name: str, rows: Iterator[bytes]) -> Iterator[bytes]:
        settings = self._plan.settings
        frame = framing(settings.writing, self._plan.data[self._part.dataset].fields)
        whole = self._shop.compress(settings.file_compression, chain([frame.prefix], rows, [frame.suffix]))
        return self._entry("data", name, whole, version=f"part {self._part.index}", large=True)

    def media(self, media: Media) -> Iterator[bytes]:
        for found in media:
            chunks = bytes_of(self._shop, found)
            version = f"{found.version} {found.etag}"
            yield from self._entry("media", found.name, chunks, version=version, large=found.size >= LARGE)
            self.done[-1] = _with_signature(self.done[-1], found)

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


def _with_signature(zipped: ZippedEntry, found: FoundMedia) -> ZippedEntry:
    signature = found.signature or None
    return zipped.model_copy(update={"entry": zipped.entry.model_copy(update={"signature": signature})})


def _password(plan: Plan, secrets: SecretReader) -> str | None:
    if plan.settings.archive.method is not ArchiveMethod.ZIP_AES256:
        return None
    return secrets.read(plan.password_ref)["password"]
