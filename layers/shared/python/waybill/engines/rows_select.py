"""Which rows are taken: each judged by its time, the window, its fields and the filter, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from waybill.core.catalog import DataField, FieldType
from waybill.core.rows import Selection
from waybill.engines import rows_open, rows_sql
from waybill.engines.rows_sql import Reading


def needed(selection: Selection) -> tuple[DataField, ...]:
    """Fields that must be right for a row to be one: written and judged ones, the time, the filter's and the media's.

    Open columns come last, and the open field, which holds them, is among the others.
    """
    dataset, predicate = selection.dataset, selection.predicate
    wanted = {f.name for f in (*selection.fields, *selection.judged)} | {dataset.time_field}
    if predicate is not None:
        wanted |= {f.name for f in dataset.fields} if predicate.columns is None else predicate.columns
    if dataset.media is not None:
        wanted.add(dataset.media.field)
    open_columns = [f for f in map(dataset.field, sorted(wanted)) if f.open_key]
    if open_columns and dataset.open_field:
        wanted.add(dataset.open_field)
    return (*(f for f in dataset.fields if f.name in wanted), *open_columns)


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
    checked = [f for f in fields if readings[f.name].valid and f.name != dataset.time_field]  # which is judged first
    time = f'"moment {dataset.time_field}"'
    # Most rows are right: all checks as one value are cheaper than one after another, each for the rows that are left.
    right = " AND ".join([f"{time} IS NOT NULL", *(readings[f.name].valid for f in checked)])
    wrong = f"coalesce(NOT ({right}), FALSE)"
    which = " ".join(f"WHEN NOT {readings[f.name].valid} THEN {rows_sql.quote(f.name)}" for f in checked)
    fault = f"WHEN {wrong} THEN CASE WHEN {time} IS NULL THEN {rows_sql.quote(dataset.time_field)} {which} END"
    if dataset.media is not None:  # of what is right JSON only
        fault += f" WHEN NOT {_media_valid(readings[dataset.media.field])} THEN {rows_sql.quote(dataset.media.field)}"
    bounds = f"{time} >= {_literal(selection.window.start)} AND {time} < {_literal(selection.window.end)}"
    view, taken = "", "TRUE"
    if selection.predicate is not None:
        view = "".join(f', {_typed(f, readings[f.name])} AS "{f.name}"' for f in fields if not f.open_key)
        view += rows_open.view(selection.predicate, dataset, readings)
        taken = f'"#f" IS NOT NULL OR coalesce({selection.predicate.sql}, FALSE)'
    judged = f'SELECT *, CASE {fault} END AS "#f"{view} FROM ({numbered(source, readings)}) WHERE {time} IS NULL OR ({bounds})'  # noqa: S608
    marked = f'concat({rows_sql.quote(mark)}, "#n", \' \', "#s", \' \', "#f")'
    first = f'CASE WHEN "#f" IS NULL THEN {columns[0]} ELSE {marked} END'
    rest = [f'CASE WHEN "#f" IS NULL THEN {column} END' for column in columns[1:]]
    return f"SELECT {', '.join([first, *rest])} FROM ({judged}) WHERE {taken}"  # noqa: S608


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'"


def numbered(source: str, readings: Mapping[str, Reading]) -> str:
    """The source with each row's number `#n`, and the moment of every instant, and the text it came as, as columns.

    The number comes last: no filter can be moved below it, which would compute the moments once a mention.
    """
    instants = {name: r.text for name, r in readings.items() if r.text}
    texts = "".join(f', {text} AS "text {name}"' for name, text in instants.items())
    casts = "".join(", " + rows_sql.cast(f'"text {name}"') + f' AS "cast {name}"' for name in instants)
    stamps = {name: f'"cast {name}"' for name in instants} | {name: r.stamp for name, r in readings.items() if r.stamp}
    moments = "".join(
        f', CASE WHEN {stamp} {rows_sql.YEARS} THEN {stamp} END AS "moment {name}"' for name, stamp in stamps.items()
    )
    layers = f"SELECT *{moments} FROM (SELECT *{casts} FROM (SELECT *{texts} FROM ({source})))"  # noqa: S608
    return f'SELECT row_number() OVER () AS "#n", * FROM ({layers})'  # noqa: S608
