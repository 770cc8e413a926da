"""How values are written: CSV's profiles, XML, and instants in a zone's own time."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines import oracle
from tests.engines.oracle import DATASET, WINDOW
from waybill.core.catalog import DataField
from waybill.core.format import CsvProfile, RowFormat, Writing, framing
from waybill.core.rows import RowSource, Selection, SourceFormat
from waybill.engines.rows_duckdb import DuckDbRows

TIME = "2026-03-29T01:30:00Z"


def written(rows: Sequence[dict[str, Any]], writing: Writing, *names: str) -> bytes:
    """A whole file with these fields of rows whose time is set where they have none."""
    fields = [DATASET.field(n) for n in names]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        path.write_text("".join(json.dumps({"created_at": TIME} | r) + "\n" for r in rows))
        selection = Selection(DATASET, WINDOW, None, tuple(fields))
        stream = DuckDbRows(Path(folder)).select([RowSource(path, SourceFormat.NDJSON)], selection, writing)
        file = b"".join(framing(writing, fields).join([b"".join(stream)]))
    assert (stream.rows, list(stream.rejects)) == (len(rows), [])
    return file


# --- CSV

STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
texts = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(STARTS + '\n",\x00')),
    max_size=6,
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.none() | texts, min_size=1, max_size=8))
def test_a_spreadsheet_takes_no_text_for_a_formula(values: list[str | None]) -> None:
    file = written([{"id": v} for v in values], Writing(RowFormat.CSV, CsvProfile.SPREADSHEET), "id", "created_at")

    assert file.startswith(b"\xef\xbb\xbfid,created_at\n")
    found = [row[0] for row in oracle.records(file.decode("utf-8-sig"))][1:]
    assert found == ["'" + v if v and v[0] in STARTS else v for v in values]


def test_a_spreadsheet_keeps_what_is_no_text() -> None:
    row = {"count": -5, "score": -0.5, "open": True, "meta": [-1], "closed_at": TIME}
    file = written([row], Writing(RowFormat.CSV, CsvProfile.SPREADSHEET), *row)

    assert file.decode("utf-8-sig").split("\n")[1] == f"-5,-0.5,true,[-1],{TIME}"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.none() | texts, min_size=1, max_size=8))
def test_base64_gives_every_text_back(values: list[str | None]) -> None:
    file = written([{"id": v, "count": 7} for v in values], Writing(RowFormat.CSV, CsvProfile.BASE64), "id", "count")

    found = list(oracle.records(file.decode("ascii")))[1:]
    assert [v if v is None else base64.b64decode(v, validate=True).decode() for v, _ in found] == values
    assert {count for _, count in found} == {"7"}
    assert all(line.startswith('""') for line, v in zip(file.decode().split("\n")[1:], values, strict=False) if v == "")


# --- XML


def test_xml_is_what_it_looks_like() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 'a<b & "c"\r\n\t\'', "count": 1, "open": False, "meta": {"k": [1, "<"]}},
        {"id": "", "closed_at": TIME},
        {"id": "\x01"},
    ]
    file = written(rows, Writing(RowFormat.XML), "id", "count", "open", "meta", "closed_at")

    assert file.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n'
        "<row><id>a&lt;b &amp; &quot;c&quot;&#13;&#10;\t'</id><count>1</count><open>false</open>"
        "<meta>{&quot;k&quot;:[1,&quot;&lt;&quot;]}</meta></row>\n"
        f"<row><id></id><closed_at>{TIME}</closed_at></row>\n"
        '<row><id encoding="base64">AQ==</id></row>\n'
        "</rows>\n"
    )
    assert len(ElementTree.fromstring(file)) == 3


# --- zones

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
]
zones = st.sampled_from(ZONES)
border = datetime(2026, 3, 29, 1, tzinfo=UTC)
moments = st.one_of(
    st.integers(-(2**31), 2**32).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-90_000, 90_000).map(lambda s: border + timedelta(seconds=s, milliseconds=500)),
)


def in_zone(moment: datetime, zone: str) -> str:
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    if not 1900 <= moment.year < 2100:
        return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + fraction + "Z"
    minutes = round(moment.astimezone(ZoneInfo(zone)).utcoffset().total_seconds() / 60)  # type: ignore[union-attr]
    local = moment.replace(tzinfo=None) + timedelta(minutes=minutes)
    sign = "-" if minutes < 0 else "+"
    return f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@settings(max_examples=30, deadline=None)
@given(st.lists(moments, min_size=1, max_size=40), zones)
def test_instants_have_the_time_and_the_offset_of_their_zone(instants: list[datetime], zone: str) -> None:
    rows = [{"closed_at": i.isoformat().replace("+00:00", "Z")} for i in instants]
    file = written(rows, Writing(RowFormat.NDJSON, zone=zone), "closed_at")

    found = [r["closed_at"] for r in oracle.read_ndjson(file)]
    assert found == [in_zone(i, zone) for i in instants]
    assert [datetime.fromisoformat(f) for f in found] == instants


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Casablanca", "Africa/Monrovia", "Europe/Amsterdam"])
def test_every_change_of_a_zone_is_met_to_the_second(zone: str) -> None:
    hours = (datetime(1900, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(0, 200 * 8766, 24 * 30))
    rows, wanted = [], []
    for before in hours:
        low, high = before, before + timedelta(days=30)
        if low.astimezone(ZoneInfo(zone)).utcoffset() == high.astimezone(ZoneInfo(zone)).utcoffset():
            continue
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
            same = middle.astimezone(ZoneInfo(zone)).utcoffset() == before.astimezone(ZoneInfo(zone)).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        rows += [{"closed_at": m.isoformat()} for m in (low, high)]
        wanted += [in_zone(m, zone) for m in (low, high)]

    file = written(rows, Writing(RowFormat.NDJSON, zone=zone), "closed_at")

    assert [r["closed_at"] for r in oracle.read_ndjson(file)] == wanted


def test_a_row_is_chosen_by_its_instant_whatever_the_zone() -> None:
    file = written([{}], Writing(RowFormat.CSV, zone="Asia/Kolkata"), "created_at", "count")

    assert file == b"created_at,count\n2026-03-29T07:00:00+05:30,\n"


def test_fields_of_every_kind_are_written_in_a_zone_alike() -> None:
    fields: tuple[DataField, ...] = (DATASET.field("closed_at"),)
    row = {"closed_at": "2026-01-01T00:00:00.25Z"}
    for row_format in RowFormat:
        assert b"2026-01-01T01:00:00.25+01:00" in written(
            [row], Writing(row_format, zone="Europe/Berlin"), fields[0].name
        )
