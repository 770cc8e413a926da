"""The row engine's port: rows of lake objects in, bytes of one output format out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from waybill.core.assigned import Assigned, assigned_predicate, both
from waybill.core.catalog import DataField, Dataset
from waybill.core.format import Writing
from waybill.core.select import Predicate, compile_filter
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

    @classmethod
    def asked(
        cls,
        dataset: Dataset,
        window: Window,
        filter_: str | Mapping[str, Any] | None,
        fields: tuple[DataField, ...],
        assigned: Assigned | None = None,
    ) -> Selection:
        """Of the rows that the filter, CQL2 as text or JSON, selects, and that are those of the people named. Raises
        InvalidInput for a filter that does not fit.
        """
        asked = compile_filter(filter_, dataset) if filter_ is not None else None
        theirs = assigned_predicate(assigned, dataset) if assigned is not None else None
        return cls(dataset, window, both(asked, theirs), fields)


@dataclass(frozen=True)
class Refinement:
    """What becomes of the selected rows before they are written.

    `ordered`: by the dataset's time field, then its key field (integers by value, anything else by the first 256 bytes
    of its UTF-8, null last), then in the sources' order. `distinct`: of rows with the same key and time only the first
    in the sources' order stays; a row with a null key is never a duplicate. `known`: sources of the same dataset; a row
    whose key and time one of their rows has is left out. A row of `known` counts where the same selection would take it.
    The time is a part of it because slices of a window that are refined apart must agree on what a duplicate is.
    """

    ordered: bool = False
    distinct: bool = False
    known: tuple[RowSource, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.ordered or self.distinct or self.known)


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
    selection's fields, as JSON has it.
    """

    name: str
    key: str
    row: Mapping[str, Any]


class RowEngine(Protocol):
    def select(self, sources: Sequence[RowSource], selection: Selection, writing: Writing) -> RowStream:
        """Rows of `sources` in their order. Deterministic: same input, same bytes. Memory is bounded by a setting of
        the engine, whatever the sources' size. A line that is not a row of the dataset (broken JSON, no readable time)
        is a reject, never an error and never silently gone. Raises PermanentError where a source cannot be read at all.
        """

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]:
        """Every media file of the selected rows, in the rows' order, each once."""
