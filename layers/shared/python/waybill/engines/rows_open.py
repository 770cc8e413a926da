"""Open columns: what a row has beside the catalogue's fields, as one JSON object in the dataset's open field.

The object is the row's own open field, with the row's unknown columns over it; names count case and all. An open column
is one member of it. A row whose own open field is neither null nor an object is a reject: its columns have no place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.select import Predicate
from waybill.engines import rows_sql
from waybill.engines.rows_sql import Reading, quote, raw


def wanted(dataset: Dataset, fields: Sequence[DataField]) -> bool:
    """Whether these fields ask for open columns or for all of them."""
    return any(f.open_key or f.name == dataset.open_field for f in fields)


def without(line: str, names: Iterable[str]) -> str:
    """The JSON object `line` as text, without the members of these names."""
    removed = json.dumps(dict.fromkeys(names), ensure_ascii=False)
    return f"CAST(json_merge_patch({line}, {quote(removed)}) AS VARCHAR)"


def object_of(members: Mapping[str, str]) -> str:
    """An object's text of JSON texts by name; nulls are left out."""
    if not members:
        return "'{}'"
    parts = (f"{quote(json.dumps(name, ensure_ascii=False) + ':')} || {text}" for name, text in members.items())
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"


def with_open(source: str, own: str, fields: Sequence[DataField]) -> str:
    """The source with its open object as `#open`, and the raw columns of the open columns among the fields.

    `own` is the text of the row's own open field, which may be no JSON at all; the source's `#rest` is an object of the
    row's unknown columns.
    """
    columns = "".join(f", {_member(f.open_key)} AS {raw(f)}" for f in fields if f.open_key)
    layers = f'SELECT *, {own} AS "#own" FROM ({source})'  # noqa: S608
    for added in (f'{_KEPT} AS "#kept"', f'{_MERGED} AS "#open"'):
        layers = f"SELECT *, {added} FROM ({layers})"  # noqa: S608
    return f"SELECT *{columns} FROM ({layers})"  # noqa: S608


def _is_object(text: str) -> str:
    """CASE, since the type of what is no JSON is an error."""
    return f"CASE WHEN json_valid({text}) THEN json_type({text}) = 'OBJECT' ELSE FALSE END"


_NAMES = (
    """array_to_string(list_transform(json_keys("#rest"), lambda k: CAST(to_json(k) AS VARCHAR) || ':null'), ',')"""
)
_KEPT = (
    f"""CASE WHEN "#rest" <> '{{}}' AND "#own" <> '{{}}' AND {_is_object('"#own"')} """
    f"""THEN CAST(json_merge_patch("#own", '{{' || {_NAMES} || '}}') AS VARCHAR) END"""
)
"""The row's own object without the members that an unknown column has too; null where nothing is to be merged."""

_MERGED = """CASE
    WHEN "#rest" = '{}' THEN "#own"
    WHEN "#kept" IS NOT NULL AND "#kept" <> '{}' THEN left("#kept", length("#kept") - 1) || ',' || substring("#rest", 2)
    WHEN "#kept" IS NOT NULL OR "#own" IS NULL OR "#own" = '{}' THEN "#rest"
    ELSE "#own" END"""


def _member(key: str) -> str:
    """The JSON text of one member; null for none and for null. A pointer takes any name, quotes and dots included."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    member = f'json_extract("#open", {quote(pointer)})'
    return f"CASE WHEN json_valid(\"#open\") THEN nullif(CAST({member} AS VARCHAR), 'null') END"


def readings(fields: Sequence[DataField], dataset: Dataset) -> dict[str, Reading]:
    """How the open field and the open columns are read from what `with_open` adds."""
    found = {}
    text = '"#open"'
    for field in fields:
        if field.open_key:
            found[field.name] = replace(rows_sql.read_json(field), valid="")  # it is right where the object is
        elif field.name == dataset.open_field:
            fits = f"CASE WHEN {_is_object(text)} THEN {rows_sql.strict(text)} ELSE FALSE END"
            found[field.name] = Reading(f"({text} IS NULL OR {fits})", text, text)
    return found


# --- filters


def view(predicate: Predicate, dataset: Dataset, readings: Mapping[str, Reading]) -> str:
    """The open columns of a filter, each as the type that `core.select` gave it; null where its value is of another."""
    columns = [
        f', {_typed(readings[name], kind)} AS "open {n}"' for n, (name, kind) in enumerate(predicate.open_columns)
    ]
    return "".join(columns)


def _typed(reading: Reading, kind: FieldType) -> str:
    text = f"CASE WHEN starts_with({reading.json}, '\"') THEN {reading.plain} END"
    match kind:
        case FieldType.STRING:
            return text
        case FieldType.BOOLEAN:
            return f"CASE {reading.json} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        case FieldType.INTEGER:
            return (
                f"CASE WHEN regexp_full_match({reading.json}, '-?[0-9]+') THEN TRY_CAST({reading.json} AS HUGEINT) END"
            )
        case FieldType.NUMBER:
            return f"CASE WHEN regexp_matches({reading.json}, '^-?[0-9]') THEN TRY_CAST({reading.json} AS DOUBLE) END"
        case FieldType.TIMESTAMP:
            return rows_sql.moment_of(text)
        case FieldType.JSON | FieldType.ANY:
            return reading.json
