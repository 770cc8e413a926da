"""Datasets: the catalogue, and the tenant's own datasets beside it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, Field

from endpoints.caller import calling
from endpoints.operation import operation
from endpoints.paging import Cursor, Limit, NextCursor, Paging, all_of
from endpoints.precondition import check_match, etag
from waybill.core.access import Caller, Permission
from waybill.core.catalog import Dataset, closest, incompatible
from waybill.core.drift import columns_of
from waybill.core.errors import Conflict, FieldError, InvalidInput, NotFound
from waybill.core.ordering import ordered
from waybill.wiring import catalogs, clock, stores

router = APIGatewayRouter()  # type: ignore[no-untyped-call]
LOOKED_AT = 100


class DatasetList(BaseModel):
    items: list[Dataset]
    cursor: NextCursor


class DatasetDetail(Dataset):
    """`own`: the tenant's, who may change it; else it comes with the catalogue. `registered_objects`: how many lake objects of
    the caller's tenant are ready for export. `columns`: what the newest hundred of them hold, with the kinds of values; of a
    dataset with an open field the customer's own columns, too.
    """

    own: bool
    registered_objects: int
    columns: Annotated[dict[str, str], Field(description="Name to kinds, such as `integer|string`.")]


@router.get("/datasets", **operation(Permission.READ))
def list_datasets(limit: Limit = 200, cursor: Cursor = "") -> DatasetList:
    """The catalogue's and the tenant's own, by name."""
    caller = calling(router)
    paging = Paging(caller, "datasets")
    found = catalogs.catalog(caller.tenant).values()
    page = ordered(found, lambda d: (d.name, ""), paging.inner(cursor), limit, descending=False)
    return DatasetList(items=list(page.items), cursor=paging.outer(page.cursor))


@router.get("/datasets/<name>", **operation(Permission.READ))
def get_dataset(name: str) -> Response[DatasetDetail]:
    """With the columns that its newest objects have."""
    caller = calling(router)
    return _answered(caller, dataset_named(caller, name))


@router.post("/datasets", **operation(Permission.MANAGE_DATASETS, HTTPStatus.CREATED, changes=True))
def add_dataset(body: Dataset) -> Response[DatasetDetail]:
    """A dataset of the tenant's own, at once ready for records. No code, no deployment."""
    caller = calling(router)
    if body.name in catalogs.common_catalog():
        raise Conflict(f"The catalogue has a dataset {body.name}.", "Choose another name.")
    stores.datasets().add(caller.tenant, body, clock.now())
    return _answered(caller, body, HTTPStatus.CREATED)


@router.put("/datasets/<name>", **operation(Permission.MANAGE_DATASETS, changes=True, if_match=True))
def change_dataset(name: str, body: Dataset) -> Response[DatasetDetail]:
    """Fields may be added and words changed; a field that is there stays, and its type: rules and objects rely on it."""
    caller = calling(router)
    before = _own(caller, name)
    check_match(router, _etag(before))
    if body.name != name:
        raise InvalidInput(
            [FieldError("name", f"a dataset keeps its name, {name}; add another one with POST /datasets")]
        )
    wrong = incompatible(before, body)
    if wrong:
        raise InvalidInput([FieldError("fields", one) for one in wrong])
    stores.datasets().replace(caller.tenant, body, clock.now())
    return _answered(caller, body)


@router.delete("/datasets/<name>", **operation(Permission.MANAGE_DATASETS, HTTPStatus.NO_CONTENT, changes=True))
def remove_dataset(name: str) -> Response[str]:
    """What lies in the lake stays. Refused while a rule names the dataset."""
    caller = calling(router)
    _own(caller, name)
    users = _rules_of(caller, name)
    if users:
        raise Conflict(f"{name} is exported by {', '.join(users[:5])}.", "Change or delete those rules first.")
    stores.datasets().remove(caller.tenant, name)
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def dataset_named(caller: Caller, name: str) -> Dataset:
    """The dataset as the caller's tenant has it. Raises NotFound with names that are near."""
    catalog = catalogs.catalog(caller.tenant)
    found = catalog.get(name)
    if found is None:
        raise NotFound(f"There is no dataset {name!r}.", f"There are {closest(name, catalog)}.")
    return found


def _etag(dataset: Dataset) -> str:
    return etag(dataset.model_dump_json())


def _answered(caller: Caller, dataset: Dataset, status: HTTPStatus = HTTPStatus.OK) -> Response[DatasetDetail]:
    headers = {"ETag": _etag(dataset)}
    return Response(status.value, "application/json", _detail(caller, dataset), headers=headers)


def _own(caller: Caller, name: str) -> Dataset:
    found = stores.datasets().find(caller.tenant, name)
    if found is None:
        if name in catalogs.common_catalog():
            raise Conflict(f"{name} comes with the catalogue and stays as it is.", "Add a dataset under another name.")
        raise NotFound(f"There is no dataset {name!r} of yours.", "See GET /datasets.")
    return found


def _rules_of(caller: Caller, name: str) -> list[str]:
    rules = all_of(lambda cursor, limit: stores.rules().page(caller.tenant, cursor, limit))
    return [r.settings.name for r in rules if any(c.dataset == name for c in r.settings.data)]


def _detail(caller: Caller, dataset: Dataset) -> DatasetDetail:
    objects = stores.lake_objects()
    newest = objects.newest(caller.tenant, dataset.name)
    latest = objects.since(caller.tenant, dataset.name, max(0, newest - LOOKED_AT), newest)
    seen = columns_of((), (one.columns for one in latest)).seen
    own = dataset.name not in catalogs.common_catalog()
    return DatasetDetail(**dataset.model_dump(), own=own, registered_objects=newest, columns=seen)
