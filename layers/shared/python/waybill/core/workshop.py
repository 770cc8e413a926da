"""What packaging a part needs of the world: narrow ports, and the workshop that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from waybill.core.archive import Encryption
from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.format import Compression, Writing
from waybill.core.lake_object import ObjectThere
from waybill.core.rows import MediaFile, Refinement, RowSource, RowStream, Selection


class StagedBytes(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...


class StageForParts(Protocol):
    def put(self, key: str, data: bytes) -> StagedBytes: ...

    def put_stream(self, key: str, chunks: Iterator[bytes]) -> StagedBytes: ...

    def read(self, key: str) -> bytes: ...

    def read_if_there(self, key: str) -> bytes | None: ...

    def stream(self, key: str) -> Iterator[bytes]: ...


class LakeForParts(Protocol):
    def download(self, key: str, version: str, path: Path) -> None: ...

    def head(self, key: str) -> ObjectThere | None: ...

    def stream(self, key: str, version: str) -> Iterator[bytes]: ...


class SecretReader(Protocol):
    def read(self, reference: str) -> Mapping[str, str]: ...


class EncodedEntry(Protocol):
    """One entry of an archive; iterate to the end, then read `entry`."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def entry(self) -> ArchiveEntry: ...


class Encoder(Protocol):
    """Makes entries: see `engines.zip_entry.entry`, which says what its arguments promise."""

    def __call__(
        self,
        name: str,
        modified: datetime,
        data: Iterable[bytes],
        *,
        password: str | None,
        encryption: Encryption,
        salt: bytes,
        large: bool,
    ) -> EncodedEntry: ...


class PartRows(Protocol):
    """The row engine, with what must be done to rows together (`core.rows.RowEngine`, `Refinement`)."""

    def select(
        self, sources: Sequence[RowSource], selection: Selection, writing: Writing, refinement: Refinement
    ) -> RowStream: ...

    def media(self, sources: Sequence[RowSource], selection: Selection) -> Iterator[MediaFile]: ...


class Compressor(Protocol):
    """See `engines.compress.compressed`."""

    def __call__(self, compression: Compression, chunks: Iterator[bytes]) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Workshop:
    """What packaging a part needs. `folder` is an empty local folder; `archive` makes the encoder where there is one.

    `compress` turns the bytes of a file, or of a piece of one, into bytes that can be joined with other pieces' bytes.

    `attempt` is unique to the invocation, of `[a-z0-9-]`: two workers on one part (one of them taken for dead) never share a
    piece, and the first result that is staged says whose counts.
    """

    stage: StageForParts
    lake: LakeForParts
    rows: PartRows
    secrets: SecretReader
    archive: Callable[[], Encoder]
    compress: Compressor
    folder: Path
    attempt: str
