"""The catalogue: which datasets there are, with typed and described fields. One TOML file a dataset.

A dataset's file names its fields in the order in which they are written; `time_field` decides which window a row is in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from waybill.core.patterns import FIELD_NAME, NAME

Name = Annotated[str, StringConstraints(pattern=NAME)]
FieldName = Annotated[str, StringConstraints(pattern=FIELD_NAME)]
"""A field's own name, or an open column: the open field's name, a dot, and whatever the customer calls it."""


class FieldType(StrEnum):
    """`json` holds an object or a list as it came, `any` (open columns only) any value as it came; every other type is a
    single value. Timestamps are instants.
    """

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"
    ANY = "any"


class DataField(BaseModel):
    """One column. `title` is its name for people, where the source system has one, and `category` its group there
    (recordings: Participants, Details, ...). Without `default` it is written only where a rule chooses it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FieldName
    type: FieldType
    description: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    category: Annotated[str, StringConstraints(max_length=60)] = ""
    default: bool = True

    @property
    def open_key(self) -> str:
        """What the customer calls an open column; empty for a field of the catalogue."""
        return self.name.partition(".")[2]


class Media(BaseModel):
    """Where a row names its media: `field` is a json list of `{"name", "key"}`, `key` below the dataset's `media/`.

    `attachments` is a json list like it; what in it has no key is none of the lake's. `related` is a json list of
    `{"key", "from_seconds", "to_seconds"}`: the cuts of other records' media that make up a record's without its own, and
    `cdr_only` the flag of such records. `kind` says voice, video or what else it is; `encrypted_with` and `signed_with`
    name certificates, and are null where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Name
    attachments: Name | None = None
    related: Name | None = None
    cdr_only: Name | None = None
    kind: Name | None = None
    encrypted_with: Name | None = None
    signed_with: Name | None = None


class People(BaseModel):
    """Which fields say whose a row is: its user, its extensions, its groups. Each is a text, or a json list of texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: Name | None = None
    extensions: Name | None = None
    groups: Name | None = None


