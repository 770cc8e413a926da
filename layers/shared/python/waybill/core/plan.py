"""Plans: the frozen list of a run's inputs, split into parts of bounded work.

A plan is written once; every retry of the run reads that same plan, so that a retry delivers the same names and bytes. It
holds all that a step needs: the datasets as they were at that moment, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from waybill.core.catalog import Catalog, DataField, Dataset, resolved
from waybill.core.details import detail_fields
from waybill.core.drift import Change, Columns, changes, columns_of
from waybill.core.errors import ConfigurationError
from waybill.core.journal_settings import LONGEST_STEP
from waybill.core.layout import below, fill
from waybill.core.naming import FileName, Names, run_values
from waybill.core.parts import Part, Share, numbered, parts_of
from waybill.core.plural import many
from waybill.core.rule import Rule
from waybill.core.rule_settings import DataChoice, RuleSettings
from waybill.core.run import Run, RunKey, SequenceRange
from waybill.core.window import Window


class PlannedDestination(BaseModel):
    """A destination and what it can hold (`core.deliver.Capabilities`), as far as a plan must know."""

    model_config = ConfigDict(frozen=True)

    destination_id: str
    name: str
    kind: str
    largest_file: int = 2**62
    longest_name: int = 1_024
    forbidden: str = ""
    limited: bool = False
    """Its tenant limits how hard it is used: one worker of a run at a time sends to it."""


class PlannedData(BaseModel):
    """One dataset of the run: as the catalogue had it, the fields that are written, those of its detail records (none where
    the rule asks for no such list), the registered objects that were considered, and what changed in its columns since the
    last run.
    """

    model_config = ConfigDict(frozen=True)

    dataset: Dataset
    fields: tuple[DataField, ...]
    details: tuple[DataField, ...] = ()
    considered: SequenceRange
    columns: Columns
    changes: tuple[Change, ...] = ()


class Carried(BaseModel):
    """Late rows of an earlier window that this run delivers as well; `run_id` is the entry in the log that says so."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    window_start: datetime
    window_end: datetime
    sequences: dict[str, SequenceRange]


class Plan(BaseModel):
    """All that a run's steps need to know. Holds references to secrets, never a secret. `epoch` is the attempt that made it."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    rule_id: str
    run_id: str
    generation: int
    epoch: int
    window_start: datetime
    window_end: datetime
    settings: RuleSettings
    password_ref: str
    destinations: tuple[PlannedDestination, ...]
    data: dict[str, PlannedData]
    parts: tuple[Part, ...]
    carried: tuple[Carried, ...]
    amends: bool
    folder: str
    manifest_folder: str
    values: dict[str, str]
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

    def choice(self, dataset: str) -> DataChoice:
        return next(c for c in self.settings.data if c.dataset == dataset)

    def prepares(self, dataset: str) -> bool:
        """Whether that dataset's media are worked on before they are packaged."""
        return self.settings.media.prepares and self.choice(dataset).wants_media

    @property
    def sequences(self) -> dict[str, SequenceRange]:
        return {name: data.considered for name, data in self.data.items()}

    def estimated_bytes(self) -> int:
        return sum(o.size for p in self.parts for o in p.objects)

    def summary(self) -> str:
        """For the run's log."""
        objects = sum(len(p.objects) for p in self.parts)
        said = f"{many(objects, 'lake object')} in {many(len(self.parts), 'part')},"
        said += f" about {many(self.estimated_bytes(), 'byte')}."
        for name, data in self.data.items():
            if data.changes:
                said += f" The columns of {name} changed since the last run: {'; '.join(map(str, data.changes[:20]))}."
        if self.carried:
            said += f" With late rows of {many(len(self.carried), 'earlier window')}."
        return said


def make_plan(
    rule: Rule,
    run: Run,
    catalog: Catalog,
    own: Share,
    destinations: Sequence[PlannedDestination],
    now: datetime,
    late: Sequence[tuple[Run, Share]] = (),
) -> Plan:
    """Freeze the run. `own` is its own window's share; `late` are shares of earlier windows that go with it.

    Raises ConfigurationError for what no run could carry out or no destination could take.
    """
    settings = rule.settings
    archived = settings.archive.method != "none"
    colon = "-" if archived or any(":" in d.forbidden for d in destinations) else ":"
    values = run_values(rule, run, colon)
    shares = sorted([own, *(share for _, share in late)], key=lambda share: share.window)
    names = Names(settings.layout, values, settings.schedule.zone, colon)
    work = (parts_of(settings, catalog[c.dataset], c, run.window, shares, names) for c in settings.data)
    parts = numbered(list(chain.from_iterable(work)))
    plan = Plan(
        tenant=rule.tenant,
        rule_id=rule.rule_id,
        run_id=run.key.run_id,
        generation=run.key.generation,
        epoch=run.epoch,
        window_start=run.window.start,
        window_end=run.window.end,
        settings=settings,
        password_ref=rule.password_ref,
        destinations=tuple(destinations),
        data={c.dataset: _planned_data(rule, catalog[c.dataset], c, own, parts) for c in settings.data},
        parts=tuple(_lighter(part) for part in parts),
        carried=tuple(_carried(entry, share) for entry, share in late),
        amends=run.amends,
        folder=fill(settings.layout.folder, values),
        manifest_folder=fill(settings.layout.manifest, values),
        values=values,
        previous_manifest=rule.last_manifest,
        planned_at=now,
        requested_by=rule.created_by,
        tzdata=run.tzdata,
    )
    _refuse_what_cannot_arrive(plan)
    return plan


