"""Volumes: every entry in one, each within its bound where that can be, and made of the pieces' own bytes."""

from __future__ import annotations

import io
import itertools
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from waybill.core.archive import EntryWriter, central_directory
from waybill.core.compose import Literal, Piece
from waybill.core.manifest import Entry
from waybill.core.volumes import Placed, ZippedPiece, media_once, placed, segments, size_of, volumes_of
from waybill.core.zip_entry import ZippedEntry

AT = datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)


def written(name: str, data: bytes) -> tuple[bytes, ZippedEntry]:
    large = len(data) % 2 == 1  # of either form
    writer = EntryWriter(name, AT, [data], compressor=None, cipher=None, large=large, crc32=zlib.crc32)
    coded = b"".join(writer)
    entry = Entry(name=name, kind="data", dataset="d", size=len(data), sha256="0" * 64)
    return coded, ZippedEntry(record=writer.entry, entry=entry, source=name)


def pieces_of(given_pieces: list[list[tuple[str, int]]]) -> tuple[dict[str, bytes], list[Placed]]:
    stored: dict[str, bytes] = {}
    found: list[Placed] = []
    for number, entries in enumerate(given_pieces):
        made = [written(name, bytes([number]) * size) for name, size in entries]
        stored[f"piece {number}"] = b"".join(coded for coded, _ in made)
        found += placed(ZippedPiece(key=f"piece {number}", entries=tuple(z for _, z in made)))
    return stored, found


def archive(stored: dict[str, bytes], volume: list[Placed]) -> bytes:
    body = b"".join(p.data if isinstance(p, Literal) else stored[p.key][p.start : p.end] for p in segments(volume))
    return body + central_directory([one.zipped.record for one in volume])


names = st.text("abcé/", min_size=1, max_size=6).filter(lambda n: all(n.split("/")))


pieces = st.lists(st.lists(st.tuples(names, st.integers(0, 400)), max_size=6), max_size=4)


@given(pieces, st.integers(100, 2_000))
def test_every_entry_is_in_one_volume_that_opens_alone(given_pieces: list[list[tuple[str, int]]], limit: int) -> None:
    stored, every = pieces_of(given_pieces)
    once = media_once(every)
    assert {one.name for one in once} == {one.name for one in every}
    volumes = volumes_of(once, limit)
    assert [one for volume in volumes for one in volume] == once
    for volume in volumes:
        data = archive(stored, volume)
        assert len(data) <= size_of(volume)
        assert len(data) <= limit or len(volume) == 1
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            assert opened.testzip() is None
            assert {n: len(opened.read(n)) for n in opened.namelist()} == {
                one.name: one.zipped.entry.size for one in volume
            }
    # No volume is begun before it must be.
    for volume, following in itertools.pairwise(volumes):
        assert size_of([*volume, following[0]]) > limit
    assert volumes_of(once, None) == [once]


def test_neighbours_of_a_piece_are_one_range() -> None:
    _, every = pieces_of([[("a", 1), ("b", 1), ("c", 1)], [("d", 1)]])
    a, b, c, d = every
    assert segments([a, b, c, d]) == [Piece("piece 0", c.start + c.length), Piece("piece 1", d.length)]
    assert segments([a, c]) == [Piece("piece 0", a.length), Piece("piece 0", c.length, c.start)]


@given(pieces, st.sets(st.integers(0, 30)), st.integers(100, 2_000))
def test_entries_that_got_another_name_are_read_under_it(
    given_pieces: list[list[tuple[str, int]]], renamed: set[int], limit: int
) -> None:
    stored, every = pieces_of(given_pieces)
    once = [
        replace(one, zipped=one.zipped.called(f"{one.name} once").called(f"{one.name} ünd again {number}"))
        if number in renamed
        else one
        for number, one in enumerate(media_once(every))
    ]
    for volume in volumes_of(once, limit):
        data = archive(stored, volume)
        assert len(data) <= size_of(volume)
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            assert opened.testzip() is None
            read = {name: opened.read(name) for name in opened.namelist()}
        assert read == {one.name: one.key[-1:].encode().translate(NUMBERS) * one.zipped.entry.size for one in volume}


NUMBERS = bytes.maketrans(b"0123", bytes(range(4)))


def test_data_are_never_left_out() -> None:
    _, (one, same) = pieces_of([[("a", 1)], [("a", 2)]])
    data = [replace(p, zipped=p.zipped.model_copy(update={"source": ""})) for p in (one, same)]
    assert media_once([one, same]) == [one]
    assert media_once(data) == data, "an archive is refused that would hold both"
