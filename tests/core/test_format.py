"""The frame around a data file's rows."""

from __future__ import annotations

import json

import pytest

from waybill.core.catalog import DataField, FieldType
from waybill.core.format import CsvProfile, Framing, RowFormat, Writing, extension, framing, media_type

FIELDS = [DataField(name=n, type=FieldType.STRING, description="for tests") for n in ("id", "created_at")]


@pytest.mark.parametrize(
    ("row_format", "pieces", "wanted"),
    [
        (RowFormat.JSON, [], b"[\n\n]\n"),
        (RowFormat.JSON, [b"", b'{"a":1}', b"", b'{"a":2},\n{"a":3}'], b'[\n{"a":1},\n{"a":2},\n{"a":3}\n]\n'),
        (RowFormat.NDJSON, [b"{}\n", b"", b"{}\n{}\n"], b"{}\n{}\n{}\n"),
        (RowFormat.PARQUET, [b"PAR1"], b"PAR1"),
        (RowFormat.CSV, [], b"id,created_at\n"),
        (
            RowFormat.XML,
            [b"<row></row>\n", b""],
            b'<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n<row></row>\n</rows>\n',
        ),
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


def test_a_spreadsheet_starts_with_a_byte_order_mark() -> None:
    assert framing(Writing(RowFormat.CSV, CsvProfile.SPREADSHEET), FIELDS).prefix == "\ufeffid,created_at\n".encode()
    assert framing(Writing(RowFormat.CSV, CsvProfile.BASE64), FIELDS).prefix == b"id,created_at\n"


def test_names_of_open_columns_are_quoted_where_they_must_be() -> None:
    fields = [
        DataField(name=n, type=FieldType.ANY, description="for tests") for n in ("a.city", "a.b, c", "a.=1+1", "a.ü")
    ]

    assert framing(Writing(RowFormat.CSV), fields).prefix.decode() == 'a.city,"a.b, c","a.=1+1",a.ü\n'
