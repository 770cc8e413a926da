"""The datasets table: what tenants added to the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pynamodb.exceptions import DoesNotExist, PutError

from waybill.aws.tables.items import DatasetItem, bind, failed_condition, read, tables, written
from waybill.core.catalog import Dataset
from waybill.core.errors import Conflict, NotFound


class DatasetsTable:
    def __init__(self, table: str, region: str) -> None:
        bind(DatasetItem, table, region)

    def add(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        try:
            self._save(tenant, dataset, now, there=False)
        except PutError as error:
            raise Conflict(
                f"There is a dataset {dataset.name}.", f"Change it with PUT /datasets/{dataset.name}."
            ) from error

    def replace(self, tenant: str, dataset: Dataset, now: datetime) -> None:
        try:
            self._save(tenant, dataset, now, there=True)
        except PutError as error:
            raise NotFound(f"There is no dataset {dataset.name} of yours.", "Add it with POST /datasets.") from error

    def _save(self, tenant: str, dataset: Dataset, now: datetime, *, there: bool) -> None:
        """Raises PutError where the name is taken, or is not."""
        item = DatasetItem(tenant, dataset.name, body=dataset.model_dump_json(), updated_at=written(now))
        condition = DatasetItem.name.exists() if there else DatasetItem.name.does_not_exist()
        refused: PutError | None = None
        with tables("saving a dataset"):
            try:
                item.save(condition)
            except PutError as error:
                if not failed_condition(error):
                    raise
                refused = error
        if refused is not None:
            raise refused

    def find(self, tenant: str, name: str) -> Dataset | None:
        with tables("reading a dataset"):
            try:
                return _dataset(read(DatasetItem, tenant, name))
            except DoesNotExist:
                return None

    def all(self, tenant: str) -> Sequence[Dataset]:
        with tables("listing datasets"):
            return [_dataset(item) for item in DatasetItem.query(tenant, consistent_read=True)]

    def remove(self, tenant: str, name: str) -> None:
        with tables("deleting a dataset"):
            DatasetItem(tenant, name).delete()


def _dataset(item: DatasetItem) -> Dataset:
    return Dataset.model_validate_json(item.body)
