"""A part's piece of an archive: the entries of its data file and its media, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from waybill.core.cut import Cutter
from waybill.core.format import RowFormat, framing
from waybill.core.journal import JournalFile
from waybill.core.media import FoundMedia, Media, bytes_of
from waybill.core.parts import Part
from waybill.core.plan import Plan
from waybill.core.rows import RowStream
from waybill.core.rule_settings import EmptyWindow, FileLimit
from waybill.core.workshop import Workshop
from waybill.core.zip_entry import LARGE, Entries, ZippedEntry


class Zipping:
    """The entries of one part's piece, one after another: the data files, if it has rows, then the media."""

    def __init__(self, plan: Plan, part: Part, shop: Workshop) -> None:
        self._plan, self._part, self._shop = plan, part, shop
        self._entries = Entries(plan, shop.archive(), shop.secrets)

    @property
    def done(self) -> list[ZippedEntry]:
        return self._entries.done

    def entries(self, stream: RowStream, media: Media) -> Iterator[bytes]:
        limit = self._plan.settings.file_limit
        if limit.none:
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
            self._entries.count_rows(stream.rows)

    def _data_files(self, stream: RowStream, limit: FileLimit) -> Iterator[bytes]:
        cutter = Cutter(iter(stream), self._plan.settings.format, limit)
        for number, piece in enumerate(cutter.pieces(), start=1):
            yield from self._framed(self._part.name.numbered(self._part.number, number), piece)
            self._entries.count_rows(cutter.rows)

    def _framed(self, name: str, rows: Iterator[bytes]) -> Iterator[bytes]:
        settings, part = self._plan.settings, self._part
        frame = framing(settings.writing, self._plan.data[part.dataset].fields)
        whole = self._shop.compress(settings.file_compression, chain([frame.prefix], rows, [frame.suffix]))
        yield from self._entries.encoded("data", name, part.dataset, whole, version=f"part {part.index}", large=True)

    def mails(self, files: Iterator[JournalFile]) -> Iterator[bytes]:
        part = self._part
        for file in files:
            version = f"part {part.index}"
            yield from self._entries.encoded("data", file.name, part.dataset, file.chunks, version=version, large=False)
            self._entries.count_rows(file.rows)

    def media(self, media: Iterable[FoundMedia]) -> Iterator[bytes]:
        for found in media:
            chunks, signature = bytes_of(self._shop, found), found.signature
            version, large = f"{found.version} {found.etag}", found.size >= LARGE
            yield from self._entries.encoded(
                "media",
                found.name,
                self._part.dataset,
                chunks,
                version=version,
                large=large,
                signature=signature,
                source=found.key,
            )
