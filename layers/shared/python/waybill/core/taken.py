"""Which rows a rule takes of a dataset: those of its filter, less the records without media that it ignores."""

from __future__ import annotations

from waybill.core.catalog import DataField, Dataset
from waybill.core.rows import Selection
from waybill.core.rule_settings import CdrOnly, DataChoice
from waybill.core.select import Predicate, compile_filter
from waybill.core.window import Window


def selection_of(choice: DataChoice, dataset: Dataset, window: Window, fields: tuple[DataField, ...]) -> Selection:
    """These fields of the rows that the rule takes in that window."""
    return Selection(dataset, window, predicate_of(choice, dataset), fields)


def predicate_of(choice: DataChoice, dataset: Dataset) -> Predicate | None:
    """None where every row is taken. Raises InvalidInput for a filter that cannot be compiled."""
    filters = [f for f in (choice.filter, _with_media(choice.cdr_only, dataset)) if f is not None]
    found = [compile_filter(f, dataset) for f in filters]
    if not found:
        return None
    columns = [p.columns for p in found if p.columns is not None]
    return Predicate(
        " AND ".join(f"({p.sql})" for p in found),
        tuple(value for p in found for value in p.values),
        frozenset().union(*columns) if len(columns) == len(found) else None,
        found[0].open_columns,
    )


def _with_media(cdr_only: CdrOnly, dataset: Dataset) -> str | None:
    """A record that names a file has a `key` in one of its lists; an empty list has none."""
    media = dataset.media
    if cdr_only is CdrOnly.KEEP or media is None or media.cdr_only is None:
        return None
    kept = [f"{media.cdr_only} IS NULL", f"{media.cdr_only} = FALSE"]
    if cdr_only is CdrOnly.IGNORE_WITHOUT_MEDIA:
        kept += [f"{name} LIKE '%\"key\"%'" for name in (media.field, media.related) if name]
    return " OR ".join(kept)
