"""A search's result as a list for people: CSV, XLSX or PDF, of a bounded number of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field

from waybill.core.catalog import Dataset
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.format import CsvProfile, RowFormat, Writing, framing
from waybill.core.listing import PDF_ROWS, Listing, column_of
from waybill.core.rows import Refinement
from waybill.core.rule_settings import Title
from waybill.core.search import Question, Reading, fetched, lines_of, objects_of, selection_of
from waybill.core.zones import ZoneName


class ListFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


MOST_ROWS: Mapping[ListFormat, int] = {ListFormat.CSV: 100_000, ListFormat.XLSX: 100_000, ListFormat.PDF: PDF_ROWS}


class ListQuestion(Question):
    """A question whose answer is a file. `zone` is the zone of its times."""

    format: ListFormat
    title: Title | None = None
    zone: ZoneName = Field(default="UTC")


@dataclass(frozen=True)
class Asked:
    """Who asked, when, of what."""

    tenant: str
    by: str
    at: datetime
    dataset: Dataset


Renderer = Callable[[Listing], Iterator[bytes]]


def listed(
    question: ListQuestion, asked: Asked, reading: Reading, renderers: Mapping[ListFormat, Renderer]
) -> Iterator[bytes]:
    """The list's bytes. Raises InvalidInput where it would have more rows than such a list holds, or cannot be read in
    time: an export is what is wanted then.
    """
    if question.format is ListFormat.CSV:
        return _csv(question, asked, reading)
    spool = reading.folder / "list.ndjson"
    count = _spooled(question, asked, reading, spool)
    fields = asked.dataset.chosen(question.fields)
    listing = Listing(
        title=question.title or asked.dataset.title,
        query=query_text(question),
        zone=question.zone,
        requested_by=asked.by,
        made_at=asked.at,
        count=count,
        columns=tuple(map(column_of, fields)),
        rows=_rows(spool),
    )
    return renderers[question.format](listing)


def query_text(question: Question) -> str:
    """What was asked, for people."""
    span = f"{question.span.start.isoformat()} to {question.span.end.isoformat()}"
    asked = question.filter if isinstance(question.filter, str) else json.dumps(question.filter, ensure_ascii=False)
    return f"{asked}, {span}" if question.filter is not None else span


def _spooled(question: ListQuestion, asked: Asked, reading: Reading, spool: Path) -> int:
    """Every row as a line of the file; how many there are."""
    count, selection = 0, selection_of(question, asked.dataset)
    upto = reading.objects.newest(asked.tenant, asked.dataset.name)
    with spool.open("wb") as file:
        for one in objects_of(question, asked.tenant, asked.dataset, reading, 0, upto):
            for line in lines_of(one, selection, reading):
                count += 1
                _refuse_more(question, count, reading)
                file.write(line + b"\n")
    return count


def _rows(spool: Path) -> Iterator[Mapping[str, Any]]:
    with spool.open("rb") as file:
        for line in file:
            yield json.loads(line, parse_float=Decimal)


def _csv(question: ListQuestion, asked: Asked, reading: Reading) -> Iterator[bytes]:
    writing = Writing(RowFormat.CSV, CsvProfile.SPREADSHEET, question.zone)
    selection = selection_of(question, asked.dataset)
    yield framing(writing, selection.fields).prefix
    count, upto = 0, reading.objects.newest(asked.tenant, asked.dataset.name)
    for one in objects_of(question, asked.tenant, asked.dataset, reading, 0, upto):
        with fetched([one], reading) as sources:
            stream = reading.rows.select(sources, selection, writing, Refinement())
            yield from stream
        count += stream.rows
        _refuse_more(question, count, reading)


def _refuse_more(question: ListQuestion, count: int, reading: Reading) -> None:
    most = MOST_ROWS[question.format]
    if count > most or reading.enough():
        why = f"has more than {most} rows" if count > most else "takes longer to read than a request may last"
        advice = "narrow the span or the filter, or make a rule of this search: its export has no limit"
        raise InvalidInput([FieldError("span", f"the list {why}; {advice}")])
