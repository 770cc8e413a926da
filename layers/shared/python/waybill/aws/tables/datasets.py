"""The datasets table: what tenants added to the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from waybill.aws.tables.item import Item, bind, found, saved, written
from waybill.aws.tables.refusals import tables
from waybill.core.catalog import Dataset
from waybill.core.errors import Conflict, NotFound


class DatasetItem(Item):
    tenant = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class DatasetsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(DatasetItem, table, region)

    def add(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        if not saved(_item(tenant, dataset, now), DatasetItem.name.does_not_exist(), "saving a dataset"):
            raise Conflict(f"There is a dataset {dataset.name}.", f"Change it with PUT /datasets/{dataset.name}.")

    def replace(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        if not saved(_item(tenant, dataset, now), DatasetItem.name.exists(), "saving a dataset"):
            raise NotFound(f"There is no dataset {dataset.name} of yours.", "Add it with POST /datasets.")

    def find(self, tenant: str, name: str) -> Dataset | None:
        item = found(DatasetItem, tenant, name, "reading a dataset")
        return None if item is None else _dataset(item)

    def all(self, tenant: str) -> Sequence[Dataset]:
        with tables("listing datasets"):
            return [_dataset(item) for item in DatasetItem.query(tenant, consistent_read=True)]

    def remove(self, tenant: str, name: str) -> None:
        with tables("deleting a dataset"):
            DatasetItem(tenant, name).delete()


def _item(tenant: str, dataset: Dataset, now: datetime) -> DatasetItem:
    return DatasetItem(tenant, dataset.name, body=dataset.model_dump_json(), updated_at=written(now))


def _dataset(item: DatasetItem) -> Dataset:
    return Dataset.model_validate_json(item.body)
