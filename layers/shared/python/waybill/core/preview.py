"""What a rule would deliver, before it is saved: its first rows, how many there would be, the files' names, a sample file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from pydantic import Field

from waybill.core.catalog import Catalog
from waybill.core.compression import name_ending
from waybill.core.cut import Cutter
from waybill.core.format import RowFormat, framing, media_type
from waybill.core.lake_object import LakeObject
from waybill.core.late import newest_numbers
from waybill.core.layout import below, safe_step
from waybill.core.manifest import NAME, SIGNATURE_NAME
from waybill.core.parts import Share
from waybill.core.plan import Plan, PlannedData, PlannedDestination, make_plan
from waybill.core.rows import Refinement, Selection
from waybill.core.rule import new_rule
from waybill.core.rule_settings import FileLimit, RuleSettings, Scope
from waybill.core.run import Run, RunKey, RunState, SequenceRange, Trigger
from waybill.core.schedule import first_boundary, occurrences
from waybill.core.schedule_settings import AnySchedule, Once, WithoutClock
from waybill.core.search import Reading, Span, fetched, lines_of
from waybill.core.taken import selection_of
from waybill.core.window import Window

SAMPLE_ROWS = 100
READ_BYTES = 64 * 1024 * 1024
"""How much of the lake a preview reads, a dataset; what it has not read it estimates."""
LARGEST_SAMPLE = 1024 * 1024
MOST_NAMES = 200
UNSAVED = "rul_0000000000000000"
"""Stands for the id that the rule will get."""


class PreviewSettings(RuleSettings):
    """A rule's settings, whose destinations may not be chosen yet."""

    destinations: tuple[str, ...] = Field(default=(), max_length=10)


@dataclass(frozen=True)
class Expected:
    """One dataset of the preview. `exact` where all of its objects were read, else `rows` and `bytes` are estimates; `bytes`
    are of the data file before compression.
    """

    dataset: str
    columns: Sequence[str]
    rows: int
    bytes: int
    exact: bool
    first_rows: Sequence[Mapping[str, Any]]
    unreadable: int


@dataclass(frozen=True)
class Sample:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Preview:
    window: Window
    data: Sequence[Expected]
    names: Sequence[str]
    more_names: int
    sample: Sample | None


def example_window(schedule: AnySchedule, now: datetime) -> Window:
    """The newest window that is over; of a one-time export its own; without a clock the day up to now."""
    if isinstance(schedule, Once):
        return next(occurrences(schedule, first_boundary(schedule, now), timedelta())).window
    if isinstance(schedule, WithoutClock):
        end = now.replace(microsecond=0)
        return Window(end - timedelta(days=1), end)
    asked = schedule.model_copy(update={"starts_at": None})
    end = first_boundary(asked, now)
    return Window(first_boundary(asked, end - timedelta(seconds=1)), end)


def preview(
    tenant: str,
    settings: PreviewSettings,
    span: Span | None,
    catalog: Catalog,
    destinations: Sequence[PlannedDestination],
    reading: Reading,
    now: datetime,
) -> Preview:
    """Raises ConfigurationError where no run could carry it out. Reads a bounded part of the lake; changes nothing."""
    window = span.window if span else example_window(settings.schedule, now)
    plan = _plan(tenant, settings, window, catalog, destinations, reading, now)
    expected, sample = [], None
    for name, data in plan.data.items():
        one, source = _expected(plan, name, data, reading)
        expected.append(one)
        rows_file = plan.choice(name).scope is not Scope.MEDIA and not settings.journal
        if sample is None and source is not None and rows_file:
            sample = _sample(plan, name, source, reading)
    names = list(_names(plan))
    return Preview(window, expected, names[:MOST_NAMES], max(0, len(names) - MOST_NAMES), sample)