def _lighter(part: Part) -> Part:
    """Without what only planning needs: a plan names thousands of objects."""
    unneeded: dict[str, object] = {"columns": (), "replaces": ()}
    light = {
        name: tuple(o.model_copy(update=unneeded) for o in objects)
        for name, objects in (("objects", part.objects), ("known", part.known))
    }
    return part.model_copy(update=light)


def _carried(entry: Run, share: Share) -> Carried:
    return Carried(
        run_id=entry.key.run_id,
        window_start=share.window.start,
        window_end=share.window.end,
        sequences=dict(share.sequences),
    )


def _planned_data(rule: Rule, dataset: Dataset, choice: DataChoice, own: Share, parts: Sequence[Part]) -> PlannedData:
    surveyed = [o.columns for p in parts if p.dataset == dataset.name for o in p.objects]
    names = {entry.rpartition(":")[0] for columns in surveyed for entry in columns}
    fields = dataset.journal_fields if rule.settings.journal else resolved(dataset, choice.fields, names)
    columns = columns_of(fields, surveyed)
    before = rule.last_columns.get(dataset.name)
    return PlannedData(
        dataset=dataset,
        fields=fields,
        details=detail_fields(rule.settings.detail_records, dataset),
        considered=own.sequences[dataset.name],
        columns=columns,
        changes=tuple(changes(before, columns)),
    )


def _refuse_what_cannot_arrive(plan: Plan) -> None:
    """Before any work: files that a destination's kind cannot hold, names that it cannot take."""
    expected = _largest_expected(plan)
    longest = max((len(below(plan.folder, p.name.numbered(p.number))) for p in plan.parts), default=0)
    longest += LONGEST_STEP if plan.settings.journal else 0
    for destination in plan.destinations:
        if expected > destination.largest_file:
            raise ConfigurationError(
                f"A file of about {expected} bytes would be written, and {destination.name} ({destination.kind}) takes files"
                f" of at most {destination.largest_file} bytes.",
                "Set file_limit.bytes or archive.volume_bytes, choose a shorter window, or leave out the archive.",
            )
        if longest > destination.longest_name:
            raise ConfigurationError(
                f"A file's path would have {longest} characters, and {destination.name} ({destination.kind}) takes at most"
                f" {destination.longest_name}.",
                "Shorten the layout's folder or file.",
            )


def _largest_expected(plan: Plan) -> int:
    """Bytes, as the sources' sizes let expect: the archive or its largest volume, or the largest data file."""
    limit, volume = plan.settings.file_limit.bytes, plan.settings.archive.volume_bytes
    entries, files = [], defaultdict[FileName, int](int)
    for part in plan.parts:
        weight = sum(o.weight for o in part.objects)
        files[part.name] += weight
        entries.append(weight if limit is None else min(weight, limit))
    if plan.settings.journal and not plan.archived:
        return plan.settings.journal.most_bytes
    if plan.archived:
        return sum(entries) if volume is None else min(sum(entries), max([volume, *entries]))
    return max(files.values() if limit is None else entries, default=0)


def run_key(plan: Plan) -> RunKey:
    return RunKey(plan.tenant, plan.rule_id, plan.window.start, plan.generation)


def stage_folder(tenant: str, run_id: str) -> str:
    """Where a run's staged objects lie."""
    return f"runs/{tenant}/{run_id}"


def plan_key(key: RunKey) -> str:
    return f"{stage_folder(key.tenant, key.run_id)}/plan.json"


class Readable(Protocol):
    def read(self, key: str) -> bytes: ...


class Probed(Protocol):
    def read_if_there(self, key: str) -> bytes | None: ...


def plan_if_staged(stage: Probed, key: RunKey) -> Plan | None:
    """The frozen plan of a run; None where none was staged, or the stage keeps it no more."""
    frozen = stage.read_if_there(plan_key(key))
    return Plan.model_validate_json(frozen) if frozen else None


def read_plan(stage: Readable, key: RunKey) -> Plan:
    """The frozen plan of a run that was planned."""
    return Plan.model_validate_json(stage.read(plan_key(key)))
