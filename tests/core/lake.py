"""The lake bucket in memory, with versions: a put adds one, nothing is lost. And rows to put there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.core.made import CATALOG
from waybill.core.catalog import Dataset
from waybill.core.lake_keys import Listed

TICKETS = CATALOG["chat_tickets"]
OPEN = Dataset.model_validate({
    "name": "sessions", "title": "Sessions", "description": "Open.", "time_field": "at", "key_field": "id",
    "open_field": "attributes",
    "fields": [
        {"name": "id", "type": "string", "description": "Id."},
        {"name": "at", "type": "timestamp", "description": "When."},
        {"name": "attributes", "type": "json", "description": "The customer's own."},
    ],
})  # fmt: skip


def lines(*rows: object) -> bytes:
    return b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in rows)


def ticket(number: int, at: str = "2026-03-09T10:00:00Z", **more: object) -> dict[str, object]:
    return {"ticket_id": f"t{number}", "created_at": at, **more}


@dataclass(frozen=True)
class Version:
    version: str
    etag: str
    size: int
    data: bytes


class VersionedLake:
    """`crash_after`: how many more puts succeed before one raises; None for all."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Version]] = {}
        self.crash_after: int | None = None

    def upstream(self, key: str, data: bytes) -> str:
        """What an upstream system does: put, whatever is there. Returns the version."""
        versions = self.kept.setdefault(key, [])
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        versions.append(Version(f"v{len(versions) + 1}", etag, len(data), data))
        return versions[-1].version

    def put(self, key: str, data: bytes) -> bool:
        if self.crash_after is not None:
            if not self.crash_after:
                raise ConnectionResetError("the process died here")
            self.crash_after -= 1
        if key in self.kept:
            return False
        self.upstream(key, data)
        return True

    def put_file(self, key: str, path: Path) -> bool:
        return self.put(key, path.read_bytes())

    def head(self, key: str, version: str = "") -> Version | None:
        return next((v for v in reversed(self.kept.get(key, [])) if version in {"", v.version}), None)

    def data(self, key: str, version: str = "") -> bytes:
        found = self.head(key, version)
        assert found is not None, key
        return found.data

    def open(self, key: str, version: str) -> BinaryIO:
        return io.BytesIO(self.data(key, version))

    def stream(self, key: str, version: str) -> Iterator[bytes]:
        yield self.data(key, version)

    def download(self, key: str, version: str, path: Path) -> None:
        path.write_bytes(self.data(key, version))

    def folders(self, prefix: str) -> Iterator[str]:
        rests = {key[len(prefix) :] for key in self.kept if key.startswith(prefix)}
        yield from sorted({prefix + rest.partition("/")[0] + "/" for rest in rests if "/" in rest})

    def listing(self, prefix: str, after: str) -> Iterator[Listed]:
        for key in sorted(self.kept):
            if key.startswith(prefix) and key > after:
                newest = self.kept[key][-1]
                yield Listed(key, newest.etag, newest.size)
