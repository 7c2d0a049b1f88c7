"""Voting without JavaScript: choose, review, cast, receipt; and everything that may go wrong on the way."""

from dataclasses import replace

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot
from consensus.rules.consent import ConsensusSettings
from consensus.rules.named import simple_majority, standards_enquiry
from consensus.rules.registry import RuleSettings
from consensus.rules.silence import SilenceSettings
from tests.support.web_content import DAY, make_round, round_numbered
from tests.unit.web.conftest import Site
from web.ports import Refused


@pytest.fixture
def topics(site: Site) -> str:
    return "/rounds/" + round_numbered(site.backend, 19).summary.id


@pytest.fixture
def text(site: Site) -> str:
    return "/rounds/" + round_numbered(site.backend, 20).summary.id


async def test_an_approval_ballot_from_choice_to_receipt(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    chosen = await site.get(topics)
    assert "Approve every topic the plenary should take" in chosen.text
    review = await site.send(topics + "/review", [("approves", "t3"), ("approves", "t1")], topics)
    assert "You approve 2 topics, 85 of 240 minutes" in review.text
    assert site.backend.calls == [], "nothing is sent before the review is confirmed"
    cast = await site.send(topics + "/cast", [("approves", "t3"), ("approves", "t1"), ("mandate", "yes")], topics)
    assert (cast.status, cast.location) == (303, topics + "/receipt")
    assert site.backend.calls[0][3] == ApprovalBallot(approves=("t1", "t3"))
    receipt = await site.get(topics + "/receipt")
    assert "Received by 0 of 7 tellers." in receipt.text
    assert "Not yet certain." in receipt.text
    site.backend.receive(topics.removeprefix("/rounds/"), 5)
    receipt = await site.get(topics + "/receipt")
    assert "Received by 5 of 7 tellers." in receipt.text
    assert "Your vote counts." in receipt.text
    assert receipt.page.faults == []
    again = await site.get(topics)
    assert again.text.count(" checked>") == 2
    assert "A new one takes its place." in again.text


async def test_a_vote_with_its_reason(site: Site, text: str) -> None:
    site.sign_in("delegate")
    review = await site.send(text + "/review", {"choice": "no", "reason": "Who pays?\r\n\r\nSay it."}, text)
    assert "You vote no" in review.text
    assert "<p>Who pays?</p>" in review.text
    assert review.page.faults == []
    await site.send(text + "/cast", {"choice": "no", "reason": "Who pays?", "mandate": "yes"}, text)
    assert site.backend.calls[0][3] == ChoiceBallot(choice="no", reason="Who pays?")


async def test_abstaining_on_all_topics_leaves_nothing_approved(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    review = await site.send(topics + "/review", [("approves", "t3"), ("abstain", "1")], topics)
    assert "You abstain on all topics" in review.text
    assert 'name="approves"' not in review.text


async def test_more_than_fits_is_allowed_and_said(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    every = [("approves", option.id) for option in round_numbered(site.backend, 19).options]
    review = await site.send(topics + "/review", every, topics)
    assert "140 more than fits; that is allowed" in review.text


async def test_going_back_keeps_the_choices(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(topics + "/choose", [("approves", "t3"), ("approves", "t5")], topics)
    assert seen.text.count(" checked>") == 2
    assert (await site.get(topics + "/review")).location == topics


@pytest.mark.parametrize("step", ["/review", "/cast"])
async def test_no_choice_is_pointed_out(site: Site, text: str, step: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(text + step, {"reason": "kept words"}, text)
    assert seen.status == 422
    assert "Choose yes, no or abstain." in seen.text
    assert "kept words" in seen.text
    assert site.backend.calls == []


async def test_the_mandate_has_to_be_confirmed(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(topics + "/cast", [("approves", "t3")], topics)
    assert seen.status == 422
    assert "Confirm that your organisation has instructed you" in seen.text
    assert seen.page.faults == []
    assert site.backend.calls == []


async def test_a_topic_of_another_round_is_refused(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    seen = await site.send(topics + "/cast", [("approves", "zz"), ("mandate", "yes")], topics)
    assert seen.status == 422
    assert site.backend.calls == []


async def test_a_rule_that_asks_for_reasons_gets_one(site: Site) -> None:
    option = round_numbered(site.backend, 20).options
    path = "/rounds/" + make_round(site.backend, 40, "open", option, standards_enquiry()).summary.id
    site.sign_in("delegate")
    seen = await site.send(path + "/review", {"choice": "no"}, path)
    assert seen.status == 422
    assert "Say why you vote against." in seen.text
    assert (await site.send(path + "/review", {"choice": "no", "reason": "why"}, path)).status == 200


async def test_a_ballot_after_the_close_is_told_how_late(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    token = await site.token(topics)
    site.backend.clock += 3 * DAY + 12_000
    seen = await site.post(topics + "/cast", [("approves", "t3"), ("mandate", "yes"), ("csrf", token)])
    assert seen.status == 409
    assert "The round closed 12 seconds before your ballot came." in seen.text
    assert "A ballot that you cast earlier counts as it was." in seen.text


async def test_an_unknown_refusal_names_its_code(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    site.backend.refuse = Refused("something-new")
    seen = await site.send(topics + "/cast", [("approves", "t3"), ("mandate", "yes")], topics)
    assert seen.status == 409
    assert "“something-new”" in seen.text


async def test_another_member_s_delegate_is_refused(site: Site, topics: str) -> None:
    site.sign_in("delegate", member="baobab-coast")
    seen = await site.send(topics + "/cast", [("approves", "t3"), ("mandate", "yes")], topics)
    assert seen.status == 403
    assert "Your account belongs to another member than this node." in seen.text


async def test_who_is_no_delegate_sees_no_ballot(site: Site, topics: str) -> None:
    assert 'name="approves"' not in (await site.get(topics)).text
    site.sign_in("operator")
    assert 'name="approves"' not in (await site.get(topics)).text
    assert (await site.send(topics + "/cast", [("approves", "t3"), ("mandate", "yes")], topics)).status == 403


async def test_a_session_that_ended_is_sent_to_sign_in(site: Site, topics: str) -> None:
    assert (await site.get(topics + "/receipt")).location == "/sign-in"
    assert (await site.send(topics + "/cast", [("approves", "t3")])).status == 401


async def test_a_receipt_without_a_ballot_is_not_found(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    assert (await site.get(topics + "/receipt")).status == 404


@pytest.mark.parametrize(("is_counted", "words"), [(True, "It was counted."), (False, "It was not counted.")])
async def test_the_receipt_after_the_close(site: Site, topics: str, is_counted: bool, words: str) -> None:
    site.sign_in("delegate")
    await site.send(topics + "/cast", [("approves", "t3"), ("mandate", "yes")], topics)
    key = topics.removeprefix("/rounds/")
    found = site.backend.all_rounds[key]
    assert found.my_ballot is not None
    site.backend.all_rounds[key] = replace(found, my_ballot=replace(found.my_ballot, is_counted=is_counted))
    assert words in (await site.get(topics + "/receipt")).text


async def test_near_the_close_too_few_receipts_say_what_to_do(site: Site, topics: str) -> None:
    site.sign_in("delegate")
    await site.send(topics + "/cast", [("approves", "t3"), ("mandate", "yes")], topics)
    site.backend.clock += 3 * DAY - 60_000
    seen = await site.get(topics + "/receipt")
    assert "It may not count." in seen.text
    assert "comitia export" in seen.text


@pytest.mark.parametrize(
    ("settings", "is_needed"),
    [
        (SilenceSettings(), True),
        (SilenceSettings(reasons_required=False), False),
        (ConsensusSettings(), True),
        (standards_enquiry(), True),
        (simple_majority(), False),
    ],
)
async def test_an_objection_is_asked_for_its_reason_where_it_counts_only_with_one(
    site: Site, settings: RuleSettings, is_needed: bool
) -> None:
    site.sign_in("delegate")
    option = round_numbered(site.backend, 20).options[0]
    address = "/rounds/" + make_round(site.backend, 51, "open", (option,), settings).summary.id
    review = await site.send(address + "/review", {"choice": "no", "reason": ""}, address)
    assert (review.status == 422) == is_needed
    assert ("a vote against counts only with a reason. Say why" in review.text) == is_needed
    assert (await site.send(address + "/review", {"choice": "yes", "reason": ""}, address)).status == 200


async def test_an_older_form_over_a_newer_ballot_has_to_be_confirmed(site: Site, text: str) -> None:
    site.sign_in("delegate")
    older = {"choice": "yes", "basis": ""}
    await site.send(text + "/cast", {"choice": "no", "basis": "", "mandate": "yes"}, text)
    newer = site.backend.all_rounds[text.removeprefix("/rounds/")].my_ballot
    assert newer is not None
    review = await site.send(text + "/review", older, text)
    assert "Your member has cast another ballot since" in review.text
    assert review.page.faults == []
    told = await site.send(text + "/cast", {**older, "mandate": "yes"}, text)
    assert told.status == 409
    assert "Nothing was sent." in told.text
    assert len(site.backend.calls) == 1
    wrong = await site.send(text + "/cast", {**older, "mandate": "yes", "over": "0" * 64}, text)
    assert wrong.status == 409
    done = await site.send(text + "/cast", {**older, "mandate": "yes", "over": newer.event}, text)
    assert done.status == 303
    assert site.backend.calls[-1][3] == ChoiceBallot(choice="yes")


async def test_a_form_that_rests_on_the_ballot_in_force_needs_no_confirmation(site: Site, text: str) -> None:
    site.sign_in("delegate")
    await site.send(text + "/cast", {"choice": "no", "mandate": "yes"}, text)
    page = await site.get(text)
    basis = next(form["basis"][0] for form in page.page.forms if "basis" in form)
    done = await site.send(text + "/cast", {"choice": "yes", "mandate": "yes", "basis": basis}, text)
    assert done.status == 303


async def test_a_ballot_sent_twice_is_cast_once(site: Site, text: str) -> None:
    site.sign_in("delegate")
    review = await site.send(text + "/review", {"choice": "yes"}, text)
    once = next(form["once"][0] for form in review.page.forms if "once" in form)
    for _ in range(2):
        seen = await site.send(text + "/cast", {"choice": "yes", "mandate": "yes", "once": once}, text)
        assert seen.location == text + "/receipt"
    assert len(site.backend.calls) == 1


async def test_a_review_after_the_close_says_how_late(site: Site, text: str) -> None:
    site.sign_in("delegate")
    token = await site.token(text)
    site.backend.clock = round_numbered(site.backend, 20).summary.closes + 90_000
    seen = await site.post(text + "/review", {"choice": "yes", "csrf": token})
    assert seen.status == 409
    assert "The round closed 2 minutes before your ballot came." in seen.text
    assert "No ballot was sent." in seen.text
    assert (await site.get(text + "/receipt.json")).status == 404


@pytest.mark.parametrize(
    ("rule", "words", "reviewed"),
    [
        (SilenceSettings(), ("Object", "Breaks the silence", "No objection"), "You object"),
        (ConsensusSettings(), ("Stand aside", "Prevents consensus", "In favour"), "You object"),
    ],
)
async def test_under_silence_and_consensus_a_no_is_an_objection(
    site: Site, text: str, rule: RuleSettings, words: tuple[str, ...], reviewed: str
) -> None:
    site.sign_in("delegate")
    key = text.removeprefix("/rounds/")
    found = site.backend.all_rounds[key]
    spec = found.spec.model_copy(update={"rule": rule.model_dump(mode="json")})
    site.backend.all_rounds[key] = replace(found, spec=spec, summary=replace(found.summary, rule=rule.rule))
    form = await site.get(text)
    assert all(word in form.text for word in words)
    fields = {"choice": "no", "reason": "Who pays?"}
    assert reviewed in (await site.send(text + "/review", fields, text)).text
    await site.send(text + "/cast", {**fields, "mandate": "yes"}, text)
    receipt = await site.get(text + "/receipt")
    assert "<strong>Object</strong>" in receipt.text
    assert receipt.page.faults == []
