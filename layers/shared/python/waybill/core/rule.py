"""Rules: what leaves, when, in which shape and to where, as the tenant writes it and as it is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from waybill.core.catalog import Catalog, closest
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.format import CsvProfile, RowFormat, Writing
from waybill.core.layout import Layout
from waybill.core.schedule import Once, Schedule, first_boundary, occurrence_from
from waybill.core.select import compile_filter

RuleName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class EmptyWindow(StrEnum):
    """What is delivered for a window without rows."""

    NOTHING = "nothing"
    MANIFEST_ONLY = "manifest_only"
    EMPTY_FILE = "empty_file"


class ArchiveMethod(StrEnum):
    NONE = "none"
    ZIP = "zip"
    ZIP_AES256 = "zip_aes256"


class DataChoice(BaseModel):
    """One dataset of a rule. `filter` is CQL2, as text or JSON; no `fields` means all, in the catalogue's order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    filter: str | dict[str, Any] | None = None
    fields: tuple[str, ...] = ()
    media: bool = Field(default=False, description="Deliver the rows' media files as well.")


class Archive(BaseModel):
    """`password` is written only: it is kept as a secret of its own and never shown again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: ArchiveMethod = ArchiveMethod.NONE


class RuleSettings(BaseModel):
    """What a tenant sets. Times are the schedule's; `destinations` are ids of saved destinations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: RuleName
    description: Annotated[str, StringConstraints(max_length=2_000)] = ""
    data: Annotated[tuple[DataChoice, ...], Field(min_length=1, max_length=50)]
    schedule: Schedule
    format: RowFormat = RowFormat.JSON
    csv: CsvProfile = CsvProfile.LOSSLESS
    layout: Layout = Layout()
    archive: Archive = Archive()
    destinations: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    empty_window: EmptyWindow = EmptyWindow.MANIFEST_ONLY
    max_rejects: int = Field(
        default=1_000, ge=0, description="A run with more rows than this that cannot be read fails."
    )

    @property
    def writing(self) -> Writing:
        return Writing(self.format, self.csv)


class RuleState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True)
class Rule:
    """A rule as it is kept. `cursor` is where the next window starts; `next_run` when it is due, None for never;
    `version` grows with every change and guards each of them; `password_ref` names the archive password's secret;
    `last_manifest` and `last_bytes` are of the newest delivered run.
    """

    tenant: str
    rule_id: str
    settings: RuleSettings
    state: RuleState
    cursor: datetime
    next_run: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str
    password_ref: str = ""
    last_manifest: str = ""
    last_bytes: int | None = None


def settle_time(settings: RuleSettings, catalog: Catalog) -> timedelta:
    """The longest settle time of the rule's datasets."""
    return timedelta(seconds=max(catalog[c.dataset].settle_seconds for c in settings.data))


def next_due(settings: RuleSettings, cursor: datetime, catalog: Catalog) -> datetime | None:
    """When the window that starts at `cursor` is due; None where the schedule has no more or is on demand."""
    occurrence = occurrence_from(settings.schedule, cursor, settle_time(settings, catalog))
    return occurrence.due if occurrence else None


def new_rule(tenant: str, rule_id: str, settings: RuleSettings, catalog: Catalog, now: datetime, by: str) -> Rule:
    """A new, active rule; its first window is the one that holds `starts_at`, or `now` where that is not set."""
    cursor = first_boundary(settings.schedule, now)
    return Rule(
        tenant=tenant,
        rule_id=rule_id,
        settings=settings,
        state=RuleState.ACTIVE,
        cursor=cursor,
        next_run=next_due(settings, cursor, catalog),
        version=1,
        created_at=now,
        updated_at=now,
        created_by=by,
    )


def with_settings(rule: Rule, settings: RuleSettings, catalog: Catalog, now: datetime) -> Rule:
    """The rule with other settings; what was claimed stays claimed.

    Under another schedule the next window starts at the cursor, where the last one ended, and ends at the new schedule's
    next boundary, so that no row is exported twice or lost. A one-time export names its own window.
    """
    once = isinstance(settings.schedule, Once) and settings.schedule != rule.settings.schedule
    cursor = first_boundary(settings.schedule, now) if once else rule.cursor
    active = rule.state is RuleState.ACTIVE
    return replace(
        rule,
        settings=settings,
        cursor=cursor,
        next_run=next_due(settings, cursor, catalog) if active else None,
        version=rule.version + 1,
        updated_at=now,
    )


def deactivated(rule: Rule, now: datetime) -> Rule:
    return replace(rule, state=RuleState.INACTIVE, next_run=None, version=rule.version + 1, updated_at=now)


def activated(rule: Rule, catalog: Catalog, now: datetime) -> Rule:
    """Active again, going on where it stopped: windows that passed meanwhile are due at once."""
    return replace(
        rule,
        state=RuleState.ACTIVE,
        next_run=next_due(rule.settings, rule.cursor, catalog),
        version=rule.version + 1,
        updated_at=now,
    )


def check_settings(settings: RuleSettings, catalog: Catalog, usable_destinations: Collection[str]) -> None:
    """Refuse settings that no run could carry out: InvalidInput with every wrong field.

    `usable_destinations`: ids of the tenant's destinations that passed their probe or were forced.
    """
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, choice in enumerate(settings.data):
        errors += _choice_errors(f"data.{index}", choice, catalog)
        if choice.dataset in seen:
            errors.append(FieldError(f"data.{index}.dataset", f"{choice.dataset} is chosen twice; choose it once"))
        seen.add(choice.dataset)
    for index, destination in enumerate(settings.destinations):
        if destination not in usable_destinations:
            errors.append(
                FieldError(
                    f"destinations.{index}",
                    f"{destination!r} is no usable destination; create one with POST /destinations and see that its probe"
                    " succeeds",
                )
            )
    if len(set(settings.destinations)) != len(settings.destinations):
        errors.append(FieldError("destinations", "a destination is named twice; name each once"))
    if errors:
        raise InvalidInput(errors)


def _choice_errors(place: str, choice: DataChoice, catalog: Catalog) -> list[FieldError]:
    dataset = catalog.get(choice.dataset)
    if dataset is None:
        known = closest(choice.dataset, catalog)
        return [FieldError(f"{place}.dataset", f"{choice.dataset!r} is no dataset; there are {known}")]
    errors = [
        FieldError(f"{place}.fields.{n}", f"{name!r} is no field of {dataset.name}; see GET /datasets/{dataset.name}")
        for n, name in enumerate(choice.fields)
        if not dataset.has(name)
    ]
    if len(set(choice.fields)) != len(choice.fields):
        errors.append(FieldError(f"{place}.fields", "a field is named twice; name each once"))
    if choice.media and dataset.media is None:
        errors.append(FieldError(f"{place}.media", f"{dataset.name} has no media; set media to false"))
    if choice.filter is not None:
        try:
            compile_filter(choice.filter, dataset)
        except InvalidInput as wrong:
            errors += [FieldError(f"{place}.filter", e.message) for e in wrong.errors]
    return errors
