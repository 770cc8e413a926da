"""Columns of a run against those of the run before: what a receiver's program may trip over.

A run's columns are what it writes (`written`, name and type) and what was seen in its sources (`seen`, name and kinds of
values, from the objects' registrations).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from waybill.core.catalog import DataField, Dataset

MOST_SEEN = 1_000


class Columns(BaseModel):
    """A dataset's columns in one run, by name."""

    model_config = ConfigDict(frozen=True)

    written: dict[str, str]
    seen: dict[str, str]


class Change(BaseModel):
    """One column that is not as it was. `was` and `now` are its type or kinds; empty where it was not there."""

    model_config = ConfigDict(frozen=True)

    where: str
    column: str
    was: str
    now: str

    def __str__(self) -> str:
        if not self.was:
            return f"{self.column} is new ({self.now})"
        if not self.now:
            return f"{self.column} is gone (was {self.was})"
        return f"{self.column} was {self.was} and is {self.now}"


def columns_of(fields: Sequence[DataField], surveyed: Iterable[Sequence[str]]) -> Columns:
    """`surveyed`: of each source object its `columns`, such as `("city:string", "visits:integer|string")`."""
    seen: dict[str, set[str]] = {}
    for columns in surveyed:
        for entry in columns:
            name, _, kinds = entry.rpartition(":")
            if name and (name in seen or len(seen) < MOST_SEEN):
                seen.setdefault(name, set()).update(kinds.split("|"))
    return Columns(
        written={f.name: f.type.value for f in fields},
        seen={name: "|".join(sorted(seen[name])) for name in sorted(seen)},
    )


def unknown_columns(dataset: Dataset, columns: Columns) -> list[str]:
    """Names in the sources that the dataset has not: they are in no file. None where the dataset has open columns."""
    return [] if dataset.open_field else [name for name in columns.seen if not dataset.has(name)]


def changes(before: Columns | None, now: Columns) -> list[Change]:
    """What differs from the last run, written columns first. A source that showed no rows then or now changes nothing,
    nor does a value that is only missing (`null`).
    """
    if before is None:
        return []
    found = list(_differences("written", before.written, now.written))
    if before.seen and now.seen:
        found += _differences("source", _but_nulls(before.seen), _but_nulls(now.seen))
    return found


def _differences(where: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[Change]:
    for name in sorted({*before, *now}):
        was, becomes = before.get(name, ""), now.get(name, "")
        if was != becomes:
            yield Change(where=where, column=name, was=was, now=becomes)


def _but_nulls(seen: Mapping[str, str]) -> dict[str, str]:
    kinds = {name: "|".join(k for k in value.split("|") if k != "null") for name, value in seen.items()}
    return {name: value for name, value in kinds.items() if value}


def table_schema(dataset: Dataset, fields: Sequence[DataField]) -> dict[str, object]:
    """The file's columns as a Table Schema (Data Package standard, v2), which other programs read."""
    types = {"timestamp": "datetime", "json": "any"}
    shown = [
        {
            "name": f.name,
            "type": types.get(f.type.value, f.type.value),
            **({"title": f.title} if f.title else {}),
            "description": f.description,
        }
        for f in fields
    ]
    key = [dataset.key_field] if any(f.name == dataset.key_field for f in fields) else []
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "title": dataset.title,
        "description": dataset.description,
        "fields": shown,
        **({"primaryKey": key} if key else {}),
    }
