"""The page that checks proofs, saved and opened from a disk in a real Chromium that has no network."""

import base64
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from consensus.proof.format import HEADER, pack
from protocol import keys, short_proof
from protocol.canonical import sha256_hex
from protocol.keys import SigningKey
from protocol.short_proof import tellers_fingerprint
from protocol.steps import failed
from tests.e2e.test_every_page import checked
from tests.support.browser import Watched, sideways, violations, watched
from tests.support.builders import build_federation, hash_of
from tests.support.crawl import Found
from tests.support.logged import LoggedRegister, logged
from tests.support.proof_corpus import Case, corpus
from tests.support.proof_shapes import SHAPES, large
from tests.unit.protocol.test_keys import SMALL_ORDER, with_identity_as_r
from web.i18n import Languages, load_languages
from web.offline_page import build_offline_page
from web.offline_words import WORDS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("browser")]

ONE_IN = 12
"""How many of the corpus' single-byte changes are tried: one in so many."""
BATCH = 250
MIB = 1024 * 1024
VECTORS = Path(__file__).parents[1] / "vectors"
ODD_KEYS = [f"{first:02x}{'00' * 30}{last:02x}" for first in range(2, 14) for last in (0, 0x80)]
"""Some are points of mixed order, some no points."""
OUTCOME_ONLY = "forged: certified: another outcome"
"""The page compares results; the words that explain one are recomputed by `comitia verify` alone."""
CHECK = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const found = [];
  for (const [file, fingerprint, charter, document] of cases) {
    const beside = { charter: charter && bytes(charter), document: document && bytes(document) };
    const result = await comitiaCheck.check(bytes(file), fingerprint, beside);
    const broken = result.steps.find((step) => step.state === "failed");
    found.push([broken?.id ?? "", broken?.reason ?? "", result.holds]);
  }
  return found;
}"""
VERIFY = """async (cases) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const found = [];
  for (const [key, message, signature] of cases) {
    const holds = await comitiaCheck.verifier()(key, bytes(message), bytes(signature));
    found.push([holds, comitiaCheck.isEnrollable(key)]);
  }
  return found;
}"""
DECODE = """(texts) => texts.map((text) => {
  try {
    comitiaCheck.decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
    return true;
  } catch { return false; }
})"""


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


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    file = tmp_path_factory.mktemp("saved") / "comitia-check.html"
    file.write_bytes(build_offline_page(load_languages()).body)
    yield Desk(browser, file)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def verdicts(page: Page, cases: Iterable[Sequence[bytes | str]]) -> list[tuple[str, str, bool]]:
    """Return for each file, fingerprint and files beside it the step that fails, why, and whether all holds."""
    asked = [[part if isinstance(part, str) else base64_of(part) for part in case] for case in cases]
    found: list[tuple[str, str, bool]] = []
    for at in range(0, len(asked), BATCH):
        found += map(tuple, await page.evaluate(CHECK, asked[at : at + BATCH]))
    return found


async def test_it_agrees_with_every_verdict_of_the_corpus(desk: Desk) -> None:
    page = await desk.open()
    cases = [case for case in corpus(one_in=ONE_IN) if case.name != OUTCOME_ONLY]
    found = await verdicts(page, [(case.data, case.fingerprint) for case in cases])
    assert {step for step, _, _ in found} == {"", *(case.step for case in cases)}
    wrong = [(case.name, case.step, got) for case, got in zip(cases, found, strict=True) if not agrees(case, got)]
    assert wrong == []
    assert {f"why_{reason}" for _, reason, _ in found if reason} <= WORDS.keys()
    await page.context.close()


def agrees(case: Case, found: tuple[str, str, bool]) -> bool:
    step, _, holds = found
    return step == case.step and holds == (case.step == "")


DOCUMENT = b'{"an":"agenda"}'


def register() -> LoggedRegister:
    made = logged(build_federation(7), 4)
    made.agenda(sha256_hex(DOCUMENT))
    made.open("later")
    return made


def short_cases(made: LoggedRegister) -> list[tuple[bytes, str, bytes, bytes]]:
    """Return short proofs, good, changed and misused: file, fingerprint, charter file, document."""
    known = tellers_fingerprint(made.federation.id, made.tellers)
    federation, charter = made.federation.id, made.federation.file.to_bytes()
    other = build_federation(7, seed=1)
    proof = made.proof(5)
    good = [(made.proof(height), known, b"", b"") for height in range(1, 7)]
    good += [(made.proof(height, height + 1), known, b"", b"") for height in range(1, 7)]
    beside = [
        (proof, federation, charter, b""),
        (proof, federation, charter, DOCUMENT),
        (proof, known, b"", DOCUMENT),
        (proof, known, b"", b"{}"),
        (made.proof(6), known, b"", DOCUMENT),
        (proof, federation, b"", b""),
        (proof, known, charter, b""),
        (proof, other.id, other.file.to_bytes(), b""),
        (proof, federation, other.file.to_bytes(), b""),
        (proof, hash_of("nobody"), b"", b""),
    ]
    changed = [
        (proof[:at] + bytes([proof[at] ^ bit]) + proof[at + 1 :], known, b"", b"")
        for at in range(0, len(proof), 3)
        for bit in (1, 0x20)
    ]
    cut = [(proof[:at] + proof[at + 1 :], known, b"", b"") for at in range(0, len(proof), 29)]
    more = [(proof + b"\n", known, b"", b""), (b"\xef\xbb\xbf" + proof, known, b"", b""), (b"", known, b"", b"")]
    lines = proof.decode().split("\n")
    swapped = ["\n".join([*lines[:-3], lines[-2], lines[-3], ""]), "\n".join([*lines[:-2], ""])]
    return [*good, *beside, *changed, *cut, *more, *((text.encode(), known, b"", b"") for text in swapped)]


def expected(data: bytes, fingerprint: str, charter: bytes, document: bytes) -> str:
    """Return the step that fails by the verifier in Python, or nothing."""
    file = register().federation.file if charter == register().federation.file.to_bytes() else None
    if charter and file is None:
        file = build_federation(7, seed=1).file
    named = sha256_hex(document) if document else None
    step = failed(short_proof.check(data, fingerprint, charter=file, document=named).steps)
    return step.id if step else ""


async def test_it_agrees_on_short_proofs(desk: Desk) -> None:
    page = await desk.open()
    cases = short_cases(register())
    found = [step for step, _, _ in await verdicts(page, cases)]
    wanted = [expected(*case) for case in cases]
    assert {"", "form", "fingerprint", "record", "inclusion", "cosignatures", "document"} == set(wanted)
    assert [(at, *pair) for at, pair in enumerate(zip(wanted, found, strict=True)) if pair[0] != pair[1]] == []
    await page.context.close()


# SPEC 3.4: "must refuse an R of small order"
async def test_signatures_and_keys_are_judged_as_by_every_node(desk: Desk) -> None:
    names = ("ed25519_edge_cases.json", "ed25519_rfc8032.json")
    vectors = [case for name in names for case in json.loads((VECTORS / name).read_text())["cases"]]
    asked = [(case["key"], case["message"], case["signature"]) for case in vectors]
    proper = bytes(range(32))
    asked.append((SigningKey(proper).key, b"message".hex(), with_identity_as_r(proper, b"message").hex()))
    asked += [(key, "", "00" * 64) for key in (*SMALL_ORDER, *ODD_KEYS)]
    page = await desk.open()
    found = await page.evaluate(VERIFY, asked)
    wanted = [
        [
            keys.is_valid_signature(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)),
            keys.is_enrollable(key),
        ]
        for key, message, signature in asked
    ]
    assert found == wanted
    assert [True, True] in wanted
    assert [False, False] in wanted
    await page.context.close()


async def test_canonical_json_is_told_from_all_else(desk: Desk) -> None:
    page = await desk.open()
    good = [
        b'{"__proto__":1,"a":2}', b'{"1":1,"10":2,"2":3}', b"[9007199254740991,-9007199254740991,0]",
        '["é\u2028\x7f😀"]'.encode(), b'["\\u0000\\u001f\\"\\\\\\n"]', b"[" * 16 + b"]" * 16, b"null",
        b'{"constructor":{}}',
    ]  # fmt: skip
    bad = [
        b"", b"\xef\xbb\xbfnull", b"null ", b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"2":1,"10":2}', b"[1.0]", b"[1e3]",
        b"[-0]", b"[9007199254740992]", b"[9007199254740993]", b'["\\ud800"]', b'["\\u00e9"]', b'["\\/"]', b'["\xff"]',
        b'["\xed\xa0\x80"]', b"[" * 17 + b"]" * 17, b"[" * 100_000, '{"é":1}'.encode(), b"[1,]", b"NaN", b'["\x01"]',
    ]  # fmt: skip
    found = await page.evaluate(DECODE, [base64_of(text) for text in (*good, *bad)])
    assert found == [True] * len(good) + [False] * len(bad)
    await page.context.close()


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
