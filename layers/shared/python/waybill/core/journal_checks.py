"""A rule's journal against the rest of its settings: what does not go together, field by field."""

from __future__ import annotations

from collections.abc import Iterator

from waybill.core.catalog import Catalog
from waybill.core.errors import FieldError
from waybill.core.format import Compression, RowFormat
from waybill.core.layout import Preset
from waybill.core.rule_settings import EmptyWindow, RuleSettings, Scope


def journal_errors(settings: RuleSettings, catalog: Catalog) -> Iterator[FieldError]:
    """None where the rule has no journal. Datasets that there are not are told elsewhere."""
    if settings.journal is None:
        return
    for index, choice in enumerate(settings.data):
        place, dataset = f"data.{index}", catalog.get(choice.dataset)
        if dataset is not None and dataset.journal is None:
            yield FieldError(f"{place}.dataset", f"{dataset.name} has no conversations; leave journal out")
        if choice.fields:
            yield FieldError(f"{place}.fields", "a mail has fields of its own; leave fields out")
        if choice.scope is Scope.MEDIA:
            yield FieldError(f"{place}.scope", "a journal is of records; set scope to records, or both for attachments")
    unneeded = {
        "format": settings.format is not RowFormat.JSON,
        "compression": settings.compression is not Compression.NONE,
        "file_limit": not settings.file_limit.none,
        "layout.preset": settings.layout.preset is Preset.DEVICE_EVENTS,
    }
    for name, given in unneeded.items():
        if given:
            yield FieldError(name, f"a journal's files are mails; leave {name} out")
    if settings.empty_window is EmptyWindow.EMPTY_FILE:
        yield FieldError("empty_window", "there is no mail without rows; use manifest_only or nothing")
