"""Every object that `compose` plans has exactly the segments' bytes and keeps every rule of S3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.compose import MAX_PARTS, MIB, CopyRange, Literal, Part, Piece, Upload, compose
from waybill.core.errors import PermanentError

MINIMUM, LARGEST, BUFFER = 5, 50, 16


def stored(key: str, size: int) -> bytes:
    return bytes((hash((key, i // 7)) + i) % 256 for i in range(size))


@st.composite
def segments(draw: st.DrawFn) -> list[Literal | Piece]:
    sizes = draw(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 200)), max_size=30))
    literal = draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    return [
        Literal(stored(f"literal {i}", size)) if own else Piece(f"piece {i}", size, draw(st.integers(0, 3)))
        for i, (size, own) in enumerate(zip(sizes, literal, strict=True))
    ]


def bytes_of(part: Part, objects: dict[str, bytes]) -> bytes:
    items = part.items if isinstance(part, Upload) else (part,)
    return b"".join(i.data if isinstance(i, Literal) else objects[i.key][i.start : i.end] for i in items)


@given(segments())
def test_the_parts_are_the_segments_and_keep_the_rules(given_segments: list[Literal | Piece]) -> None:
    objects = {s.key: stored(s.key, s.end + 2) for s in given_segments if isinstance(s, Piece)}
    wanted = b"".join(s.data if isinstance(s, Literal) else objects[s.key][s.start : s.end] for s in given_segments)

    parts = compose(given_segments, MINIMUM, LARGEST, BUFFER)

    assert b"".join(bytes_of(p, objects) for p in parts) == wanted
    assert all(p.size >= MINIMUM for p in parts[:-1])
    assert all(p.size > 0 for p in parts)
    assert all(MINIMUM <= p.size <= LARGEST for p in parts if isinstance(p, CopyRange))
    assert all(p.size <= BUFFER + MINIMUM for p in parts if isinstance(p, Upload))
    assert compose(given_segments, MINIMUM, LARGEST, BUFFER) == parts


def test_large_pieces_are_copied_and_only_the_frame_is_sent() -> None:
    parts = compose([Piece("a", 100 * MIB), Piece("b", 200 * MIB), Literal(b"end")])

    assert parts == [CopyRange("a", 0, 100 * MIB), CopyRange("b", 0, 200 * MIB), Upload((Literal(b"end"),))]


def test_a_prefix_takes_the_first_bytes_of_its_neighbour() -> None:
    parts = compose([Literal(b"[\n"), Piece("a", 100 * MIB)])

    head = 5 * MIB - 2
    assert parts == [Upload((Literal(b"[\n"), CopyRange("a", 0, head))), CopyRange("a", head, 100 * MIB)]


def test_a_piece_over_the_largest_part_is_copied_in_equal_ranges() -> None:
    size = 5 * 1024 * MIB + 1

    assert [p.size for p in compose([Piece("a", size)])] == [size // 2, size - size // 2]


def test_a_range_of_an_object_is_copied_as_one() -> None:
    assert compose([Piece("a", 100 * MIB, 7)]) == [CopyRange("a", 7, 100 * MIB + 7)]


def test_nothing_needs_no_part() -> None:
    assert compose([Literal(b""), Piece("a", 0)]) == []


def test_too_many_pieces_to_copy_travel_together() -> None:
    parts = compose([Piece(str(i), 6 * MIB) for i in range(15_000)])

    assert len(parts) <= MAX_PARTS
    assert sum(p.size for p in parts) == 15_000 * 6 * MIB


def test_an_object_that_no_plan_can_hold_is_refused() -> None:
    with pytest.raises(PermanentError, match="10000"):
        compose([Piece(str(i), 40) for i in range(MAX_PARTS + 1)], MINIMUM, LARGEST, BUFFER)
