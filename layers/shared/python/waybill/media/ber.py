"""Reading BER (X.690) from chunks as they come, so that an element of any size needs bounded memory.

Lengths may be definite or not. Structures that are small are read whole, for asn1crypto to look into.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from waybill.core.prepared import Unprepared

SEQUENCE, SET, OCTET_STRING, CONTEXT_0 = 0x30, 0x31, 0x04, 0xA0
_CONSTRUCTED = 0x20
_SMALL = 1024 * 1024
_DEPTH = 16


DAMAGED = "its CMS structure ends too early or is damaged"


def cut_off() -> Unprepared:
    return Unprepared(DAMAGED)


@contextmanager
def understood(reason: str) -> Iterator[None]:
    """Around whatever looks into a structure with asn1crypto, which reads late and raises all of these for damaged ones."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        raise Unprepared(reason) from None


@dataclass(frozen=True)
class Header:
    """An element's tag (one byte, low form) and the length of its contents; None for an indefinite one."""

    tag: int
    length: int | None
    raw: bytes

    @property
    def constructed(self) -> bool:
        return bool(self.tag & _CONSTRUCTED)

    @property
    def ends(self) -> bool:
        """Whether it is the end of contents of indefinite length."""
        return self.raw == b"\x00\x00"


class Reader:
    """Takes bytes off the front of chunks. Every method raises Unprepared where they end too early or make no sense."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def take(self, count: int) -> bytes:
        parts = list(self.pieces(count))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def pieces(self, count: int) -> Iterator[bytes]:
        """Exactly so many bytes, as they come."""
        while count:
            if not self._held:
                self._held = next(self._chunks, b"")
                if not self._held:
                    raise cut_off()
            piece, self._held = self._held[:count], self._held[count:]
            count -= len(piece)
            yield piece

    def header(self) -> Header:
        start = self.take(2)
        if start[0] & 0x1F == 0x1F:
            raise cut_off()  # CMS has no such tag
        if start[1] < 0x80:
            return Header(start[0], start[1], start)
        if start[1] == 0x80:
            return Header(start[0], None, start)
        if start[1] & 0x7F > 8:
            raise cut_off()
        rest = self.take(start[1] & 0x7F)
        return Header(start[0], int.from_bytes(rest, "big"), start + rest)

    def expected(self, tag: int) -> Header:
        found = self.header()
        if found.tag != tag:
            raise cut_off()
        return found

    def whole(self, header: Header | None = None) -> bytes:
        """A small element, with its header."""
        return self._whole(header or self.header(), 0)

    def _whole(self, header: Header, depth: int) -> bytes:
        if depth > _DEPTH or (header.length or 0) > _SMALL:
            raise cut_off()
        if header.length is not None:
            return header.raw + self.take(header.length)
        if not header.constructed:
            raise cut_off()
        found = header.raw
        while True:
            inner = self.header()
            found += self._whole(inner, depth + 1)
            if inner.ends:
                return found
            if len(found) > _SMALL:
                raise cut_off()

    def octets(self, header: Header, depth: int = 0) -> Iterator[bytes]:
        """The bytes of an octet string of any size: in one piece, or made of others that are octet strings themselves."""
        if depth > _DEPTH:
            raise cut_off()
        if not header.constructed:
            if header.length is None:
                raise cut_off()
            yield from self.pieces(header.length)
            return
        left = header.length
        while left is None or left > 0:
            inner = self.header()
            if inner.ends and left is None:
                return
            if inner.tag & ~_CONSTRUCTED != OCTET_STRING:
                raise cut_off()
            if left is not None:
                if inner.length is None:
                    raise cut_off()  # DER and BER as programs write it: what has a length holds what has one
                left -= len(inner.raw) + inner.length
            yield from self.octets(inner, depth + 1)
        if left:
            raise cut_off()
