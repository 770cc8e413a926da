"""The frame around a data file's rows."""

from __future__ import annotations

import json

import pytest

from waybill.core.catalog import DataField, FieldType
from waybill.core.format import Framing, RowFormat, Writing, extension, framing, media_type

FIELDS = [DataField(name=n, type=FieldType.STRING, description="for tests") for n in ("id", "created_at")]


@pytest.mark.parametrize(
    ("row_format", "pieces", "wanted"),
    [
        (RowFormat.JSON, [], b"[\n\n]\n"),
        (RowFormat.JSON, [b"", b'{"a":1}', b"", b'{"a":2},\n{"a":3}'], b'[\n{"a":1},\n{"a":2},\n{"a":3}\n]\n'),
        (RowFormat.NDJSON, [b"{}\n", b"", b"{}\n{}\n"], b"{}\n{}\n{}\n"),
        (RowFormat.CSV, [], b"id,created_at\n"),
        (RowFormat.CSV, [b"1,\n", b'"",x\n'], b'id,created_at\n1,\n"",x\n'),
    ],
)
def test_a_file_is_its_pieces_in_their_frame(row_format: RowFormat, pieces: list[bytes], wanted: bytes) -> None:
    whole = b"".join(framing(Writing(row_format), FIELDS).join(pieces))

    assert whole == wanted
    if row_format is RowFormat.JSON:
        json.loads(whole)


def test_an_empty_piece_leaves_no_separator() -> None:
    assert b"".join(Framing(b"<", b"|", b">").join([b"", b"a", b"", b"b", b""])) == b"<a|b>"


@pytest.mark.parametrize("row_format", RowFormat)
def test_every_format_has_a_name_and_a_type(row_format: RowFormat) -> None:
    assert extension(row_format) == row_format.value
    assert "/" in media_type(row_format)
