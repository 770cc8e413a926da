"""How a row's checked texts are written in each format: SQL for the columns of a `COPY`, and its options.

Every format but CSV is one column that holds the whole row, on one line.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from waybill.core.catalog import DataField, FieldType
from waybill.core.format import FORMULA_STARTS, CsvProfile, RowFormat, Writing
from waybill.engines import rows_zone
from waybill.engines.rows_sql import Reading, quote


def columns_of(writing: Writing, fields: Sequence[DataField], readings: Mapping[str, Reading]) -> list[str]:
    """What is written of a row: one column with all of it, or one a field for CSV."""
    read = [(f, _in_zone(f, readings[f.name], writing.zone)) for f in fields]
    match writing.format:
        case RowFormat.CSV:
            return [_csv_value(f, reading, writing.csv) for f, reading in read]
        case RowFormat.XML:
            elements = [_xml_element(f, reading) for f, reading in read]
            return [f"concat('<row>', {', '.join(elements)}, '</row>')"]  # which leaves nulls out
    parts = []
    for index, (field, reading) in enumerate(read):
        key = ("{" if index == 0 else ",") + json.dumps(field.name, ensure_ascii=False) + ":"
        parts.append(f"{quote(key)}, coalesce({reading.json}, 'null')")
    return [f"concat({', '.join(parts)}, '}}')"]


def copy_options(writing: Writing) -> str:
    """Rows of one column are whole already and must not be quoted again."""
    if writing.format is RowFormat.CSV:
        return "(FORMAT csv, HEADER false, NULLSTR '', USE_TMP_FILE false)"
    return "(FORMAT csv, HEADER false, DELIMITER '\n', QUOTE '', ESCAPE '', USE_TMP_FILE false)"


def _in_zone(field: DataField, reading: Reading, zone: str) -> Reading:
    if field.type is not FieldType.TIMESTAMP or zone == "UTC":
        return reading
    local = f"({rows_zone.written(reading.moment, reading.fraction, zone)})"
    return replace(reading, plain=local, json=f"'\"' || {local} || '\"'")


def _csv_value(field: DataField, reading: Reading, profile: CsvProfile) -> str:
    if profile is CsvProfile.LOSSLESS or field.type not in (FieldType.STRING, FieldType.ANY):
        return reading.plain  # JSON text starts no formula
    if profile is CsvProfile.BASE64:
        return f"base64(encode({reading.plain}))"
    starts = f"left({reading.plain}, 1) IN ({', '.join(map(quote, FORMULA_STARTS))})"
    if field.type is FieldType.ANY:  # a number may start with a minus
        starts += f" AND starts_with({reading.json}, '\"')"
    return f"CASE WHEN {starts} THEN '''' || {reading.plain} ELSE {reading.plain} END"


_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;"), ("\n", "&#10;"))
_NO_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"


def _xml_element(field: DataField, reading: Reading) -> str:
    tag, attributes = field.name, ""
    if field.open_key:
        tag, attributes = "column", _xml_name(field.open_key)
    start, end = quote(f"<{tag}{attributes}>"), quote(f"</{tag}>")
    plain = reading.plain
    if field.type not in (FieldType.STRING, FieldType.JSON, FieldType.ANY):
        return f"{start} || {plain} || {end}"
    coded = quote(f'<{tag}{attributes} encoding="base64">')
    return (
        f"CASE WHEN regexp_matches({plain}, {quote(_NO_XML)}) THEN {coded} || base64(encode({plain})) || {end} "
        f"ELSE {start} || {_xml_text(plain)} || {end} END"
    )


def _xml_text(text: str) -> str:
    for character, escape in _ESCAPES:
        text = f"replace({text}, chr({ord(character)}), {quote(escape)})"
    return text


def _xml_name(key: str) -> str:
    """The attributes that say an open column's own name. It holds no control character (`catalog.FieldName`)."""
    if re.search("[\ufffe\uffff]", key):
        return f' name="{base64.b64encode(key.encode()).decode()}" name_encoding="base64"'
    for character, escape in _ESCAPES:
        key = key.replace(character, escape)
    return f' name="{key}"'
