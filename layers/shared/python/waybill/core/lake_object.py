"""What is registered of an object of the lake."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.rows import SourceFormat
from waybill.core.window import Window

GZIP_RATIO = 8
"""How much larger than its file a compressed object is taken to be where nobody measured it."""


class LakeObject(BaseModel):
    """A lake object as it was registered: which bytes (`key`, `version`), how many rows, and their event times.

    `sequence` grows by one for each object of a tenant's dataset, and is published in order. `plain_size` is its size
    in bytes once unzipped (of a Parquet file, of its columns), `columns` the names found in its rows, each with the
    kinds of its values: `("city:string", "visits:integer|string")`. `archived`: it lies below the dataset's `archived/`.
    `replaces`: the numbers of the objects whose rows it holds, in their order, where it was merged from them.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    version: str
    etag: str
    size: int
    rows: int
    rejects: int
    format: SourceFormat
    sequence: int
    first_event: datetime | None
    last_event: datetime | None
    registered_at: datetime
    plain_size: int = 0
    columns: tuple[str, ...] = ()
    archived: bool = False
    replaces: tuple[int, ...] = ()

    @property
    def weight(self) -> int:
        """Bytes, as the row engine reads them."""
        if self.plain_size:
            return self.plain_size
        return self.size * (GZIP_RATIO if self.format in {SourceFormat.NDJSON_GZ, SourceFormat.PARQUET} else 1)

    def in_window(self, window: Window) -> bool:
        if self.first_event is None or self.last_event is None:
            return False
        return window.overlaps(self.first_event, self.last_event)

    def share_in(self, window: Window) -> float:
        """Which part of its rows lies in the window, 0 to 1, if they are spread evenly over its time."""
        if self.first_event is None or self.last_event is None:
            return 0.0
        span = (self.last_event - self.first_event).total_seconds() + 1
        overlap = (min(self.last_event, window.end) - max(self.first_event, window.start)).total_seconds() + 1
        return min(1.0, max(overlap, 0.0) / span)


class ObjectThere(Protocol):
    """An object of the lake as it is now: `version` names its bytes for good."""

    @property
    def version(self) -> str: ...

    @property
    def etag(self) -> str: ...

    @property
    def size(self) -> int: ...
