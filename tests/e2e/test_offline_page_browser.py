"""The page that checks proofs, saved and opened from a disk in a real Chromium that has no network."""

import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from consensus.proof.format import HEADER, pack
from protocol.canonical import sha256_hex
from tests.e2e.test_every_page import checked
from tests.e2e.test_pages_browser import serving
from tests.support.browser import sideways, violations
from tests.support.crawl import Found
from tests.support.offline_desk import Desk, built_register, saved
from tests.support.proof_shapes import SHAPES, large
from web.i18n import Languages, load_languages
from web.offline_page import build_offline_page
from web.offline_words import WORDS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

MIB = 1024 * 1024
DOCUMENT = b'{"an":"agenda"}'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    yield saved(browser, tmp_path_factory.mktemp("saved"))


async def put(page: Page, name: str, data: bytes) -> None:
    await page.set_input_files("#files", {"name": name, "mimeType": "application/octet-stream", "buffer": data})


async def concluded(page: Page) -> str:
    await page.locator("#begin").click()
    await expect(page.locator("#result")).to_be_visible(timeout=20_000)
    return await page.locator("#facts").inner_text()


async def look(page: Page, name: str) -> None:
    """Keep a picture for whoever asks for them, and see that a page is accessible and fits."""
    if folder := os.environ.get("COMITIA_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"offline-{name}.png", full_page=True)
    assert await sideways(page) == 0
    assert await violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
async def test_a_reader_checks_from_the_disk_without_a_network(desk: Desk, lang: str, width: int, dark: bool) -> None:
    good = SHAPES["small"]()
    seen = await desk.reader(lang=lang, width=width, dark=dark)
    page = await seen.page()
    await page.goto(f"{desk.file.as_uri()}#fingerprint={good.fingerprint}")
    language = load_languages().find(lang)
    assert language is not None
    await expect(page.locator("h1")).to_have_text(language.gettext(WORDS["title"]))
    assert await page.locator("html").get_attribute("dir") == ("rtl" if lang == "ar" else "ltr")
    await expect(page.locator("#came")).to_be_visible()
    await look(page, f"start-{lang}-{width}")
    await put(page, "agenda.comitia-proof", good.data)
    facts = await concluded(page)
    assert good.fingerprint in facts
    await expect(page.locator("#verdict")).to_have_text(language.gettext(WORDS["verdict_holds"]))
    await expect(page.locator("#result")).to_be_focused()
    assert await page.locator("#steps li.ok").count() == 5 + 3 * 4 + 2
    assert "2026" in await page.locator("#limits-list").inner_text()
    await look(page, f"holds-{lang}-{width}")
    await put(page, "agenda.comitia-proof", good.data[:-1])
    await concluded(page)
    await expect(page.locator("#verdict")).to_have_text(language.gettext(WORDS["verdict_fails"]))
    assert await page.locator("#steps li.failed").get_attribute("data-step") == "form"
    await look(page, f"fails-{lang}-{width}")
    assert (seen.foreign, seen.complaints) == ([], [])
    await seen.context.close()


async def test_a_short_proof_is_checked_with_the_charter_and_the_document_beside_it(desk: Desk) -> None:
    made = built_register(DOCUMENT)
    page = await desk.open()
    await page.locator("#fingerprint").fill(made.federation.id)
    await put(page, "agenda.tlog-proof", made.proof(5))
    assert WORDS["why_charter_wanted"] in await concluded(page)
    beside = {"agenda.tlog-proof": made.proof(5), "charter.json": made.federation.file.to_bytes(), "a.json": DOCUMENT}
    chosen = [{"name": name, "mimeType": "", "buffer": data} for name, data in beside.items()]
    await page.set_input_files("#files", chosen)  # type: ignore[arg-type]
    assert sha256_hex(DOCUMENT) in await concluded(page)
    assert await page.locator("#steps li.ok").count() == 6
    await look(page, "short")
    mark = f"comitia-document:{sha256_hex(DOCUMENT)}".encode()
    chosen[2] = {"name": "a.pdf", "mimeType": "", "buffer": b"%PDF-1.7 " + mark}
    await page.set_input_files("#files", chosen)  # type: ignore[arg-type]
    await concluded(page)
    await expect(page.locator("#limits-list")).to_contain_text(WORDS["limit_pdf"])
    await page.context.close()


async def test_a_browser_without_the_means_is_told_which_have_them(desk: Desk) -> None:
    seen = await desk.reader()
    await seen.context.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error('unknown'))")
    page = await seen.page()
    await page.goto(desk.file.as_uri())
    await expect(page.locator("#unable")).to_contain_text("Firefox")
    await expect(page.locator("#begin")).to_be_disabled()
    await look(page, "unable")
    await seen.context.close()


