"""What a person does about runs: retries one that did not arrive, takes a file along, cancels, and runs windows of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from sandbox.receivers import PREFIX
from tests.browser.conftest import Console
from tests.e2e.test_lake import invoke
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
MANUAL = {"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"}


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def in_dialog(page: Page, name: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_what_did_not_arrive_is_a_hole_until_it_is_retried(console: Console, tenant: Tenant) -> None:
    page, notices = console.page, console.page.get_by_role("region", name="Notices")
    tenant.tickets(1, 2)
    folder = tenant.api.post("/destinations", {"name": "Folder", "kind": "hosted", "settings": {}})["destination_id"]
    server = tenant.sftp()
    rule = tenant.rule(server, destinations=[folder, server], schedule=MANUAL, format="ndjson")
    theirs = tenant.surroundings.sftp.folder / PREFIX / tenant.name / "Tickets" / f"{rule}.20260101T000000Z.1"
    theirs.mkdir(parents=True)
    (theirs / "chat_tickets.ndjson").write_text("somebody else's")

    console.go(f"/rules/{rule}")
    button(page, "Run now")
    expect(page.get_by_text("Not every destination has everything.")).to_be_visible()
    expect(page.get_by_text("1 lake object in 1 part")).to_be_visible()
    console.looked_at("run-partial")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert invoke(tenant, "AuditFunctionName", {"time": f"{later:%Y-%m-%dT%H:%M:%SZ}", "full": True})["done"]
    console.go("/holes")
    expect(page.get_by_text("did not reach every destination")).to_be_visible()
    console.looked_at("holes")
    page.get_by_role("link", name="The run").click()

    (theirs / "chat_tickets.ndjson").unlink()
    tenant.tickets(3)
    button(page, "Retry")
    expect(notices.get_by_text("The run goes on as attempt 2.")).to_be_visible()
    expect(page.get_by_text("Everything arrived: 2 rows")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download Tickets").first.click()
    assert taken.value.path().read_bytes().count(b"\n") == 2

    page.get_by_role("link", name="Tickets", exact=True).click()
    expect(notices.get_by_text("attempt 2")).to_have_count(0)
    button(page, "Actions")
    page.get_by_role("menuitem", name="Deliver late rows now").click()
    expect(notices.get_by_text("1 amendment started.")).to_be_visible()
    expect(page.get_by_role("table", name="runs").get_by_text("Late rows")).to_be_visible()
    amended, first = tenant.ended(rule, count=2)
    assert [(run["state"], run["rows"]) for run in (amended, first)] == [("success", 1), ("success", 2)]


def test_a_run_is_cancelled_and_its_window_run_once_more(console: Console, tenant: Tenant) -> None:
    page = console.page
    tenant.tickets(1)
    rule = tenant.rule(tenant.sftp(), schedule=MANUAL)
    console.go(f"/rules/{rule}")
    button(page, "Run now")
    button(page, "Cancel run")
    in_dialog(page, "Cancel the run")
    expect(page.get_by_text("It was cancelled.")).to_be_visible()
    console.looked_at("run-cancelled")
    button(page, "Run this window once more")
    in_dialog(page, "Run once more")
    expect(page.get_by_text("The window is run once more.")).to_be_visible()
    expect(page.get_by_text("Everything arrived: 1 row in")).to_be_visible()
    again, cancelled = tenant.ended(rule, count=2)
    assert [(run["state"], run["generation"]) for run in (again, cancelled)] == [("success", 2), ("cancelled", 1)]


def test_past_windows_are_run_beside_the_rules_own(console: Console, tenant: Tenant) -> None:
    page = console.page
    tenant.tickets(1, 2)
    rule = tenant.rule(tenant.sftp(), schedule={"frequency": "daily"})
    console.go(f"/rules/{rule}?tab=past")
    page.get_by_role("button", name="Run past windows").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="From the start of").fill("2026-01-02")
    dialog.get_by_role("textbox", name="Up to the start of").fill("2026-01-02")
    dialog.get_by_label("Runs at one time").fill("9")
    in_dialog(page, "Run them")
    expect(dialog.get_by_text("Must be 5 or less.")).to_be_visible()
    console.looked_at("backfill-wrong")
    dialog.get_by_label("Runs at one time").fill("2")
    dialog.get_by_role("textbox", name="Up to the start of").fill("2026-01-04")
    in_dialog(page, "Run them")
    expect(page.get_by_text("2 past windows will be run.")).to_be_visible()
    expect(page.get_by_text("2 of 2 windows")).to_be_visible()
    console.looked_at("rule-past-windows-done")
    assert sum(run["rows"] for run in tenant.ended(rule, count=2)) == 2
