"""Detail records: lists of all rows that a run delivers, for people; which columns they have, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from waybill.core.catalog import Catalog, DataField, Dataset, stands_for_all
from waybill.core.errors import FieldError
from waybill.core.format import CsvProfile, RowFormat, Writing
from waybill.core.listing import PDF_COLUMNS
from waybill.core.rule_settings import DetailFormat, DetailRecords, RuleSettings

_PLACE = "detail_records.fields"


def detail_fields(wanted: DetailRecords, dataset: Dataset) -> tuple[DataField, ...]:
    """The columns of a dataset's list; none where there is no list."""
    if not wanted.formats:
        return ()
    return dataset.chosen(name for name in wanted.fields if dataset.has(name))


def detail_writing(settings: RuleSettings, wanted: DetailFormat) -> Writing:
    """How a part stages its rows: those of a CSV as they are to be, those of a PDF as NDJSON, which is laid out later."""
    if wanted is DetailFormat.CSV:
        return Writing(RowFormat.CSV, CsvProfile.SPREADSHEET, settings.schedule.zone)
    return Writing(RowFormat.NDJSON)


def detail_errors(settings: RuleSettings, catalog: Catalog) -> Iterator[FieldError]:
    """What is wrong with the settings of the lists, by field. Datasets that there are not are told elsewhere."""
    wanted = settings.detail_records
    if len(set(wanted.formats)) != len(wanted.formats):
        yield FieldError("detail_records.formats", "a format is named twice; name each once")
    if wanted.fields and not wanted.formats:
        yield FieldError("detail_records.formats", "no list is asked for; name csv or pdf, or leave the fields out")
    if len(set(wanted.fields)) != len(wanted.fields):
        yield FieldError(_PLACE, "a field is named twice; name each once")
    chosen = [d for d in (catalog.get(choice.dataset) for choice in settings.data) if d is not None]
    for number, name in enumerate(wanted.fields):
        if any(stands_for_all(d, name) for d in chosen):
            yield FieldError(f"{_PLACE}.{number}", "a list has the same columns each time; name each column")
        elif chosen and not any(d.has(name) for d in chosen):
            known = ", ".join(f"GET /datasets/{d.name}" for d in chosen)
            yield FieldError(f"{_PLACE}.{number}", f"{name!r} is no field of the rule's datasets; see {known}")
    if wanted.formats:
        yield from _column_errors(wanted, chosen)


def _column_errors(wanted: DetailRecords, chosen: Sequence[Dataset]) -> Iterator[FieldError]:
    for dataset in chosen:
        own = [name for name in wanted.fields if dataset.has(name)]
        if wanted.fields and not own:
            yield FieldError(_PLACE, f"{dataset.name} has none of these fields; name at least one of its own")
        columns = len(dataset.chosen(own))
        if DetailFormat.PDF in wanted.formats and columns > PDF_COLUMNS:
            said = f"the list of {dataset.name} would have {columns} columns, and a PDF page has room for {PDF_COLUMNS}"
            yield FieldError(_PLACE, f"{said}; name those that it is to have")
