"""Which entries lie in which archive of a package: one for all, or volumes that are archives of their own.

A staged piece holds whole entries one after another, so that a volume is made of ranges of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from waybill.core.compose import Piece
from waybill.core.zip_entry import ZippedEntry

HEADER, END = 46 + 28 + 9 + 11, 56 + 20 + 22
"""Bytes. What the directory says of an entry beside its name: the fixed record and the longest extra fields (ZIP64 numbers,
time, AES); and the archive's last records, in ZIP64 form (APPNOTE.TXT 6.3.10, 4.3.12 to 4.3.16, 4.5)."""


class ZippedPiece(BaseModel):
    """A staged object of whole entries."""

    model_config = ConfigDict(frozen=True)

    key: str
    entries: tuple[ZippedEntry, ...]


@dataclass(frozen=True)
class Placed:
    """An entry and where its bytes start in a staged piece."""

    zipped: ZippedEntry
    key: str
    start: int

    @property
    def name(self) -> str:
        return self.zipped.entry.name

    @property
    def length(self) -> int:
        return self.zipped.record.length

    @property
    def most(self) -> int:
        """What it adds to an archive, its line in the directory included; hardly less than that."""
        return self.length + HEADER + len(self.name.encode())


def placed(piece: ZippedPiece) -> Iterator[Placed]:
    start = 0
    for zipped in piece.entries:
        yield Placed(zipped, piece.key, start)
        start += zipped.record.length


def each_once(entries: Iterable[Placed]) -> list[Placed]:
    """The first of each name: two parts may have packaged one file."""
    first: dict[str, Placed] = {}
    for one in entries:
        first.setdefault(one.name, one)
    return list(first.values())


def volumes_of(entries: Sequence[Placed], limit: int | None) -> list[list[Placed]]:
    """The entries in their order, as many together as make an archive of `limit` bytes; a larger one stays alone. At least one
    volume, which may be empty.
    """
    volumes: list[list[Placed]] = [[]]
    size = END
    for one in entries:
        if volumes[-1] and limit is not None and size + one.most > limit:
            volumes.append([])
            size = END
        volumes[-1].append(one)
        size += one.most
    return volumes


def size_of(volume: Iterable[Placed]) -> int:
    """Bytes of an archive of these entries; it has hardly less."""
    return sum(one.most for one in volume) + END


def segments(volume: Sequence[Placed]) -> list[Piece]:
    """The volume's bytes but its directory; neighbours in a piece that stay neighbours are one range."""
    found: list[Piece] = []
    for one in volume:
        if found and (found[-1].key, found[-1].end) == (one.key, one.start):
            found[-1] = Piece(one.key, found[-1].size + one.length, found[-1].start)
        else:
            found.append(Piece(one.key, one.length, one.start))
    return found
