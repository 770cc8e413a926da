"""The stage and the lake in memory: nothing staged is overwritten, versions of the lake stay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from waybill.core.compose import CopyRange, Literal, Part


@dataclass(frozen=True)
class Staged:
    key: str
    size: int
    sha256: str


class MemoryStage:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.copied = 0

    def put(self, key: str, data: bytes) -> Staged:
        self.kept.setdefault(key, data)
        return Staged(key, len(data), hashlib.sha256(data).hexdigest())

    def put_stream(self, key: str, chunks: Iterable[bytes]) -> Staged:
        return self.put(key, b"".join(chunks))

    def read(self, key: str) -> bytes:
        return self.kept[key]

    def read_if_there(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        return self.kept[key][offset : offset + length]

    def stream(self, key: str, chunk: int = 1_000) -> Iterator[bytes]:
        data = self.kept[key]
        yield from (data[at : at + chunk] for at in range(0, len(data), chunk))

    def compose(self, key: str, parts: Sequence[Part]) -> None:
        whole = b""
        for part in parts:
            if isinstance(part, CopyRange):
                self.copied += part.size
                whole += self.read_range(part.key, part.start, part.size)
            else:
                for one in part.items:
                    whole += one.data if isinstance(one, Literal) else self.read_range(one.key, one.start, one.size)
        self.put(key, whole)

    def sha256(self, key: str) -> tuple[int, str]:
        return len(self.kept[key]), hashlib.sha256(self.kept[key]).hexdigest()


@dataclass(frozen=True)
class MediaThere:
    version: str
    etag: str
    size: int
    metadata: Mapping[str, str]


class MemoryLake:
    """One version an object, named by its content."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.metadata: dict[str, Mapping[str, str]] = {}

    def put(self, key: str, data: bytes, **metadata: str) -> str:
        self.kept[key] = data
        self.metadata[key] = {name.replace("_", "-"): value for name, value in metadata.items()}
        return hashlib.sha256(data).hexdigest()[:8]

    def download(self, key: str, version: str, path: Path) -> None:
        path.write_bytes(self.kept[key])

    def head(self, key: str, version: str = "") -> MediaThere | None:
        data = self.kept.get(key)
        if data is None:
            return None
        return MediaThere(hashlib.sha256(data).hexdigest()[:8], "etag", len(data), self.metadata.get(key, {}))

    def stream(self, key: str, version: str) -> Iterator[bytes]:
        yield self.kept[key]

    def read_range(self, key: str, version: str, offset: int, length: int) -> bytes:
        return self.kept[key][offset : offset + length]
