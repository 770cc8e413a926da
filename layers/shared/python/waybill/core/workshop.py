"""What packaging a part needs of the world: narrow ports, and the workshop that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from waybill.core.archive import Entry as ArchiveEntry
from waybill.core.catalog import Catalog
from waybill.core.rows import RowEngine


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


class MediaThere(Protocol):
    @property
    def version(self) -> str: ...

    @property
    def etag(self) -> str: ...

    @property
    def size(self) -> int: ...


class LakeForParts(Protocol):
    def download(self, key: str, version: str, path: Path) -> None: ...

    def head(self, key: str) -> MediaThere | None: ...

    def stream(self, key: str, version: str) -> Iterator[bytes]: ...


class SecretReader(Protocol):
    def read(self, reference: str) -> Mapping[str, str]: ...


class EncodedEntry(Protocol):
    """One entry of an archive; iterate to the end, then read `entry`."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def entry(self) -> ArchiveEntry: ...


class Encoder(Protocol):
    """Makes entries: see `engines.zip_aes.entry`, which says what its arguments promise."""

    def __call__(
        self, name: str, modified: datetime, data: Iterable[bytes], *, password: str | None, salt: bytes, large: bool
    ) -> EncodedEntry: ...


@dataclass(frozen=True)
class Workshop:
    """What packaging a part needs. `folder` is an empty local folder; `archive` makes the encoder where there is one.

    `attempt` is unique to the invocation, of `[a-z0-9-]`: two workers on one part (one of them taken for dead) never share a
    piece, and the first result that is staged says whose counts.
    """

    stage: StageForParts
    lake: LakeForParts
    rows: RowEngine
    secrets: SecretReader
    archive: Callable[[], Encoder]
    catalog: Catalog
    folder: Path
    attempt: str
