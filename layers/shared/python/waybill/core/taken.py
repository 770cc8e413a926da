"""Which rows a rule takes of a dataset: those of its filter and of the people it is assigned to, less the records without
media that it ignores.
"""

from __future__ import annotations

from waybill.core.assigned import assigned_predicate, assigned_tree, both
from waybill.core.catalog import DataField, Dataset
from waybill.core.cql_text import filter_text
from waybill.core.rows import Selection
from waybill.core.rule_settings import CdrOnly, DataChoice
from waybill.core.select import Predicate, compile_filter
from waybill.core.window import Window


def selection_of(choice: DataChoice, dataset: Dataset, window: Window, fields: tuple[DataField, ...]) -> Selection:
    """These fields of the rows that the rule takes in that window."""
    return Selection(dataset, window, predicate_of(choice, dataset), fields)


def predicate_of(choice: DataChoice, dataset: Dataset) -> Predicate | None:
    """None where every row is taken. Raises InvalidInput for a filter that cannot be compiled."""
    asked = compile_filter(choice.filter, dataset) if choice.filter is not None else None
    assigned = assigned_predicate(choice.assigned, dataset) if choice.assigned else None
    with_media = _with_media(choice.cdr_only, dataset)
    return both(both(asked, assigned), compile_filter(with_media, dataset) if with_media else None)


def query_text(choice: DataChoice, dataset: Dataset) -> str | None:
    """The filter and whose rows are selected, as one CQL2 text for people to read; None where every row is."""
    asked = filter_text(choice.filter)
    if choice.assigned is None:
        return asked
    theirs = filter_text(assigned_tree(choice.assigned, dataset))
    return f"({asked}) AND ({theirs})" if asked else theirs


def _with_media(cdr_only: CdrOnly, dataset: Dataset) -> str | None:
    """A record that names a file has a `key` in one of its lists; an empty list has none."""
    media = dataset.media
    if cdr_only is CdrOnly.KEEP or media is None or media.cdr_only is None:
        return None
    kept = [f"{media.cdr_only} IS NULL", f"{media.cdr_only} = FALSE"]
    if cdr_only is CdrOnly.IGNORE_WITHOUT_MEDIA:
        kept += [f"{name} LIKE '%\"key\"%'" for name in (media.field, media.related) if name]
    return " OR ".join(kept)
