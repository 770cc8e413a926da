"""Compressed data files that many hands made: every piece is a whole gzip member (RFC 1952) or zstd frame (RFC 8878).

Both formats promise that concatenated members or frames read as their contents one after another. So the pieces of one
file can be compressed by whoever packages them and composed as they are, and the file's frame (prefix, separators,
suffix) joins them as a `literal`.
"""

from __future__ import annotations

import zlib

from waybill.core.format import Compression

_ENDINGS = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}
_MEDIA_TYPES = {Compression.GZIP: "application/gzip", Compression.ZSTD: "application/zstd"}
_BLOCK = 128 << 10
"""The most that a block of a zstd frame may hold."""


def name_ending(compression: Compression) -> str:
    """What comes after the format's own extension, with its dot; empty for no compression."""
    return _ENDINGS[compression]


def media_type(compression: Compression, plain: str) -> str:
    """The `Content-Type` of a compressed file whose contents are of type `plain`."""
    return _MEDIA_TYPES.get(compression, plain)


def literal(compression: Compression, data: bytes) -> bytes:
    """A few bytes of our own as a member or frame of their own: the same bytes always; nothing for nothing."""
    if not data or compression is Compression.NONE:
        return data
    return _gzip_member(data) if compression is Compression.GZIP else _zstd_frame(data)


def _gzip_member(data: bytes) -> bytes:
    """No name, no time, system unknown."""
    deflate = zlib.compressobj(0, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return head + deflate.compress(data) + deflate.flush() + tail


def _zstd_frame(data: bytes) -> bytes:
    """Raw blocks: magic number; a descriptor for a single segment and a content size of 4 bytes, no check sum; blocks
    of which each has its size, its type (0: raw) and whether it is the last in 3 bytes.
    """
    head = b"\x28\xb5\x2f\xfd" + b"\xa0" + len(data).to_bytes(4, "little")
    starts = range(0, len(data), _BLOCK)
    blocks = [(data[s : s + _BLOCK], s == starts[-1]) for s in starts]
    return head + b"".join((len(b) << 3 | last).to_bytes(3, "little") + b for b, last in blocks)