def _plan(
    tenant: str,
    settings: PreviewSettings,
    window: Window,
    catalog: Catalog,
    destinations: Sequence[PlannedDestination],
    reading: Reading,
    now: datetime,
) -> Plan:
    rule = new_rule(tenant, UNSAVED, settings, catalog, now, "preview")
    key = RunKey(tenant, UNSAVED, window.start, 1)
    run = Run(key, window, RunState.SCHEDULED, Trigger.MANUAL, 1, now, now)
    newest = newest_numbers(tenant, settings, reading.objects)
    sequences = {name: SequenceRange(after=0, upto=upto) for name, upto in newest.items()}
    objects = {name: list(reading.objects.between(tenant, name, window, 0, upto)) for name, upto in newest.items()}
    return make_plan(rule, run, catalog, Share(window, objects, sequences), destinations, now)


def _expected(plan: Plan, name: str, data: PlannedData, reading: Reading) -> tuple[Expected, LakeObject | None]:
    """Reads the dataset's objects up to a bound, and reckons the rest by what their registrations say. With the first object
    that has rows.
    """
    selection = _selection(plan, data)
    objects = list({o.sequence: o for p in plan.parts if p.dataset == name for o in p.objects}.values())
    first: list[bytes] = []
    rows = size = seen = weight = 0
    read: set[int] = set()
    source: LakeObject | None = None
    for one in objects:
        if read and (weight + one.weight > READ_BYTES or reading.enough()):
            break
        with contextlib.closing(lines_of(one, selection, reading)) as lines:
            for line in lines:
                rows += 1
                size += len(line) + 1
                source = source or one
                if len(first) < SAMPLE_ROWS:
                    first.append(line)
        read.add(one.sequence)
        weight += one.weight
        seen += round(one.rows * one.share_in(plan.window))
    rest = sum(round(o.rows * o.share_in(plan.window)) for o in objects if o.sequence not in read)
    more = round(rest * rows / seen) if seen else 0
    expected = Expected(
        dataset=name,
        columns=[f.name for f in data.fields],
        rows=rows + more,
        bytes=size + (round(more * size / rows) if rows else 0),
        exact=len(read) == len(objects),
        first_rows=[json.loads(line) for line in first],
        unreadable=sum(o.rejects for o in objects),
    )
    return expected, source


def _sample(plan: Plan, name: str, source: LakeObject, reading: Reading) -> Sample | None:
    """The first rows of one object as the file that a run would write of them, before compression; None where it would be too
    large to show.
    """
    settings, data = plan.settings, plan.data[name]
    with fetched([source], reading) as sources:
        body: Iterator[bytes] = iter(
            reading.rows.select(sources, _selection(plan, data), settings.writing, Refinement())
        )
        if settings.format is not RowFormat.PARQUET:
            body = next(Cutter(body, settings.format, FileLimit(rows=SAMPLE_ROWS)).pieces(), iter(()))
        frame = framing(settings.writing, data.fields)
        content = b"".join(chain([frame.prefix], body, [frame.suffix]))
    if len(content) > LARGEST_SAMPLE:
        return None
    file = next(p.name.whole for p in plan.parts if p.dataset == name).rpartition("/")[2]
    return Sample(file.removesuffix(name_ending(settings.file_compression)), media_type(settings.format), content)


def _selection(plan: Plan, data: PlannedData) -> Selection:
    choice = plan.choice(data.dataset.name)
    return selection_of(choice, data.dataset, plan.window, data.fields)


def _names(plan: Plan) -> Iterator[str]:
    """What would be delivered, as far as it is known before the rows are read."""
    if plan.archived:
        own = [f"{safe_step(plan.settings.name)}.zip"]
    else:
        if not plan.settings.journal:  # a mail is named after its conversation
            yield from dict.fromkeys(below(plan.folder, p.name.whole) for p in plan.parts)
        own = list(_lists(plan)) if plan.parts else []
    for name in (*own, NAME, SIGNATURE_NAME):
        yield below(plan.folder, below(plan.manifest_folder, name))


def _lists(plan: Plan) -> Iterator[str]:
    for dataset in plan.data:
        yield from (f"detail-records.{dataset}.{wanted}" for wanted in plan.settings.detail_records.formats)
    if plan.settings.schema_file and not plan.settings.journal:
        yield from (f"{dataset}.schema.json" for dataset in plan.data)
