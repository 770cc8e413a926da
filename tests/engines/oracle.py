"""What the row engine must answer, said again in plain Python: json, decimal and datetime, one row at a time."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from waybill.core.catalog import DataField, Dataset, FieldType, Media
from waybill.core.window import Window

WINDOW = Window(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))

Row = dict[str, Any]


def field(name: str, kind: str) -> DataField:
    return DataField(name=name, type=FieldType(kind), description="for tests")


DATASET = Dataset(
    name="chat_tickets",
    title="Tickets",
    description="for tests",
    time_field="created_at",
    key_field="id",
    media=Media(field="files"),
    fields=(
        field("id", "string"),
        field("created_at", "timestamp"),
        field("count", "integer"),
        field("score", "number"),
        field("open", "boolean"),
        field("closed_at", "timestamp"),
        field("meta", "json"),
        field("files", "json"),
    ),
)

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|([+-])(\d\d)(?::?(\d\d))?)", re.ASCII
)


def moment(text: Any) -> tuple[datetime, str] | None:
    """The instant, cut to the second, and its fraction's digits without zeros at the end."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    try:
        hours, minutes = int(found[10] or 0), int(found[11] or 0)
        if hours > 23 or minutes > 59:
            return None
        zone = timezone(timedelta(hours=hours, minutes=minutes) * (-1 if found[9] == "-" else 1))
        local = datetime(*(int(found[n] or 0) for n in range(1, 7)), tzinfo=zone)  # type: ignore[misc,arg-type]
        return local.astimezone(UTC), (found[7] or "").rstrip("0")
    except (ValueError, OverflowError):
        return None


def written(instant: tuple[datetime, str]) -> str:
    at, fraction = instant
    return at.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (f".{fraction}" if fraction else "") + "Z"


def _digits(text: str) -> int:
    return len(re.split("[eE]", text)[0].replace(".", "").lstrip("-0").rstrip("0"))


def _number(text: str) -> Decimal:
    if _digits(text) >= 18:
        raise ValueError("a double cannot hold it")
    return Decimal(text)


def _first_of_each(pairs: list[tuple[str, Any]]) -> Row:
    return dict(reversed(pairs))


class Bare(float):
    """NaN or Infinity, which JSON has not: no field can hold it, but a field that nobody reads may."""


def parsed(line: bytes) -> Row:
    """The line's object; ValueError for anything else. Of a name that comes twice, the first counts."""
    text = line.decode("utf-8")
    row = json.loads(text, parse_float=_number, parse_constant=Bare, object_pairs_hook=_first_of_each)
    if not isinstance(row, dict):
        raise ValueError("no object")  # noqa: TRY004
    json.dumps(row, default=str, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    return row


def _fits(kind: FieldType, value: Any) -> bool:
    match kind:
        case FieldType.STRING:
            return isinstance(value, str)
        case FieldType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**127
        case FieldType.NUMBER:
            whole = isinstance(value, int | Decimal) and not isinstance(value, bool)
            return whole and abs(Decimal(value)) < Decimal("1.7976931348623159e308")
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.TIMESTAMP:
            return moment(value) is not None
        case FieldType.JSON | FieldType.ANY:
            return not _has_bare(value)


def _has_bare(value: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Bare) or any(_has_bare(v) for v in inside)


def _media_fits(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(v, dict) and v.get("name") is not None and v.get("key") is not None for v in value
    )


@dataclass
class Answer:
    """Rows in their order, and where the rejects are: `(source, line)`."""

    rows: list[Row]
    rejects: list[tuple[int, int]]


def answer(
    sources: Sequence[bytes], fields: Sequence[DataField], taken: Callable[[Row], bool] = lambda _: True
) -> Answer:
    found = Answer([], [])
    for number, data in enumerate(sources):
        for line_number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            if not line.strip():
                continue
            row = _judged(line, fields)
            if row is None:
                found.rejects.append((number, line_number))
            elif row and taken(row):
                found.rows.append({f.name: row[f.name] for f in fields})
    return found


def _judged(line: bytes, fields: Sequence[DataField]) -> Row | None:
    """The row with its instants written; empty for one of another window; None for none."""
    try:
        row = parsed(line)
    except (ValueError, RecursionError):
        return None
    at = moment(row.get("created_at"))
    if at is None:
        return None
    if not WINDOW.start <= at[0] < WINDOW.end:
        return {}
    for one in DATASET.fields:
        value = row.setdefault(one.name, None)
        if value is None or one not in (*fields, DATASET.field("files")):
            continue
        if not _fits(one.type, value) or (one.name == "files" and not _media_fits(value)):
            return None
        if one.type is FieldType.TIMESTAMP:
            row[one.name] = written(moment(value))  # type: ignore[arg-type]
    row["created_at"] = written(at)
    return row


# --- reading what was written


def read_json(body: bytes) -> list[Row]:
    rows: list[Row] = json.loads(body, parse_float=Decimal, object_pairs_hook=_first_of_each)
    return rows


def read_ndjson(body: bytes) -> list[Row]:
    assert not body or body.endswith(b"\n")
    return [r for line in body.split(b"\n")[:-1] for r in read_json(b"[" + line + b"]")]


def read_csv(body: bytes, fields: Sequence[DataField]) -> list[Row]:
    return [
        {f.name: _from_text(f.type, text) for f, text in zip(fields, record, strict=True)}
        for record in records(body.decode("utf-8"))
    ]


def _from_text(kind: FieldType, text: str | None) -> Any:
    if text is None or kind in (FieldType.STRING, FieldType.TIMESTAMP):
        return text
    return json.loads(text, parse_float=Decimal, object_pairs_hook=_first_of_each)


def read_xml(file: bytes, fields: Sequence[DataField]) -> list[Row]:
    """A whole file, read by XML's own rules; text that XML cannot hold comes as base64."""
    rows = []
    for element in ElementTree.fromstring(file):
        texts = {xml_name(column): xml_text(column) for column in element}
        rows.append({f.name: _from_text(f.type, texts.pop(f.open_key or f.name, None)) for f in fields})
        assert not texts
    return rows


def xml_name(column: ElementTree.Element) -> str:
    name = column.get("name", column.tag)
    return base64.b64decode(name).decode() if column.get("name_encoding") == "base64" else name


def xml_text(column: ElementTree.Element) -> str:
    text = column.text or ""
    return base64.b64decode(text).decode("utf-8") if column.get("encoding") == "base64" else text


def records(text: str) -> Iterator[list[str | None]]:
    """CSV with LF line ends, where nothing is null and `""` is not; `csv` cannot tell them apart."""
    at, record = 0, []
    value: str | None
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"' or text[end : end + 2] == '""':
                end += 2 if text[end] == '"' else 1
            value, at = text[at + 1 : end].replace('""', '"'), end + 1
        else:
            end = min(e for e in (text.find(",", at), text.find("\n", at)) if e >= 0)
            value, at = text[at:end] or None, end
        record.append(value)
        if text[at] == "\n":
            yield record
            record = []
        at += 1


def as_csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Rows as a source of CSV: nulls are nothing, text in quotes, values that are no text as JSON."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(columns)
    for row in rows:
        cells = [row.get(c) for c in columns]
        texts = [c if c is None or isinstance(c, str) else json.dumps(c, ensure_ascii=False) for c in cells]
        out.write(",".join("" if t is None else '"' + t.replace('"', '""') + '"' for t in texts) + "\n")
    return out.getvalue().encode("utf-8")
