"""Signing in as a person meets it: a wrong key, then a right one; wide and narrow, light and dark; and out again."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import Opened
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox
MOST_FOR_THE_FIRST_PAGE = 650_000
"""Bytes, compressed as API Gateway does it."""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_key_opens_the_console(opened: Opened, tenant: Tenant, width: int, scheme: str) -> None:
    console = opened(width, scheme)
    page = console.page
    page.goto(console.address)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Enter an API key")).to_be_visible()
    page.get_by_label("API key").fill("wb_nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This key is not known")).to_be_visible()
    console.looked_at(f"sign-in-{scheme}-{width}")
    console.sign_in(tenant.api.key)
    expect(page.get_by_text("No rules yet")).to_be_visible()
    console.looked_at(f"rules-empty-{scheme}-{width}")
    page.reload()
    expect(page.get_by_text("No rules yet")).to_be_visible()
    page.get_by_role("button", name="a test").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_the_first_page_is_small(opened: Opened, tenant: Tenant) -> None:
    console = opened()
    sizes: list[int] = []

    def weigh(response: Response) -> None:
        if "/console" in response.url:
            sizes.append(len(gzip.compress(response.body(), 6)))

    console.page.on("response", weigh)
    console.sign_in(tenant.api.key)
    console.page.wait_for_load_state("networkidle")
    assert len(sizes) > 2
    assert sum(sizes) <= MOST_FOR_THE_FIRST_PAGE
