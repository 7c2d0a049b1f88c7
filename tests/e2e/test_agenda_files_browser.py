"""A published agenda in a real Chromium: every file is downloaded from its page, which fits and is accessible."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from tests.support.browser import sideways, violations, watched
from tests.support.editions import edition, language, left, text
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.discussion_port import AgendaChanges, ItemView
from web.editions.forms import FORMS
from web.settings import WebSettings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]


@dataclass
class Place:
    """A site over the in-memory backend, and a browser."""

    backend: MemoryBackend
    origin: str
    browser: Browser


@pytest_asyncio.fixture(loop_scope="module")
async def place(browser: Browser) -> AsyncIterator[Place]:
    backend = MemoryBackend()
    gone = left("مياه نظيفة للجميع")
    backend.editions.all_left[2] = [left("Old pumps"), replace(gone, text=replace(gone.text, lang="ar"), why="sunset")]
    anew = ItemView(
        "a" * 64, "topic", text("Wells", "Dig ten."), "1", "1", round="b" * 64, was=text("Wells", "Dig two.")
    )
    dropped = ItemView("c" * 64, "topic", text("Pumps"), "2", "", "withdrawn", "d" * 64)
    backend.discussion.changes[1, 2] = AgendaChanges(1, 2, 0, (), (dropped,), (), (anew,), 0)
    server = TestServer(create_web(backend, WebSettings()))
    await server.start_server()
    yield Place(backend, str(server.make_url("")).rstrip("/"), browser)
    await server.close()


async def test_every_file_is_downloaded_from_the_page(place: Place, tmp_path: Path) -> None:
    seen = await watched(place.browser, place.origin, accept_downloads=True)
    page = await seen.page()
    await page.goto(f"{place.origin}/ar/agenda/2")
    found = await edition(place.backend, "ar")
    for form in FORMS:
        async with page.expect_download() as waiting:
            await page.locator(f".files a[href$='/{form.file}']").click()
        download = await waiting.value
        assert download.suggested_filename == form.file_name(2, "ar")
        kept = tmp_path / download.suggested_filename
        await download.save_as(kept)
        root = f"{WebSettings().base_url}/ar"
        assert kept.read_bytes() == form.write(found, language("ar"), root), form.file
    assert seen.complaints == []
    assert seen.foreign == []
    await seen.context.close()


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("ar", 390), ("zh", 390)])
async def test_the_agenda_and_its_changes_fit_and_are_accessible(place: Place, lang: str, width: int) -> None:
    seen = await watched(place.browser, place.origin, viewport={"width": width, "height": 860})
    page = await seen.page()
    for path in ("agenda/2", "agenda/2/changes"):
        await page.goto(f"{place.origin}/{lang}/{path}")
        if shots := os.environ.get("COMITIA_ARTEFACTS"):
            await page.screenshot(path=f"{shots}/{path.replace('/', '-')}-{lang}-{width}.png", full_page=True)
        assert await sideways(page) == 0, path
        assert await violations(page) == [], path
    assert seen.complaints == []
    await seen.context.close()
