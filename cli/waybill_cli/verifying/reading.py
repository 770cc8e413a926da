"""Reading a file or an entry once, from end to end: how long it is, its SHA-256, and how many rows it has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from waybill_cli.verifying.finding import Progress
from waybill_cli.verifying.manifest import Listed

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Read:
    """`rows` is None where they are not counted."""

    size: int
    sha256: str
    rows: int | None


def read_through(file: IO[bytes], listed: Listed, progress: Progress) -> Read:
    """Stops a byte after the listed size: what is larger is wrong however much larger it is."""
    digest, size, count = hashlib.sha256(), 0, counter_for(listed)
    while chunk := file.read(min(_CHUNK, listed.size + 1 - size)):
        digest.update(chunk)
        size += len(chunk)
        if count:
            count(chunk)
        progress(len(chunk))
    return Read(size, digest.hexdigest(), count.rows if count else None)


class _Lines:
    """Rows of NDJSON: each ends in a line feed."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, chunk: bytes) -> None:
        self.rows += chunk.count(b"\n")


class _CsvLines:
    """Rows of CSV below its one line of headings. A line feed between quotes is a value's (RFC 4180)."""

    def __init__(self) -> None:
        self.rows, self._quoted = -1, False

    def __call__(self, chunk: bytes) -> None:
        for part in _with_quotes(chunk):
            if part is None:
                self._quoted = not self._quoted
            elif not self._quoted:
                self.rows += part.count(b"\n")


def _with_quotes(chunk: bytes) -> list[bytes | None]:
    """What lies between quotes, with None for each quote."""
    parts: list[bytes | None] = []
    for number, part in enumerate(chunk.split(b'"')):
        parts += [None, part] if number else [part]
    return parts


def counter_for(listed: Listed) -> _Lines | _CsvLines | None:
    counters: dict[str, Callable[[], _Lines | _CsvLines]] = {".ndjson": _Lines, ".csv": _CsvLines}
    if listed.kind != "data" or listed.rows is None:
        return None
    return next((made() for ending, made in counters.items() if listed.name.endswith(ending)), None)


def difference(listed: Listed, read: Read) -> str:
    """What of the file is not as the manifest lists it, as the end of a sentence; empty where all of it is."""
    if read.size > listed.size:
        return f"is longer than the {listed.size} bytes that were sent"
    if read.size < listed.size:
        return f"has {read.size} bytes of {listed.size}: it was cut"
    if read.sha256 != listed.sha256:
        return "is not what was sent: its SHA-256 is another one"
    if read.rows is not None and read.rows != listed.rows:
        return f"has {read.rows} rows, and its manifest says {listed.rows}"
    return ""
