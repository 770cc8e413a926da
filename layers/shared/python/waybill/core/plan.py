"""Plans: the frozen list of a run's inputs, split into parts of bounded work.

A plan is written once; every retry of the run reads that same plan, so that a retry delivers the same names and bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.errors import ConfigurationError
from waybill.core.format import extension
from waybill.core.layout import fill
from waybill.core.rows import SourceFormat
from waybill.core.rule import EmptyWindow, Rule, RuleSettings
from waybill.core.run import Run, RunKey
from waybill.core.window import Window, local_date, stamp

PART_BYTES = 128 * 1024 * 1024
"""How much input one part reads, as the row engine sees it: `/tmp` and time of one `package` are bounded by it."""
GZIP_RATIO = 8
"""How much larger than its file a gzipped object is taken to be."""
MOST_PARTS = 2_000
"""A STANDARD execution's history holds 25,000 events; a part takes about ten."""


class LakeObject(BaseModel):
    """A lake object as it was registered: which bytes (`key`, `version`), how many rows, and their event times.

    `sequence` grows by one for each object of a tenant's dataset, and is published in order. `plain_size` is its size
    in bytes once unzipped (of a Parquet file, of its columns), `columns` the names found in its rows, each with the
    kinds of its values: `("city:string", "visits:integer|string")`. `archived`: it lies below the dataset's `archived/`.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    version: str
    etag: str
    size: int
    rows: int
    rejects: int
    format: SourceFormat
    sequence: int
    first_event: datetime | None
    last_event: datetime | None
    registered_at: datetime
    plain_size: int = 0
    columns: tuple[str, ...] = ()
    archived: bool = False

    def in_window(self, window: Window) -> bool:
        if self.first_event is None or self.last_event is None:
            return False
        return window.overlaps(self.first_event, self.last_event)


class Part(BaseModel):
    """One bounded unit of packaging work: `objects` of one dataset, in their sequence's order."""

    model_config = ConfigDict(frozen=True)

    index: int
    dataset: str
    file: str
    objects: tuple[LakeObject, ...]


class SequenceRange(BaseModel):
    """`(after, upto]`: which registered objects a run has considered."""

    model_config = ConfigDict(frozen=True)

    after: int
    upto: int


class PlannedDestination(BaseModel):
    model_config = ConfigDict(frozen=True)

    destination_id: str
    name: str
    kind: str


class Plan(BaseModel):
    """All that a run's steps need to know. Holds references to secrets, never a secret."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    rule_id: str
    run_id: str
    generation: int
    window_start: datetime
    window_end: datetime
    settings: RuleSettings
    password_ref: str
    destinations: tuple[PlannedDestination, ...]
    sequences: dict[str, SequenceRange]
    parts: tuple[Part, ...]
    folder: str
    previous_manifest: str
    planned_at: datetime
    requested_by: str
    tzdata: str

    @property
    def window(self) -> Window:
        return Window(self.window_start.astimezone(UTC), self.window_end.astimezone(UTC))

    @property
    def archived(self) -> bool:
        return self.settings.archive.method != "none"

    def estimated_bytes(self) -> int:
        return sum(o.size for p in self.parts for o in p.objects)

    def summary(self) -> str:
        """For the run's log."""
        objects = sum(len(p.objects) for p in self.parts)
        return f"{objects} lake objects in {len(self.parts)} parts, about {self.estimated_bytes()} bytes."


