"""The SQL of the row engine: how each source's values become checked text, and how rows are written.

Every field is read as text that a reader of JSON takes as it is (`Reading`): what came in goes out, never by way of a
type that rounds. Only a filter's columns and the time are ever converted. A source differs in three expressions a
field: whether the value is of the field's type, its JSON text, and its plain text (unquoted: CSV and conversions).

The names in the SQL are the catalogue's (letters, digits, `_`), its constants this engine's; a caller's values are
bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from waybill.core.catalog import DataField, FieldType
from waybill.core.format import RowFormat, Writing
from waybill.core.rows import Selection

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
    """One field of one source: `valid` is never null; `json` and `plain` are null for a null.

    `text` is an instant's text as it came; the others are then written with the columns that `numbered` makes of it.
    """

    valid: str
    json: str
    plain: str
    text: str = ""


def needed(selection: Selection) -> tuple[DataField, ...]:
    """Fields that must be right for a row to be one: written ones, the time, the filter's and the media's."""
    dataset, predicate = selection.dataset, selection.predicate
    wanted = {f.name for f in selection.fields} | {dataset.time_field}
    if predicate is not None:
        wanted |= {f.name for f in dataset.fields} if predicate.columns is None else predicate.columns
    if dataset.media is not None:
        wanted.add(dataset.media.field)
    return tuple(f for f in dataset.fields if f.name in wanted)


def raw(field: DataField) -> str:
    """The column of a source that holds the field as it came; its own name is left for what a filter sees."""
    return f'"${field.name}"'


def quote(text: str) -> str:
    """A constant of this engine as an SQL literal. Values of callers are bound, never quoted."""
    return "'" + text.replace("'", "''") + "'"


# --- reading


def read_nothing(field: DataField) -> Reading:
    """A field that the source has no column for: null in every row."""
    nothing = "CAST(NULL AS VARCHAR)"
    return _instant(field, nothing) if field.type is FieldType.TIMESTAMP else Reading("TRUE", nothing, nothing)


def read_json(field: DataField) -> Reading:
    """A field whose column holds the JSON text that the line had."""
    text = raw(field)
    match field.type:
        case FieldType.STRING:
            return _nullable(text, f"starts_with({text}, '\"')", text, _unquoted(text))
        case FieldType.INTEGER:
            whole = f"NOT contains({text}, '.') AND NOT contains({text}, 'e') AND {_is(text, 'HUGEINT')}"
            return _nullable(text, whole, text, text)
        case FieldType.NUMBER:
            return _nullable(text, _finite(text), text, text)
        case FieldType.BOOLEAN:
            return _nullable(text, f"{text} IN ('true', 'false')", text, text)
        case FieldType.TIMESTAMP:
            return _instant(field, f"CASE WHEN starts_with({text}, '\"') THEN {_unquoted(text)} ELSE {text} END")
        case FieldType.JSON:
            return _nullable(text, _strict(text), text, text)
        case FieldType.ANY:
            plain = f"CASE WHEN starts_with({text}, '\"') THEN {_unquoted(text)} ELSE {text} END"
            return _nullable(text, _strict(text), text, plain)


def read_text(field: DataField) -> Reading:
    """A field of a CSV file: all that is known is its text."""
    text = raw(field)
    match field.type:
        case FieldType.STRING | FieldType.ANY:
            return _nullable(text, "TRUE", f"CAST(to_json({text}) AS VARCHAR)", text)
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
            one_line = f"translate({text}, chr(10) || chr(13), '  ')"
            return _nullable(text, f"json_valid({text}) AND {_strict(text)}", one_line, one_line)


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
            return _nullable(column, "TRUE", text, text)
        case FieldType.TIMESTAMP if kind in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
            return _instant(field, f"CASE WHEN isfinite({column}) THEN {_moment_text(column, kind)} ELSE {text} END")
        case FieldType.TIMESTAMP if kind.startswith("TIMESTAMP"):
            utc = f"make_timestamp(epoch_us({column}))"
            return _instant(field, f"CASE WHEN isfinite({column}) THEN {_moment_text(utc, kind)} ELSE {text} END")
        case FieldType.TIMESTAMP if kind == "VARCHAR":
            return _instant(field, column)
        case FieldType.JSON if nested:
            written = f"CAST(to_json({column}) AS VARCHAR)"
            return _nullable(column, _strict(written), written, written)
    return _nullable(column, "FALSE", text, text)


def _nullable(value: str, valid: str, json: str, plain: str) -> Reading:
    return Reading(f"({value} IS NULL OR coalesce({valid}, FALSE))", json, plain)


def _moment_text(column: str, kind: str) -> str:
    if kind == "DATE":
        return f"CAST({column} AS VARCHAR) || 'T00:00:00Z'"
    return f"CAST({column} AS VARCHAR) || 'Z'"


def _instant(field: DataField, text: str) -> Reading:
    """An instant: valid with an offset only, written in UTC with the fraction's own digits."""
    came, moment = f'"text {field.name}"', f'"moment {field.name}"'
    fraction = f"rtrim(rtrim(regexp_extract({came}, '[.][0-9]+'), '0'), '.')"
    utc = (
        f"CASE WHEN contains({came}, '.') THEN strftime({moment}, '%Y-%m-%dT%H:%M:%S') || {fraction} || 'Z' "
        f"ELSE strftime({moment}, '%Y-%m-%dT%H:%M:%SZ') END"
    )
    return Reading(f"({came} IS NULL OR {moment} IS NOT NULL)", f"'\"' || ({utc}) || '\"'", f"({utc})", text)


