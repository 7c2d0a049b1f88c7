"""A real Chromium for tests, and what they ask of every page in it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

INSTALL = "apt-get install -y chromium fonts-noto-core fonts-noto-cjk"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE = Path(__file__).parents[1] / "e2e" / "vendor" / "axe.min.js"


def chromium_path() -> str:
    """Return where Chromium is. Skips the test without one, and fails it in continuous integration."""
    found = shutil.which("chromium")
    if found:
        return found
    message = f"there is no Chromium; install it with: {INSTALL}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium and stop it afterwards."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Watched:
    """What a browser context did beside showing pages."""

    context: BrowserContext
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def page(self) -> Page:
        """Return a new page that is watched."""
        page = await self.context.new_page()
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "the server responded with a status of" not in text:
            self.complaints.append(text)


async def watched(browser: Browser, origin: str, **options: Any) -> Watched:
    """Return a new context whose requests to other origins and console messages are noted."""
    context = await browser.new_context(**options)
    seen = Watched(context)
    context.on("request", lambda request: _note(seen, origin, request.url))
    return seen


def _note(seen: Watched, origin: str, url: str) -> None:
    if not url.startswith(origin):
        seen.foreign.append(url)


async def sideways(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    width: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, one line each."""
    if not await page.evaluate("typeof window.axe === 'object'"):
        await page.evaluate(_AXE.read_text())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    return [
        f"{entry['id']}: {node['target']} {node['failureSummary']}" for entry in found for node in entry["nodes"][:3]
    ]
