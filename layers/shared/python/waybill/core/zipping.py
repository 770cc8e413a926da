"""A part's piece of an archive: the entries of its data file and its media, one after another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

from pydantic import BaseModel, ConfigDict

from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.archive import derive_salt
from waybill.core.format import framing
from waybill.core.manifest import Entry
from waybill.core.media import Media
from waybill.core.plan import Part, Plan
from waybill.core.rows import RowStream, Selection
from waybill.core.rule import ArchiveMethod, EmptyWindow
from waybill.core.workshop import SecretReader, Workshop


class ZippedEntry(BaseModel):
    """One entry inside a staged piece: what the archive's directory and the manifest need."""

    model_config = ConfigDict(frozen=True)

    record: ArchiveEntry
    entry: Entry


LARGE = 0xFFF0_0000
"""From this many bytes on a file needs an entry in ZIP64 form; deflating what cannot shrink adds a little."""


class Zipping:
    """The entries of one part's piece, one after another: the data file, if it has rows, then the media."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop, selection: Selection) -> None:
        self._plan, self._part, self._shop, self._fields = plan, part, shop, selection.fields
        self._encode = shop.archive()
        self._password = _password(plan, shop.secrets)
        self.done: list[ZippedEntry] = []

    def entries(self, stream: RowStream, media: Media) -> Iterator[bytes]:
        plan, part = self._plan, self._part
        rows = iter(stream)
        first = next(rows, None)
        if first is not None or plan.settings.empty_window is EmptyWindow.EMPTY_FILE:
            frame = framing(plan.settings.writing, self._fields)
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
