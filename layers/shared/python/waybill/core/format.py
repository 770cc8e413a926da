"""Formats of a data file, and the frame around its rows.

Whoever wrote them, and however many pieces they came in, the rows of one file are joined by one rule: prefix, pieces
joined by the separator, suffix. A piece with no bytes is left out together with its separator, so a worker that found
no rows leaves no trace. A piece holds whole rows: JSON rows with `,` and LF between them, NDJSON and CSV rows each
ended by LF.

CSV is RFC 4180 with LF line ends instead of CRLF: values keep the line breaks they came with, and LF is what other
tools of the field (DuckDB, PostgreSQL, Spark) write and every reader takes. It is lossless: a null is nothing
between two delimiters, an empty string is `""`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from waybill.core.catalog import DataField


class RowFormat(StrEnum):
    """How rows are written. Timestamps are `2026-03-29T01:00:00Z`, with a fraction only where there is one."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


class CsvProfile(StrEnum):
    """`lossless` as above; `spreadsheet` starts with a byte order mark and defuses what a spreadsheet would take for a
    formula; `base64` writes every text as base64 of its UTF-8.
    """

    LOSSLESS = "lossless"
    SPREADSHEET = "spreadsheet"
    BASE64 = "base64"


class Compression(StrEnum):
    """Of a data file: `gzip` adds `.gz` to its name, `zstd` `.zst`."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


@dataclass(frozen=True)
class Writing:
    """How the row engine writes. In another `zone` than UTC, timestamps carry its offset: `2026-03-29T03:00:00+02:00`."""

    format: RowFormat
    csv: CsvProfile = CsvProfile.LOSSLESS
    zone: str = "UTC"


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


_EXTENSIONS = {RowFormat.JSON: "json", RowFormat.NDJSON: "ndjson", RowFormat.CSV: "csv"}
_MEDIA_TYPES = {
    RowFormat.JSON: "application/json",
    RowFormat.NDJSON: "application/x-ndjson",
    RowFormat.CSV: "text/csv; charset=utf-8; header=present",
}


def extension(row_format: RowFormat) -> str:
    """The end of a file's name, without a dot."""
    return _EXTENSIONS[row_format]


def media_type(row_format: RowFormat) -> str:
    """The `Content-Type` of a data file."""
    return _MEDIA_TYPES[row_format]


def framing(writing: Writing, fields: Sequence[DataField]) -> Framing:
    """The frame of a file with these fields in this order. A field's name needs no quotes (`catalog.Name`)."""
    match writing.format:
        case RowFormat.JSON:
            return Framing(b"[\n", b",\n", b"\n]\n")
        case RowFormat.NDJSON:
            return Framing(b"", b"", b"")
        case RowFormat.CSV:
            return Framing(",".join(f.name for f in fields).encode() + b"\n", b"", b"")
