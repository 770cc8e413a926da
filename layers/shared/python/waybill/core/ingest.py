"""What comes into the lake: keys, records that the API takes, and the survey of an object before it is registered."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from csv import DictReader
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from waybill.core.catalog import DataField, Dataset, FieldType
from waybill.core.rows import SourceFormat
from waybill.core.window import instant

_KEY = re.compile(
    r"^tenant=(?P<tenant>[a-z0-9][a-z0-9-]{1,62})/dataset=(?P<dataset>[a-z][a-z0-9_]{0,62})/(?P<rest>.+)$"
)
_RECORDS = re.compile(r"^dt=\d{4}-\d{2}-\d{2}/hr=\d{2}/[^/]+$")
_FORMATS = {".ndjson": SourceFormat.NDJSON, ".ndjson.gz": SourceFormat.NDJSON_GZ, ".csv": SourceFormat.CSV}
LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class LakePlace:
    """What a key of the lake says: records in some format, or a media file."""

    tenant: str
    dataset: str
    format: SourceFormat
    media: bool


def parse_key(key: str) -> LakePlace | None:
    """Whose data a lake key names; None where it follows no rule of ours."""
    found = _KEY.match(key)
    if not found:
        return None
    rest = found["rest"]
    if rest.startswith("media/"):
        return LakePlace(found["tenant"], found["dataset"], SourceFormat.NDJSON, media=True)
    source = next((f for ending, f in _FORMATS.items() if rest.endswith(ending)), None)
    if source is None or not _RECORDS.match(rest):
        return None
    return LakePlace(found["tenant"], found["dataset"], source, media=False)


def media_key(tenant: str, dataset: str, name: str) -> str | None:
    """Where a media file lies that a row names; None for a name that would leave the dataset's own folder."""
    steps = name.split("/")
    if not name or any(step in {"", ".", ".."} for step in steps) or "\\" in name:
        return None
    return f"tenant={tenant}/dataset={dataset}/media/{name}"


@dataclass
class Survey:
    """What an object holds: its rows, how many of its lines cannot be placed in time, and its span of event times."""

    rows: int = 0
    rejects: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def see(self, moment: datetime | None) -> None:
        if moment is None:
            self.rejects += 1
            return
        self.rows += 1
        self.first = moment if self.first is None else min(self.first, moment)
        self.last = moment if self.last is None else max(self.last, moment)


def survey(file: BinaryIO, source: SourceFormat, dataset: Dataset) -> Survey:
    """Read an object once, line by line. A truncated gzip counts as one reject: what came before it is kept."""
    seen = Survey()
    if source is SourceFormat.CSV:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        for row in DictReader(text):
            seen.see(_moment(row.get(dataset.time_field)))
        return seen
    try:
        for line in _lines(file, source):
            if line.strip():
                seen.see(_time_of(line, dataset))
    except (EOFError, OSError, zlib.error):
        seen.rejects += 1
    return seen


def _lines(file: BinaryIO, source: SourceFormat) -> Iterator[bytes]:
    plain = gzip.GzipFile(fileobj=file) if source is SourceFormat.NDJSON_GZ else file
    while line := plain.readline(LONGEST_LINE):
        yield line


def _time_of(line: bytes, dataset: Dataset) -> datetime | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return _moment(row.get(dataset.time_field)) if isinstance(row, dict) else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return instant(value)
    except ValueError:
        return None


@dataclass
class Intake:
    """Records that the API was given: what is kept, by lake key, and what is not, with reasons."""

    objects: dict[str, bytes] = field(default_factory=dict)
    accepted: int = 0
    rejects: list[dict[str, Any]] = field(default_factory=list)


def take_records(body: bytes, tenant: str, dataset: Dataset) -> Intake:
    """Check NDJSON records against the catalogue and put the good ones into one object a day.

    Idempotent: an object's name is a digest of its bytes, so the same request writes the same objects. A bad record is
    named with its line and reason; it never holds back the others.
    """
    intake = Intake()
    by_day: dict[str, list[tuple[datetime, bytes]]] = {}
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        reason, row = _checked(line, dataset)
        if reason or row is None:
            intake.rejects.append({"line": number, "reason": reason})
            continue
        moment = instant(str(row[dataset.time_field]))
        by_day.setdefault(f"{moment:%Y-%m-%d}", []).append((moment, line.strip()))
        intake.accepted += 1
    for day, rows in sorted(by_day.items()):
        hour = f"dt={day}/hr={min(moment for moment, _ in rows):%H}"
        plain = b"".join(line + b"\n" for _, line in rows)
        name = f"api-{hashlib.sha256(plain).hexdigest()[:32]}.ndjson.gz"
        intake.objects[f"tenant={tenant}/dataset={dataset.name}/{hour}/{name}"] = gzip.compress(plain, 6, mtime=0)
    return intake


def _checked(line: bytes, dataset: Dataset) -> tuple[str, Mapping[str, Any] | None]:
    try:
        row = json.loads(line)
    except ValueError as wrong:
        return f"not JSON: {wrong}", None
    if not isinstance(row, dict):
        return "not a JSON object", None
    unknown = sorted(set(row) - {f.name for f in dataset.fields})
    if unknown:
        return f"unknown field {unknown[0]!r}; see GET /datasets/{dataset.name}", None
    for required in (dataset.key_field, dataset.time_field):
        if row.get(required) in (None, ""):
            return f"{required} is missing", None
    wrong_fields = _wrong_types(row, dataset.fields)
    return (wrong_fields[0], None) if wrong_fields else ("", row)


def _wrong_types(row: Mapping[str, Any], fields: Sequence[DataField]) -> list[str]:
    return [
        f"{f.name} is no {f.type.value}: {str(row[f.name])[:60]!r}"
        for f in fields
        if row.get(f.name) is not None and not _fits(row[f.name], f.type)
    ]


def _fits(value: Any, wanted: FieldType) -> bool:
    match wanted:
        case FieldType.STRING:
            return isinstance(value, str)
        case FieldType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case FieldType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.TIMESTAMP:
            return _moment(value) is not None
        case FieldType.JSON:
            return isinstance(value, dict | list)
        case FieldType.ANY:
            return True


def unzipped(body: bytes, encoding: str, limit: int) -> bytes:
    """A request's body as it was before `Content-Encoding`. Raises ValueError for another encoding, a broken one, or one
    that grows beyond `limit` bytes.
    """
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise ValueError(f"Content-Encoding {encoding!r} is not known; send gzip or none")
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(body, limit + 1)
    except zlib.error as wrong:
        raise ValueError("the gzip body is broken; compress it again") from wrong
    if len(plain) > limit:
        raise ValueError(f"the body grows beyond {limit} bytes; send it in several requests")
    if not inflate.eof:
        raise ValueError("the gzip body ends too early; send all of it")
    return plain
