"""The catalogue of datasets."""

from __future__ import annotations

from functools import cache
from importlib import resources

from waybill.core.catalog import Catalog, TenantCatalog, parse_dataset
from waybill.wiring import stores


@cache
def common_catalog() -> Catalog:
    """The datasets that come with Waybill, from the TOML files of the package."""
    files = sorted(resources.files("waybill").joinpath("catalog").iterdir(), key=lambda f: f.name)
    datasets = [parse_dataset(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".toml")]
    return {dataset.name: dataset for dataset in datasets}


def catalog(tenant: str) -> Catalog:
    """The catalogue as the tenant has it. What the tenant added is read afresh at each look."""
    return TenantCatalog(
        common_catalog(), lambda name: stores.datasets().find(tenant, name), lambda: stores.datasets().all(tenant)
    )