def make_plan(
    rule: Rule,
    run: Run,
    objects: Mapping[str, Sequence[LakeObject]],
    sequences: Mapping[str, int],
    destinations: Sequence[PlannedDestination],
    now: datetime,
) -> Plan:
    """Freeze the run: `objects` by dataset, in sequence order, and `sequences`, each dataset's newest at that moment."""
    window, settings = run.window, rule.settings
    values = name_values(rule, run)
    folder = fill(settings.layout.folder, values)
    parts = [
        part
        for choice in settings.data
        for part in _dataset_parts(
            settings, choice.dataset, [o for o in objects[choice.dataset] if o.in_window(window)]
        )
    ]
    if len(parts) > MOST_PARTS:
        raise ConfigurationError(
            f"The window holds {len(parts)} parts of work, and a run takes at most {MOST_PARTS}.",
            "Choose a shorter window (an hourly or daily schedule) or split the datasets over several rules.",
        )
    named = tuple(
        p.model_copy(update={"index": n, "file": _file_name(settings, values, p, parts)}) for n, p in enumerate(parts)
    )
    return Plan(
        tenant=rule.tenant,
        rule_id=rule.rule_id,
        run_id=run.key.run_id,
        generation=run.key.generation,
        window_start=window.start,
        window_end=window.end,
        settings=settings,
        password_ref=rule.password_ref,
        destinations=tuple(destinations),
        sequences={name: SequenceRange(after=0, upto=upto) for name, upto in sequences.items()},
        parts=named,
        folder=folder,
        previous_manifest=rule.last_manifest,
        planned_at=now,
        requested_by=rule.created_by,
        tzdata=run.tzdata,
    )


def name_values(rule: Rule, run: Run) -> dict[str, str]:
    """The tokens of `core.layout` that a run knows; instants without colons, which Windows and SFTP clients dislike."""
    window = run.window
    return {
        "tenant": rule.tenant,
        "rule": rule.settings.name,
        "rule_id": rule.rule_id,
        "run": run.key.run_id,
        "start": stamp(window.start).replace(":", "-"),
        "end": stamp(window.end).replace(":", "-"),
        "date": local_date(window.start, rule.settings.schedule.zone),
        "generation": str(run.key.generation),
        "extension": extension(rule.settings.format),
    }


def _dataset_parts(settings: RuleSettings, dataset: str, objects: Sequence[LakeObject]) -> Iterator[Part]:
    if not objects and settings.empty_window is EmptyWindow.EMPTY_FILE:
        return iter([Part(index=0, dataset=dataset, file="", objects=())])
    return _parts_of(dataset, objects)


def _parts_of(dataset: str, objects: Sequence[LakeObject]) -> Iterator[Part]:
    batch: list[LakeObject] = []
    weight = 0
    for one in objects:
        heavy = one.size * (GZIP_RATIO if one.format in {SourceFormat.NDJSON_GZ, SourceFormat.PARQUET} else 1)
        if batch and weight + heavy > PART_BYTES:
            yield Part(index=0, dataset=dataset, file="", objects=tuple(batch))
            batch, weight = [], 0
        batch.append(one)
        weight += heavy
    if batch:
        yield Part(index=0, dataset=dataset, file="", objects=tuple(batch))


def _file_name(settings: RuleSettings, values: Mapping[str, str], part: Part, parts: Sequence[Part]) -> str:
    """Outside an archive a dataset's parts are composed to one file; inside, each is an entry of its own."""
    siblings = [p for p in parts if p.dataset == part.dataset]
    several = settings.archive.method != "none" and len(siblings) > 1
    number = next(n for n, p in enumerate(siblings, start=1) if p is part)
    token = f"-part-{number:04d}" if several else ""
    return fill(settings.layout.file, {**values, "dataset": part.dataset, "part": token})


def run_key(plan: Plan) -> RunKey:
    return RunKey(plan.tenant, plan.rule_id, plan.window.start, plan.generation)


def stage_folder(tenant: str, run_id: str) -> str:
    """Where a run's staged objects lie."""
    return f"runs/{tenant}/{run_id}"


def plan_key(key: RunKey) -> str:
    return f"{stage_folder(key.tenant, key.run_id)}/plan.json"


class Readable(Protocol):
    def read(self, key: str) -> bytes: ...


def read_plan(stage: Readable, key: RunKey) -> Plan:
    """The frozen plan of a run that was planned."""
    return Plan.model_validate_json(stage.read(plan_key(key)))
