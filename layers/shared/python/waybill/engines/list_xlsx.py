"""A list as an XLSX workbook: the rows on the first sheet, what was asked on the second.

Text is always text: never a formula, never a link. A number is a number where a spreadsheet keeps all its digits, else
text; a time is a real date of the list's zone, to the millisecond. Memory is bounded: a row is on the disk before the
next is made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from waybill.core.catalog import FieldType
from waybill.core.errors import ConfigurationError
from waybill.core.listing import Column, Listing, cut, instant, sheet_number, shown, visible

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 1_048_575
"""The format's limit, less the row of headings."""
MAX_CELL = 32_767
"""Characters, as UTF-16 counts them."""
_WIDTHS = {FieldType.TIMESTAMP: 24, FieldType.JSON: 50, FieldType.STRING: 28, FieldType.ANY: 28}
_EARLIEST = datetime(1900, 3, 1)  # noqa: DTZ001 - before, spreadsheets disagree on what day it is
_PIECE = 1 << 20
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def xlsx(listing: Listing, temp_dir: Path) -> Iterator[bytes]:
    """The workbook in pieces of 1 MiB. The same listing gives the same bytes.

    Raises ConfigurationError before anything is written where the list has more rows than a sheet holds. A folder of
    its own below `temp_dir` holds the workbook, and is gone when the iterator ends.
    """
    if listing.count > MAX_ROWS:
        raise _too_long(listing.count)
    return _written(listing, temp_dir)


def _too_long(rows: int) -> ConfigurationError:
    return ConfigurationError(
        f"The list has {rows} rows, and an XLSX sheet holds {MAX_ROWS}.",
        "Narrow the query, or export the rows as CSV.",
    )


def _written(listing: Listing, temp_dir: Path) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="list-", dir=temp_dir) as folder:
        path = Path(folder, "list.xlsx")
        with xlsxwriter.Workbook(path, {**_OPTIONS, "tmpdir": folder}) as book:
            book.set_properties({"title": _text(listing.title)[:255], "created": listing.made_at.replace(tzinfo=None)})
            _rows(book, listing)
            _query(book, listing)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _rows(book: xlsxwriter.Workbook, listing: Listing) -> None:
    sheet = book.add_worksheet("Rows")
    head = book.add_format({"bold": True, "bg_color": "#E8EDF3", "bottom": 1, "text_wrap": True, "valign": "top"})
    cells = _Cells(book, sheet, ZoneInfo(listing.zone))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, listing.count), max(0, len(listing.columns) - 1))
    for number, column in enumerate(listing.columns):
        heading = listing.heading(column)
        sheet.set_column(number, number, min(60, max(_WIDTHS.get(column.field.type, 14), len(heading) + 4)))
        sheet.write_string(0, number, _text(heading), head)
    for at, row in enumerate(listing.rows, start=1):
        if at > MAX_ROWS:
            raise _too_long(at)
        for number, column in enumerate(listing.columns):
            cells.write(at, number, column, row.get(column.field.name))


def _query(book: xlsxwriter.Workbook, listing: Listing) -> None:
    sheet = book.add_worksheet("Query")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, _text(listing.title), book.add_format({"bold": True, "font_size": 14}))
    for at, line in enumerate(listing.preamble(), start=1):
        sheet.write_string(at, 0, _text(line), wrapped)


class _Cells:
    """Writes values into a sheet."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Any, zone: ZoneInfo) -> None:
        self._sheet, self._zone = sheet, zone
        self._text = book.add_format({"num_format": "@", "valign": "top"})
        self._plain = book.add_format({"valign": "top"})
        self._second = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})
        self._fraction = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000", "valign": "top"})

    def write(self, at: int, number: int, column: Column, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(at, number, value, self._plain)
        elif (amount := sheet_number(value)) is not None:
            self._sheet.write_number(at, number, amount, self._plain)
        elif column.field.type is FieldType.TIMESTAMP and (date := self._date(value)):
            self._sheet.write_datetime(at, number, date, self._fraction if date.microsecond else self._second)
        else:
            self._sheet.write_string(at, number, _text(shown(column, value, self._zone)), self._text)

    def _date(self, value: Any) -> datetime | None:
        """The zone's own time; None where a spreadsheet has no such date."""
        found = instant(value)
        if found is None:
            return None
        moment, fraction = found
        try:
            local = moment.astimezone(self._zone).replace(tzinfo=None)
        except OverflowError:
            return None
        return local.replace(microsecond=int(f"{fraction:0<3}"[:3]) * 1_000) if local >= _EARLIEST else None


def _text(text: str) -> str:
    """What XML and a cell can hold. A character beyond the basic plane counts as two."""
    seen = visible(text)
    wide = sum(c > "\uffff" for c in seen) if len(seen) > MAX_CELL // 2 else 0
    return cut(seen, MAX_CELL - wide) if len(seen) + wide > MAX_CELL else seen
