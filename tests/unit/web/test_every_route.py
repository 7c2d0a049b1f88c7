"""What is asked of every address there is: who may use it, that forms are genuine, that nothing hostile comes back."""

import re
from collections.abc import Iterator

import pytest
from aiohttp import web as aioweb

from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import MakeSite, Site
from web.pages import PAGES
from web.ports import Role
from web.settings import WebSettings

FOR_ANYBODY = ("/sign-in", "/sign-out", "/set-up", "/unsubscribe", "/account/notices/address")
"""Forms that are sent by people who haven't signed in."""
HOSTILE = "\"'><script>alert(1)</script>\u202e{{7*7}}"
PARAMETERS = ("q", "goal", "track", "stage", "group", "page", "lang", "theme", "done", "rule", "kind", "other", "since")
ROLES: tuple[Role, ...] = ("delegate", "head", "secretariat", "operator")


def addresses(backend: MemoryBackend, method: str) -> Iterator[str]:
    """Yield an address of every route of a method, its places filled with what there is."""
    known = {
        "round": next(iter(backend.all_rounds)),
        "proposal": next(iter(backend.all_proposals)),
        "member": backend.me,
        "version": "1",
        "act": "revise",
        "name": "verify_agenda",
        "topic": next(iter(backend.all_topics), "0" * 64),
    }
    for route in PAGES:
        if route.method == method:
            digits = {name: int(count) for name, count in re.findall(r"\{(\w+):\[0-9a-f\]\{(\d+)\}", route.path)}
            blanks = {name: "0" * count for name, count in digits.items()}
            path = aioweb.UrlDispatcher().add_resource(route.path).canonical
            yield re.sub(r"\{(\w+)\}", lambda place: (blanks | known).get(place[1], "0" * 64), path)  # noqa: B023


REFUSED = {"/drafts/sent": (400,), "/sign-in/single-sign-on": (409,)}
"""What says no to whoever comes without what it needs: a form's address; a provider in the node's settings."""
BY_ADDRESS = tuple(route.path.partition("{")[0] for route in PAGES if route.is_by_address)
"""Forms that a mailbox sends by itself: their address alone says that they are genuine."""
POSTS = tuple(addresses(MemoryBackend(), "POST"))
GETS = tuple(addresses(MemoryBackend(), "GET"))


@pytest.mark.parametrize("path", [path for path in POSTS if not path.startswith(BY_ADDRESS)])
async def test_a_form_without_a_token_changes_nothing(site: Site, path: str) -> None:
    site.sign_in(*ROLES)
    for token in ("", "00" * 40):
        assert (await site.post(path, {"csrf": token})).status == 403
    assert site.backend.calls == []


@pytest.mark.parametrize(
    "path", [path for path in POSTS if not path.startswith(FOR_ANYBODY) and not path.endswith("/check")]
)
async def test_a_stranger_s_form_changes_nothing(site: Site, path: str) -> None:
    token = await site.token("/sign-in/abcdefgh12345678")
    seen = await site.post(path, {"csrf": token})
    assert seen.status in {303, 401, 403, 404}
    if seen.status == 303:
        assert seen.location.endswith("/sign-in")
    assert site.backend.calls == []


@pytest.mark.parametrize("path", POSTS)
async def test_somebody_of_another_member_changes_nothing(site: Site, path: str) -> None:
    site.sign_in(*ROLES, member=site.backend.all_members[7].id)
    token = await site.token("/proposals/new")
    await site.post(path, {"csrf": token, "title": "T", "body": "B", "minutes": "10", "mandate": "yes"})
    assert site.backend.calls == []


@pytest.mark.parametrize("roles", [(), *((role,) for role in ROLES)], ids=lambda roles: "-".join(roles) or "nobody")
async def test_what_one_may_not_see_isn_t_shown_and_nothing_fails(make_site: MakeSite, roles: tuple[Role, ...]) -> None:
    site = await make_site()
    if roles:
        site.sign_in(*roles)
    for path in GETS:
        if not path.endswith("/events"):
            seen = await site.get(path)
            assert seen.status in {200, 303, 401, 403, 404, 409, 410, *REFUSED.get(path, ())}, path
            if path.startswith("/desk") and "secretariat" not in roles:
                assert seen.status in {303, 403}, path
    assert site.backend.calls == []


@pytest.mark.parametrize("path", [path for path in GETS if not path.endswith("/events")])
async def test_nothing_hostile_in_an_address_comes_back_as_markup(site: Site, path: str) -> None:
    site.sign_in(*ROLES)
    for name in PARAMETERS:
        response = await site.client.get(path, params={name: HOSTILE}, allow_redirects=False)
        text = (await response.read()).decode(errors="replace")
        assert response.status < 500, (path, name)
        assert "<script>alert" not in text, (path, name)
        assert "alert(1)</script>" not in response.headers.get("Location", "")
        assert ">49<" not in text


@pytest.mark.parametrize("path", GETS)
async def test_an_address_with_too_much_in_it_is_refused_or_answered(site: Site, path: str) -> None:
    if not path.endswith("/events"):
        response = await site.client.get(path, params={"q": "x" * 6_000}, allow_redirects=False)
        assert response.status < 500


async def test_a_form_with_too_much_in_it_is_refused(make_site: MakeSite) -> None:
    site = await make_site()
    site.sign_in(*ROLES)
    for path in POSTS:
        assert (await site.post(path, {"body": "x" * (WebSettings().body_bytes_max + 1)})).status == 413, path
