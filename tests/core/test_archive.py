"""The records of an archive, against Python's reader, without any engine."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.archive import (
    DEFLATED,
    STORED,
    Compressor,
    Entry,
    EntryWriter,
    already_compressed,
    blocks,
    central_directory,
    check_name,
    derive_salt,
)
from waybill.core.errors import PermanentError

AT = datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)
GIB = 1 << 30


def written(name: str, data: Iterable[bytes], compressor: Compressor | None = None, large: bool = False) -> EntryWriter:
    return EntryWriter(name, AT, data, compressor=compressor, cipher=None, large=large)


def archive(*writers: EntryWriter) -> bytes:
    body = b"".join(b"".join(w) for w in writers)
    return body + central_directory([w.entry for w in writers])


@given(st.lists(st.binary(max_size=40), max_size=8), st.booleans(), st.booleans())
def test_python_reads_what_was_written(chunks: list[bytes], deflate: bool, large: bool) -> None:
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15) if deflate else None
    data = archive(written("days/été.ndjson", chunks, compressor, large), written("empty", []))

    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert read.namelist() == ["days/été.ndjson", "empty"]
        assert read.read("days/été.ndjson") == b"".join(chunks)
        info = read.getinfo("days/été.ndjson")
    assert info.date_time == (2026, 3, 29, 1, 0, 0)
    assert info.external_attr >> 16 == 0o100644
    assert info.flag_bits & 1 << 11
    assert info.compress_type == (DEFLATED if deflate else STORED)


def test_what_a_writer_knows_at_its_end() -> None:
    writer = written("a", [b"12", b"3"])
    with pytest.raises(ValueError, match="not written"):
        writer.entry  # noqa: B018 - reading it too early is the test
    length = len(b"".join(writer))

    assert writer.entry == Entry("a", AT, STORED, None, zlib.crc32(b"123"), 3, 3, length)


@pytest.mark.parametrize(("name", "answer"), [("a/b.MP3", True), ("a.csv", False), ("zip", True), ("a.zip.txt", False)])
def test_media_is_not_deflated_again(name: str, answer: bool) -> None:
    assert already_compressed(name) is answer


def test_a_small_archive_asks_for_an_old_tool_only() -> None:
    data = archive(written("a", [b"x"]))

    assert struct.unpack_from("<H", data, 4) == (20,)
    assert b"PK\x06\x06" not in data


def test_no_entries_are_an_archive_too() -> None:
    with zipfile.ZipFile(io.BytesIO(central_directory([]))) as read:
        assert read.namelist() == []


def listed(name: str, size: int, packed: int, length: int) -> Entry:
    return Entry(name, AT, DEFLATED, None, 7, size, packed, length)


def test_seventy_thousand_entries() -> None:
    directory = central_directory([listed(f"f{i}", 0, 0, 0) for i in range(70_000)])

    assert directory.count(b"PK\x06\x06") == 1
    assert directory.endswith(struct.pack("<4HIIH", 0, 0, 0xFFFF, 0xFFFF, directory.index(b"PK\x06\x06"), 0, 0))


def test_numbers_over_four_gib_go_to_the_zip64_field_and_no_others() -> None:
    entries = [
        listed("small", 3, 3, 50),
        listed("huge", 9 * GIB, 5 * GIB, 5 * GIB + 60),
        listed("half", 5 * GIB, 10, 70),
        listed("end", 3, 3, 50),
    ]
    directory = central_directory(entries)

    found = zipfile.ZipFile(io.BytesIO(_with_nothing_before(directory, 5 * GIB + 230)))
    infos = {i.filename: i for i in found.infolist()}
    assert (infos["huge"].file_size, infos["huge"].compress_size) == (9 * GIB, 5 * GIB)
    assert (infos["half"].file_size, infos["half"].compress_size) == (5 * GIB, 10)
    assert infos["end"].header_offset == 5 * GIB + 180
    assert [i.extract_version for i in found.infolist()] == [20, 45, 45, 45]
    assert [len(i.extra) for i in found.infolist()] == [9, 9 + 20, 9 + 20, 9 + 12]


def _with_nothing_before(directory: bytes, gap: int) -> bytes:
    """The directory alone, as if its entries had no length: Python asks where it stands, not for the entries."""
    end64 = directory.index(b"PK\x06\x06")
    assert struct.unpack_from("<Q", directory, end64 + 48) == (gap,)
    moved = bytearray(directory)
    struct.pack_into("<Q", moved, end64 + 48, 0)
    struct.pack_into("<Q", moved, directory.index(b"PK\x06\x07") + 8, end64)
    return bytes(moved)


def test_a_large_entry_must_be_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waybill.core.archive._MAX_32", 100)

    with pytest.raises(PermanentError, match="large"):
        b"".join(written("a", [b"x" * 101]))
    writer = written("a", [b"x" * 101], large=True)
    b"".join(writer)
    assert writer.entry.size == 101


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/../b", "..", "./a", "a//b", "a/", "a\\b", "a\x00b", "a\nb", "a\x7f", "C:/x", "a\ud800", "x" * 65_536],
)
def test_names_that_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the surrogate's error is the codec's own
        check_name(name)


@pytest.mark.parametrize("name", ["a", "a/b.csv", "press/2026-03-29-01:00:00/x.csv", "日本/😀 z.json", "..a", "a..b"])
def test_names_that_stay_are_taken(name: str) -> None:
    check_name(name)


def test_two_entries_of_one_name_are_refused() -> None:
    writer = written("a", [])
    b"".join(writer)
    with pytest.raises(PermanentError, match="called a"):
        central_directory([writer.entry, writer.entry])


@pytest.mark.parametrize("year", [1970, 2108])
def test_times_that_the_format_cannot_hold_become_its_nearest(year: int) -> None:
    writer = EntryWriter("a", AT.replace(year=year), [], compressor=None, cipher=None, large=False)
    with zipfile.ZipFile(io.BytesIO(archive(writer))) as read:
        assert read.getinfo("a").date_time[0] in (1980, 2107)


@given(st.lists(st.binary(max_size=30), max_size=10), st.integers(1, 20))
def test_blocks_do_not_depend_on_how_data_arrives(chunks: list[bytes], size: int) -> None:
    whole = b"".join(chunks)
    assert list(blocks(chunks, size)) == [whole[at : at + size] for at in range(0, len(whole), size)]


def test_a_chunk_of_a_block_s_size_waits_for_what_came_before_it() -> None:
    assert list(blocks([b"abc", b"d", b"efg", b"hi"], 3)) == [b"abc", b"def", b"ghi"]


def test_a_salt_is_repeated_for_a_retry_and_for_nothing_else() -> None:
    salt = derive_salt("run", 1, "a", "v1")
    others = [
        ("run", 2, "a", "v1"),
        ("run", 1, "b", "v1"),
        ("run", 1, "a", "v2"),
        ("run1", 1, "a", "v"),
        ("r", 1, "un", "a"),
    ]

    assert derive_salt("run", 1, "a", "v1") == salt
    assert len(salt) == 16
    assert len({salt, *(derive_salt(*o) for o in others)}) == 6
