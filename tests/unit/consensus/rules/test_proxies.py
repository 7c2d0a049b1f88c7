"""Proxies: what counts, what doesn't and why, and that they are resolved before any rule counts."""

import pytest

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, Fault, Option, ProxyBallot, Question
from consensus.outcome import explain
from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import Ballots, Circumstances, PositiveShare
from consensus.rules.named import double_majority, simple_majority
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.proxies import Resolution, resolve
from consensus.rules.registry import evaluate
from consensus.rules.threshold import MemberWeight

TEXT = Question(options=(Option(id="text"),))
MEMBERS = tuple("abcdefg")
ELECTORATE: dict[str, tuple[str, ...]] = dict.fromkeys(MEMBERS, ())
YES, NO = ChoiceBallot(choice="yes"), ChoiceBallot(choice="no")


def to(holder: str | None) -> ProxyBallot:
    return ProxyBallot(holder=holder)


def settle(per_holder: int = 2, **ballots: Ballot | Fault) -> Resolution:
    return resolve(ballots, ELECTORATE, "choice", frozenset({"text"}), per_holder)


def test_a_proxy_is_one_more_ballot_with_its_holders_content() -> None:
    settled = settle(a=NO, b=to("a"), c=YES)
    assert settled.ballots == {"a": NO, "b": NO, "c": YES}
    assert settled.holders == {"b": "a"}
    assert settled.uncounted == {}


def test_without_proxies_the_ballots_are_as_they_were() -> None:
    ballots: Ballots = {"a": YES, "b": Fault("not_a_ballot", "x")}
    assert resolve(ballots, ELECTORATE, "choice", frozenset(), 5).ballots is ballots


@pytest.mark.parametrize(
    ("ballots", "code"),
    [
        ({"a": YES, "b": to("b")}, "proxy_to_itself"),
        ({"a": YES, "b": to("nobody-known"), "nobody-known": YES}, "proxy_to_stranger"),
        ({"a": YES, "c": to("a"), "b": to("c")}, "proxy_chain"),
        ({"b": to("c"), "c": to("b")}, "proxy_chain"),
        ({"b": to("a")}, "proxy_without_ballot"),
        ({"a": to(None), "b": to("a")}, "proxy_without_ballot"),
        ({"a": Fault("not_a_ballot", "x"), "b": to("a")}, "proxy_without_ballot"),
        ({"a": ApprovalBallot(approves=("text",)), "b": to("a")}, "proxy_without_ballot"),
    ],
)
def test_a_proxy_that_does_not_count_says_why(ballots: Ballots, code: str) -> None:
    settled = resolve(ballots, ELECTORATE, "choice", frozenset({"text"}), 2)
    assert settled.uncounted["b"] == code
    assert "b" not in settled.ballots
    assert "b" not in settled.holders


def test_a_ballot_for_an_absent_topic_is_followed_by_nobody() -> None:
    ballots: Ballots = {"a": ApprovalBallot(approves=("x",)), "b": to("a")}
    assert resolve(ballots, ELECTORATE, "approval", frozenset({"t"}), 1).uncounted == {"b": "proxy_without_ballot"}


def test_where_none_are_allowed_none_count() -> None:
    settled = settle(0, a=YES, b=to("a"), c=to("c"), d=to(None))
    assert settled.uncounted == {"b": "proxy_not_allowed", "c": "proxy_not_allowed"}
    assert settled.ballots == {"a": YES}


def test_over_the_cap_those_are_left_out_whose_members_come_last_by_id() -> None:
    settled = settle(2, a=YES, g=to("a"), e=to("a"), b=to("a"), d=to("f"), f=NO)
    assert settled.holders == {"b": "a", "e": "a", "d": "f"}
    assert settled.uncounted == {"g": "proxy_over_cap"}


def test_a_proxy_that_cannot_count_takes_no_place_under_the_cap() -> None:
    ballots: Ballots = {"z": YES, "a": to("a"), "b": to(None), "c": to("z")}
    settled = resolve(ballots, dict.fromkeys("abcz", ()), "choice", frozenset({"text"}), 1)
    assert settled.holders == {"c": "z"}


def test_a_stranger_gives_no_proxy() -> None:
    outcome = evaluate(
        TEXT, simple_majority(), {"a": YES, "stranger": to("a")}, ELECTORATE, Circumstances(proxies_per_holder=2)
    )
    assert (outcome.counts.in_favour, outcome.proxies) == (1, 0)
    assert [(entry.code, entry.count) for entry in outcome.uncounted] == [("not_entitled", 1)]


def test_a_counted_proxy_takes_part_and_another_does_not() -> None:
    half = PositiveShare(numerator=1, denominator=2)
    ballots: Ballots = {"a": YES, "b": to("a"), "c": to("a"), "d": to("a"), "e": to("d"), "f": to(None)}
    outcome = evaluate(TEXT, simple_majority(half), ballots, ELECTORATE, Circumstances(proxies_per_holder=2))
    assert (outcome.status, outcome.quorum_present, outcome.quorum_needed) == ("no_quorum", 3, 4)
    assert (outcome.counts.cast, outcome.counts.in_favour, outcome.proxies) == (3, 3, 2)
    present = Circumstances(present=frozenset("d"), proxies_per_holder=2)
    assert evaluate(TEXT, simple_majority(half), ballots, ELECTORATE, present).status == "adopted"


def test_the_paragraph_says_how_many_votes_were_cast_by_proxy_behind_what_was_counted() -> None:
    ballots: Ballots = {"a": YES, "b": to("a"), "c": to("a"), "d": to("c")}
    outcome = evaluate(TEXT, simple_majority(), ballots, ELECTORATE, Circumstances(proxies_per_holder=1))
    assert [step.code for step in outcome.reasons[:5]] == [
        "adopted_exactly", "counted_votes", "by_proxy", "left_out_proxy_chain", "left_out_proxy_over_cap",
    ]  # fmt: skip
    assert "Votes among these that another member cast by proxy: 1." in explain(outcome)
    assert [entry.code for entry in outcome.uncounted] == ["proxy_chain", "proxy_over_cap"]


def test_a_proxy_carries_the_weight_of_the_member_that_gave_it() -> None:
    weights = tuple(MemberWeight(member=member, weight=1 + 50 * (member == "b")) for member in MEMBERS)
    settings = double_majority(weights)
    ballots: Ballots = {"a": YES, "b": to("a")}
    outcome = evaluate(TEXT, settings, ballots, ELECTORATE, Circumstances(proxies_per_holder=1))
    assert outcome.weights is not None
    assert outcome.weights.in_favour == 52


def test_a_proxy_follows_approvals_and_consensus_alike() -> None:
    topics = Question(options=(Option(id="t", cost=4),), capacity=10)
    one = Circumstances(proxies_per_holder=1)
    approvals: Ballots = {"a": ApprovalBallot(approves=("t",)), "b": to("a")}
    selected = evaluate(topics, EqualSharesSettings(), approvals, ELECTORATE, one)
    assert selected.selection is not None
    assert selected.selection.chosen[0].supporters == 2
    consent = evaluate(TEXT, ConsensusSettings(), {"a": YES, "b": to("a")}, {"a": (), "b": (), "c": ()}, one)
    assert (consent.status, consent.proxies) == ("adopted", 1)
