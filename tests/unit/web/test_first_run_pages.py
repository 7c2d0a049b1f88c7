"""The first visit to a new node: what anybody sees, what the link shows, and that it works once."""

import pytest

from node.first_run import FirstRun
from tests.support.web_accounts import FINGERPRINT
from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import MakeSite, Site

ADA = {"name": "First <b>person</b>", "id": "first", "lang": "en", "compared": "yes"}


async def new_site(make_site: MakeSite) -> tuple[Site, str]:
    site = await make_site(MemoryBackend(has_people=False))
    first_run = site.backend.accounts.first_run
    assert isinstance(first_run, FirstRun)
    token = await first_run.new_link()
    assert token is not None
    return site, f"/set-up/{token}"


async def test_anybody_is_told_that_the_node_is_being_set_up(make_site: MakeSite) -> None:
    site, path = await new_site(make_site)
    text = (await site.get("/")).text
    assert "This node is being set up" in text
    assert path not in text
    assert (await site.get("/proposals")).status == 200


async def test_the_link_shows_federation_member_and_connections(make_site: MakeSite) -> None:
    site, path = await new_site(make_site)
    seen = await site.get(path)
    assert seen.status == 200
    assert FINGERPRINT in seen.text
    assert site.backend.me in seen.text
    assert "ab" * 32 in seen.text
    assert "3 of 4 other nodes are connected." in seen.text
    assert seen.page.faults == []


async def test_the_first_account_is_made_and_signed_in(make_site: MakeSite) -> None:
    site, path = await new_site(make_site)
    seen = await site.send(path, ADA, path)
    assert (seen.status, seen.location) == (303, "/account/begin")
    text = (await site.get("/account/begin")).text
    assert "head of delegation and operator" in text
    assert "First &lt;b&gt;person&lt;/b&gt;" in text
    assert (await site.get("/delegation")).status == 200
    assert (await site.get("/node/accounts")).status == 200
    assert "No agenda" in (await site.get("/")).text or "Agenda" in (await site.get("/")).text


async def test_the_link_works_once(make_site: MakeSite) -> None:
    site, path = await new_site(make_site)
    token = await site.token(path)
    await site.post(path, {**ADA, "csrf": token})
    site.client.session.cookie_jar.clear()
    seen = await site.get(path)
    assert seen.status == 410
    assert "The node has been set up" in seen.text
    token = await site.token("/sign-in")
    assert (await site.post(path, {**ADA, "id": "second", "csrf": token})).status == 410
    assert "This node is being set up" not in (await site.get("/")).text


@pytest.mark.parametrize("path", ["/set-up/guessed-token", "/set-up/" + "a" * 200])
async def test_a_guessed_link_shows_nothing(make_site: MakeSite, path: str) -> None:
    site, _ = await new_site(make_site)
    seen = await site.get(path)
    assert seen.status == 410
    assert FINGERPRINT not in seen.text


async def test_guessing_is_limited(make_site: MakeSite) -> None:
    site = await make_site(MemoryBackend(has_people=False), sign_ins_per_minute=2)
    statuses = [(await site.send("/set-up/guessed-token", ADA)).status for _ in range(3)]
    assert statuses == [410, 410, 429]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"compared": ""}, "Compare the fingerprint first"),
        ({"id": "A B"}, "small letters"),
        ({"name": ""}, "Give a name"),
    ],
)
async def test_what_is_missing_is_asked_for_and_the_rest_kept(
    make_site: MakeSite, change: dict[str, str], words: str
) -> None:
    site, path = await new_site(make_site)
    seen = await site.send(path, {**ADA, **change}, path)
    assert seen.status == 422
    assert words in seen.text
    assert "id" in change or 'value="first"' in seen.text
    assert (await site.get(path)).status == 200