def numbered(source: str, readings: Mapping[str, Reading]) -> str:
    """The source with each row's number `#n`, and the text and the moment of every instant as columns.

    The number comes last: no filter can be moved below it, which would compute the moments once a mention.
    """
    instants = {name: r.text for name, r in readings.items() if r.text}
    texts = "".join(f', {text} AS "text {name}"' for name, text in instants.items())
    # A cast to TIMESTAMP drops the offset without a word; only TIMESTAMPTZ honours it.
    casts = "".join(
        f', CASE WHEN regexp_full_match("text {name}", {quote(_INSTANT)}) '
        f'THEN make_timestamp(epoch_us(TRY_CAST("text {name}" AS TIMESTAMPTZ))) END AS "cast {name}"'
        for name in instants
    )
    moments = "".join(
        f", CASE WHEN \"cast {name}\" BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' "
        f'THEN "cast {name}" END AS "moment {name}"'
        for name in instants
    )
    layers = f"SELECT *{moments} FROM (SELECT *{casts} FROM (SELECT *{texts} FROM ({source})))"  # noqa: S608
    return f'SELECT row_number() OVER () AS "#n", * FROM ({layers})'  # noqa: S608


def _unquoted(text: str) -> str:
    """A JSON string's value. Without a backslash it stands between the quotes as it is, which saves a parse."""
    inside = f"substring({text}, 2, length({text}) - 2)"
    return f"CASE WHEN contains({text}, '\\') THEN json_extract_string({text}, '$') ELSE {inside} END"


def _is(text: str, kind: str) -> str:
    return f"TRY_CAST({text} AS {kind}) IS NOT NULL"


def _finite(text: str) -> str:
    return f"isfinite(TRY_CAST({text} AS DOUBLE))"


def _strict(text: str) -> str:
    """The parser takes NaN, Infinity and a comma before the end, which JSON has not; inside strings they are words."""
    loose = quote(r"(?i)nan|inf|,\s*[\]}]")
    outside_strings = f"regexp_replace({text}, {quote(_JSON_STRING)}, '', 'g')"
    # CASE, since AND computes both sides for every row, and the second is slow.
    return (
        f"CASE WHEN regexp_matches({text}, {loose}) THEN NOT regexp_matches({outside_strings}, {loose}) ELSE TRUE END"
    )