async def test_it_works_as_a_node_serves_it(browser: Browser) -> None:
    good = SHAPES["one-round"]()
    async with serving(browser) as place:
        seen = await place.reader()
        page = await seen.page()
        await page.goto(f"{place.origin}/verify")
        await page.get_by_role("link", name="Open the checking page").click()
        await put(page, "round.comitia-proof", good.data)
        await page.locator("#fingerprint").fill(good.fingerprint)
        assert good.fingerprint in await concluded(page)
        assert (seen.foreign, seen.complaints) == ([], [])
        await seen.context.close()


async def test_it_is_used_by_keyboard_alone(desk: Desk) -> None:
    good = SHAPES["one-round"]()
    page = await desk.open()
    await page.locator("#languages a[lang=fr]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    for _ in range(5):
        await page.keyboard.press("Tab")
    await expect(page.locator("#files")).to_be_focused()
    await put(page, "round.comitia-proof", good.data)
    await page.keyboard.press("Tab")
    await page.keyboard.type(" ".join(good.fingerprint.upper()[at : at + 4] for at in range(0, 64, 4)))
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#result")).to_be_focused()
    await expect(page.locator("#result")).to_have_class("holds")
    await page.context.close()


async def test_the_language_is_kept_in_the_address_beside_the_fingerprint(desk: Desk) -> None:
    page = await desk.open(f"#fingerprint={'ab' * 32}")
    await page.locator("#languages a[lang=ru]").click()
    assert page.url.endswith(f"#fingerprint={'ab' * 32}&lang=ru")
    await expect(page.locator("#fingerprint")).to_have_value(" ".join(["abababab"] * 8))
    assert await page.locator("#languages [aria-current]").get_attribute("lang") == "ru"
    await page.context.close()


async def test_what_is_missing_is_said_at_its_field(desk: Desk) -> None:
    good = SHAPES["alone"]()
    page = await desk.open()
    await page.locator("#begin").click()
    await expect(page.locator("#files-error")).to_have_text(WORDS["files_none"])
    await expect(page.locator("#files")).to_be_focused()
    await put(page, "a.comitia-proof", good.data)
    await page.locator("#fingerprint").fill("xyz")
    await page.locator("#begin").click()
    await expect(page.locator("#fingerprint-error")).to_have_text(WORDS["fingerprint_none"])
    await look(page, "missing")
    twice = [{"name": name, "mimeType": "", "buffer": good.data} for name in ("a", "b")]
    await page.set_input_files("#files", twice)  # type: ignore[arg-type]
    await page.locator("#fingerprint").fill(good.fingerprint)
    await page.locator("#begin").click()
    await expect(page.locator("#files-error")).to_have_text(WORDS["files_many"])
    await page.context.close()


async def test_a_result_goes_when_what_it_is_about_changes(desk: Desk) -> None:
    good = SHAPES["alone"]()
    page = await desk.open()
    await put(page, "a.comitia-proof", good.data)
    await page.locator("#fingerprint").fill(good.fingerprint)
    await concluded(page)
    await page.locator("#fingerprint").press("0")
    await expect(page.locator("#result")).to_be_hidden()
    await page.context.close()


async def test_garbage_and_bombs_are_refused_within_limits(desk: Desk, tmp_path: Path) -> None:
    page = await desk.open()
    await page.locator("#fingerprint").fill("00" * 32)
    garbage = tmp_path / "garbage.comitia-proof"
    garbage.write_bytes(bytes(range(1, 256)) * (32 * MIB // 255))
    await page.set_input_files("#files", garbage)
    assert WORDS["why_head"] in await concluded(page)
    larger = tmp_path / "larger.comitia-proof"
    larger.write_bytes(b"x" * (32 * MIB + 1))
    await page.set_input_files("#files", larger)
    await page.locator("#begin").click()
    await expect(page.locator("#files-error")).to_contain_text("32")
    bomb = zlib.compressobj(9)
    body = b"".join(bomb.compress(bytes(MIB)) for _ in range(200)) + bomb.flush()
    await put(page, "bomb.comitia-proof", HEADER + sha256_hex(body).encode() + b"\n" + body)
    assert "64" in await concluded(page)
    await put(page, "deep.comitia-proof", pack(b"[" * 5_000_000))
    assert WORDS["why_canonical"] in await concluded(page)
    await page.context.close()


async def test_a_large_federations_agenda_is_checked_while_the_page_stays_alive(desk: Desk) -> None:
    good = large()
    page = await desk.open()
    await put(page, "large.comitia-proof", good.data)
    await page.locator("#fingerprint").fill(good.fingerprint)
    await page.evaluate(
        "window.seen = new Set(); new MutationObserver(() => seen.add(document.getElementById('state').textContent))"
        ".observe(document.getElementById('state'), {childList: true, characterData: true, subtree: true})"
    )
    assert good.fingerprint in await concluded(page)
    assert len(await page.evaluate("[...seen]")) > 1
    await page.context.close()


async def test_the_file_is_valid_html(tmp_path: Path, languages: Languages) -> None:
    text = build_offline_page(languages).body.decode()
    found = Found("/offline/check.html", "", "", 200, "text/html", text, len(text))
    assert checked([found], tmp_path) == []


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()
