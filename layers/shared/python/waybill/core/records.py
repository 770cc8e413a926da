"""Records that the API or the bus was given: which are kept, in which lake object, and which are refused and why."""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from waybill.core.catalog import Dataset, FieldType
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.json_line import row_of, value_of
from waybill.core.lake_keys import dataset_prefix
from waybill.core.window import event_time

MOST_LINES = 500_000
"""Of one request: what is known of each line is held in memory."""
LONGEST_RECORD = 64 * 1024
"""How many bytes of a refused record are kept."""
_HUGE = 2**127


@dataclass(frozen=True)
class Refused:
    """One record that was not taken: `line` counts from 1, `record` is its text, cut after 64 KiB."""

    line: int
    reason: str
    record: str

    def as_line(self) -> bytes:
        said = {"line": self.line, "reason": self.reason, "record": self.record}
        return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


@dataclass
class Intake:
    """What is kept, by lake key, and what is not, with reasons."""

    objects: dict[str, bytes] = field(default_factory=dict)
    accepted: int = 0
    rejects: list[Refused] = field(default_factory=list)


def take_records(body: bytes, tenant: str, dataset: Dataset, name: str) -> Intake:
    """Check NDJSON records against the catalogue and put the good ones into one object a day, named by the request's `name`.

    Deterministic: the same body and name make the same objects. A bad record is named with its line and reason; it
    never holds back the others. Raises InvalidInput for no record at all, or for too many.
    """
    intake = Intake()
    by_day: dict[date, list[tuple[datetime, bytes]]] = {}
    for number, line in _numbered(body):
        try:
            moment = _checked(line, dataset)
        except ValueError as reason:
            intake.rejects.append(Refused(number, str(reason), line[:LONGEST_RECORD].decode("utf-8", "replace")))
            continue
        by_day.setdefault(moment.date(), []).append((moment, line))
        intake.accepted += 1
    if not intake.accepted and not intake.rejects:
        raise InvalidInput([FieldError("body", "holds no record; send one JSON object a line")])
    for day, rows in sorted(by_day.items()):
        hour = f"dt={day.isoformat()}/hr={min(moment for moment, _ in rows):%H}"
        plain = b"".join(line + b"\n" for _, line in rows)
        key = f"{dataset_prefix(tenant, dataset.name)}{hour}/sent-{name}.ndjson.gz"
        intake.objects[key] = gzip.compress(plain, 6, mtime=0)
    return intake


def _numbered(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The body's lines that are not empty, without their ends, each with its number."""
    for number, line in enumerate(io.BytesIO(body), start=1):
        if number > MOST_LINES:
            raise InvalidInput([FieldError("body", f"has more than {MOST_LINES} lines; send it in several requests")])
        if line.strip():
            yield number, line.strip()


def _checked(line: bytes, dataset: Dataset) -> datetime:
    """When the row that the line holds took place. Raises ValueError whose text says what is wrong with it."""
    row = row_of(line)
    fields = {f.name: f for f in dataset.fields}
    unknown = sorted(set(row) - set(fields))
    if unknown and not dataset.open_field:
        raise ValueError(f"unknown field {unknown[0][:60]!r}; see GET /datasets/{dataset.name}")
    for required in (dataset.key_field, dataset.time_field):
        if row.get(required) in (None, ""):
            raise ValueError(f"{required} is missing")
    for name in row.keys() & fields.keys():
        if row[name] is not None and not _fits(row[name], fields[name].type):
            raise ValueError(f"{name} is no {fields[name].type.value}: {str(row[name])[:60]!r}")
    moment = event_time(value_of(line, row, dataset.time_field))
    if moment is None:
        raise ValueError(f"{dataset.time_field} is there twice; send it once")
    return moment


def _fits(value: Any, wanted: FieldType) -> bool:
    """Whether the row engine would take the value as one of that type."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match wanted:
        case FieldType.STRING:
            return isinstance(value, str)
        case FieldType.INTEGER:
            return number and isinstance(value, int) and -_HUGE <= value < _HUGE
        case FieldType.NUMBER:
            return number and abs(value) < 2**1024 and math.isfinite(value)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.TIMESTAMP:
            return event_time(value) is not None
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
