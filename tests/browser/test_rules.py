"""Rules and runs as a person meets them: from a destination to a proven delivery by the wizard, and every wrong turn."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from sandbox import receivers as receiving
from tests.browser.conftest import Console, Opened
from tests.sandboxed import Tenant
from waybill_cli.app import app

pytestmark = pytest.mark.sandbox
WINDOW = "Run of 2026-01-01 to 2026-01-07"


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def at_step(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """An option that starts with these words."""
    page.get_by_role("button", name=re.compile(f"^{label}")).click()
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).click()


def test_the_wizard_leads_from_nothing_to_a_proven_delivery(console: Console, tenant: Tenant, tmp_path: Path) -> None:
    tenant.tickets(1, 2, 3)
    page = console.page
    page.get_by_role("button", name="Create rule").first.click()
    data_by_conditions(console)
    button(page, "Next")
    one_week(console)
    button(page, "Next")
    at_step(page, "Shape")
    console.looked_at("wizard-shape")
    button(page, "Next")
    a_server_for_it(console, tenant)
    people_to_tell(page)
    console.looked_at("wizard-destination")
    button(page, "Next")
    expect(page.get_by_text("3 rows")).to_be_visible()
    expect(page.get_by_text("Once: 2026-01-01 to 2026-01-07, Europe/Berlin")).to_be_visible()
    console.looked_at("wizard-review")
    kept_as_template(console, tenant)
    page.get_by_role("button", name="Create rule").click()
    expect(page.get_by_role("heading", name="Tickets by hand", level=1)).to_be_visible()
    console.looked_at("rule-new")
    button(page, "Run now")
    to_the_run(page)
    delivered(console)
    told_everywhere(console)
    proven(tenant, tmp_path)


def to_the_run(page: Page) -> None:
    """The schedule may have claimed the window in the same moment: the log then has the run."""
    claimed = page.get_by_text("The window was claimed at the same moment.")
    expect(page.get_by_role("heading", name=WINDOW).or_(claimed)).to_be_visible()
    if claimed.is_visible():
        page.get_by_role("table", name="runs").get_by_role("link").first.click()


def kept_as_template(console: Console, tenant: Tenant) -> None:
    page = console.page
    button(page, "Save as template")
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill("")
    form.get_by_role("button", name="Save template").click()
    expect(form.get_by_text("Is empty; give it a value.")).to_be_visible()
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill("One week of tickets")
    console.looked_at("wizard-template")
    form.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("The template One week of tickets is saved.")).to_be_visible()
    (kept,) = tenant.api.get("/templates")["items"]
    assert (kept["settings"]["schedule"]["zone"], "name" in kept["settings"]) == ("Europe/Berlin", False)


def a_server_for_it(console: Console, tenant: Tenant) -> None:
    """Made, tested and chosen without leaving the wizard."""
    page, server = console.page, tenant.surroundings.sftp
    folder = f"{receiving.PREFIX}/{tenant.name}"
    (server.folder / folder).mkdir(parents=True)
    page.get_by_role("button", name="Make a destination").first.click()
    form = page.get_by_role("dialog")
    form.get_by_role("radio", name="SFTP").check()
    given = {"Name": "Acme's server", "Host name": server.host, "Port": str(server.port), "User name": server.user}
    for label, value in {**given, "Password": server.password}.items():
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_label(re.compile("^Path")).fill(folder)
    form.get_by_role("button", name="Save and test").click()
    expect(form.get_by_text(server.fingerprint).first).to_be_visible()
    console.looked_at("wizard-host-key")
    form.get_by_role("button", name="It is theirs: confirm").click()
    expect(page.get_by_role("checkbox", name="Deliver to Acme's server")).to_be_checked()


def people_to_tell(page: Page) -> None:
    button(page, "Tell people by mail")
    page.get_by_role("checkbox", name="Tell people by mail").check()
    page.get_by_role("textbox", name="Address").fill("ops@acme.example")


def data_by_conditions(console: Console) -> None:
    page = console.page
    page.get_by_label("Export name").fill("Tickets by hand")
    page.get_by_role("button", name=re.compile("^Data source")).click()
    page.get_by_label("Find a dataset").fill("chat ti")
    page.get_by_role("option", name=re.compile("^Chat tickets")).click()
    page.keyboard.press("Escape")
    button(page, "Add a condition")
    choose(page, "Field of condition 1", "status")
    page.get_by_label("Value of condition 1").fill("open")
    console.looked_at("wizard-data")


def one_week(console: Console) -> None:
    page = console.page
    page.get_by_role("button", name=re.compile("^Time zone")).click()
    page.get_by_label("Find a zone").fill("berlin")
    page.get_by_role("option", name="Europe/Berlin").click()
    expect(page.get_by_text("They are asked for anew")).to_be_visible()
    expect(page.get_by_text("Times in Europe/Berlin.")).to_be_visible()
    expect(page.get_by_text("They are asked for anew")).to_have_count(0)
    expect(page.get_by_role("table", name="Next runs").get_by_role("row")).to_have_count(13)
    console.looked_at("wizard-frequency")
    choose(page, "Export frequency", "One time")
    page.get_by_role("textbox", name="First day").fill("2026-01-01")
    page.get_by_role("textbox", name="Last day").fill("2026-01-07")
    expect(page.get_by_text("2026-01-01 to 2026-01-07")).to_be_visible()


def delivered(console: Console) -> None:
    """The run's page from its start to its end, without a reload."""
    page = console.page
    expect(page.get_by_role("heading", name=WINDOW)).to_be_visible()
    expect(page.get_by_role("progressbar", name="Packaged")).to_be_visible()
    console.looked_at("run-ongoing")
    expect(page.get_by_text("Everything arrived: 3 rows")).to_be_visible()
    files = page.get_by_role("table", name="files")
    expect(files.get_by_role("cell", name="Manifest", exact=True)).to_be_visible()
    expect(files.get_by_text("None yet")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Copy the SHA-256 of .*chat_tickets.json$")).click()
    assert re.fullmatch(r"[0-9a-f]{64}", page.evaluate("navigator.clipboard.readText()"))
    expect(page.get_by_text("waybill verify ")).to_be_visible()
    console.looked_at("run-success")


def told_everywhere(console: Console) -> None:
    """What the run did, on the rule's tabs and in both lists."""
    page = console.page
    page.get_by_role("link", name="Tickets by hand").click()
    expect(page.get_by_role("table", name="runs").get_by_text("Success")).to_be_visible()
    for tab, seen in (
        ("Charts", "Rows per run"),
        ("Calendar", "No runs by the clock"),
        ("Gaps", "Is every row delivered?"),
        ("Past windows", "No past windows were asked for"),
        ("Details", "Rows where status = 'open'"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(seen)).to_be_visible()
        console.looked_at(f"rule-{tab.lower().replace(' ', '-')}")
    console.go("/runs")
    expect(page.get_by_role("table", name="runs").get_by_text("Success")).to_be_visible()
    console.looked_at("runs")
    console.go("/rules")
    expect(page.get_by_role("table", name="rules").get_by_text("Success")).to_be_visible()
    console.looked_at("rules")


def proven(tenant: Tenant, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(tenant.api.get("/signing-keys")))
    folder = tenant.surroundings.sftp.folder / receiving.PREFIX / tenant.name
    done = CliRunner().invoke(app, ["verify", str(folder), "--keys", str(keys)], env={"NO_COLOR": "1"})
    assert done.exit_code == 0, done.output
    assert "PROVEN" in done.output


def test_each_wrong_input_is_said_where_it_is(console: Console, tenant: Tenant) -> None:
    tenant.sftp()
    page = console.page
    console.go("/rules/new")
    button(page, "Next")
    expect(page.get_by_text("Enter a name, by which")).to_be_visible()
    expect(page.get_by_text("Choose at least one dataset.")).to_be_visible()
    expect(page.get_by_label("Export name")).to_be_focused()
    console.looked_at("wizard-data-wrong")
    wrong_filters(console)
    wrong_times(console)
    page.get_by_role("button", name=re.compile("^Archive")).click()
    page.get_by_role("option", name=re.compile("^ZIP, ZipCrypto")).click()
    expect(page.get_by_text("ZipCrypto is weak")).to_be_visible()
    page.get_by_label("Password").fill("short")
    button(page, "Next")
    expect(page.get_by_text("Use 12 characters or more.")).to_be_visible()
    console.looked_at("wizard-shape-wrong")
    page.get_by_label("Password").fill("a password that is long")
    button(page, "Names of your own")
    page.get_by_label("Folder", exact=True).fill("{month}")
    button(page, "Next")
    button(page, "Next")
    expect(page.get_by_text("Choose at least one destination.")).to_be_visible()
    page.get_by_role("checkbox", name="Deliver to SFTP").check()
    button(page, "Next")
    at_step(page, "Review")
    page.get_by_role("button", name="Create rule").click()
    at_step(page, "Shape")
    expect(page.get_by_text("{month} is not a token")).to_be_visible()
    expect(page.get_by_label("Folder", exact=True)).to_have_value("{month}")
    expect(page.get_by_label("Password")).to_have_value("a password that is long")
    assert tenant.api.get("/rules")["items"] == []


def wrong_filters(console: Console) -> None:
    page = console.page
    page.get_by_label("Export name").fill("Wrong")
    page.get_by_role("button", name=re.compile("^Data source")).click()
    page.get_by_role("option", name=re.compile("^Chat tickets")).click()
    page.keyboard.press("Escape")
    button(page, "Add a condition")
    button(page, "Next")
    expect(page.get_by_text("Enter a value.")).to_be_visible()
    page.get_by_label("Write the filter as text").check()
    page.get_by_role("textbox", name="Rows of Chat tickets").fill("statsu = 'open'")
    button(page, "Next")
    expect(page.get_by_text("'statsu' is not a field")).to_be_visible()
    console.looked_at("wizard-filter-wrong")
    page.get_by_role("textbox", name="Rows of Chat tickets").fill("(status = 'open')")
    button(page, "Next")
    at_step(page, "Frequency")


def wrong_times(console: Console) -> None:
    page = console.page
    choose(page, "Export frequency", "Custom")
    page.get_by_label("Expression").fill("every day")
    expect(page.get_by_text("a cron expression has five fields")).to_be_visible()
    choose(page, "Export frequency", "One time")
    button(page, "Next")
    expect(page.get_by_text("Enter the first day.")).to_be_visible()
    page.get_by_role("textbox", name="First day").fill("2026-01-07")
    page.get_by_role("textbox", name="Last day").fill("2026-01-01")
    expect(page.get_by_text("last_day is before first_day")).to_be_visible()
    console.looked_at("wizard-frequency-wrong")
    page.get_by_role("textbox", name="Last day").fill("2026-01-09")
    button(page, "Next")
    at_step(page, "Shape")


def test_the_first_step_by_keyboard_alone(console: Console) -> None:
    page = console.page
    console.go("/rules/new")
    page.get_by_label("Export name").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("chat ti")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Chat tickets")).to_be_visible()
    for _ in range(20):
        if page.evaluate("document.activeElement.textContent") == "Next":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at_step(page, "Frequency")


def test_a_phone_in_the_dark(opened: Opened, tenant: Tenant) -> None:
    rule = tenant.rule(
        tenant.sftp(), name="Tickets on a phone", schedule={"frequency": "daily", "zone": "Europe/Berlin"}
    )
    console = opened(390, "dark")
    console.sign_in(tenant.api.key)
    expect(console.page.get_by_role("link", name="Tickets on a phone")).to_be_visible()
    console.looked_at("rules-phone")
    for tab in ("log", "charts", "calendar", "gaps", "past", "details"):
        console.go(f"/rules/{rule}?tab={tab}")
        expect(console.page.get_by_role("tabpanel")).not_to_be_empty()
        expect(console.page.get_by_text("Loading")).to_have_count(0)
        console.looked_at(f"rule-{tab}-phone")
    console.go(f"/rules/{rule}/edit")
    expect(console.page.get_by_label("Export name")).to_have_value("Tickets on a phone")
    console.looked_at("wizard-phone")


def test_an_edit_keeps_what_no_control_shows_and_a_stop_asks_what_was_missed(console: Console, tenant: Tenant) -> None:
    filter_as_json = {"op": "=", "args": [{"property": "status"}, "open"]}
    rule = tenant.rule(
        tenant.sftp(),
        data=[{"dataset": "chat_tickets", "filter": filter_as_json}],
        layout={"preset": "data_ops"},
        schedule={"frequency": "daily", "starts_at": "2026-01-01T00:00:00Z"},
    )
    tenant.api.post(f"/rules/{rule}/deactivate", {})
    before = tenant.api.get(f"/rules/{rule}")["settings"]
    page = console.page
    console.go(f"/rules/{rule}/edit")
    page.get_by_label("Export name").fill("Tickets, renamed")
    for _ in range(4):
        button(page, "Next")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("heading", name="Tickets, renamed", level=1)).to_be_visible()
    assert tenant.api.get(f"/rules/{rule}")["settings"] == {**before, "name": "Tickets, renamed"}
    button(page, "Actions")
    page.get_by_role("menuitem", name="Activate").click()
    expect(page.get_by_text("windows passed while the rule was not active")).to_be_visible()
    page.get_by_label("Run none of them").check()
    console.looked_at("rule-missed")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_text("is active.")).to_be_visible()
    assert tenant.api.get(f"/rules/{rule}")["state"] == "active"
    button(page, "Actions")
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No rules yet")).to_be_visible()
