"""Who registers what lies in the lake."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from waybill.core.arrival import announcer
from waybill.core.catalog import Dataset
from waybill.core.register import Registrar
from waybill.core.survey import Survey
from waybill.wiring import buckets, buses, catalogs, stores


@cache
def registrar() -> Registrar:
    """Only `ingest` and `repair` carry the library that looks into Parquet files; it is loaded for the first of these."""

    def parquet(path: Path, dataset: Dataset) -> Survey:
        found: Survey = import_module("waybill.engines.survey_parquet").survey(path, dataset)
        return found

    return Registrar(
        buckets.lake(), stores.lake_objects(), catalogs.catalog, parquet, announcer(stores.rules(), buses.upstream())
    )
