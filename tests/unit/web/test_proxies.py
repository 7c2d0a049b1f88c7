"""Letting another member vote, without JavaScript: choose, review, receipt, take back; and how results tell of it."""

from dataclasses import replace

import pytest

from consensus.ballots import Ballot, ChoiceBallot, ProxyBallot
from consensus.rules.named import simple_majority
from consensus.rules.registry import RULES
from consensus.rules.silence import SilenceSettings
from tests.support.web_content import make_round, round_numbered
from tests.unit.web.conftest import Site
from web.ports import BallotView, Refused, RoundView


@pytest.fixture
def text(site: Site) -> str:
    """The address of an open round on one text in which a member may vote for two others."""
    found = round_numbered(site.backend, 20)
    spec = found.spec.model_copy(update={"proxies_per_holder": 2})
    site.backend.all_rounds[found.summary.id] = replace(found, spec=spec)
    return "/rounds/" + found.summary.id


def other(site: Site) -> str:
    return next(member.id for member in site.backend.all_members if member.id != site.backend.me)


async def test_a_head_lets_another_member_vote_from_choice_to_receipt(site: Site, text: str) -> None:
    site.sign_in("head")
    holder = other(site)
    chosen = await site.get(text)
    assert "Let another member vote for yours" in chosen.text
    assert chosen.page.faults == []
    assert f'<option value="{site.backend.me}"' not in chosen.text
    review = await site.send(text + "/proxy", {"holder": holder}, text)
    assert review.status == 200
    assert "votes for your member" in review.text
    assert review.page.faults == []
    assert site.backend.calls == []
    cast = await site.send(text + "/proxy/cast", {"holder": holder, "mandate": "yes"}, text)
    assert (cast.status, cast.location) == (303, text + "/receipt")
    assert site.backend.calls[0][3] == ProxyBallot(holder=holder)
    receipt = await site.get(text + "/receipt")
    assert "By proxy:" in receipt.text
    assert receipt.page.faults == []
    again = await site.get(text)
    assert "A ballot of your own takes the place of the proxy." in again.text
    assert "Take the proxy back" in again.text


async def test_a_proxy_is_taken_back_without_voting(site: Site, text: str) -> None:
    site.sign_in("head")
    await site.send(text + "/proxy/cast", {"holder": other(site), "mandate": "yes"}, text)
    unaware = await site.send(text + "/proxy", {"holder": "nobody"}, text)
    assert "Your member has cast another ballot since" in unaware.text
    mine = site.backend.all_rounds[text.removeprefix("/rounds/")].my_ballot
    assert mine is not None
    fields = {"holder": "nobody", "basis": mine.event}
    review = await site.send(text + "/proxy", fields, text)
    assert "Your member then has no ballot in this round" in review.text
    assert "Your member has cast another ballot since" not in review.text
    await site.send(text + "/proxy/cast", {**fields, "mandate": "yes"}, text)
    assert site.backend.calls[-1][3] == ProxyBallot(holder=None)
    assert "has none in this round." in (await site.get(text + "/receipt")).text
    page = await site.get(text)
    assert "and has none now." in page.text
    assert "Take the proxy back" not in page.text


async def test_a_plain_delegate_is_not_offered_it_and_may_not_do_it(site: Site, text: str) -> None:
    site.sign_in("delegate")
    page = await site.get(text)
    assert "Review your ballot" in page.text
    assert "Let another member vote for yours" not in page.text
    for step in ("/proxy", "/proxy/cast"):
        seen = await site.send(text + step, {"holder": other(site), "mandate": "yes"}, text)
        assert seen.status == 403
    assert site.backend.calls == []


async def test_it_is_not_offered_where_the_round_allows_none(site: Site) -> None:
    site.sign_in("head")
    page = await site.get("/rounds/" + round_numbered(site.backend, 20).summary.id)
    assert "Review your ballot" in page.text
    assert "Let another member vote for yours" not in page.text


@pytest.mark.parametrize("holder", ["", "nobody-known", "<b>x</b>", "x" * 500])
async def test_a_holder_that_is_no_other_member_is_pointed_out(site: Site, text: str, holder: str) -> None:
    site.sign_in("head")
    for step in ("/proxy", "/proxy/cast"):
        for asked in (holder, site.backend.me):
            seen = await site.send(text + step, {"holder": asked, "mandate": "yes"}, text)
            assert seen.status == 422
            assert "Choose the member that shall vote for yours." in seen.text
            assert seen.page.faults == []
    assert site.backend.calls == []


async def test_a_mandate_has_to_be_confirmed(site: Site, text: str) -> None:
    site.sign_in("head")
    seen = await site.send(text + "/proxy/cast", {"holder": other(site)}, text)
    assert seen.status == 422
    assert "Confirm that your organisation has instructed you to do this." in seen.text
    assert seen.page.faults == []


