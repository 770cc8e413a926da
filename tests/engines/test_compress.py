"""Compressed pieces, composed, read by everybody: gzip, zstd, Python and DuckDB."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from waybill.core.compression import literal, name_ending
from waybill.core.format import Compression, RowFormat, Writing, framing
from waybill.engines import compress
from waybill.engines.compress import compressed

BOTH = [Compression.GZIP, Compression.ZSTD]


def plain(compression: Compression, data: bytes) -> bytes:
    if compression is Compression.GZIP:
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)


def cut(data: bytes, seed: int) -> Iterator[bytes]:
    """With pieces of no bytes among them."""
    rng, start = random.Random(seed), 0
    while start < len(data):
        end = start + rng.choice([0, 1, 1_000, 70_000, 3 << 20])
        yield data[start:end]
        start = end


def body(seed: int, count: int) -> bytes:
    rng = random.Random(seed)
    return b",\n".join(b'{"n":%d,"text":"%d"}' % (n, rng.getrandbits(64)) for n in range(count))


def composed(compression: Compression, bodies: list[bytes]) -> tuple[bytes, bytes]:
    """A JSON file as `seal` composes it from pieces of several parts, and what it must hold."""
    frame = framing(Writing(RowFormat.JSON), ())
    parts = [literal(compression, frame.prefix)]
    for number, one in enumerate(bodies):
        if number:
            parts.append(literal(compression, frame.separator))
        parts += compressed(compression, cut(one, number))
    parts.append(literal(compression, frame.suffix))
    return b"".join(parts), b"".join(frame.join(bodies))


@pytest.mark.parametrize("compression", BOTH)
@pytest.mark.parametrize("bodies", [[], [body(1, 1)], [body(1, 50_000), body(2, 3), body(3, 20_000)]])
def test_a_composed_file_is_read_by_everybody(compression: Compression, bodies: list[bytes], tmp_path: Path) -> None:
    data, wanted = composed(compression, bodies)
    path = tmp_path / f"rows.json{name_ending(compression)}"
    path.write_bytes(data)

    assert plain(compression, data) == wanted
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT count(*), sum(n) FROM read_json('{path}', columns = {{n: 'BIGINT'}})")
        numbers = [r["n"] for r in json.loads(wanted)]
        assert rows.fetchone() == (len(numbers), sum(numbers) if numbers else None)
    program = shutil.which("gzip" if compression is Compression.GZIP else "zstd")
    if program is None:
        pytest.skip(f"the program for {compression} is not installed (tests/programs.sh installs it)")
    assert subprocess.run([program, "-dc", path], check=True, capture_output=True).stdout == wanted


@settings(max_examples=15)
@given(st.sampled_from(BOTH), st.integers(0, 1 << 30), st.integers(0, 1 << 30), st.integers(0, 60_000))
def test_the_same_data_gives_the_same_bytes_however_it_is_cut(
    compression: Compression, one: int, other: int, count: int
) -> None:
    data = body(0, count)
    first = b"".join(compressed(compression, cut(data, one)))

    assert first == b"".join(compressed(compression, cut(data, other)))
    assert (plain(compression, first) if first else b"") == data


@pytest.mark.parametrize("compression", Compression)
def test_nothing_stays_nothing(compression: Compression) -> None:
    assert b"".join(compressed(compression, [b"", b""])) == b""


@pytest.mark.parametrize("compression", BOTH)
def test_a_damaged_file_is_found_out(compression: Compression) -> None:
    data = bytearray(b"".join(compressed(compression, [body(1, 20_000)])))
    data[len(data) // 2] ^= 1
    with pytest.raises((OSError, ValueError, zstandard.ZstdError, EOFError, zlib.error)):
        plain(compression, bytes(data))


def test_output_comes_while_the_input_goes_on() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield random.Random(taken).randbytes(compress.BLOCK)

    for compression in BOTH:
        taken = 0
        pieces = compressed(compression, endless())
        next(pieces), next(pieces)
        assert taken < 5
        pieces.close()  # type: ignore[attr-defined]
