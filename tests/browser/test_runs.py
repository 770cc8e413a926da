"""What a person does about runs: takes a file along, repeats, amends, cancels, retries, and runs windows of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console
from tests.e2e.test_holes import forget
from tests.e2e.test_lake import invoke
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
MANUAL = {"frequency": "manual", "starts_at": "2026-01-01T00:00:00Z"}


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def in_dialog(page: Page, name: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_a_run_is_taken_along_repeated_and_amended(console: Console, tenant: Tenant) -> None:
    page, notices = console.page, console.page.get_by_role("region", name="Notices")
    tenant.tickets(1)
    folder = tenant.api.post("/destinations", {"name": "Folder", "kind": "hosted", "settings": {}})["destination_id"]
    late = {"policy": "amend", "lookback_days": 400}
    rule = tenant.rule(folder, schedule=MANUAL, format="ndjson", late=late)
    console.go(f"/rules/{rule}")
    button(page, "Run now")
    expect(page.get_by_text("Everything arrived: 1 row in")).to_be_visible()
    expect(page.get_by_text("1 lake object in 1 part")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download Tickets").first.click()
    assert taken.value.path().read_bytes().count(b"\n") == 1
    button(page, "Run this window once more")
    in_dialog(page, "Run once more")
    expect(notices.get_by_text("The window is run once more.")).to_be_visible()
    expect(page.get_by_text("Everything arrived: 1 row in")).to_be_visible()

    tenant.tickets(2)
    page.get_by_role("link", name="Tickets", exact=True).click()
    expect(page.get_by_role("heading", name="Tickets", level=1)).to_be_visible()
    expect(notices.get_by_text("once more")).to_have_count(0)
    button(page, "Actions")
    page.get_by_role("menuitem", name="Deliver late rows now").click()
    expect(notices.get_by_text("1 amendment started.")).to_be_visible()
    expect(page.get_by_role("table", name="runs").get_by_text("Late rows")).to_be_visible()


def test_a_run_that_was_cancelled_is_retried_and_one_that_is_lost_is_a_hole(console: Console, tenant: Tenant) -> None:
    page, notices = console.page, console.page.get_by_role("region", name="Notices")
    # So much over so narrow a line takes long enough to be cancelled on any machine.
    at = "2026-01-02T10:00:00Z"
    rows = [{"ticket_id": f"t{n}", "created_at": at, "agent": "a" * 60_000} for n in range(15)]
    tenant.registered("chat_tickets", len(tenant.api.put_records("chat_tickets", rows)["objects"]))
    rule = tenant.rule(tenant.sftp(limits={"bytes_per_second": 64 << 10}), schedule=MANUAL)
    console.go(f"/rules/{rule}")
    button(page, "Run now")
    button(page, "Cancel run")
    in_dialog(page, "Cancel the run")
    expect(page.get_by_text("It was cancelled.")).to_be_visible()
    console.looked_at("run-cancelled")
    button(page, "Retry")
    expect(notices.get_by_text("The run goes on as attempt 2.")).to_be_visible()
    expect(page.get_by_text("Everything arrived: 15 rows in")).to_be_visible()

    forget(tenant, rule, "2026-01-01T00:00:00Z")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert invoke(tenant, "AuditFunctionName", {"time": f"{later:%Y-%m-%dT%H:%M:%SZ}", "full": True})["done"]
    console.go("/holes")
    expect(page.get_by_text("no run ever took this one")).to_be_visible()
    console.looked_at("holes")
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.reload()
    expect(page.get_by_text("no run ever took this one")).to_be_visible()
    console.looked_at("holes-dark-390")
    page.get_by_role("link", name="Past windows").click()
    expect(page.get_by_text("No past windows were asked for")).to_be_visible()


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
