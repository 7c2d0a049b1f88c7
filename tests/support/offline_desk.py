"""The page that checks proofs, saved on a disk, and readers who open it there without a network."""

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from protocol.canonical import sha256_hex
from tests.support.browser import Watched, watched
from tests.support.builders import build_federation
from tests.support.logged import LoggedRegister, logged
from web.i18n import load_languages
from web.offline_page import FILE_NAME, build_offline_page


@dataclass
class Desk:
    """The saved page on a disk, and who opens it."""

    browser: Browser
    file: Path

    async def reader(self, *, lang: str = "en", width: int = 1280, dark: bool = False) -> Watched:
        return await watched(
            self.browser,
            self.file.as_uri(),
            offline=True,
            locale=lang,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )

    async def open(self, fragment: str = "") -> Page:
        seen = await self.reader()
        page = await seen.page()
        await page.goto(self.file.as_uri() + fragment)
        return page


def saved(browser: Browser, folder: Path) -> Desk:
    """Save the page in a folder."""
    file = folder / FILE_NAME
    file.write_bytes(build_offline_page(load_languages()).body)
    return Desk(browser, file)


def built_register(document: bytes) -> LoggedRegister:
    """Return the register of seven members that publishes a document at height 5 and goes on to height 6."""
    made = logged(build_federation(7), 4)
    made.agenda(sha256_hex(document))
    made.open("later")
    return made