class Journal(BaseModel):
    """What a mail is made of: `conversation` says which rows belong together, `sender` who wrote (a role or a name),
    `sender_id` and `sender_name` tell them apart, `text` is what they wrote. `participants` is a json list of
    `{"id", "name", "email"}` or of texts. Attachments are those of `media`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation: Name
    sender: Name
    text: Name
    sender_id: Name | None = None
    sender_name: Name | None = None
    participants: Name | None = None


class FilePeriod(StrEnum):
    """How much time one file holds when a layout asks for files by period."""

    DAY = "day"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"
    WINDOW = "window"


class Dataset(BaseModel):
    """A named kind of data. `key_field` names the row's own id, `settle_seconds` how long rows are on their way,
    `retention_days` how long the source keeps them.

    `open_field` is a json field for columns of the customer's own: whatever a row has beside the catalogue's fields
    belongs to it, and `<open_field>.<name>` can be chosen and asked for like a field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    time_field: Name
    key_field: Name
    settle_seconds: int = Field(default=300, ge=0, le=86_400)
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    file_period: FilePeriod = FilePeriod.WINDOW
    media: Media | None = None
    journal: Journal | None = None
    open_field: Name | None = None
    people: People | None = None
    fields: Annotated[tuple[DataField, ...], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        names = [f.name for f in self.fields]
        if len(set(names)) != len(names):
            raise ValueError(f"dataset {self.name} names a field twice")
        for field in self.fields:
            if field.open_key or field.type is FieldType.ANY:
                raise ValueError(f"dataset {self.name}: {field.name} is an open column; those are not listed")
        for role, name in (("time_field", self.time_field), ("key_field", self.key_field)):
            if name not in names:
                raise ValueError(f"dataset {self.name}: {role} {name} is not among its fields")
        if self.field(self.time_field).type is not FieldType.TIMESTAMP:
            raise ValueError(f"dataset {self.name}: time_field {self.time_field} is not a timestamp")
        for role, wanted, kind in self._roles():
            if wanted and (wanted not in names or self.field(wanted).type is not kind):
                raise ValueError(f"dataset {self.name}: {role} {wanted} is no field of type {kind.value}")
        return self

    @model_validator(mode="after")
    def _knows_its_people(self) -> Dataset:
        named = {f.name for f in self.fields if f.type in {FieldType.STRING, FieldType.JSON}}
        for role, wanted in self.people or ():
            if wanted and wanted not in named:
                raise ValueError(f"dataset {self.name}: people.{role} {wanted} is no field of type string or json")
        return self

    def _roles(self) -> Iterator[tuple[str, str | None, FieldType]]:
        """Fields with a task of their own, and the type that each needs."""
        yield "open_field", self.open_field, FieldType.JSON
        if self.media:
            lists, texts = ("field", "attachments", "related"), ("kind", "encrypted_with", "signed_with")
            yield from ((f"media {one}", getattr(self.media, one), FieldType.JSON) for one in lists)
            yield from ((f"media {one}", getattr(self.media, one), FieldType.STRING) for one in texts)
            yield "media cdr_only", self.media.cdr_only, FieldType.BOOLEAN
        if self.journal:
            roles = ("conversation", "sender", "text", "sender_id", "sender_name")
            yield from ((f"journal {one}", getattr(self.journal, one), FieldType.STRING) for one in roles)
            yield "journal participants", self.journal.participants, FieldType.JSON

    def field(self, name: str) -> DataField:
        """The field of that name, or the open column; KeyError where there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        if self.open_field and name.startswith(f"{self.open_field}."):
            try:
                return DataField(name=name, type=FieldType.ANY, description="A column of the customer's own.")
            except ValueError:
                raise KeyError(name) from None
        raise KeyError(name)

    @property
    def journal_fields(self) -> tuple[DataField, ...]:
        """What of a row its mail is made of; of a dataset that has a journal."""
        roles = self.journal
        if roles is None:
            raise ValueError(f"dataset {self.name} has no journal")
        attachments = self.media.attachments if self.media else None
        asked = (self.key_field, roles.conversation, self.time_field, roles.sender, roles.sender_id, roles.sender_name)
        names = dict.fromkeys(n for n in (*asked, roles.participants, roles.text, attachments) if n)
        return tuple(self.field(name) for name in names)

    def has(self, name: str) -> bool:
        try:
            self.field(name)
        except KeyError:
            return False
        return True

    def chosen(self, names: Iterable[str]) -> tuple[DataField, ...]:
        """The fields of these names in this order; the dataset's default ones for no names. KeyError for an unknown one."""
        wanted = tuple(names)
        return tuple(self.field(n) for n in wanted) if wanted else tuple(f for f in self.fields if f.default)


Catalog = Mapping[str, Dataset]
Catalogs = Callable[[str], Catalog]
"""The catalogue as a tenant has it."""


@dataclass(frozen=True)
class TenantCatalog(Mapping[str, Dataset]):
    """The catalogue as one tenant has it: the datasets that come with Waybill, and the tenant's own beside them."""

    common: Catalog
    find: Callable[[str], Dataset | None]
    own: Callable[[], Sequence[Dataset]]

    def __getitem__(self, name: str) -> Dataset:
        found = self.common.get(name) or self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self.common
        yield from (d.name for d in self.own() if d.name not in self.common)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def incompatible(before: Dataset, after: Dataset) -> list[str]:
    """Why `after` cannot take the place of `before`: rules name its fields, and objects of the lake are registered by its
    time. Fields may be added; words may change.
    """
    said = [
        f"{role} stays {was}"
        for role, was, now in (
            ("time_field", before.time_field, after.time_field),
            ("key_field", before.key_field, after.key_field),
            ("open_field", before.open_field, after.open_field),
        )
        if was != now
    ]
    if before.people not in {None, after.people}:
        said.append("people stay as they are")
    for field in before.fields:
        if not any(f.name == field.name for f in after.fields):
            said.append(f"the field {field.name} stays")
        elif after.field(field.name).type is not field.type:
            said.append(f"the field {field.name} stays of type {field.type.value}")
    return said


def stands_for_all(dataset: Dataset, name: str) -> bool:
    """Whether a chosen name means each of the customer's own columns: `<open field>.*`."""
    return dataset.open_field is not None and name == f"{dataset.open_field}.*"


def resolved(dataset: Dataset, names: Iterable[str], columns: Iterable[str]) -> tuple[DataField, ...]:
    """The chosen fields with `<open field>.*` in the place of which stand those `columns` that are open ones, sorted.
    KeyError for a name that is none.
    """
    own = sorted(
        {c for c in columns if dataset.open_field and c.startswith(f"{dataset.open_field}.") and dataset.has(c)}
    )
    wanted = [one for name in names for one in (own if stands_for_all(dataset, name) else [name])]
    chosen = dataset.chosen(dict.fromkeys(wanted))
    # A rule that chose only the customer's own columns, in a window that has none: the key tells that rows were there.
    return chosen if wanted or not tuple(names) else (dataset.field(dataset.key_field),)


def parse_dataset(text: str) -> Dataset:
    """One dataset from its TOML. Raises ValueError (pydantic's) that names the wrong entry."""
    return Dataset.model_validate(tomllib.loads(text))


def closest(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: known names that share its letters, or all of them where few are known."""
    names = sorted(known)
    words = {w for w in re.split(r"[^a-z]+", name.lower()) if len(w) > 2}
    near = [n for n in names if any(w in n or n in w for w in words)]
    return ", ".join((near or names)[:12])
