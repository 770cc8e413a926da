"""The page in Debian's Chromium, as a person meets it: a wrong key, then a right one; wide and narrow; light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
PICTURES = Path(__file__).resolve().parents[2] / "artifacts" / "console"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed (Debian's package chromium): the console is not looked at")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_key_shows_its_tenants_rules_and_runs(browser: Browser, tenant: Tenant, width: int, scheme: str) -> None:
    tenant.tickets(1, 2)
    rule = tenant.rule(tenant.sftp(), name="Tickets <b>of</b> the week")
    tenant.dispatch({"time": "2026-02-01T00:00:00Z"})
    tenant.ended(rule)
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(tenant.surroundings.console)
    page.get_by_label("API key").fill("wb_nonsense")
    page.get_by_role("button", name="Show rules and runs").click()
    expect(page.get_by_role("status")).to_contain_text("not known")
    page.get_by_label("API key").fill(tenant.api.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 rule, 1 run")
    # A rule's name is text, whatever it holds.
    expect(page.locator("#rules tbody td").first).to_have_text("Tickets <b>of</b> the week")
    expect(page.locator("#runs tbody")).to_contain_text("success")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"runs-{scheme}-{width}.png", full_page=True)
    assert said == []
    page.close()
