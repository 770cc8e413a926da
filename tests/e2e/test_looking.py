"""Looking before exporting, through the API: the catalogue, a search, its result as a file, a rule's preview; late rows."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
from typing import Any

import openpyxl
import pytest

from sandbox.api import Refused
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
SPAN = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}
UNSAVED = {"name": "x", "schedule": {"frequency": "hourly"}}
VISITS: dict[str, Any] = {
    "name": "shop_visits",
    "title": "Shop visits",
    "description": "Visits of the shop, one row a visit.",
    "time_field": "seen_at",
    "key_field": "visit_id",
    "open_field": "more",
    "fields": [
        {"name": "visit_id", "type": "string", "description": "The visit's own id."},
        {"name": "seen_at", "type": "timestamp", "description": "When it began."},
        {"name": "more", "type": "json", "description": "The shop's own columns."},
    ],
}


def refusal(tenant: Tenant, method: str, path: str, body: object = None) -> Refused:
    with pytest.raises(Refused) as refused:
        tenant.api.call(method, path, body, if_match="*")
    return refused.value


def test_every_dataset_of_the_references_is_listed_with_its_fields(tenant: Tenant) -> None:
    found = {d["name"]: [f["name"] for f in d["fields"]] for d in tenant.api.get("/datasets")["items"]}
    assert len(found) == 21
    assert len(found["recordings"]) == 48
    assert found["connectivity"][:8] == [
        "oem_id", "oem_model", "dsn", "resource_tags", "event_type", "event_time", "user_uuid", "status",
    ]  # fmt: skip


def test_a_search_has_pages_and_starts_a_rule(tenant: Tenant) -> None:
    tenant.tickets(*range(7))
    question = {"span": SPAN, "filter": "status = 'open'", "fields": ["ticket_id"], "limit": 3}
    seen: list[str] = []
    cursor = ""
    while True:
        page = tenant.api.post("/datasets/chat_tickets/search", {**question, "cursor": cursor})
        seen += [row["ticket_id"] for row in page["rows"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert sorted(seen) == [f"t{n}" for n in range(7)]
    once = {"frequency": "once", "first_day": "2026-01-01", "last_day": "2026-01-07"}
    draft = {**page["rule"], "name": "From a search", "schedule": once, "destinations": [tenant.sftp()]}
    rule = tenant.api.post("/rules", draft)["rule_id"]
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"]) == ("success", 7)


def test_a_searchs_result_is_a_file_behind_a_link_that_ends(tenant: Tenant) -> None:
    tenant.tickets(1, 2)
    asked = {"span": SPAN, "format": "xlsx", "title": "Open tickets", "zone": "Europe/Berlin"}
    made = tenant.api.post("/datasets/chat_tickets/list", asked)
    assert (made["name"], made["expires_in"]) == ("Open tickets.xlsx", 300)
    with urllib.request.urlopen(made["url"]) as answer:
        book = openpyxl.load_workbook(io.BytesIO(answer.read()))
    assert {row[0].value for row in book.worksheets[0].iter_rows(min_row=2)} == {"t1", "t2"}


def test_a_preview_shows_rows_names_and_a_sample_and_saves_nothing(tenant: Tenant) -> None:
    tenant.tickets(1, 2, 3)
    rule: dict[str, Any] = {
        "name": "Not saved",
        "data": [{"dataset": "chat_tickets", "fields": ["ticket_id", "status"]}],
        "schedule": {"frequency": "once", "first_day": "2026-01-01", "last_day": "2026-01-07"},
        "format": "csv",
        "layout": {"preset": "data_ops"},
    }
    found = tenant.api.post("/preview", {"rule": rule})
    (tickets,) = found["data"]
    assert (tickets["rows"], tickets["exact"]) == (3, True)
    assert found["window"] == {"start": "2026-01-01T00:00:00Z", "end": "2026-01-08T00:00:00Z"}
    assert found["names"][0].startswith(f"{tenant.name}/chat_tickets/rul_")
    content = base64.b64decode(found["sample"]["content_base64"]).decode()
    assert content.splitlines()[0] == "ticket_id,status"
    assert tenant.api.get("/rules")["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/datasets/chat_tickets/search", {"span": SPAN, "filter": "nonsense = 1"}, "filter"),
        ("/datasets/chat_tickets/search", {"span": {**SPAN, "end": "2025-01-01T00:00:00Z"}}, "span"),
        ("/datasets/chat_tickets/search", {"span": SPAN, "limit": 1_000}, "limit"),
        ("/datasets/chat_tickets/search", {"span": SPAN, "cursor": "x"}, "cursor"),
        ("/datasets/chat_tickets/list", {"span": SPAN, "format": "docx"}, "format"),
        ("/preview", {"rule": {**UNSAVED, "data": [{"dataset": "no"}]}}, "data.0.dataset"),
        ("/datasets", {**VISITS, "time_field": "visit_id"}, "body"),
        ("/datasets", {**VISITS, "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_its_field(tenant: Tenant, path: str, body: dict[str, Any], field: str) -> None:
    refused = refusal(tenant, "POST", path, body)
    assert refused.status == 422, refused
    assert field in [e["field"] for e in refused.problem["errors"]]


def test_an_operator_adds_a_dataset_with_one_call(tenant: Tenant) -> None:
    tenant.api.post("/datasets", VISITS)
    rows = [{"visit_id": "v1", "seen_at": "2026-01-02T10:00:00Z", "Größe": 3, "city": "Kyïv"}]
    tenant.api.put_records("shop_visits", rows)
    tenant.registered("shop_visits", 1)
    shown = tenant.api.get("/datasets/shop_visits")
    assert shown["columns"]["more.city"] == "string"
    rule = tenant.rule(
        tenant.sftp(),
        data=[{"dataset": "shop_visits", "filter": "\"more.city\" = 'Kyïv'", "fields": ["visit_id", "more.*"]}],
        format="ndjson",
    )
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    (run,) = tenant.ended(rule)
    assert (run["state"], run["rows"]) == ("success", 1)
    written = json.loads(tenant.files(run["run_id"])["shop_visits.ndjson"])
    assert written == {"visit_id": "v1", "more.Größe": 3, "more.city": "Kyïv"}
    assert refusal(tenant, "DELETE", "/datasets/shop_visits").status == 409
    assert refusal(tenant, "POST", "/datasets", VISITS).status == 409
    assert refusal(tenant, "PUT", "/datasets/chat_tickets", {**VISITS, "name": "chat_tickets"}).status == 409
    wider = {**VISITS, "fields": [*VISITS["fields"], {"name": "ip", "type": "string", "description": "From where."}]}
    assert tenant.api.call("PUT", "/datasets/shop_visits", wider, if_match="*")["fields"][-1]["name"] == "ip"
    refused = refusal(tenant, "PUT", "/datasets/shop_visits", VISITS)
    assert refused.problem["errors"] == [{"field": "fields", "message": "the field ip stays"}]


def test_late_rows_come_as_an_amendment_of_their_window(tenant: Tenant) -> None:
    tenant.tickets(1, 2)
    rule = tenant.rule(tenant.sftp(), format="ndjson")
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    tenant.ended(rule)
    tenant.tickets(3)
    (made,) = tenant.api.post(f"/rules/{rule}/amend", {})["items"]
    assert (made["amends"], made["generation"], made["trigger"]) == (True, 2, "late")
    runs = {r["generation"]: r for r in tenant.ended(rule, count=2)}
    assert (runs[2]["state"], runs[2]["rows"]) == ("success", 1)
    files = tenant.files(runs[2]["run_id"])
    assert json.loads(files["chat_tickets.ndjson"])["ticket_id"] == "t3"
    manifest = json.loads(files["waybill.json"])
    assert manifest["run"]["amendment"] is True
    assert manifest["query"][0]["sequence"]["after"] >= 1
    assert tenant.api.post(f"/rules/{rule}/amend", {})["items"] == []