async def test_what_the_node_refuses_is_said_on_the_review(site: Site, text: str) -> None:
    site.sign_in("head")
    token = await site.token(text)
    site.backend.refuse = Refused("proxy-to-stranger")
    seen = await site.post(text + "/proxy/cast", {"holder": other(site), "mandate": "yes", "csrf": token})
    assert seen.status == 422
    assert "That member may not vote in this round, so it cannot vote for yours." in seen.text


async def test_reloading_a_step_leads_back_to_the_round(site: Site, text: str) -> None:
    assert (await site.get(text + "/proxy")).location == text
    assert (await site.get(text + "/proxy/cast")).location == text


def decided_by_proxy(site: Site) -> RoundView:
    """A certified round: one member voted, one by proxy, one whose proxy doesn't count, one that withdrew."""
    option = round_numbered(site.backend, 20).options[0]
    a, b, c, d = (member.id for member in site.backend.all_members[:4])
    votes: dict[str, Ballot] = {a: ChoiceBallot(choice="yes"), b: ChoiceBallot(choice="yes")}
    found = make_round(site.backend, 31, "certified", (option,), simple_majority(), votes)
    assert found.outcome is not None
    by_proxy = [replace(view, holder=a) if view.member == b else view for view in found.roll_call]
    sent: list[tuple[str, Ballot]] = [(c, ProxyBallot(holder=b)), (d, ProxyBallot(holder=None))]
    more = [BallotView("0" * 64, member, content, 0, (), False) for member, content in sent]
    outcome = found.outcome.model_copy(update={"proxies": 1})
    shown = replace(found, roll_call=(*by_proxy, *more), outcome=outcome)
    site.backend.all_rounds[found.summary.id] = shown
    return shown


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("by proxy: ", "not counted: proxy given to ", "ballot taken back", "1 of them was cast by proxy.")),
        ("zh", ("委托投票：", "未计入：委托给", "选票已撤回", "其中 1 票由他人代投。")),
        ("ar", ("بالتوكيل: ", "لم تُحتسب: توكيل إلى", "ورقة مسحوبة", "أُدلي بواحدة منها (1) بالتوكيل.")),
    ],
)
async def test_the_roll_call_tells_who_voted_for_whom(site: Site, lang: str, words: tuple[str, ...]) -> None:
    seen = await site.get(f"/{lang}/rounds/{decided_by_proxy(site).summary.id}")
    assert seen.page.faults == []
    for expected in words:
        assert expected in seen.text


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
async def test_the_steps_are_well_formed_in_every_language(site: Site, text: str, lang: str) -> None:
    site.sign_in("head")
    assert (await site.get(f"/{lang}{text}")).page.faults == []
    for holder in (other(site), "nobody"):
        review = await site.send(f"/{lang}{text}/proxy", {"holder": holder}, text)
        assert (review.status, review.page.faults) == (200, [])
        await site.send(f"/{lang}{text}/proxy/cast", {"holder": holder, "mandate": "yes"}, text)
        assert (await site.get(f"/{lang}{text}/receipt")).page.faults == []


@pytest.mark.parametrize("lang", ["en", "zh", "fr", "ru", "es", "ar", "pt"])
async def test_a_broken_silence_names_who_objected(site: Site, lang: str) -> None:
    option = round_numbered(site.backend, 20).options[0]
    objector = site.backend.all_members[2]
    votes: dict[str, Ballot] = {objector.id: ChoiceBallot(choice="no", reason="Too early.")}
    found = make_round(site.backend, 32, "certified", (option,), SilenceSettings(), votes)
    seen = await site.get(f"/{lang}/rounds/{found.summary.id}")
    assert seen.page.faults == []
    assert objector.names.get(lang, objector.names["en"]) in seen.text
    if lang == "en":
        assert "Silence was broken; nothing is rejected: the text goes to a vote." in seen.text
        assert "Members that object: " in seen.text


@pytest.mark.parametrize("form", ["approval", "ranked", "score"])
async def test_it_is_offered_whatever_the_form_of_the_ballot(site: Site, form: str) -> None:
    site.sign_in("head")
    open_rounds = [found for found in site.backend.all_rounds.values() if found.summary.state == "open"]
    found = next(found for found in open_rounds if RULES[found.summary.rule].ballot_form == form)
    spec = found.spec.model_copy(update={"proxies_per_holder": 1})
    site.backend.all_rounds[found.summary.id] = replace(found, spec=spec)
    address = f"/rounds/{found.summary.id}"
    assert "Let another member vote for yours" in (await site.get(address)).text
    wrong = await site.send(address + "/proxy", {"holder": "nobody-known"}, address)
    assert (wrong.status, wrong.page.faults) == (422, [])
    await site.send(address + "/proxy/cast", {"holder": other(site), "mandate": "yes"}, address)
    assert "By proxy:" in (await site.get(address + "/receipt")).text
    again = await site.get(address)
    assert "A ballot of your own takes the place of the proxy." in again.text
    assert again.page.faults == []
