"""Settings against the world: which of them no run could carry out, field by field."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from waybill.core.arrival import is_arrival
from waybill.core.assigned import unknown_roles
from waybill.core.catalog import Catalog, Dataset, closest, stands_for_all
from waybill.core.details import detail_errors
from waybill.core.errors import FieldError, InvalidInput
from waybill.core.format import RowFormat
from waybill.core.journal_checks import journal_errors
from waybill.core.layout import Files, Layout, Preset, tokens_of
from waybill.core.rule_settings import (
    ArchiveMethod,
    CdrOnly,
    DataChoice,
    Duplicates,
    EmptyWindow,
    RowOrder,
    RuleSettings,
)
from waybill.core.select import compile_filter

SHORTEST_PASSWORD = 12


@dataclass(frozen=True)
class ArchivePassword:
    """`given` is empty for none; `kept`: the rule has one already."""

    given: str
    kept: bool


def check_settings(
    settings: RuleSettings,
    catalog: Catalog,
    usable_destinations: Collection[str],
    password: ArchivePassword | None = None,
) -> None:
    """Refuse settings that no run could carry out: InvalidInput with every wrong field.

    `usable_destinations`: ids of the tenant's destinations that passed their probe or were forced. Without `password` nobody
    asks for one.
    """
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, choice in enumerate(settings.data):
        errors += _choice_errors(f"data.{index}", choice, catalog, settings.layout)
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
    errors += _shape_errors(settings)
    errors += detail_errors(settings, catalog)
    errors += _preparing_errors(settings, catalog)
    errors += journal_errors(settings, catalog)
    if password is not None:
        errors += password_errors(settings.archive.method, password)
    if errors:
        raise InvalidInput(errors)


def password_errors(method: ArchiveMethod, password: ArchivePassword) -> list[FieldError]:
    """What is wrong with an archive's password for that method."""
    given, wrong = password.given, ""
    if given and method.encryption is None:
        wrong = f"the method {method.value} takes no password"
    elif method.encryption is not None and not given and not password.kept:
        wrong = "is missing; an encrypted archive needs one"
    elif given and len(given) < SHORTEST_PASSWORD:
        wrong = f"is too short; use {SHORTEST_PASSWORD} characters or more"
    elif re.search(r"[\x00\r\n]", given):
        wrong = "holds a line's end or a NUL, which nobody can type; leave it out"
    return [FieldError("archive.password", wrong)] if wrong else []


def no_dataset(place: str, name: str, catalog: Catalog) -> FieldError:
    """Says which datasets may be meant by a name that is none."""
    return FieldError(place, f"{name!r} is no dataset; there are {closest(name, catalog)}")


def _shape_errors(settings: RuleSettings) -> list[FieldError]:
    """Settings of the files that do not go together."""
    errors: list[FieldError] = []
    if settings.layout.preset is Preset.DEVICE_EVENTS:
        wanted = {"format": RowFormat.CSV, "order": RowOrder.TIME, "duplicates": Duplicates.DROP}
        errors += [
            FieldError(name, f"the layout device_events needs {value.value}; leave {name} out")
            for name, value in wanted.items()
            if getattr(settings, name) is not value
        ]
    if settings.duplicates is Duplicates.DROP and settings.order is not RowOrder.TIME:
        errors.append(FieldError("order", "rows without duplicates come in order of time; set order to time"))
    if settings.archive.volume_bytes is not None and settings.archive.method is ArchiveMethod.NONE:
        errors.append(
            FieldError("archive.volume_bytes", "volumes are of an archive; set archive.method, or leave it out")
        )
    if settings.layout.files is Files.OBJECT and not is_arrival(settings.schedule):
        said = (
            'a file for each lake object needs a rule that runs as objects arrive; set schedule.frequency to "arrival"'
        )
        errors.append(FieldError("layout.files", said))
    if settings.layout.files is Files.OBJECT and settings.empty_window is EmptyWindow.EMPTY_FILE:
        said = "a run without rows has no object to name a file by; set empty_window to manifest_only or nothing"
        errors.append(FieldError("empty_window", said))
    if not settings.file_limit.none and settings.format is RowFormat.PARQUET:
        errors.append(
            FieldError("file_limit", "a Parquet file is as large as its part of the work; leave file_limit out")
        )
    return errors


