"""Which entries lie in which archive of a package: one for all, or volumes that are archives of their own.

A staged piece holds whole entries one after another, so that a volume is made of ranges of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from waybill.core.archive import first_bytes
from waybill.core.compose import Literal, Piece
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
    """An entry and where its bytes start in a staged piece. `length` is of the archive's bytes."""

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
        start += (zipped.staged or zipped.record).length


def media_once(entries: Iterable[Placed]) -> list[Placed]:
    """Without media that stand there already: two parts may have packaged one file. Names are settled: one name, one file."""
    names: set[str] = set()
    found = []
    for one in entries:
        if one.name not in names or not one.zipped.source:
            found.append(one)
        names.add(one.name)
    return found


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


def segments(volume: Sequence[Placed]) -> list[Literal | Piece]:
    """The volume's bytes but its directory; neighbours in a piece that stay neighbours are one range. An entry that got
    another name since begins with bytes of our own.
    """
    found: list[Literal | Piece] = []
    for one in volume:
        staged, start, length = one.zipped.staged, one.start, one.length
        if staged:
            found.append(Literal(first_bytes(one.zipped.record)))
            start += len(first_bytes(staged))
            length -= found[-1].size
        last = found[-1] if found else None
        if isinstance(last, Piece) and (last.key, last.end) == (one.key, start):
            found[-1] = Piece(one.key, last.size + length, last.start)
        else:
            found.append(Piece(one.key, length, start))
    return found
