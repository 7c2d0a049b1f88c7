import base64
import hashlib
import json
import re

import pytest

from tests.support.markup import read_page
from tests.unit.web.conftest import MakeSite
from web.i18n import Languages, load_languages
from web.offline_page import FILE_NAME, PATH, OfflinePage, build_offline_page
from web.offline_words import WORDS, sentences

BYTES_MAX = 160_000
WIRE_BYTES_MAX = 60_000
SCRIPT = re.compile(r'<script type="module">(.*?)</script>', re.DOTALL)
DATA = re.compile(r'<script type="application/json" id="words">(.*?)</script>', re.DOTALL)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@pytest.fixture(scope="module")
def page(languages: Languages) -> OfflinePage:
    return build_offline_page(languages)


def only(pattern: re.Pattern[str], text: str) -> str:
    (found,) = pattern.findall(text)
    return str(found)


def test_the_same_catalogues_give_the_same_bytes(page: OfflinePage) -> None:
    again = build_offline_page(load_languages("ar"))
    assert again == page
    assert page.sha256 == hashlib.sha256(page.body).hexdigest()


def test_it_is_one_light_file_that_asks_for_nothing(page: OfflinePage) -> None:
    text = page.body.decode()
    assert len(page.body) < BYTES_MAX
    assert len(page.gzipped) < WIRE_BYTES_MAX
    assert re.findall(r"<(?:link|img|iframe|object|embed|base|form [^>]*action)\b", text) == []
    assert re.findall(r"\b(?:src|action|srcset)=", text) == []
    assert re.findall(r"https?://|\burl\(|@import|\bimport\s*\(|\bfetch\b|XMLHttp|WebSocket|\beval\b", text) == []
    assert [link for link in re.findall(r'href="([^"]*)"', text) if not link.startswith("#")] == []


def test_its_policy_allows_its_script_and_style_and_nothing_else(page: OfflinePage) -> None:
    text = page.body.decode()
    rules = dict(rule.split(" ", 1) for rule in page.policy.split("; "))
    for name, part in {"script-src": only(SCRIPT, text), "style-src": only(STYLE, text)}.items():
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert {name for name in rules if rules[name] == "'none'"} == rules.keys() >= {"default-src", "connect-src"}
    in_page = page.policy.replace("; frame-ancestors 'none'", "").replace("'", "&#39;")
    assert f'<meta http-equiv="Content-Security-Policy" content="{in_page}">' in text


def test_the_page_is_well_formed(page: OfflinePage) -> None:
    assert read_page(page.body.decode()).faults == []


def test_it_holds_every_sentence_in_every_language(page: OfflinePage, languages: Languages) -> None:
    held = json.loads(only(DATA, page.body.decode()))
    assert held == sentences(languages.offered)
    assert held.keys() == {"keys", *(language.code for language in languages.offered)}
    assert {len(each) for each in held.values()} == {len(WORDS)}
    assert held["en"] == list(WORDS.values())


def test_no_sentence_is_there_in_vain(page: OfflinePage) -> None:
    text = page.body.decode()
    named = set(re.findall(r'"([a-z_]+)"', only(SCRIPT, text))) | set(re.findall(r'data-say="(\w+)"', text))
    prefixes = ("why_", "step_", "about_", "state_", "record_")
    keys = {next((key.removeprefix(each) for each in prefixes if key.startswith(each)), key) for key in WORDS}
    assert keys - named == {"languages"}


async def test_it_is_served_under_one_address_with_its_own_policy(make_site: MakeSite, page: OfflinePage) -> None:
    site = await make_site()
    seen = await site.client.get(PATH)
    assert (seen.status, seen.content_type, seen.headers["Content-Security-Policy"]) == (200, "text/html", page.policy)
    assert await seen.read() == page.body
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert (await site.get(PATH, **{"If-None-Match": seen.headers["ETag"]})).status == 304
    assert (await site.get(PATH, **{"Accept-Encoding": "identity"})).headers.get("Content-Encoding") is None
    assert "sha256-" not in (await site.get("/verify")).headers["Content-Security-Policy"]


async def test_the_page_on_checking_shows_the_files_hash(make_site: MakeSite, page: OfflinePage) -> None:
    site = await make_site()
    for path in ("/verify", "/ar/verify"):
        text = (await site.get(path)).text
        assert page.sha256 in text
        assert f'href="{PATH}"' in text
        assert f'download="{FILE_NAME}"' in text
    assert f'href="{PATH}"' in (await site.get("/en")).text
