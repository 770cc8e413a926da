"""A manifest as a receiver reads it: nothing in it is trusted before it is checked.

Its form is docs/manifest.schema.json. A manifest of that version may hold more than is read here, so that one of a later
minor form is not refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NAME = "waybill.json"
SIGNATURE_NAME = "waybill.json.jws"
VERSION = 1
LARGEST = 256 * 1024 * 1024
"""Bytes. A manifest of a million files has about that many."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRIVE = re.compile(r"[A-Za-z]:")


class Unreadable(Exception):
    """It is no manifest that this version can read; the text says why, as the end of a sentence."""


@dataclass(frozen=True)
class Listed:
    """A file of the package. `volume` is the number of the archive that holds it, where an archive's own manifest says so."""

    name: str
    kind: str
    size: int
    sha256: str
    rows: int | None
    entries: tuple[Listed, ...]
    volume: int | None


@dataclass(frozen=True)
class Manifest:
    """`sha256` is of its own bytes; `previous` is that of the manifest that its rule delivered before, empty for the first.

    `path` is where it lies below its run's folder, as it says itself. `inside`: it lies in an archive and lists its entries.
    """

    sha256: str
    path: str
    inside: bool
    run_id: str
    tenant: str
    rule_id: str
    amendment: bool
    start: datetime
    end: datetime
    planned_at: datetime
    previous: str
    files: tuple[Listed, ...]

    @property
    def rule(self) -> tuple[str, str]:
        return self.tenant, self.rule_id

    @property
    def window(self) -> str:
        return f"{_shown(self.start)} to {_shown(self.end)}"


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_manifest(data: bytes) -> Manifest:
    """Raises Unreadable."""
    document = _document(data)
    version = document.get("waybill")
    if type(version) is not int or version < VERSION:
        raise Unreadable("is no Waybill manifest")
    if version > VERSION:
        raise Unreadable(f"is of version {version}, and this program reads version {VERSION}: install a newer one")
    try:
        return _manifest(document, hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as wrong:
        raise Unreadable(f"has not the form of a manifest ({type(wrong).__name__}: {str(wrong)[:120]})") from None


def _document(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"is no JSON ({str(wrong)[:120]})") from None
    if not isinstance(document, dict):
        raise Unreadable("is no JSON object")
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that comes twice, programs would read one value or the other."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_number(name: str) -> float:
    """NaN and Infinity, which Python's reader knows and JSON does not."""
    raise ValueError(f"{name} is no number")


def _manifest(document: Mapping[str, Any], sha256: str) -> Manifest:
    run, window = document["run"], document["window"]
    previous = document["previous_manifest_sha256"]
    if previous is not None and not _SHA256.fullmatch(previous):
        raise ValueError("previous_manifest_sha256 is no SHA-256")
    return Manifest(
        sha256=sha256,
        path=plain_name(document["path"]),
        inside=_of(bool, document["inside"]),
        run_id=_text(run["id"]),
        tenant=_text(run["tenant"]),
        rule_id=_text(run["rule_id"]),
        amendment=_of(bool, run["amendment"]),
        start=_instant(window["start"]),
        end=_instant(window["end"]),
        planned_at=_instant(document["planned_at"]),
        previous=previous or "",
        files=tuple(map(_listed, _of(list, document["files"]))),
    )


def _listed(file: Mapping[str, Any]) -> Listed:
    if not _SHA256.fullmatch(file["sha256"]):
        raise ValueError(f"the SHA-256 of {str(file['name'])[:80]!r} is none")
    rows, volume = file.get("rows"), file.get("volume")
    return Listed(
        name=plain_name(file["name"]),
        kind=_text(file["kind"]),
        size=_count(file["size"]),
        sha256=file["sha256"],
        rows=None if rows is None else _count(rows),
        entries=tuple(_listed(entry) for entry in file.get("entries", ())),
        volume=None if volume is None else _count(volume),
    )


def plain_name(name: Any) -> str:
    """A relative path that stays where it is put. Raises ValueError for any other."""
    if not isinstance(name, str) or not name or len(name) > 4_096 or re.search(r"[\x00-\x1f\x7f\\]", name):
        raise ValueError(f"{str(name)[:80]!r} is no plain file name")
    _text(name)
    if _DRIVE.match(name) or any(step in ("", ".", "..") for step in name.split("/")):
        raise ValueError(f"{name[:80]!r} leads out of its folder")
    return name


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{str(value)[:80]!r} is no {kind.__name__}")
    return value


def _text(value: Any) -> str:
    """Raises ValueError for half of a surrogate pair, which no file and no terminal holds."""
    text: str = _of(str, value)
    text.encode("utf-8")
    return text


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError(f"{str(value)[:80]!r} is no count")
    return value


def _instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(_of(str, value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset")
    return moment
