"""The catalogue: which datasets there are, with typed and described fields. One TOML file a dataset.

A dataset's file names its fields in the order in which they are written; `time_field` decides which window a row is in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class FieldType(StrEnum):
    """`json` holds an object or a list as it came; every other type is a single value. Timestamps are instants."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"


class DataField(BaseModel):
    """One column. `category` groups fields where the source system does (recordings: Participants, Details, ...)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    type: FieldType
    description: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    category: str = ""


class Media(BaseModel):
    """Where a row names its media: `field` is a json list of `{"name", "key"}`, `key` below the dataset's `media/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Name


class FilePeriod(StrEnum):
    """How much time one file holds when a layout asks for files by period."""

    DAY = "day"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"
    WINDOW = "window"


class Dataset(BaseModel):
    """A named kind of data. `key_field` names the row's own id, `settle_seconds` how long rows are on their way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    title: str
    description: str
    time_field: Name
    key_field: Name
    settle_seconds: int = Field(default=300, ge=0, le=86_400)
    file_period: FilePeriod = FilePeriod.WINDOW
    media: Media | None = None
    fields: tuple[DataField, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        names = [f.name for f in self.fields]
        if len(set(names)) != len(names):
            raise ValueError(f"dataset {self.name} names a field twice")
        for role, name in (("time_field", self.time_field), ("key_field", self.key_field)):
            if name not in names:
                raise ValueError(f"dataset {self.name}: {role} {name} is not among its fields")
        if self.field(self.time_field).type is not FieldType.TIMESTAMP:
            raise ValueError(f"dataset {self.name}: time_field {self.time_field} is not a timestamp")
        if self.media is not None and self.field(self.media.field).type is not FieldType.JSON:
            raise ValueError(f"dataset {self.name}: media field {self.media.field} is not json")
        return self

    def field(self, name: str) -> DataField:
        """The field of that name; KeyError where there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def has(self, name: str) -> bool:
        return any(f.name == name for f in self.fields)

    def chosen(self, names: Iterable[str]) -> tuple[DataField, ...]:
        """The fields of these names in this order; all of the dataset's for no names. KeyError for an unknown one."""
        wanted = tuple(names)
        return tuple(self.field(n) for n in wanted) if wanted else self.fields


Catalog = Mapping[str, Dataset]


def parse_dataset(text: str) -> Dataset:
    """One dataset from its TOML. Raises ValueError (pydantic's) that names the wrong entry."""
    return Dataset.model_validate(tomllib.loads(text))


def closest(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: known names that share its letters, or all of them where few are known."""
    names = sorted(known)
    words = {w for w in re.split(r"[^a-z]+", name.lower()) if len(w) > 2}
    near = [n for n in names if any(w in n or n in w for w in words)]
    return ", ".join((near or names)[:12])
