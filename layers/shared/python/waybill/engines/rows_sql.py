"""The SQL of the row engine: how each source's values become checked text, and which rows are taken.

Every field is read as text that a reader of JSON takes as it is (`Reading`): what came in goes out, never by way of a
type that rounds. Only a filter's columns and the time are ever converted. A source differs in three expressions a
field: whether the value is of the field's type, its JSON text, and its plain text (unquoted: CSV and conversions).

The names in the SQL are the catalogue's (letters, digits, `_`), its constants this engine's; a caller's values are
bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from waybill.core.catalog import DataField, FieldType

_INTEGER = r"-?(0|[1-9][0-9]*)"
_NUMBER = _INTEGER + r"(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
    r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
)
_JSON_STRING = r'"([^"\\]|\\.)*"'
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_REAL = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class Reading:
    """One field of one source: `valid` is false for a value that is none of the field's, true or null for any other, and
    empty where every value is right; `json` and `plain` are null for a null.

    An instant comes as `text`, or as `stamp`, a TIMESTAMP in UTC; the others are then written with the columns that
    `rows_select.numbered` makes of it: `moment` is the TIMESTAMP in UTC, null for what is no instant of the years 1 to 9999,
    `fraction` the point and the digits of its second, empty where there are none.
    """

    valid: str
    json: str
    plain: str
    text: str = ""
    stamp: str = ""
    moment: str = ""
    fraction: str = ""


def raw(field: DataField) -> str:
    """The column of a source that holds the field as it came; its own name is left for what a filter sees.

    An open column's name is coded: DuckDB takes names that differ in case alone for one.
    """
    return f'"#open {field.open_key.encode().hex()}"' if field.open_key else f'"${field.name}"'


def quote(text: str) -> str:
    """A constant of this engine as an SQL literal. Values of callers are bound, never quoted."""
    return "'" + text.replace("'", "''") + "'"


# --- reading


def read_nothing(field: DataField) -> Reading:
    """A field that the source has no column for: null in every row."""
    nothing = "CAST(NULL AS VARCHAR)"
    return _instant(field, nothing) if field.type is FieldType.TIMESTAMP else Reading("", nothing, nothing)


def read_json(field: DataField) -> Reading:
    """A field whose column holds the JSON text that the line had."""
    text = raw(field)
    match field.type:
        case FieldType.STRING:
            return Reading(f"starts_with({text}, '\"')", text, _unquoted(text))
        case FieldType.INTEGER:
            whole = f"NOT contains({text}, '.') AND NOT contains({text}, 'e') AND {_is(text, 'HUGEINT')}"
            return _nullable(text, whole, text, text)
        case FieldType.NUMBER:
            return _nullable(text, _finite(text), text, text)
        case FieldType.BOOLEAN:
            return Reading(f"{text} IN ('true', 'false')", text, text)
        case FieldType.TIMESTAMP:
            return _instant(field, f"CASE WHEN starts_with({text}, '\"') THEN {_unquoted(text)} ELSE {text} END")
        case FieldType.JSON:
            return Reading(f"({text} IS NULL OR {_strict_parsed(text)})", text, text)
        case FieldType.ANY:
            plain = f"CASE WHEN starts_with({text}, '\"') THEN {_unquoted(text)} ELSE {text} END"
            return Reading(f"({text} IS NULL OR {_strict_parsed(text)})", text, plain)


def read_text(field: DataField) -> Reading:
    """A field of a CSV file: all that is known is its text."""
    text = raw(field)
    match field.type:
        case FieldType.STRING | FieldType.ANY:
            return Reading("", f"CAST(to_json({text}) AS VARCHAR)", text)
        case FieldType.INTEGER:
            whole = f"regexp_full_match({text}, {quote(_INTEGER)}) AND {_is(text, 'HUGEINT')}"
            return _nullable(text, whole, text, text)
        case FieldType.NUMBER:
            return _nullable(text, f"regexp_full_match({text}, {quote(_NUMBER)}) AND {_finite(text)}", text, text)
        case FieldType.BOOLEAN:
            return _nullable(text, f"lower({text}) IN ('true', 'false')", f"lower({text})", f"lower({text})")
        case FieldType.TIMESTAMP:
            return _instant(field, text)
        case FieldType.JSON:
            # A line break can only stand between values there; a space keeps the row one line and all else as it came.
            broken = f"contains({text}, chr(10)) OR contains({text}, chr(13))"
            one_line = f"CASE WHEN {broken} THEN translate({text}, chr(10) || chr(13), '  ') ELSE {text} END"
            return _nullable(text, f"json_valid({text}) AND {strict(text)}", one_line, one_line)


def read_typed(field: DataField, column_type: str) -> Reading:
    """A field of a Parquet file, whose column has `column_type`. A type that cannot hold the field fits only nulls."""
    column, kind = raw(field), column_type.partition("(")[0].upper()
    text = f"CAST({column} AS VARCHAR)"
    nested = kind in ("STRUCT", "MAP", "VARIANT") or column_type.endswith("]")
    if kind == "JSON" or (kind in ("VARCHAR", "ENUM", "UUID") and field.type in (FieldType.STRING, FieldType.JSON)):
        return read_text(field)
    match field.type:
        case FieldType.INTEGER if kind in (*_WHOLE, *_REAL, "DECIMAL"):
            # A data frame with a missing value holds its integers as doubles: taken where they are still exact.
            exact = f"abs({column}) <= 9007199254740992 AND {column} = trunc({column})" if kind in _REAL else "TRUE"
            exact = f"{column} = trunc({column})" if kind == "DECIMAL" else exact
            whole = text if kind in _WHOLE else f"CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"
            return _nullable(column, exact, whole, whole)
        case FieldType.NUMBER if kind in (*_WHOLE, *_REAL, "DECIMAL"):
            return _nullable(column, f"isfinite({column})" if kind in _REAL else "TRUE", text, text)
        case FieldType.BOOLEAN if kind == "BOOLEAN":
            return Reading("", text, text)
        case FieldType.TIMESTAMP if kind == "TIMESTAMP_NS":  # whose last three digits no TIMESTAMP holds
            return _instant(field, f"CASE WHEN isfinite({column}) THEN {text} || 'Z' ELSE {text} END")
        case FieldType.TIMESTAMP if kind in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"):
            return _stamp(field, f"TRY_CAST({column} AS TIMESTAMP)")
        case FieldType.TIMESTAMP if kind.startswith("TIMESTAMP"):
            return _stamp(field, f"CASE WHEN isfinite({column}) THEN make_timestamp(epoch_us({column})) END")
        case FieldType.TIMESTAMP if kind == "VARCHAR":
            return _instant(field, column)
        case FieldType.JSON if nested:
            written = f"CAST(to_json({column}) AS VARCHAR)"
            return _nullable(column, strict(written), written, written)
    return _nullable(column, "FALSE", text, text)


def member(column: str, column_type: str) -> str:
    """The JSON text of a Parquet value that the catalogue does not know; null for a null."""
    kind = column_type.partition("(")[0].upper()
    text = f"CAST({column} AS VARCHAR)"
    json = f"CAST(to_json({column}) AS VARCHAR)"
    if kind in (*_WHOLE, "DECIMAL") and not column_type.endswith("]"):
        return text
    if kind == "JSON":
        return f"CASE WHEN json_valid({text}) THEN {text} ELSE CAST(to_json({text}) AS VARCHAR) END"
    if kind.startswith("TIMESTAMP") and not column_type.endswith("]"):
        utc = f"make_timestamp(epoch_us({column}))" if kind.endswith("ZONE") else column
        instant = f"replace(CAST({utc} AS VARCHAR), ' ', 'T') || 'Z'"
        return f"CASE WHEN isfinite({column}) THEN '\"' || {instant} || '\"' ELSE {json} END"
    return json


def _nullable(value: str, valid: str, json: str, plain: str) -> Reading:
    """A reading whose `valid` may be anything for a null, and null for a wrong value."""
    return Reading(f"({value} IS NULL OR coalesce({valid}, FALSE))", json, plain)


def _instant(field: DataField, text: str) -> Reading:
    """An instant: valid with an offset only, written in UTC with the fraction's own digits."""
    came, moment = f'"text {field.name}"', f'"moment {field.name}"'
    fraction = (
        f"CASE WHEN contains({came}, '.') THEN rtrim(rtrim(regexp_extract({came}, '[.][0-9]+'), '0'), '.') ELSE '' END"
    )
    anew = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S') || {fraction} || 'Z'"
    # Most are written in UTC already, and need no more than a look. A valid text with a `T` and a `Z` is.
    utc = (
        f"CASE WHEN strlen({came}) >= 20 AND ends_with({came}, 'Z') AND contains({came}, 'T') THEN "
        f"CASE WHEN strlen({came}) = 20 OR NOT ends_with({came}, '0Z') THEN {came} "
        f"WHEN ends_with({came}, '.000Z') THEN replace({came}, '.000Z', 'Z') ELSE {anew} END "
        f"ELSE {anew} END"
    )
    valid = f"({came} IS NULL OR {moment} IS NOT NULL)"
    return Reading(valid, f"'\"' || {utc} || '\"'", utc, text=text, moment=moment, fraction=fraction)


