"""Every form that pages offer, filled with markup in every language, with 100 kB, and cut off in the middle."""

import asyncio
import re
from html import unescape

import pytest

from tests.support.web_content import round_numbered
from tests.unit.web.conftest import Site
from web.i18n import TEXT_LANGUAGES
from web.ports import Role

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'
ALL: tuple[Role, ...] = ("delegate", "head", "secretariat", "operator")
_FORM = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_NAME = re.compile(r'name="([\w-]+)"')
_LONG = re.compile(r'<textarea[^>]* name="([\w-]+)"')
_SECRET = re.compile(r'name="csrf" value="([^"]+)"')
_NOT_FILLED = {"csrf", "once", "draft_version", "draft_tab"}


def pages(site: Site) -> list[str]:
    """Return a page with each kind of form."""
    backend = site.backend
    busy = next(iter(backend.all_proposals))
    own = next(key for key, view in backend.all_proposals.items() if view.summary.member == backend.me)
    topic, text = next(reversed(backend.all_topics.values())), backend.all_proposals[own].text.hash
    acts = ("revise", "call", "return", "duplicate")
    return [
        "/proposals/new",
        f"/proposals/{busy}",
        f"/proposals/{own}/erase",
        f"/proposals/{busy}/comments/new",
        *(f"/proposals/{busy}/acts/{act}" for act in acts),
        f"/proposals/{busy}/acts/answer-objection?other={'b1' * 32}",
        *([f"/texts/{text}/translate"] if text else []),
        *(f"/rounds/{round_numbered(backend, number).summary.id}" for number in (19, 20, 21, 22)),
        f"/rounds/{round_numbered(backend, 19).summary.id}/check",
        "/desk/topics/new",
        f"/desk/topics/{topic.id}",
        *(f"/desk/topics/{topic.id}/{act}" for act in ("change", "split", "merge")),
        "/desk/screening",
        "/desk/round",
        "/delegation/new",
        "/node/accounts/new",
        "/node/peers",
        "/node/webhooks",
        "/account",
        "/account/notices",
        "/account/tokens",
        "/account/password",
        "/sign-in",
    ]


async def forms(site: Site, path: str) -> list[tuple[str, str, str]]:
    """Return where the forms of a page lead, what stands in them, and their secrets."""
    seen = await site.get(path)
    assert seen.status == 200, path
    found = [(unescape(action), inside) for action, inside in _FORM.findall(seen.text) if "sign-out" not in action]
    return [(action, inside, _SECRET.findall(inside)[0]) for action, inside in found]


def is_clean(text: str) -> bool:
    return "<script>alert" not in text and "<img src=x" not in text


@pytest.mark.parametrize("lang", TEXT_LANGUAGES[:7])
async def test_markup_in_every_field_of_every_form_stays_text(site: Site, lang: str) -> None:
    filled = 0
    for path in pages(site):
        site.sign_in(*ALL)
        for action, inside, csrf in await forms(site, f"/{lang}{path}"):
            names = set(_NAME.findall(inside)) - _NOT_FILLED
            seen = await site.post(action, [*((name, MARKUP) for name in sorted(names)), ("csrf", csrf)])
            assert seen.status < 500, (path, action)
            assert is_clean(seen.text), (path, action)
            assert seen.status == 303 or seen.page.faults == [], (path, action, seen.page.faults)
            filled += len(names)
    assert filled > 100, "forms were found"


async def test_100_kb_in_any_field_for_long_texts_is_kept_and_not_signed(site: Site) -> None:
    long = "水" * 34_000
    tried = 0
    for path in pages(site):
        site.sign_in(*ALL)
        for action, inside, csrf in await forms(site, path):
            for name in dict.fromkeys(_LONG.findall(inside)):
                seen = await site.post(action, [(name, long), ("csrf", csrf)])
                assert 400 <= seen.status < 500 or action.endswith("/check"), (path, action, name)
                assert site.backend.calls == [], (path, action, name)
                assert seen.status != 422 or long in seen.text, (path, action, name)
                tried += 1
    assert tried > 10, "fields were found"


async def test_a_form_of_which_only_half_arrives_changes_nothing(site: Site) -> None:
    site.sign_in("delegate")
    csrf = await site.token("/proposals/new", "/proposals/new")
    body = f"csrf={csrf}&track=long&lang=en&title=T&minutes=10&no_goal=1&body=".encode() + b"x" * 5_000
    url = site.client.make_url("/proposals/new")
    cookies = "; ".join(f"{each.key}={each.value}" for each in site.client.session.cookie_jar)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + body[: len(body) // 2])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await site.get("/proposals/new")).status == 200, "the node answers on"
    assert site.backend.calls == []
