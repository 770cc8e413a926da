"""The row engine's port: rows of lake objects in, bytes of one output format out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from waybill.core.catalog import DataField, Dataset
from waybill.core.format import Writing
from waybill.core.select import Predicate
from waybill.core.window import Window


class SourceFormat(StrEnum):
    NDJSON = "ndjson"
    NDJSON_GZ = "ndjson_gz"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True)
class RowSource:
    """A lake object on the local disk."""

    path: Path
    format: SourceFormat


@dataclass(frozen=True)
class Selection:
    """Which rows and columns: the window always applies, to the dataset's time field. A row counts only where `fields` and
    `judged` are right in it: two selections that together name the same fields take the same rows.
    """

    dataset: Dataset
    window: Window
    predicate: Predicate | None
    fields: tuple[DataField, ...]
    judged: tuple[DataField, ...] = ()


@dataclass(frozen=True)
class Refinement:
    """What becomes of the selected rows before they are written.

    `ordered`: by the dataset's time field, then its key field (integers by value, anything else by the first 256 bytes
    of its UTF-8, null last), then in the sources' order. `distinct`: of rows with the same key and time only the first
    in the sources' order stays; a row with a null key is never a duplicate. `known`: sources of the same dataset; a row
    whose key and time one of their rows has is left out. A row of `known` counts where the same selection would take it.
    The time is a part of it because slices of a window that are refined apart must agree on what a duplicate is.
    `grouped_by` names a field of type string: rows with the same text in it, or with none, follow one another.
    """

    ordered: bool = False
    distinct: bool = False
    known: tuple[RowSource, ...] = ()
    grouped_by: str = ""

    @property
    def nothing(self) -> bool:
        return not (self.grouped_by or self.ordered or self.distinct or self.known)


class RowStream(Protocol):
    """The body of a data file, without its frame (`core.format`). Iterate once, to the end, then read the counts."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def rows(self) -> int:
        """Rows written; final once the iterator is exhausted."""

    @property
    def rejects(self) -> Sequence[str]:
        """Rows that could not be read, each as one JSON line `{"source", "line", "reason"}`; at most `MAX_REJECTS`."""

    @property
    def rejected(self) -> int:
        """How many rows could not be read, listed or not."""

    @property
    def duplicates(self) -> int:
        """How many rows were left out because an earlier one of this stream has their key."""

    @property
    def already_known(self) -> int:
        """How many rows were left out because a row of `Refinement.known` has their key."""


MAX_REJECTS = 1_000


@dataclass(frozen=True)
class MediaFile:
    """A media file that a row names: its own name, its key below the dataset's `media/`, and what the row has in the
    selection's fields, as JSON has it. `attachment` tells what came with a message from what was recorded.

    A record without media of its own that names related ones is one file without a key: `related` is that list as it came.
    """

    name: str
    key: str
    row: Mapping[str, Any]
    attachment: bool = False
    related: tuple[Any, ...] = ()


def media_of(dataset: Dataset, row: Mapping[str, Any]) -> Iterator[MediaFile]:
    """What a row names, as far as its fields are there. An attachment that names no key is none of ours."""
    roles = dataset.media
    if roles is None:
        return
    own = [MediaFile(item["name"], item["key"], row) for item in row.get(roles.field) or ()]
    yield from own
    for item in _listed(row, roles.attachments):
        if isinstance(item, dict) and isinstance(item.get("key"), str) and item["key"]:
            name = item.get("name")
            yield MediaFile(name if isinstance(name, str) else "", item["key"], row, attachment=True)
    related = _listed(row, roles.related)
    if related and not own:
        yield MediaFile("", "", row, related=related)


def _listed(row: Mapping[str, Any], field: str | None) -> tuple[Any, ...]:
    found = row.get(field) if field else None
    return tuple(found) if isinstance(found, list) else ()


class RowEngine(Protocol):
    def select(self, sources: Sequence[RowSource], selection: Selection, writing: Writing) -> RowStream:
        """Rows of `sources` in their order. Deterministic: same input, same bytes. Memory is bounded by a setting of
        the engine, whatever the sources' size. A line that is not a row of the dataset (broken JSON, no readable time)
        is a reject, never an error and never silently gone. Raises PermanentError where a source cannot be read at all.
        """

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]:
        """Every media file of the selected rows (`media_of`), in the rows' order, each once. Attachments and related media
        are found where the selection has their field.
        """


def text_in(row: Mapping[str, Any], name: str | None) -> str:
    """What the row has in that field, as text; empty where there is no such field, or nothing in it."""
    value = row.get(name) if name else None
    return "" if value is None else str(value)


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Each line without its LF, however the blocks are cut; holds one line's pieces at a time."""
    held: list[bytes] = []
    for block in blocks:
        *whole, rest = block.split(b"\n")
        for line in whole:
            yield b"".join((*held, line))
            held = []
        if rest:
            held.append(rest)
    if held:
        yield b"".join(held)
