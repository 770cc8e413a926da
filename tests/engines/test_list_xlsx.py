"""XLSX lists, read back by openpyxl."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.engines.oracle import field
from waybill.core.errors import ConfigurationError
from waybill.core.listing import Column, Listing
from waybill.engines import list_xlsx
from waybill.engines.list_xlsx import xlsx

KINDS = {"id": "string", "at": "timestamp", "count": "integer", "score": "number", "open": "boolean", "meta": "json"}
COLUMNS = tuple(Column(field(name, kind), name.title()) for name, kind in KINDS.items())


def local(*parts: int) -> datetime:
    """A spreadsheet's dates have no zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


def listing(rows: Sequence[dict[str, Any]], count: int | None = None) -> Listing:
    return Listing(
        title="Conversations of März",
        query="count > 5 and id like '=%'",
        zone="Europe/Berlin",
        requested_by="ann@example.com",
        made_at=datetime(2026, 3, 30, 8, tzinfo=UTC),
        count=len(rows) if count is None else count,
        columns=COLUMNS,
        rows=iter(rows),
    )


def opened(tmp_path: Path, rows: Sequence[dict[str, Any]]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(b"".join(xlsx(listing(rows), tmp_path))))


def cells(tmp_path: Path, name: str, *values: Any) -> list[Any]:
    sheet = opened(tmp_path, [{name: v} for v in values])["Rows"]
    number = list(KINDS).index(name)
    return [row[number] for row in sheet.iter_rows(min_row=2)]


def test_rows_are_typed(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "at": "2026-03-29T01:00:00Z",
        "count": 5,
        "score": Decimal("0.1"),
        "open": False,
        "meta": {"a": 1},
    }
    book = opened(tmp_path, [row, {}])
    sheet = book["Rows"]

    found = [[c.value for c in r] for r in sheet.iter_rows()]
    assert found[0] == ["Id", "At (Europe/Berlin)", "Count", "Score", "Open", "Meta"]
    assert found[1] == ["a", local(2026, 3, 29, 3), 5, 0.1, False, '{"a": 1}']
    assert found[2:] in ([], [[None] * 6])
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet["B2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert sheet.column_dimensions["F"].width > sheet.column_dimensions["C"].width
    assert [r[0].value for r in book["Query"].iter_rows()] == [
        "Conversations of März",
        "Query: count > 5 and id like '=%'",
        "Rows: 2",
        "Times: Europe/Berlin",
        "Requested by: ann@example.com",
        "Made: 2026-03-30 10:00:00 Europe/Berlin",
    ]


def test_text_is_never_a_formula_a_link_or_a_number(tmp_path: Path) -> None:
    values = ["=1+1", "{=1}", "+1", "-1", "@a", "http://example.com", "mailto:a@b", "0123", "1e5", "_x0041_", "", " a "]
    found = cells(tmp_path, "id", *values)

    assert [c.data_type for c in found if c.value] == ["s"] * (len(values) - 1)
    assert [c.value or "" for c in found][:9] == values[:9]
    assert found[11].value == " a "
    assert [c.hyperlink for c in found] == [None] * len(values)


def test_what_a_spreadsheet_would_change_is_text(tmp_path: Path) -> None:
    numbers = cells(tmp_path, "count", 12345678901234567, 999_999_999_999_999, -(2**100))
    assert [c.value for c in numbers] == ["12345678901234567", 999_999_999_999_999, str(-(2**100))]

    times = cells(tmp_path, "at", "2026-01-01T00:00:00.1239Z", "1899-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    assert times[0].value == local(2026, 1, 1, 1, 0, 0, 123_000)
    assert times[0].number_format == "yyyy-mm-dd hh:mm:ss.000"
    assert times[1].value == "1899-01-01 01:00:00"
    assert times[2].value == "9999-12-31 23:59:59"


def test_what_a_cell_cannot_hold_is_seen(tmp_path: Path) -> None:
    found = cells(tmp_path, "id", "a\x00b\x1b\nc\ud800", "x" * 40_000, "😀" * 20_000, "x" * 32_767)

    assert found[0].value == "a␀b␛\nc\ufffd"
    assert len(found[1].value) == 32_767
    assert found[1].value.endswith(" […cut, 40000 characters in all]")
    assert len(found[2].value.encode("utf-16-le")) // 2 <= 32_767
    assert found[2].value.endswith(" […cut, 20000 characters in all]")
    assert found[3].value == "x" * 32_767


def test_a_list_too_long_for_a_sheet_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="1048576 rows, and an XLSX sheet holds 1048575"):
        xlsx(listing([], count=1_048_576), tmp_path)
    monkeypatch.setattr(list_xlsx, "MAX_ROWS", 2)
    with pytest.raises(ConfigurationError):
        b"".join(xlsx(listing([{}] * 3, count=2), tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"id": str(n), "at": "2026-03-29T01:00:00Z"} for n in range(100)]
    first = b"".join(xlsx(listing(rows), tmp_path))
    time.sleep(2.1)  # ZIP counts two seconds

    assert b"".join(xlsx(listing(rows), tmp_path)) == first
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None
    assert list(tmp_path.iterdir()) == []
