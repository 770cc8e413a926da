"""The tenants' own datasets, and the catalogue that they make together with the common one."""

from __future__ import annotations

import pytest

from tests.core.made import CATALOG, NOW
from tests.integration.conftest import REGION
from waybill.aws.tables.datasets import DatasetsTable
from waybill.core.catalog import Dataset, TenantCatalog, incompatible
from waybill.core.errors import Conflict, NotFound

VISITS = CATALOG["chat_tickets"].model_copy(update={"name": "visits", "title": "Visits"})


@pytest.fixture
def kept(tables: dict[str, str]) -> DatasetsTable:
    return DatasetsTable(tables["DatasetsTable"], REGION)


def catalog_of(kept: DatasetsTable, tenant: str) -> TenantCatalog:
    return TenantCatalog(CATALOG, lambda name: kept.find(tenant, name), lambda: kept.all(tenant))


def test_a_dataset_is_its_tenants_alone(kept: DatasetsTable) -> None:
    kept.add("acme", VISITS, NOW)
    assert catalog_of(kept, "acme")["visits"] == VISITS
    assert "visits" not in catalog_of(kept, "zeta")
    assert len(catalog_of(kept, "acme")) == len(CATALOG) + 1 == len(list(catalog_of(kept, "acme")))
    with pytest.raises(Conflict, match="PUT /datasets/visits"):
        kept.add("acme", VISITS, NOW)


def test_it_is_changed_and_removed(kept: DatasetsTable) -> None:
    with pytest.raises(NotFound):
        kept.replace("acme", VISITS, NOW)
    kept.add("acme", VISITS, NOW)
    renamed = VISITS.model_copy(update={"title": "Visits of the shop"})
    kept.replace("acme", renamed, NOW)
    assert kept.find("acme", "visits") == renamed
    kept.remove("acme", "visits")
    kept.remove("acme", "visits")
    assert kept.find("acme", "visits") is None


def test_a_dataset_of_the_catalogue_cannot_be_hidden(kept: DatasetsTable) -> None:
    kept.add("acme", VISITS.model_copy(update={"name": "chat_tickets"}), NOW)
    assert catalog_of(kept, "acme")["chat_tickets"] == CATALOG["chat_tickets"]
    assert len(catalog_of(kept, "acme")) == len(CATALOG)


def test_what_rules_and_objects_rely_on_stays() -> None:
    fewer = Dataset.model_validate(
        {**VISITS.model_dump(), "key_field": "agent", "fields": VISITS.model_dump()["fields"][:5]}
    )
    said = incompatible(VISITS, fewer)
    assert said[0] == "key_field stays ticket_id"
    assert "the field tags stays" in said
    assert incompatible(VISITS, VISITS) == []
