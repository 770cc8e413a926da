"""Settings of lists of detail records, and what else of a rule is checked before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from endpoints.rules import RuleRequest
from tests.core.made import CATALOG, settings
from waybill.core.details import detail_fields
from waybill.core.errors import InvalidInput
from waybill.core.rule_checks import check_settings


def wrong(**changes: Any) -> dict[str, str]:
    made = settings(**changes)
    try:
        check_settings(made, CATALOG, made.destinations)
    except InvalidInput as invalid:
        fields = {e.field for e in invalid.errors}
        return {f: " ".join(e.message for e in invalid.errors if e.field == f) for f in fields}
    return {}


TWO: list[dict[str, Any]] = [{"dataset": "chat_tickets"}, {"dataset": "recordings"}]


def test_a_list_has_the_fields_that_are_its_datasets_own() -> None:
    made = settings(data=TWO, detail_records={"formats": ["pdf"], "fields": ["ticket_id", "start_time", "created_at"]})
    assert wrong(data=TWO, detail_records=made.detail_records) == {}
    columns = [[f.name for f in detail_fields(made.detail_records, CATALOG[c["dataset"]])] for c in TWO]
    assert columns == [["ticket_id", "created_at"], ["start_time"]]
    assert detail_fields(settings().detail_records, CATALOG["chat_tickets"]) == ()
    default = settings(detail_records={"formats": ["csv"]}).detail_records
    assert detail_fields(default, CATALOG["recordings"]) == CATALOG["recordings"].chosen(())


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"formats": ["csv"], "fields": ["ticket"]}, "detail_records.fields.0", "'ticket' is no field"),
        ({"formats": ["csv", "csv"]}, "detail_records.formats", "twice"),
        ({"fields": ["ticket_id"]}, "detail_records.formats", "no list is asked for"),
        ({"formats": ["csv"], "fields": ["ticket_id", "ticket_id"]}, "detail_records.fields", "twice"),
        ({"formats": ["csv"], "fields": ["ticket_id"]}, "detail_records.fields", "recordings has none of these"),
        ({"formats": ["pdf"]}, "detail_records.fields", "47 columns"),
    ],
)
def test_what_no_list_can_be_made_of_is_refused(given: dict[str, Any], field: str, said: str) -> None:
    assert said in wrong(data=TWO, detail_records=given)[field]


def test_every_column_of_the_customers_own_is_named() -> None:
    given = {"formats": ["csv"], "fields": ["custom_fields.*", "custom_fields.city"]}
    assert list(wrong(data=[{"dataset": "leads"}], detail_records=given)) == ["detail_records.fields.0"]


def test_unknown_words_are_refused_at_the_edge() -> None:
    for changes in (
        {"detail_records": {"formats": ["xlsx"]}}, {"detail_records": {"format": "csv"}}, {"on_exceptions": "stop"},
        {"log": "none"}, {"archive": {"method": "zip", "volume_bytes": 9_999_999}},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            settings(**changes)


def test_volumes_are_of_an_archive() -> None:
    assert "archive.volume_bytes" in wrong(archive={"volume_bytes": 10_000_000})
    assert wrong(archive={"volume_bytes": 10_000_000, "method": "zip"}) == {}
    body = settings().model_dump(mode="json") | {"archive": {"method": "zip", "volume_bytes": 10_000_000}}
    assert RuleRequest.model_validate(body).settings().archive.volume_bytes == 10_000_000
