"""What is asked of every page that a link leads to: it answers, is valid HTML, is light, and needs nothing else."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from tests.support.crawl import Found, crawl
from tests.support.markup import read_page
from tests.support.shared_press import shared_press
from tests.support.web_backend import MemoryBackend
from web.app import create_web
from web.i18n import Languages, load_languages
from web.ports import Role
from web.respond import SESSION_COOKIE
from web.settings import WebSettings
from web.static_files import StaticFiles, load_static_files

pytestmark = pytest.mark.e2e

CHECKER = Path(__file__).parents[2] / ".venv" / "vnu" / "vnu.jar"
INSTALL = "apt-get install default-jre-headless npm, then .ci/html-checker"
FIRST_PAGE_BYTES_MAX = 100_000
EVERYBODY: tuple[Role, ...] = ("delegate", "head", "secretariat", "operator")


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


async def walked(languages: Languages, lang: str, roles: Sequence[Role]) -> list[Found]:
    """Return all that is found from the first page in a language on."""
    backend = MemoryBackend()
    client = TestClient(
        TestServer(create_web(backend, WebSettings(), languages, press=shared_press())),
        cookie_jar=CookieJar(unsafe=True),
    )
    await client.start_server()
    if roles:
        secret = backend.sign_in(backend.account(*roles))
        client.session.cookie_jar.update_cookies({SESSION_COOKIE: secret})
    try:
        return [found async for found in crawl(client, f"/{lang}", inside=(f"/{lang}/", f"/{lang}?"))]
    finally:
        await client.close()


def checked(pages: Sequence[Found], where: Path) -> list[str]:
    """Return what the HTML checker finds wrong. Skips without one, and fails in continuous integration."""
    if not CHECKER.exists():
        message = f"there is no HTML checker at {CHECKER}; install it with: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    paths = {f"{at:03}.html": each.path for at, each in enumerate(pages)}
    for name, each in zip(paths, pages, strict=True):
        (where / name).write_text(each.text)
    command = [
        "java",
        "-jar",
        str(CHECKER),
        "--format",
        "json",
        "--errors-only",
        *(str(where / name) for name in paths),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
    messages = json.loads(done.stderr)["messages"]
    return [f"{paths[Path(each['url']).name]}: {each['message']} {each.get('extract', '')}" for each in messages]


@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
@pytest.mark.parametrize("roles", [(), EVERYBODY], ids=["anybody", "everybody"])
async def test_every_link_leads_to_a_page_that_is_valid_and_light(
    languages: Languages, lang: str, roles: tuple[Role, ...], tmp_path: Path
) -> None:
    found = await walked(languages, lang, roles)
    dead = [f"{each.path} (from {each.linked_from}): {each.status}" for each in found if each.status not in (200, 303)]
    assert dead == []
    pages = [each for each in found if each.content_type == "text/html" and each.status == 200]
    assert len(pages) > 40
    wrong = [f"{each.path}: {faults}" for each in pages if (faults := read_page(each.text).faults)]
    assert wrong == []
    assert checked(pages, tmp_path) == []
    static = load_static_files()
    heavy = [each.path for each in pages if first_visit_bytes(each, static) > FIRST_PAGE_BYTES_MAX]
    assert heavy == []
    foreign = [(each.path, place) for each in pages for place in fetched_elsewhere(each.text)]
    assert foreign == []


def first_visit_bytes(page: Found, static: StaticFiles) -> int:
    """Return what a browser without anything in its cache fetches to show a page: itself, styles, scripts, icon."""
    needed = [static.find(url) for url in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))]
    return page.wire_bytes + sum(len(file.gzipped) for file in needed if file is not None)


def fetched_elsewhere(markup: str) -> list[str]:
    """Return what a page would make a browser fetch from another place."""
    elements = re.findall(r"<(?:script|link|img|iframe|source|video|object)\b[^>]*>", markup)
    return [element for element in elements if re.search(r'(?:src|href|data)="(?:https?:)?//', element)]


_A_FORM = "a form is sent there; who comes back to its address is led to the page that it stood on"
_LISTENED = "listened to by open pages"
_MAILED = "a link that is mailed"
OTHERWISE_REACHED = {
    "/": "the first page, without a language in its address",
    "/health": "asked by machines",
    "/offline/check.html": "linked from the page on checking, under no language",
    "/offline/{name}.py": "linked from the page on checking, under no language",
    "/static/{name}": "fetched by every page, under no language",
    "/sign-in/{token}": "a link that is handed over",
    "/rounds/{round}/events": "listened to by open pages",
    "/rounds/{round}/receipt": "where a cast ballot leads",
    "/account/begin": "where somebody lands who came by a link",
    "/account/notices/address/{token}": _MAILED,
    "/unsubscribe/{token}": _MAILED,
    "/set-up/{token}": "a link that the node prints when it is first started",
    "/account/tokens/new": "linked from tokens long after the last sign-in",
    "/schemas/agenda-1.json": "named by every agenda's JSON",
    "/sign-in/again": "where one is led who changes means of signing in long after the last sign-in",
    "/sign-in/single-sign-on": "linked where the node's settings name a provider",
    "/sign-in/single-sign-on/return": "where the provider leads back to",
    "/feeds/yours/{token}.atom": "a private address, shown once somebody has asked for it",
    "/drafts/sent": "asked by a form's script",
    "/health/ready": "asked by machines",
    "/metrics": "asked by machines",
    "/node/events": _LISTENED,
    "/node/log/events": _LISTENED,
    "/proposals/{proposal}/comments/events": _LISTENED,
    "/proposals/{proposal}/comments": "linked where comments fill more than the proposal's page",
    "/proposals/{proposal}/comments/{comment}": "linked where a thread is longer or deeper than the page shows",
    "/rounds/{round}/receipt.json": "linked from the receipt of a cast ballot",
    "/desk/round/dates": _A_FORM,
    "/desk/round/preview": _A_FORM,
    "/desk/round/subjects": _A_FORM,
    "/rounds/{round}/choose": _A_FORM,
    "/rounds/{round}/review": _A_FORM,
    "/rounds/{round}/cast": _A_FORM,
    "/rounds/{round}/proxy": _A_FORM,
    "/rounds/{round}/proxy/cast": _A_FORM,
}
"""Pages that no link of these pages leads to, each with what does."""


async def test_every_page_is_linked_from_somewhere(languages: Languages) -> None:
    """A page that nothing leads to isn't there for its readers."""
    found = [*await walked(languages, "en", ()), *await walked(languages, "en", EVERYBODY)]
    reached = {each.route.removeprefix("/{lang}") for each in found}
    routes = create_web(MemoryBackend(), WebSettings(), languages).router.routes()
    pages = {route.resource.canonical for route in routes if route.method == "GET" and route.resource}
    unlinked = {path for path in pages if not path.startswith(("/{lang}", "/api/v1/"))} - reached
    assert unlinked - OTHERWISE_REACHED.keys() == set()
    assert OTHERWISE_REACHED.keys() - unlinked == set(), "reached by now"