# --- selecting and writing


def _typed(field: DataField, reading: Reading) -> str:
    """The field as `core.select` promises it to a filter."""
    kinds = {FieldType.INTEGER: "HUGEINT", FieldType.NUMBER: "DOUBLE", FieldType.BOOLEAN: "BOOLEAN"}
    if field.type is FieldType.TIMESTAMP:
        return f'"moment {field.name}"'
    return f"TRY_CAST({reading.plain} AS {kinds[field.type]})" if field.type in kinds else reading.plain


def _media_valid(reading: Reading) -> str:
    """Whether the media field is a list of names and keys, so that no file of a delivered row goes missing."""
    listed = f'from_json({reading.json}, \'[{{"name": "VARCHAR", "key": "VARCHAR"}}]\')'
    named = f"len(list_filter({listed}, lambda m: m.name IS NULL OR m.key IS NULL)) = 0"
    return f"({reading.json} IS NULL OR coalesce(json_type({reading.json}) = 'ARRAY' AND {named}, FALSE))"


def select_rows(
    source: str, readings: Mapping[str, Reading], selection: Selection, *, fields: Sequence[DataField],
    columns: Sequence[str], mark: str,
) -> str:  # fmt: skip
    """The rows of `source` as text columns; a row that is none has `mark`, its number and its fault in the first.

    `source` yields the column `#s`, which marks where a source starts, and `raw` of every needed field.
    Order of judgement: time, window, other fields, filter; so a row of another window is no reject here.
    """
    dataset = selection.dataset
    faults = [f"WHEN NOT {readings[f.name].valid} THEN {quote(f.name)}" for f in fields]
    if dataset.media is not None:
        faults.append(f"WHEN NOT {_media_valid(readings[dataset.media.field])} THEN {quote(dataset.media.field)}")
    time = f'"moment {dataset.time_field}"'
    fault = f"CASE WHEN {time} IS NULL THEN {quote(dataset.time_field)} {' '.join(faults)} END"
    bounds = f"{time} >= {_literal(selection.window.start)} AND {time} < {_literal(selection.window.end)}"
    view, taken = "", "TRUE"
    if selection.predicate is not None:
        view = "".join(f', {_typed(f, readings[f.name])} AS "{f.name}"' for f in fields)
        taken = f'"#f" IS NOT NULL OR coalesce({selection.predicate.sql}, FALSE)'
    judged = f'SELECT *, {fault} AS "#f"{view} FROM ({numbered(source, readings)}) WHERE {time} IS NULL OR ({bounds})'  # noqa: S608
    marked = f'concat({quote(mark)}, "#n", \' \', "#s", \' \', "#f")'
    first = f'CASE WHEN "#f" IS NULL THEN {columns[0]} ELSE {marked} END'
    rest = [f'CASE WHEN "#f" IS NULL THEN {column} END' for column in columns[1:]]
    return f"SELECT {', '.join([first, *rest])} FROM ({judged}) WHERE {taken}"  # noqa: S608


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'"


def columns_of(writing: Writing, fields: Sequence[DataField], readings: Mapping[str, Reading]) -> list[str]:
    """What is written of a row: one column with its JSON, or one a field for CSV."""
    if writing.format is RowFormat.CSV:
        return [readings[f.name].plain for f in fields]
    parts = [f"{quote(('{' if i == 0 else ',') + chr(34) + f.name + chr(34) + ':')}, "
             f"coalesce({readings[f.name].json}, 'null')" for i, f in enumerate(fields)]  # fmt: skip
    return [f"concat({', '.join(parts)}, '}}')"]


def copy_options(writing: Writing) -> str:
    """JSON rows are whole already and must not be quoted again."""
    if writing.format is RowFormat.CSV:
        return "(FORMAT csv, HEADER false, NULLSTR '', USE_TMP_FILE false)"
    return "(FORMAT csv, HEADER false, DELIMITER '\n', QUOTE '', ESCAPE '', USE_TMP_FILE false)"
