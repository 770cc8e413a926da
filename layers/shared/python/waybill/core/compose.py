"""One object of many pieces, mostly without moving a byte: which ranges the store copies, and which pass through us.

S3 joins an object of parts: each of 5 MiB to 5 GiB but the last, which may be smaller, and at most 10,000. A part is
either a range of one stored object, copied inside the store, or bytes that we upload. Small pieces and bytes of our own
are uploaded together with as much of their neighbour as the smallest part asks for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from waybill.core.errors import PermanentError

MIB = 1 << 20
MAX_PARTS = 10_000


@dataclass(frozen=True)
class Literal:
    """Bytes of our own: a file's frame, an archive's directory."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(frozen=True)
class Piece:
    """`size` bytes of a staged object: all of it, or what follows its first `start` bytes."""

    key: str
    size: int
    start: int = 0

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True)
class CopyRange:
    """Bytes `[start, end)` of a stored object. As a part of its own it is copied inside the store."""

    key: str
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Upload:
    """A part that we read and send: its items one after the other."""

    items: tuple[Literal | CopyRange, ...]

    @property
    def size(self) -> int:
        return sum(item.size for item in self.items)


Part = CopyRange | Upload


def compose(
    segments: Iterable[Literal | Piece],
    minimum: int = 5 * MIB,
    largest: int = 5 * 1024 * MIB,
    buffer: int = 16 * MIB,
) -> list[Part]:
    """Parts that make exactly the segments' bytes, in order; none for no bytes (such an object is put, not composed).

    Sizes are bytes. An Upload never has more than `buffer + minimum`, so that much memory serves any object.
    Raises PermanentError where 10,000 parts cannot hold it.
    """
    if not 0 < minimum <= buffer or largest < 2 * minimum:
        raise ValueError(f"no parts of {minimum} to {largest} bytes can be made with a buffer of {buffer}")
    whole = [s for s in segments if s.size]
    # Pieces just large enough to copy can be too many: then larger and larger ones travel together through us.
    parts: list[Part] = []
    for copied_from in (minimum, (minimum + buffer) // 2, buffer + 1):
        parts = _Plan(minimum, largest, buffer, copied_from).parts_of(whole)
        if len(parts) <= MAX_PARTS:
            return parts
    raise PermanentError(
        f"The object would have {len(parts)} parts, and the store takes {MAX_PARTS}.",
        "Split the export into several files, or let its parts be larger.",
    )


@dataclass
class _Plan:
    """Parts so far, and `held`: items of the upload that is being filled, `size` bytes."""

    minimum: int
    largest: int
    buffer: int
    copied_from: int
    parts: list[Part] = field(default_factory=list)
    held: list[Literal | CopyRange] = field(default_factory=list)
    size: int = 0

    def parts_of(self, segments: Iterable[Literal | Piece]) -> list[Part]:
        for segment in segments:
            if isinstance(segment, Literal):
                self._hold(segment)
            elif segment.size - self._missing() < self.copied_from:
                self._hold(CopyRange(segment.key, segment.start, segment.end))
            else:
                self._copy(segment, self._missing())
        self._emit()
        return self.parts

    def _missing(self) -> int:
        """How many bytes the upload lacks before it may be a part."""
        return max(0, self.minimum - self.size) if self.held else 0

    def _copy(self, piece: Piece, head: int) -> None:
        middle = piece.start + head
        if head:
            self._hold(CopyRange(piece.key, piece.start, middle))
        self._emit()
        self.parts += _ranges(piece.key, middle, piece.end, self.largest)

    def _hold(self, item: Literal | CopyRange) -> None:
        while self.size + item.size > self.buffer + self.minimum:
            room = max(0, self.buffer - self.size)
            if room:
                head, item = _split(item, room)
                self._append(head)
            self._emit()
        self._append(item)

    def _append(self, item: Literal | CopyRange) -> None:
        self.held.append(item)
        self.size += item.size

    def _emit(self) -> None:
        if self.held:
            self.parts.append(Upload(tuple(self.held)))
            self.held, self.size = [], 0


def _split(item: Literal | CopyRange, at: int) -> tuple[Literal | CopyRange, Literal | CopyRange]:
    if isinstance(item, Literal):
        return Literal(item.data[:at]), Literal(item.data[at:])
    middle = item.start + at
    return CopyRange(item.key, item.start, middle), CopyRange(item.key, middle, item.end)


def _ranges(key: str, start: int, end: int, largest: int) -> Iterator[CopyRange]:
    """Equal ranges, so that the last one is never too small."""
    count = -(-(end - start) // largest)
    bounds = [start + (end - start) * i // count for i in range(count + 1)]
    for first, last in itertools.pairwise(bounds):
        yield CopyRange(key, first, last)
