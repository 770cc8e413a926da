"""Searching a dataset: rows of the lake that a filter selects in a span of time, page by page.

A search reads objects in the order of their registration and remembers where it stopped, and up to which object it looks:
what is registered meanwhile does not move its pages.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from waybill.core.assigned import Assigned, assigned_predicate, both, unknown_roles
from waybill.core.catalog import Dataset, stands_for_all
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.format import RowFormat, Writing
from waybill.core.lake_object import LakeObject
from waybill.core.parts import of_tier
from waybill.core.ports import LakeObjects
from waybill.core.rows import Refinement, RowSource, Selection
from waybill.core.rule_settings import SourceTier
from waybill.core.select import compile_filter
from waybill.core.window import Window
from waybill.core.workshop import LakeForParts, PartRows

LARGEST_PAGE = 200
ROWS_BYTES = 4 * 1024 * 1024
"""Of one page, as JSON: an answer of a function holds 6 MB."""


class Span(BaseModel):
    """`[start, end)`, whole seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end <= self.start:
            raise ValueError("end is not after start; a span holds its start and not its end")
        return self

    @property
    def window(self) -> Window:
        return Window(*(bound.astimezone(UTC).replace(microsecond=0) for bound in (self.start, self.end)))


class Question(BaseModel):
    """What is looked for. No `fields` means the default ones; `filter` is CQL2, as text or JSON; `assigned` narrows it to some
    people's rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    span: Span
    filter: str | dict[str, Any] | None = None
    assigned: Assigned | None = None
    fields: Annotated[tuple[str, ...], Field(max_length=500)] = ()
    source: SourceTier = SourceTier.BOTH

    def check(self, dataset: Dataset) -> None:
        """Raises InvalidInput with every field that the dataset cannot answer."""
        errors = [
            FieldError(f"fields.{n}", f"{name!r} is no field of {dataset.name}; see GET /datasets/{dataset.name}")
            for n, name in enumerate(self.fields)
            if not dataset.has(name) or stands_for_all(dataset, name)
        ]
        errors += [
            FieldError(
                f"assigned.{role}", f"no field of {dataset.name} says it; ask for it with filter, or leave it out"
            )
            for role in (unknown_roles(self.assigned, dataset) if self.assigned else ())
        ]
        if self.filter is not None:
            try:
                compile_filter(self.filter, dataset)
            except InvalidInput as wrong:
                errors += wrong.errors
        if errors:
            raise InvalidInput(errors)


@dataclass(frozen=True)
class Reading:
    """What reading the lake needs. `folder` is an empty local folder; `enough` says that time is nearly up."""

    objects: LakeObjects
    lake: LakeForParts
    rows: PartRows
    folder: Path
    enough: Callable[[], bool]


@dataclass(frozen=True)
class Found:
    """One page. `cursor` is empty at the end; a page may be short, or empty, and others follow all the same."""

    rows: Sequence[Mapping[str, Any]]
    cursor: str
    rejected: int


@dataclass(frozen=True)
class _Place:
    """Where a page starts: the search looks at objects up to `upto`, has done those up to `done`, and `skip` rows of `at`."""

    upto: int
    done: int = 0
    at: int = 0
    skip: int = 0

    def packed(self) -> str:
        numbers = [self.upto, self.done, self.at, self.skip]
        return base64.urlsafe_b64encode(json.dumps(numbers).encode()).decode()


def _unpacked(cursor: str) -> _Place:
    try:
        place = _Place(*map(int, json.loads(base64.urlsafe_b64decode(cursor.encode()))))
    except (ValueError, TypeError):
        raise InvalidInput(
            [FieldError("cursor", "is not one that this search gave out; start without a cursor")]
        ) from None
    return place


@contextmanager
def fetched(objects: Iterable[LakeObject], reading: Reading) -> Iterator[list[RowSource]]:
    """Local copies of a dataset's objects, gone at the end."""
    sources: list[RowSource] = []
    try:
        for one in objects:
            sources.append(RowSource(reading.folder / f"{one.sequence:012d}.{one.format.value}", one.format))
            reading.lake.download(one.key, one.version, sources[-1].path)
        yield sources
    finally:
        for source in sources:
            source.path.unlink(missing_ok=True)


def selection_of(question: Question, dataset: Dataset) -> Selection:
    predicate = compile_filter(question.filter, dataset) if question.filter is not None else None
    theirs = assigned_predicate(question.assigned, dataset) if question.assigned else None
    return Selection(dataset, question.span.window, both(predicate, theirs), dataset.chosen(question.fields))


def objects_of(
    question: Question, tenant: str, dataset: Dataset, reading: Reading, after: int, upto: int
) -> Iterator[LakeObject]:
    """The registered objects that may hold rows, in order; never a merged one, whose rows would move between two pages."""
    for one in reading.objects.between(tenant, dataset.name, question.span.window, after, upto, replaced=True):
        if of_tier(one, question.source):
            yield one


def search(question: Question, tenant: str, dataset: Dataset, reading: Reading, cursor: str, limit: int) -> Found:
    """Up to `limit` rows from `cursor` on. Raises InvalidInput for a cursor of another search."""
    place = _unpacked(cursor) if cursor else _Place(reading.objects.newest(tenant, dataset.name))
    selection = selection_of(question, dataset)
    rows: list[Mapping[str, Any]] = []
    size, rejected = 0, 0
    for one in _from(place, question, tenant, dataset, reading):
        if len(rows) >= limit or reading.enough():
            return Found(rows, place.packed(), rejected)
        skip = place.skip if one.sequence == place.at else 0
        with closing(lines_of(one, selection, reading)) as lines:
            for read, line in enumerate(lines):
                if read < skip:
                    continue
                if len(rows) >= limit or (rows and size + len(line) > ROWS_BYTES):
                    return Found(rows, _Place(place.upto, place.done, one.sequence, read).packed(), rejected)
                rows.append(json.loads(line))
                size += len(line)
        place = _Place(place.upto, one.sequence)
        rejected += one.rejects
    return Found(rows, "", rejected)


def _from(place: _Place, question: Question, tenant: str, dataset: Dataset, reading: Reading) -> Iterator[LakeObject]:
    """The objects from a place on: the one that was left in the middle comes first."""
    if place.at:
        yield reading.objects.get(tenant, dataset.name, place.at)
    yield from objects_of(question, tenant, dataset, reading, max(place.done, place.at), place.upto)


def lines_of(one: LakeObject, selection: Selection, reading: Reading) -> Generator[bytes, None, None]:
    """The object's selected rows, each as one line of JSON. Its local copy is gone once the iterator is."""
    with fetched([one], reading) as sources:
        for block in reading.rows.select(sources, selection, Writing(RowFormat.NDJSON), Refinement()):
            yield from block.splitlines()
