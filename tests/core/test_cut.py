from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.core.cut import Cutter
from waybill.core.format import RowFormat
from waybill.core.rule_settings import FileLimit

texts = st.text(st.sampled_from(list('ab",\n\r\u2028é')), max_size=8)
tables = st.lists(st.tuples(texts, texts), max_size=30)


def cut_at(data: bytes, ends: list[int]) -> Iterator[bytes]:
    """Blocks that end with a line, as an engine writes them."""
    start = 0
    for end in sorted(e % (len(data) + 1) for e in ends):
        line_end = data.find(b"\n", end) + 1
        if line_end > start:
            yield data[start:line_end]
            start = line_end
    if data[start:]:
        yield data[start:]


def pieces_of(blocks: Iterator[bytes], row_format: RowFormat, limit: FileLimit) -> list[tuple[bytes, int]]:
    cutter = Cutter(blocks, row_format, limit)
    found = []
    for piece in cutter.pieces():
        whole = b"".join(piece)
        found.append((whole, cutter.rows))
    return found


@given(tables, st.lists(st.integers(0, 500), max_size=5), st.integers(1, 7))
def test_csv_is_cut_at_records_ends(rows: list[tuple[str, str]], ends: list[int], most: int) -> None:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found = pieces_of(cut_at(made.getvalue().encode(), ends), RowFormat.CSV, FileLimit(rows=most))
    assert b"".join(piece for piece, _ in found) == made.getvalue().encode()
    read = [list(csv.reader(io.StringIO(piece.decode(), newline=""))) for piece, _ in found]
    assert [len(r) for r in read] == [count for _, count in found]
    assert [tuple(row) for piece in read for row in piece] == rows
    assert all(count == most for _, count in found[:-1])


@given(tables, st.lists(st.integers(0, 500), max_size=5), st.integers(1, 7))
def test_json_pieces_are_valid_alone(rows: list[tuple[str, str]], ends: list[int], most: int) -> None:
    data = ",\n".join(json.dumps({"a": a, "b": b}) for a, b in rows).encode()
    found = pieces_of(cut_at(data, ends), RowFormat.JSON, FileLimit(rows=most))
    read = [json.loads(b"[" + piece + b"]") for piece, _ in found]
    assert [len(r) for r in read] == [count for _, count in found]
    assert [(row["a"], row["b"]) for piece in read for row in piece] == rows


@pytest.mark.parametrize("row_format", [RowFormat.NDJSON, RowFormat.JSON])
def test_many_rows_are_cut_by_bytes(row_format: RowFormat) -> None:
    between = b",\n" if row_format is RowFormat.JSON else b"\n"
    rows = [json.dumps({"n": n, "text": "x" * (n % 50)}).encode() for n in range(60_000)]
    whole = between.join(rows) + (b"" if row_format is RowFormat.JSON else b"\n")
    found = pieces_of(cut_at(whole, list(range(0, len(whole), 1 << 16))), row_format, FileLimit(bytes=1_000_000))
    assert sum(count for _, count in found) == 60_000
    assert all(900_000 < len(piece) <= 1_000_000 for piece, _ in found[:-1])
    assert between.join(piece.rstrip(b",\n") for piece, _ in found) == whole.rstrip(b"\n")


def test_one_row_over_the_limit_is_a_piece_of_its_own() -> None:
    rows = b"".join(b'{"t":"' + b"x" * size + b'"}\n' for size in (10, 2_000_000, 10))
    found = pieces_of(iter([rows]), RowFormat.NDJSON, FileLimit(bytes=1_000_000))
    assert [count for _, count in found] == [1, 1, 1]