def _choice_errors(place: str, choice: DataChoice, catalog: Catalog, layout: Layout) -> list[FieldError]:
    dataset = catalog.get(choice.dataset)
    if dataset is None:
        return [no_dataset(f"{place}.dataset", choice.dataset, catalog)]
    errors = [
        FieldError(f"{place}.fields.{n}", f"{name!r} is no field of {dataset.name}; see GET /datasets/{dataset.name}")
        for n, name in enumerate(choice.fields)
        if not dataset.has(name) and not stands_for_all(dataset, name)
    ]
    if len(set(choice.fields)) != len(choice.fields):
        errors.append(FieldError(f"{place}.fields", "a field is named twice; name each once"))
    if choice.wants_media and dataset.media is None:
        errors.append(FieldError(f"{place}.scope", f"{dataset.name} has no media; set scope to records"))
    if choice.wants_media:
        errors += _naming_errors(dataset, layout)
    if choice.extensions and not choice.wants_media:
        errors.append(FieldError(f"{place}.extensions", "choose media by extension with scope media or both"))
    if choice.cdr_only is not CdrOnly.KEEP and not (dataset.media and dataset.media.cdr_only):
        errors.append(
            FieldError(f"{place}.cdr_only", f"{dataset.name} has no records without media; leave cdr_only out")
        )
    if not choice.attachments and not (dataset.media and dataset.media.attachments):
        errors.append(FieldError(f"{place}.attachments", f"{dataset.name} has no attachments; leave attachments out"))
    errors += [
        FieldError(
            f"{place}.assigned.{role}", f"no field of {dataset.name} says it; ask for it with filter, or leave it out"
        )
        for role in (unknown_roles(choice.assigned, dataset) if choice.assigned else ())
    ]
    if choice.filter is not None:
        try:
            compile_filter(choice.filter, dataset)
        except InvalidInput as wrong:
            errors += [FieldError(f"{place}.filter", e.message) for e in wrong.errors]
    return errors


def _preparing_errors(settings: RuleSettings, catalog: Catalog) -> list[FieldError]:
    """Preparation that nothing of the rule could need."""
    given = settings.media
    asked = [n for n in ("decrypt", "verify_signatures", "stitch", "original_xml") if getattr(given, n)]
    asked += [n for n in ("voice_format", "video_format", "screen_format") if getattr(given, n) != "keep"]
    chosen = [catalog[c.dataset] for c in settings.data if c.dataset in catalog and c.wants_media]
    delivered = [dataset.media for dataset in chosen if dataset.media]
    if not delivered:
        return [FieldError(f"media.{n}", "the rule delivers no media; set scope to media or both") for n in asked]
    errors: list[FieldError] = []
    if given.stitch and not any(media.related for media in delivered):
        errors.append(FieldError("media.stitch", "none of the rule's datasets has related media; leave stitch out"))
    if not any(media.kind for media in delivered):
        errors += [
            FieldError(f"media.{n}", "none of the rule's datasets has voice, video or screen recordings; leave it out")
            for n in asked
            if n.endswith("_format")
        ]
    return errors


def _naming_errors(dataset: Dataset, layout: Layout) -> list[FieldError]:
    """Names of media that ask the row for what it has not."""
    asked = {t.removeprefix("row.") for t in tokens_of(layout.media) if t.startswith("row.")}
    return [
        FieldError("layout.media", f"{{row.{name}}} is no field of {dataset.name}; see GET /datasets/{dataset.name}")
        for name in sorted(asked)
        if not any(f.name == name for f in dataset.fields)
    ]
