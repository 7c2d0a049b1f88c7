"""The page of one's tokens: made, shown once, revoked; and nobody else's."""

import re

from tests.unit.web.conftest import Site
from web.ports import FRESH_MS
from web.respond import NEXT_COOKIE
from web.tokens_port import TOKENS_PER_ACCOUNT_MAX, scopes_for

PATH = "/account/tokens"
FORM = [("name", "Archive"), ("scopes", "propose"), ("scopes", "endorse"), ("days", "30")]


def secret_in(text: str) -> str | None:
    found = re.search(r"comitia_[A-Za-z0-9_-]+", text)
    return found.group() if found else None


async def test_a_token_is_shown_once_and_opens_what_was_chosen(site: Site) -> None:
    site.sign_in("delegate")
    made = await site.send(PATH, FORM, PATH)
    secret = secret_in(made.text)
    assert made.status == 200
    assert secret is not None
    assert made.headers["Cache-Control"] == "no-store"
    again = await site.get(PATH)
    assert "Archive" in again.text
    assert secret_in(again.text) is None
    bearer = await site.backend.tokens.bearer(secret)
    assert bearer is not None
    assert bearer.token.scopes == ("endorse", "propose")


async def test_only_what_an_account_may_do_is_offered_and_given(site: Site) -> None:
    site.sign_in("delegate")
    offered = await site.get(PATH)
    assert 'value="propose"' in offered.text
    assert 'value="vote"' not in offered.text
    forged = await site.send(PATH, [("name", "X"), ("scopes", "vote"), ("days", "30")], PATH)
    assert forged.status == 403
    assert site.backend.tokens.held == {}
    site.sign_in("head")
    assert 'value="vote"' in (await site.get(PATH)).text
    site.sign_in("operator")
    assert scopes_for(site.backend.account("operator")) == ()
    assert "no right that a token could have" in (await site.get(PATH)).text


async def test_what_was_typed_is_kept_with_the_faults(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.send(PATH, [("name", "A & B"), ("scopes", "position"), ("days", "366")], PATH)
    assert seen.status == 422
    assert "Give a whole number of days from 1 to 365." in seen.text
    assert 'value="A &amp; B"' in seen.text
    assert 'value="position" checked' in seen.text
    nothing = await site.send(PATH, [("name", ""), ("days", "9")], PATH)
    assert "Choose what the token may be used for." in nothing.text
    assert "Say which system the token is for" in nothing.text
    assert site.backend.tokens.held == {}


async def test_a_token_is_revoked_by_its_own_account_alone(site: Site) -> None:
    site.sign_in("delegate")
    account, other = site.backend.account("delegate"), site.backend.account("head")
    mine, theirs = site.backend.tokens.give(account, "propose"), site.backend.tokens.give(other, "vote")
    ids = {secret: view.id for secret, (_, view) in site.backend.tokens.held.items()}
    assert (await site.send(f"{PATH}/{ids[theirs]}/revoke", [], PATH)).status == 404
    assert (await site.post(f"{PATH}/{ids[mine]}/revoke", [])).status == 403
    assert set(site.backend.tokens.held) == {mine, theirs}
    assert (await site.send(f"{PATH}/{ids[mine]}/revoke", [], PATH)).location == PATH
    assert set(site.backend.tokens.held) == {theirs}


async def test_there_is_an_end_to_tokens(site: Site) -> None:
    site.sign_in("delegate")
    for _ in range(TOKENS_PER_ACCOUNT_MAX):
        site.backend.tokens.give(site.backend.account("delegate"), "propose")
    seen = await site.send(PATH, FORM, PATH)
    assert seen.status == 409
    assert f"already has {TOKENS_PER_ACCOUNT_MAX} tokens" in seen.text


async def test_the_page_is_for_those_who_have_signed_in(site: Site) -> None:
    assert (await site.get(PATH)).location == "/sign-in"
    assert (await site.send(PATH, FORM)).status == 401


async def test_a_token_takes_a_fresh_sign_in(site: Site) -> None:
    site.sign_in("delegate")
    csrf = await site.token(PATH)
    site.backend.clock += FRESH_MS + 1
    seen = await site.get(PATH)
    assert "Sign in once more to make a token" in seen.text
    assert 'name="days"' not in seen.text
    refused = await site.post(PATH, [*FORM, ("csrf", csrf)])
    assert refused.status == 403
    assert 'value="Archive"' in refused.text, "what was typed is kept"
    assert site.backend.tokens.held == {}
    led = await site.get(f"{PATH}/new")
    assert led.location == "/sign-in/again"
    assert site.cookie(NEXT_COOKIE) == f"{PATH}/new"
    site.sign_in("delegate")
    assert (await site.get(f"{PATH}/new")).location == f"{PATH}#another"


async def test_a_right_that_was_lost_is_struck_out(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.tokens.give(site.backend.account("delegate"), "propose", "vote")
    assert "<s>Vote</s>" in (await site.get(PATH)).text
