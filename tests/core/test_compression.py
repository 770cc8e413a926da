"""Members and frames made by hand."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from waybill.core.compression import literal, media_type, name_ending
from waybill.core.format import Compression


def unzipped(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)


@pytest.mark.parametrize("size", [1, 2, 300, 65_535, 65_536, 131_072, 131_073, 300_000])
def test_a_literal_is_whole_and_joins_others(size: int) -> None:
    data = (b"[\n\x00" * size)[:size]
    member, frame = literal(Compression.GZIP, data), literal(Compression.ZSTD, data)

    assert gzip.decompress(member * 3) == data * 3
    assert unzipped(frame * 3) == data * 3
    assert zstandard.frame_content_size(frame) == size
    assert literal(Compression.NONE, data) == data


@pytest.mark.parametrize("compression", Compression)
def test_nothing_stays_nothing(compression: Compression) -> None:
    assert literal(compression, b"") == b""


def test_a_gzip_member_tells_nothing_of_when_and_where() -> None:
    assert literal(Compression.GZIP, b"x")[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_names_and_types() -> None:
    assert [name_ending(c) for c in Compression] == ["", ".gz", ".zst"]
    assert [media_type(c, "text/csv") for c in Compression] == ["text/csv", "application/gzip", "application/zstd"]
