"""The other pages, empty, with data and with wrong input: explore, templates, usage, holes, audit log, datasets, certificates,
API keys, settings.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Opened
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
SIZES = [(1280, "light"), (390, "dark")]
EMPTY = {
    "/templates": "No templates yet",
    "/usage": "No run ended on these days",
    "/holes": "No holes",
    "/audit-log": "No entries yet",
    "/certificates": "No certificates yet",
    "/explore": "Choose a dataset and a span, then search.",
}
READINGS = {
    "name": "readings",
    "title": "Readings",
    "description": "What each device measured.",
    "time_field": "at",
    "key_field": "id",
    "fields": [
        {"name": "id", "type": "string", "description": "Its id."},
        {"name": "at", "type": "timestamp", "description": "When."},
    ],
}


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_what_is_empty_says_so(opened: Opened, tenant: Tenant, width: int, scheme: str) -> None:
    console = opened(width, scheme)
    console.sign_in(tenant.api.key)
    for path, sentence in EMPTY.items():
        console.go(path)
        expect(console.page.get_by_text(sentence)).to_be_visible()
        console.looked_at(f"{path.strip('/')}-empty-{scheme}-{width}")


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_what_is_there_is_shown(opened: Opened, tenant: Tenant, width: int, scheme: str) -> None:
    template = tenant.api.post("/templates", {"name": "Daily CSV", "settings": {"format": "csv"}})
    tenant.api.post("/datasets", READINGS)
    tenant.api.post("/api-keys", {"name": "CI", "permissions": ["read", "audit"]})
    console = opened(width, scheme)
    console.sign_in(tenant.api.key)
    for path, sentence in {
        "/templates": "Nobody else",
        f"/templates/{template['template_id']}": "Save template",
        "/audit-log": "Make API key",
        "/datasets": "What each device measured.",
        "/datasets/readings": "Your own",
        "/datasets/new": "Save dataset",
        "/api-keys": "Audit, Read",
        "/api-keys/new": "Make new keys of hosted folders",
        "/certificates/new": "Choose a private key's file",
        "/settings": "Take a search's result along as a file.",
    }.items():
        console.go(path)
        expect(console.page.get_by_text(sentence).first).to_be_visible()
        name = "template" if "tpl_" in path else path.strip("/").replace("/", "-")
        console.looked_at(f"{name}-{scheme}-{width}")


def test_rows_are_looked_at_and_taken_along(console: Console, tenant: Tenant) -> None:
    page = console.page
    tenant.tickets(*range(60))
    console.go("/explore?dataset=chat_tickets")
    page.get_by_role("button", name="Last 7 days").click()
    page.get_by_role("radio", name="Last year").check()
    page.get_by_role("button", name="Apply").click()
    page.get_by_label("Write the filter as text").check()
    text = page.get_by_role("textbox", name="Filter")
    text.fill("colour = 'red'")
    page.get_by_role("button", name="Search").click()
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    console.looked_at("explore-wrong")
    text.fill("status = 'open'")
    page.get_by_role("button", name="Search").click()
    rows = page.get_by_role("table", name="rows").get_by_role("row")
    expect(rows).to_have_count(51)
    page.get_by_role("button", name="Show more rows").click()
    expect(rows).to_have_count(61)
    page.get_by_role("button", name="Show the row").first.click()
    expect(page.get_by_role("dialog").get_by_role("region", name="Row as JSON")).to_contain_text('"status": "open"')
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    console.looked_at("explore-rows")

    page.get_by_role("button", name="Export as file").click()
    page.get_by_role("dialog").get_by_label("Title").fill("Open tickets")
    console.looked_at("explore-export")
    page.get_by_role("button", name="Make file").click()
    link = page.get_by_role("dialog").get_by_role("link", name="Download")
    expect(link).to_be_visible()
    fetched = page.request.get(str(link.get_attribute("href")))
    assert fetched.text().count(",open,") == 60
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Create rule from this").click()
    expect(page).to_have_url(re.compile(r"rules/new\?dataset=chat_tickets&filter=status"))


def test_a_template_is_written_shared_and_deleted(console: Console, tenant: Tenant) -> None:
    page = console.page
    console.go("/templates/new")
    page.get_by_label("Settings").fill("{format: csv}")
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("This is no JSON")).to_be_visible()
    page.get_by_label("Settings").fill('{"format": "docx", "colour": 1}')
    page.get_by_label("Name").fill("Weekly")
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("colour is not a known field")).to_be_visible()
    console.looked_at("template-wrong")
    page.get_by_label("Settings").fill('{"format": "csv"}')
    page.get_by_role("radio", name="Some users and groups").check()
    page.get_by_role("textbox", name="Groups").fill("north")
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("The group north")).to_be_visible()
    (saved,) = tenant.api.get("/templates")["items"]
    assert (saved["settings"], saved["shared"]["groups"]) == ({"format": "csv"}, ["north"])
    page.get_by_role("button", name="More for Weekly").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No templates yet")).to_be_visible()


def test_a_dataset_of_ones_own(console: Console, tenant: Tenant) -> None:
    page = console.page
    console.go("/datasets/new")
    page.get_by_label("Definition").fill(json.dumps({**READINGS, "key_field": "nothing"}))
    page.get_by_role("button", name="Save dataset").click()
    expect(page.get_by_label("Definition")).to_have_attribute("aria-invalid", "true")
    console.looked_at("dataset-wrong")
    page.get_by_label("Definition").fill(json.dumps(READINGS))
    page.get_by_role("button", name="Save dataset").click()
    expect(page.get_by_role("heading", name="Readings", level=1)).to_be_visible()
    page.get_by_role("button", name="Change").click()
    more = [*READINGS["fields"], {"name": "value", "type": "number", "description": "What was measured."}]
    page.get_by_label("Definition").fill(json.dumps({**READINGS, "fields": more}))
    page.get_by_role("button", name="Save dataset").click()
    expect(page.get_by_role("row").filter(has_text="What was measured.")).to_be_visible()
    assert len(tenant.api.get("/datasets/readings")["fields"]) == 3
    page.get_by_label("Find fields").fill("measured")
    expect(page.get_by_text("1 match").first).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Datasets", level=1)).to_be_visible()
    page.get_by_label("Find datasets").fill("ticket")
    expect(page.get_by_role("link", name="Chat tickets")).to_be_visible()
    expect(page.get_by_role("link", name="Readings")).to_have_count(0)


def test_a_key_is_made_used_and_deleted(console: Console, opened: Opened) -> None:
    page = console.page
    console.go("/api-keys/new")
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Anna")
    page.get_by_role("radio", name="User").check()
    expect(page.get_by_label("Audit")).to_have_count(0)
    page.get_by_label("User", exact=True).last.fill("anna")
    page.get_by_role("button", name="Make key").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("shown this once")).to_be_visible()
    key = dialog.locator("code").inner_text()
    console.looked_at("api-key-made")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_label("I have kept it").check()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row").filter(has_text="User: anna")).to_be_visible()

    other = opened()
    other.sign_in(key)
    expect(other.page.get_by_role("link", name="API keys")).to_have_count(0)
    other.go("/settings")
    expect(other.page.get_by_text("Manage API keys: not permitted")).to_be_visible()
    other.looked_at("settings-of-a-user")

    page.get_by_role("row").filter(has_text="User: anna").get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row").filter(has_text="User: anna")).to_have_count(0)


def test_a_certificate_is_added_from_a_file_and_deleted(console: Console, tmp_path: Path) -> None:
    page = console.page
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=media.acme.example",
    ]
    subprocess.run(
        [*made, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "c.pem"], check=True, capture_output=True
    )
    console.go("/certificates/new")
    page.get_by_label("Name").fill("Media")
    page.get_by_role("textbox", name="Certificate").fill("no certificate")
    page.get_by_role("button", name="Add certificate").click()
    expect(page.get_by_role("textbox", name="Certificate")).to_be_focused()
    console.looked_at("certificate-wrong")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "c.pem")
    expect(page.get_by_role("textbox", name="Certificate")).to_have_value((tmp_path / "c.pem").read_text())
    page.locator("input[type=file]").last.set_input_files(tmp_path / "key.pem")
    page.get_by_role("button", name="Add certificate").click()
    row = page.get_by_role("row").filter(has_text="CN=media.acme.example")
    expect(row).to_contain_text("Opens media")
    console.looked_at("certificates")
    row.get_by_role("button", name="Delete Media").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No certificates yet")).to_be_visible()


def test_the_audit_log_is_filtered_and_looked_into(console: Console, tenant: Tenant) -> None:
    page = console.page
    template = tenant.api.post("/templates", {"name": "One", "settings": {}})["template_id"]
    tenant.api.post("/templates", {"name": "Two", "settings": {}})
    newest = tenant.api.get("/audit-log")["items"][0]
    console.go("/audit-log")
    rows = page.get_by_role("table", name="entries").get_by_role("row")
    expect(rows).to_have_count(5)
    expect(page.get_by_text(newest["sha256"])).to_be_visible()
    page.get_by_label("Thing: its id").fill(template)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Show entry").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("POST /templates")).to_be_visible()
    console.looked_at("audit-log-entry")
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_label("By: the caller's name").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No entry is like that")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(5)


def test_usage_in_charts_and_as_a_table(console: Console, tenant: Tenant) -> None:
    page = console.page
    tenant.tickets(1, 2, 3)
    rule = tenant.rule(tenant.sftp())
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    tenant.ended(rule)
    console.go("/usage")
    expect(page.get_by_role("heading", name="Bytes a day")).to_be_visible()
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("table", name="Usage by day")
    expect(table.get_by_role("columnheader", name="Success")).to_be_visible()
    expect(table.get_by_role("row").nth(1)).to_contain_text("3")
    console.looked_at("usage")
