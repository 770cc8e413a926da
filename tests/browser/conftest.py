"""Debian's Chromium, and the console as a signed-in person has it before them.

Its build without windows takes a fifth of the processor that the whole browser takes; that one serves where it is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox.site import SOURCE
from tests.sandboxed import Tenant

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "artifacts" / "console"
AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
PATIENCE = 60_000
"""Milliseconds: the sandbox's functions start cold on a machine that others use as well."""


LEAVE = """path => {
  if (location.hash.slice(1).split("?")[0] !== path.split("?")[0])
    document.querySelectorAll("h1").forEach(heading => heading.classList.add("left"));
  location.hash = path;
}"""


@dataclass
class Console:
    """The console in one page of the browser; `faults` is what a person would find in the browser's own console."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def sign_in(self, key: str) -> None:
        self.page.goto(self.address)
        self.page.get_by_label("API key").fill(key)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", name="Rules", level=1)).to_be_visible()

    def go(self, path: str) -> None:
        """To the page at `path`, such as `/rules`, with its main heading shown: not that of the page before."""
        self.page.evaluate(LEAVE, path)
        expect(self.page.locator("h1:not(.left)")).to_be_visible()

    def looked_at(self, name: str) -> None:
        """Keeps a picture of the page, and holds it against WCAG 2.2 AA and the width of its window."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("scrollTo(0, 0)")  # what sticks to the window's edge stands at the page's then
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        assert self.violations() == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found: list[dict[str, Any]] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(r => r.violations)", tags
        )
        return [f"{one['id']}: {one['help']}: {[n['html'][:200] for n in one['nodes'][:3]]}" for one in found]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.skip("chromium-headless-shell is not installed (a package of Debian's): the console is not looked at")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


Opened = Callable[..., Console]


@pytest.fixture
def opened(browser: Browser, tenant: Tenant) -> Iterator[Opened]:
    """`opened(width=1280, scheme="light")`: a page that is not signed in. At its end nothing may have gone wrong unseen."""
    shown: list[Console] = []

    def open_one(width: int = 1280, scheme: Any = "light") -> Console:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        console = Console(context.new_page(), tenant.surroundings.console)
        console.page.set_default_timeout(PATIENCE)
        console.page.on("pageerror", lambda error: console.faults.append(str(error)))
        console.page.on("console", lambda said: _noted(console, said.type, said.text))
        shown.append(console)
        return console

    yield open_one
    for console in shown:
        console.page.context.close()
        assert console.faults == []


def _noted(console: Console, kind: str, text: str) -> None:
    # The browser itself notes each answer that is an error; the page shows those to its user.
    if kind == "error" and not text.startswith("Failed to load resource"):
        console.faults.append(text)


@pytest.fixture
def console(opened: Opened, tenant: Tenant) -> Console:
    """Signed in as the tenant's administrator."""
    made = opened()
    made.sign_in(tenant.api.key)
    return made
