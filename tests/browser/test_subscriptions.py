"""Notifications as a person meets them: a webhook from nothing to a test that arrived, a mail, and wrong input of each kind."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks.webhooks import Webhook

from sandbox.api import wait_until
from tests.browser.conftest import Console, Opened
from tests.sandboxed import PATIENCE, Tenant
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.sandbox


def save(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Make subscription|Save)$")).click()


def kept_secret(page: Page) -> str:
    """Takes along the secret that is shown once."""
    dialog = page.get_by_role("dialog").filter(has_text="shown this once")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("region", name="Python that verifies a webhook", exact=True)).to_contain_text(
        "def is_genuine"
    )
    (secret,) = re.findall(r"whsec_[\w+/]{10,}=*", dialog.inner_text())
    dialog.get_by_label("I have kept it").check()
    dialog.get_by_role("button", name="Done").click()
    return str(secret)


def test_a_webhook_from_nothing_to_a_test_that_arrives(console: Console, tenant: Tenant) -> None:
    page = console.page
    rule = tenant.rule(tenant.sftp(), name="Weekly tickets")
    console.go("/subscriptions")
    expect(page.get_by_text("No subscriptions yet")).to_be_visible()
    console.looked_at("subscriptions-empty")
    page.get_by_role("button", name="Make subscription").first.click()
    with receiving() as receiver:
        page.get_by_label("Name", exact=True).fill("On call")
        page.get_by_role("radio", name="Webhook").check()
        page.get_by_label("URL", exact=True).fill(f"{receiver.url}/hooks")
        page.get_by_role("radio", name="Some rules").check()
        page.get_by_role("button", name="Choose rules").click()
        page.get_by_role("option", name="Weekly tickets").click()
        page.keyboard.press("Escape")
        save(page)
        first = kept_secret(page)

        page.get_by_role("button", name="Send a test now").click()
        expect(page.get_by_text("The test was delivered")).to_be_visible()
        row = page.get_by_role("table", name="attempts").get_by_role("row").filter(has_text="A test")
        expect(row).to_contain_text("Delivered")
        expect(row).to_contain_text("The receiver answered 200.")
        console.looked_at("subscription-webhook")

        page.get_by_role("button", name="Renew secret").click()
        page.get_by_role("dialog").get_by_role("button", name="Renew").click()
        second = kept_secret(page)
        expect(page.get_by_text("The old secret signs until")).to_be_visible()
        receiver.answers = [503]
        page.get_by_role("button", name="Send a test now").click()
        expect(page.get_by_text("The test failed")).to_be_visible()
        expect(page.get_by_text("HTTP status 503")).to_be_visible()
        tried, again = receiver.got
    assert Webhook(first).verify(tried[2], tried[1])["type"] == "test"
    for secret in (first, second):
        assert Webhook(secret).verify(again[2], again[1])["type"] == "test"
    (saved,) = tenant.api.get("/subscriptions")["items"]
    assert (saved["name"], saved["rules"], saved["target"]["kind"]) == ("On call", [rule], "webhook")
    assert set(saved["events"]) == {"run.partial", "run.failure", "rule.paused", "destination.expires", "hole.found"}

    console.go("/subscriptions")
    row = page.get_by_role("row").filter(has_text="On call")
    expect(row).to_contain_text("Weekly tickets")
    expect(row).to_contain_text("Failed")
    page.get_by_role("button", name="Actions of On call").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No subscriptions yet")).to_be_visible()
    assert tenant.api.get("/subscriptions")["items"] == []


def test_a_mail_and_each_wrong_input_at_its_field(console: Console, tenant: Tenant) -> None:
    page = console.page
    console.go("/subscriptions/new")
    save(page)
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_text("Is missing; write an address, or remove the row.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Ops")
    for one in page.get_by_role("checkbox").all():
        one.uncheck()
    page.get_by_role("textbox", name="Address").fill("nobody")
    save(page)
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    page.get_by_role("textbox", name="Address").fill("ops@acme.example")
    save(page)
    expect(page.get_by_role("checkbox").first).to_be_focused()
    page.get_by_role("textbox", name="Address").fill("nobody")
    page.get_by_role("checkbox", name="A run failed").check()
    page.get_by_label("Subject", exact=True).fill("{nothing}")
    page.get_by_label("Message", exact=True).fill("{rule")
    save(page)
    expect(page.get_by_text("Is no mail address; write it alone")).to_be_visible()
    expect(page.get_by_text("{nothing} is no placeholder")).to_be_visible()
    expect(page.get_by_text("A brace is not closed")).to_be_visible()
    expect(page.get_by_role("textbox", name="Address")).to_be_focused()
    console.looked_at("subscription-wrong")
    page.get_by_role("radio", name="Webhook").check()
    for url, said in (
        ("ftp://example.com", "Is no address"),
        ("http://example.com", "Is not encrypted; write https://."),
    ):
        page.get_by_label("URL", exact=True).fill(url)
        save(page)
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_label("URL", exact=True)).to_be_focused()

    page.get_by_role("radio", name="Mail").check()
    page.get_by_role("textbox", name="Address").fill("ops@acme.example, anna@acme.example")
    page.get_by_label("Subject", exact=True).fill("Run of : ")
    page.get_by_label("Subject", exact=True).evaluate("field => field.setSelectionRange(7, 7)")
    for name in ("rule", "outcome"):
        page.get_by_role("button", name="Insert placeholder into subject").click()
        page.get_by_role("menuitem", name=re.compile(rf"^\{{{name}\}}")).click()
    page.get_by_label("Message", exact=True).fill("{details}\n{link}")
    save(page)
    expect(page.get_by_role("heading", name="Ops", level=1)).to_be_visible()
    page.get_by_role("button", name="Send a test now").click()
    expect(page.get_by_text("anna@acme.example: The test was delivered")).to_be_visible()
    (saved,) = tenant.api.get("/subscriptions")["items"]
    assert saved["events"] == ["run.failure"]
    assert saved["target"]["addresses"] == ["ops@acme.example", "anna@acme.example"]
    assert saved["target"]["subject"] == "Run of {rule}{outcome}: "

    # Another name; the rest stays.
    page.get_by_role("button", name="Change settings").click()
    page.get_by_label("Name", exact=True).fill("Office")
    save(page)
    expect(page.get_by_role("heading", name="Office", level=1)).to_be_visible()
    (changed,) = tenant.api.get("/subscriptions")["items"]
    assert {**changed, "name": "Ops", "updated_at": saved["updated_at"]} == saved


def test_one_that_was_disabled_is_enabled_again(console: Console, tenant: Tenant) -> None:
    page = console.page
    with receiving() as receiver:
        target = {"kind": "webhook", "url": f"{receiver.url}/gone"}
        made = tenant.api.post("/subscriptions", {"name": "Old", "events": ["run.success"], "target": target})
        # The receiver wants nothing any more.
        receiver.answers = [410]
        tenant.tickets(1)
        tenant.rule(tenant.sftp())
        tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
        place = f"/subscriptions/{made['subscription_id']}"
        wait_until("the end of it", lambda: tenant.api.get(place)["state"] == "disabled", PATIENCE)
    console.go(place)
    row = page.get_by_role("table", name="attempts").get_by_role("row").filter(has_text="A run was delivered")
    expect(row).to_contain_text("410")
    expect(page.get_by_text("Nothing is sent")).to_be_visible()
    console.looked_at("subscription-disabled")
    page.get_by_role("button", name="Enable again").click()
    expect(page.get_by_text("Old is active again.")).to_be_visible()
    assert tenant.api.get(place)["state"] == "active"


def test_the_pages_on_a_phone_in_the_dark(opened: Opened, tenant: Tenant) -> None:
    target = {"kind": "mail", "addresses": ["ops@acme.example"]}
    made = tenant.api.post("/subscriptions", {"name": "Ops", "events": ["run.failure"], "target": target})
    console = opened(390, "dark")
    console.sign_in(tenant.api.key)
    for place, shown in (
        ("/subscriptions", "None in thirty days"),
        ("/subscriptions/new", "Insert placeholder"),
        (f"/subscriptions/{made['subscription_id']}", "Nothing was sent yet"),
    ):
        console.go(place)
        expect(console.page.get_by_text(shown).first).to_be_visible()
        console.looked_at(f"subscriptions-{place.split('/')[-1][:3]}-dark-390")
