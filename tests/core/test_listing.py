"""How values are shown in a list."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waybill.core.catalog import DataField, FieldType
from waybill.core.listing import Column, Listing, cut, sheet_number, shown, visible

BERLIN = ZoneInfo("Europe/Berlin")


def column(kind: FieldType) -> Column:
    return Column(DataField(name="f", type=kind, description="for tests"), "Field")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (FieldType.STRING, None, ""),
        (FieldType.STRING, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        (FieldType.TIMESTAMP, "2026-03-29T01:00:00.1234567Z", "2026-03-29 03:00:00.1234567"),
        (FieldType.TIMESTAMP, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59"),
        (FieldType.INTEGER, 2**90, str(2**90)),
        (FieldType.NUMBER, Decimal("1.10"), "1.10"),
        (FieldType.BOOLEAN, True, "true"),
        (FieldType.JSON, {"a": ["é", None]}, '{"a": ["é", null]}'),
    ],
)
def test_a_value_as_text(kind: FieldType, value: Any, text: str) -> None:
    assert shown(column(kind), value, BERLIN) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0), (Decimal("-0.0"), 0), (-5, -5), (999_999_999_999_999, 999_999_999_999_999), (10**15, 1e15),
        (1_234_567_890_123_456, None), (Decimal("0.1"), 0.1), (Decimal("1.234567890123456"), None), (True, None),
        ("5", None), (None, None), (Decimal("NaN"), None), (float("inf"), None), (Decimal("1e400"), None), (1e22, 1e22),
    ],
)  # fmt: skip
def test_a_number_only_where_no_digit_is_lost(value: Any, number: float | None) -> None:
    assert sheet_number(value) == number


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=[])))
def test_what_is_visible_fits_into_xml(text: str) -> None:
    assert all(
        c in "\t\n" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" for c in visible(text)
    )


def test_control_characters_are_seen() -> None:
    assert visible("a\r\nb\rc\x00\x1b\x7f\x85\td") == "a\nb␍c␀␛␡\ufffd\td"


@settings(max_examples=25)
@given(st.text(max_size=100), st.integers(60, 80))
def test_cut_text_says_so(text: str, longest: int) -> None:
    short = cut(text, longest)
    assert len(short) <= longest
    assert short == text or short.endswith(f"[…cut, {len(text)} characters in all]")


def test_what_a_reader_must_know() -> None:
    time = column(FieldType.TIMESTAMP)
    listing = Listing("T", "", "Europe/Berlin", "Ann", datetime(2026, 7, 1, tzinfo=UTC), 3, (time,), [])

    assert listing.heading(time) == "Field (Europe/Berlin)"
    assert listing.preamble() == (
        "Query: all rows", "Rows: 3", "Times: Europe/Berlin", "Requested by: Ann", "Made: 2026-07-01 02:00:00 Europe/Berlin",
    )  # fmt: skip
