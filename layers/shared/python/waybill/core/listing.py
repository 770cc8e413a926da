"""Lists for people: the rows of a search with what was asked, by whom and when, and how a value is shown in a cell.

A list is no export: long text may be cut, and characters that a file cannot hold are replaced, always so that it can be
seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from waybill.core.catalog import DataField, FieldType

Row = Mapping[str, Any]
"""Values by the field's name, as JSON gives them; numbers may be Decimal. What is not there is null."""

PDF_ROWS, PDF_COLUMNS = 10_000, 24
"""The most that one PDF holds: of rows for the memory that it takes to write them, of columns for the width of a page."""
SHEET_DIGITS = 15
"""How many significant digits a spreadsheet keeps and shows."""


@dataclass(frozen=True)
class Column:
    field: DataField
    heading: str


def column_of(field: DataField) -> Column:
    """Headed by the field's name for people. A list says the zone of its times itself."""
    return Column(field, (field.title or field.name).removesuffix(" (UTC)"))


@dataclass(frozen=True)
class Listing:
    """`rows` is read once; `count` is how many there are, known before. `zone` names the zone of all times shown; `facts` are
    lines that a reader must know first.

    The same listing gives the same bytes; `made_at` (UTC) is the only time that a file of it names.
    """

    title: str
    query: str
    zone: str
    requested_by: str
    made_at: datetime
    count: int
    columns: tuple[Column, ...]
    rows: Iterable[Row]
    facts: tuple[str, ...] = ()

    def preamble(self) -> tuple[str, ...]:
        """What a reader must know before the rows."""
        return (
            *self.facts,
            f"Query: {self.query or 'all rows'}",
            f"Rows: {self.count}",
            f"Times: {self.zone}",
            f"Requested by: {self.requested_by}",
            f"Made: {local_text(self.made_at, '', ZoneInfo(self.zone))} {self.zone}",
        )

    def heading(self, column: Column) -> str:
        """With the zone where the column holds times."""
        return f"{column.heading} ({self.zone})" if column.field.type is FieldType.TIMESTAMP else column.heading


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z")


def instant(value: Any) -> tuple[datetime, str] | None:
    """The UTC instant, cut to the second, and its fraction's digits; None for what is no time as the rows write it."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    return (datetime.fromisoformat(found[1]).replace(tzinfo=UTC), found[2] or "") if found else None


def local_text(moment: datetime, fraction: str, zone: ZoneInfo) -> str:
    """`2026-03-29 03:00:00.5`; in UTC where the zone's own time has no year from 1 to 9999."""
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment
    return local.replace(tzinfo=None).isoformat(" ", "seconds") + (f".{fraction}" if fraction else "")


def shown(column: Column, value: Any, zone: ZoneInfo) -> str:
    """A value as text: nothing for null, times in the zone, objects and lists as JSON."""
    if value is None:
        return ""
    if column.field.type is FieldType.TIMESTAMP and (found := instant(value)):
        return local_text(*found, zone)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)


def sheet_number(value: Any) -> float | int | None:
    """The value as a number of a spreadsheet; None where one would change it, by keeping fewer digits than it has."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > SHEET_DIGITS or abs(exact.adjusted()) > 300:
        return None if exact else 0
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**SHEET_DIGITS else float(exact)


def visible(text: str) -> str:
    """Line breaks as LF; tabs stay; every other control character as its picture (`␀`), and what is no character as
    U+FFFD: such a text fits into XML.
    """
    return _UNSEEN.sub(lambda found: _picture(found[0]), text.replace("\r\n", "\n"))


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _picture(character: str) -> str:
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, with a note where it was longer."""
    if len(text) <= longest:
        return text
    note = f" […cut, {len(text)} characters in all]"
    return text[: max(0, longest - len(note))] + note
