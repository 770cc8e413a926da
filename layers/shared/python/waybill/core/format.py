"""Formats of a data file, and the frame around its rows.

Whoever wrote them, and however many pieces they came in, the rows of one file are joined by one rule: prefix, pieces
joined by the separator, suffix. A piece with no bytes is left out together with its separator, so a worker that found
no rows leaves no trace. A piece holds whole rows: JSON rows with `,` and LF between them, rows of every other format
each ended by LF. A Parquet file cannot be joined: each of its pieces is a whole file with a frame of nothing.

CSV is RFC 4180 with LF line ends instead of CRLF: values keep the line breaks they came with, and LF is what other
tools of the field (DuckDB, PostgreSQL, Spark) write and every reader takes. It is lossless: a null is nothing
between two delimiters, an empty string is `""`.

XML is one `<row>` a line with one element a field, named as the field is. An open column, whose name may be none of
XML's, is `<column name="city">`, under what the customer calls it; a name with U+FFFE or U+FFFF, which XML cannot hold, is
base64 and has the attribute `name_encoding="base64"`. A null is no element, an empty string an empty one. Text is escaped so
that every parser gives it back as it was, white space included; text with a character that XML 1.0 cannot hold is base64 of
its UTF-8, and its element has `encoding="base64"`. A json field holds its JSON text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from waybill.core.catalog import DataField


class RowFormat(StrEnum):
    """How rows are written. Timestamps are `2026-03-29T01:00:00Z`, with a fraction only where there is one."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    XML = "xml"
    PARQUET = "parquet"


class CsvProfile(StrEnum):
    """`lossless` as above; `spreadsheet` starts with a byte order mark and has `'` before a text that starts with one of
    `FORMULA_STARTS`; `base64` writes every text as base64 of its UTF-8, and every other type as it is.
    """

    LOSSLESS = "lossless"
    SPREADSHEET = "spreadsheet"
    BASE64 = "base64"


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a text for a formula, after OWASP (https://owasp.org/www-community/attacks/CSV_Injection);
the last four are the full-width forms of the first four. Numbers are no texts: -5 stays -5."""


class Compression(StrEnum):
    """Of a data file: `gzip` adds `.gz` to its name, `zstd` `.zst`. In a Parquet file, of its pages: no name changes."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True)
class Writing:
    """How the row engine writes. In another `zone` than UTC, timestamps carry its offset: `2026-03-29T03:00:00+02:00`;
    Parquet has instants, and no zone. `parquet` compresses inside such a file.
    """

    format: RowFormat
    csv: CsvProfile = CsvProfile.LOSSLESS
    zone: str = "UTC"
    parquet: Compression = Compression.ZSTD


@dataclass(frozen=True)
class Framing:
    """What a data file has before, between and after its pieces."""

    prefix: bytes
    separator: bytes
    suffix: bytes

    def join(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The whole file, for who has all its pieces at hand; `compose` does the same with ranges of objects."""
        yield self.prefix
        first = True
        for piece in pieces:
            if not piece:
                continue
            if not first:
                yield self.separator
            first = False
            yield piece
        yield self.suffix


_EXTENSIONS = {f: f.value for f in RowFormat}
_MEDIA_TYPES = {
    RowFormat.JSON: "application/json",
    RowFormat.NDJSON: "application/x-ndjson",
    RowFormat.CSV: "text/csv; charset=utf-8; header=present",
    RowFormat.XML: "application/xml",
    RowFormat.PARQUET: "application/vnd.apache.parquet",
}


def extension(row_format: RowFormat) -> str:
    """The end of a file's name, without a dot."""
    return _EXTENSIONS[row_format]


def media_type(row_format: RowFormat) -> str:
    """The `Content-Type` of a data file."""
    return _MEDIA_TYPES[row_format]


def framing(writing: Writing, fields: Sequence[DataField]) -> Framing:
    """The frame of a file with these fields in this order."""
    match writing.format:
        case RowFormat.JSON:
            return Framing(b"[\n", b",\n", b"\n]\n")
        case RowFormat.NDJSON | RowFormat.PARQUET:
            return Framing(b"", b"", b"")
        case RowFormat.CSV:
            mark = _BOM if writing.csv is CsvProfile.SPREADSHEET else b""
            return Framing(mark + ",".join(_header(f.name) for f in fields).encode() + b"\n", b"", b"")
        case RowFormat.XML:
            return Framing(b'<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n', b"", b"</rows>\n")


_BOM = b"\xef\xbb\xbf"


def _header(name: str) -> str:
    """A field's name needs no quotes, an open column's may; no name holds a quote itself (`catalog.FieldName`)."""
    return name if re.fullmatch(r"[\w.]+", name) else f'"{name}"'
