"""The lake and the stage as folders on the disk: for exports that nobody should hold in memory."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.core.stage import Staged
from waybill.core.compose import CopyRange, Literal, Part

CHUNK = 1 << 20


@dataclass(frozen=True)
class There:
    version: str
    etag: str
    size: int


class DiskLake:
    """One version an object. An object's etag is made of its size and its time: nothing is read to know it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the object lies, or is to lie."""
        found = self.folder / key
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def put(self, key: str, data: bytes) -> bool:
        self.path(key).write_bytes(data)
        return True

    def head(self, key: str, version: str = "") -> There | None:
        path = self.folder / key
        if not path.is_file():
            return None
        known = path.stat()
        return There("v1", f"{known.st_size}-{known.st_mtime_ns}", known.st_size)

    def open(self, key: str, version: str) -> BinaryIO:
        return (self.folder / key).open("rb")

    def download(self, key: str, version: str, path: Path) -> None:
        os.link(self.folder / key, path)

    def stream(self, key: str, version: str) -> Iterator[bytes]:
        yield from _chunks(self.folder / key)


class DiskStage:
    """As `tests.core.stage.MemoryStage`: nothing staged is overwritten, and nothing is there before it is whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        return self.folder / key

    def put(self, key: str, data: bytes) -> Staged:
        return self.put_stream(key, [data])

    def put_stream(self, key: str, chunks: Iterable[bytes]) -> Staged:
        path, own = self.path(key), self.folder / uuid.uuid4().hex
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with own.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        if path.exists():
            own.unlink()
        else:
            own.rename(path)
        return Staged(key, size, digest.hexdigest())

    def read(self, key: str) -> bytes:
        return self.path(key).read_bytes()

    def stream(self, key: str) -> Iterator[bytes]:
        yield self.read(key)

    def read_if_there(self, key: str) -> bytes | None:
        return self.read(key) if self.path(key).is_file() else None

    def compose(self, key: str, parts: Sequence[Part]) -> None:
        self.put_stream(key, self._bytes_of(parts))

    def sha256(self, key: str) -> tuple[int, str]:
        digest = hashlib.sha256()
        for chunk in _chunks(self.path(key)):
            digest.update(chunk)
        return self.path(key).stat().st_size, digest.hexdigest()

    def clear(self) -> None:
        shutil.rmtree(self.folder)

    def _bytes_of(self, parts: Sequence[Part]) -> Iterator[bytes]:
        for part in parts:
            for item in (part,) if isinstance(part, CopyRange) else part.items:
                if isinstance(item, Literal):
                    yield item.data
                else:
                    yield from _chunks(self.path(item.key), item.start, item.end)


def _chunks(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = path.stat().st_size - start if end is None else end - start
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