def _stamp(field: DataField, stamp: str) -> Reading:
    """An instant that comes as one."""
    moment = f'"moment {field.name}"'
    text = f"CAST({moment} AS VARCHAR)"
    utc = f"(replace({text}, ' ', 'T') || 'Z')"
    valid = f"({raw(field)} IS NULL OR {moment} IS NOT NULL)"
    fraction = f"substring({text}, 20)"
    return Reading(valid, f"'\"' || {utc} || '\"'", utc, stamp=stamp, moment=moment, fraction=fraction)


YEARS = "BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"


def cast(text: str) -> str:
    """The moment of an instant's text, maybe of a year outside of YEARS; null for any other text.

    Most instants are in UTC with seconds or milliseconds. A text of just that length that fits the format has all its
    digits in their places: each part takes so many at most, and spaces are skipped at the ends alone.
    """
    shapes = ((20, "%Y-%m-%dT%H:%M:%SZ"), (24, "%Y-%m-%dT%H:%M:%S.%gZ"))
    fits = f"{text} >= '0' AND ends_with({text}, 'Z')"
    usual = " ".join(
        f"WHEN strlen({text}) = {size} AND {fits} THEN try_strptime({text}, {quote(shape)})" for size, shape in shapes
    )
    # A cast to TIMESTAMP drops the offset without a word; only TIMESTAMPTZ honours it.
    any_other = (
        f"CASE WHEN regexp_full_match({text}, {quote(_INSTANT)}) "
        f"THEN make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))) END"
    )
    return f"coalesce(CASE {usual} END, {any_other})"


