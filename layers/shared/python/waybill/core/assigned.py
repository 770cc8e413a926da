"""To whom a rule is assigned: users, extensions and groups, as the predicate that selects what is theirs.

A row is theirs where its user is one of the users, one of its extensions is among the extensions, or one of its groups among
the groups: spelled the same, letter case included. The catalogue says which fields of a dataset name them (`Dataset.people`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from waybill.core.catalog import Dataset, FieldType
from waybill.core.patterns import ONE_LINE
from waybill.core.select import Predicate

MOST_NAMES = 10_000
MOST_BYTES = 200_000
"""Of all names together, in UTF-8: a rule is kept as one record, which holds 400 KB."""
Person = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Persons = Annotated[tuple[Person, ...], Field(max_length=MOST_NAMES)]


class Assigned(BaseModel):
    """The users, extensions and groups whose rows are selected, at most 10,000 names of 200,000 bytes together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: Persons = ()
    extensions: Persons = ()
    groups: Persons = ()

    @model_validator(mode="after")
    def _some_but_not_too_many(self) -> Self:
        names = [*self.users, *self.extensions, *self.groups]
        if not names:
            raise ValueError("names nobody; name users, extensions or groups, or leave it out to select every row")
        if len(names) > MOST_NAMES:
            raise ValueError(
                f"has {len(names)} names; at most {MOST_NAMES} are taken: assign groups, or make a second rule"
            )
        if (size := sum(len(name.encode()) for name in names)) > MOST_BYTES:
            raise ValueError(
                f"has {size} bytes of names; at most {MOST_BYTES} are taken: assign groups, or make a second rule"
            )
        return self

    def roles(self) -> Iterator[tuple[str, Sequence[str]]]:
        """The roles that have names, each with its own."""
        for role in ("users", "extensions", "groups"):
            if names := getattr(self, role):
                yield role, names


def unknown_roles(assigned: Assigned, dataset: Dataset) -> list[str]:
    """Roles that are named and that the dataset has no field for."""
    return [role for role, _ in assigned.roles() if _field_of(dataset, role) is None]


def assigned_predicate(assigned: Assigned, dataset: Dataset) -> Predicate:
    """True, or false, of every row. A role that the dataset does not know selects none: it is refused when a rule is saved."""
    sql: list[str] = []
    values: list[str] = []
    columns: set[str] = set()
    for role, names in assigned.roles():
        field = _field_of(dataset, role)
        if field is None:
            continue
        among, listed = _among(names)
        if dataset.field(field).type is FieldType.JSON:
            texts = f"json_extract_string(\"{field}\", '$[*]')"
            several = f'CASE WHEN json_valid("{field}") AND json_type("{field}") = \'ARRAY\' THEN {texts} END'
            sql.append(f"coalesce(len(list_filter({several}, lambda one: {among.format('one')})) > 0, FALSE)")
        else:
            column = f'"{field}"'
            sql.append(f"coalesce({among.format(column)}, FALSE)")
        values.append(listed)
        columns.add(field)
    return Predicate(f"({' OR '.join(sql) or 'FALSE'})", tuple(values), frozenset(columns))


def _among(names: Sequence[str]) -> tuple[str, str]:
    """Whether a text is one of the names: SQL with a place for the text, and what is bound in it.

    Names lie in as many lists as there are names, each in the list that its MD5 says: a row is compared with one or two of
    them, where `in` compares it with all.
    """
    lists: list[list[str]] = [[] for _ in names]
    for name in dict.fromkeys(names):
        lists[_place(name, len(lists))].append(name)
    listed = "from_json(CAST(? AS VARCHAR), '[[\"VARCHAR\"]]')"
    one_list = f"list_extract({listed}, CAST(md5_number_lower({{0}}) % {len(lists)} AS BIGINT) + 1)"
    return f"list_contains({one_list}, {{0}})", json.dumps(lists, ensure_ascii=False)


def _place(name: str, of: int) -> int:
    """As the engine's `md5_number_lower` says."""
    return int.from_bytes(hashlib.md5(name.encode(), usedforsecurity=False).digest()[8:], "little") % of


def assigned_tree(assigned: Assigned, dataset: Dataset) -> dict[str, Any]:
    """The same as CQL2 JSON, for people to read. It may be longer than a filter that is taken."""
    found: list[dict[str, Any]] = []
    for role, names in assigned.roles():
        if field := _field_of(dataset, role):
            op = "a_overlaps" if dataset.field(field).type is FieldType.JSON else "in"
            found.append({"op": op, "args": [{"property": field}, list(names)]})
    return found[0] if len(found) == 1 else {"op": "or", "args": found}


def _field_of(dataset: Dataset, role: str) -> str | None:
    found: str | None = getattr(dataset.people, role) if dataset.people else None
    return found


def both(one: Predicate | None, other: Predicate | None) -> Predicate | None:
    """Where both are true; None is true of all. `other` reads no open columns: those of `one` keep their numbers."""
    if one is None or other is None:
        return one or other
    known = None if one.columns is None or other.columns is None else one.columns | other.columns
    return Predicate(f"({one.sql}) AND ({other.sql})", (*one.values, *other.values), known, one.open_columns)
