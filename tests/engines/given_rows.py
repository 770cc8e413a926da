"""A row engine that was told its rows: for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from waybill.core.format import Writing
from waybill.core.rows import MediaFile, Refinement, RowSource, Selection


@dataclass
class GivenStream:
    blocks: Sequence[bytes]
    rows: int = 0
    rejects: Sequence[str] = ()
    rejected: int = 0
    duplicates: int = 0
    already_known: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks:
            self.rows += block.count(b"\n")
            yield block


@dataclass
class GivenRows:
    """The same blocks of NDJSON, and the same media, for every part."""

    blocks: Sequence[bytes]
    named: Sequence[MediaFile] = field(default=())

    def select(
        self, sources: Sequence[RowSource], selection: Selection, writing: Writing, refinement: Refinement
    ) -> GivenStream:
        return GivenStream(self.blocks)

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]:
        return iter(self.named)