def moment_of(text: str) -> str:
    """The instant that a text is, as TIMESTAMP in UTC; null for any other text."""
    return f"CASE WHEN {cast(text)} {YEARS} THEN {cast(text)} END"


def _unquoted(text: str) -> str:
    """A JSON string's value. Without a backslash it stands between the quotes as it is, which saves a parse."""
    inside = f"substring({text}, 2, length({text}) - 2)"
    return f"CASE WHEN contains({text}, '\\') THEN json_extract_string({text}, '$') ELSE {inside} END"


def _is(text: str, kind: str) -> str:
    return f"TRY_CAST({text} AS {kind}) IS NOT NULL"


def _finite(text: str) -> str:
    return f"isfinite(TRY_CAST({text} AS DOUBLE))"


def strict(text: str) -> str:
    """The parser takes NaN, Infinity and a comma before the end, which JSON has not; inside strings they are words."""
    loose = quote(r"(?i)nan|inf|,\s*[\]}]")
    outside_strings = f"regexp_replace({text}, {quote(_JSON_STRING)}, '0', 'g')"
    # CASE, since AND computes both sides for every row, and the second is slow.
    return (
        f"CASE WHEN regexp_matches({text}, {loose}) THEN NOT regexp_matches({outside_strings}, {loose}) ELSE TRUE END"
    )


def _strict_parsed(text: str) -> str:
    """`strict` of a text that the parser wrote: it keeps no such comma, and few texts have such words."""
    words = f"contains(lower({text}), 'nan') OR contains(lower({text}), 'inf')"
    return f"CASE WHEN {words} THEN {strict(text)} ELSE TRUE END"
