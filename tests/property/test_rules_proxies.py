"""Proxies whatever is sent: order plays no part, no holder exceeds its cap, what was taken back never counts."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, Fault, Option, ProxyBallot, Question
from consensus.rules.counting import Circumstances, Electorate
from consensus.rules.named import simple_majority
from consensus.rules.proxies import resolve
from consensus.rules.registry import evaluate

TEXT = Question(options=(Option(id="text"),))
IDS = frozenset({"text"})
MEMBERS = tuple(f"m{number}" for number in range(9))
ELECTORATE: Electorate = dict.fromkeys(MEMBERS, ())
EVERYBODY = (*MEMBERS, "stranger")

ballots_sent: st.SearchStrategy[Ballot | Fault] = st.one_of(
    st.sampled_from(("yes", "no", "abstain")).map(lambda choice: ChoiceBallot.model_validate({"choice": choice})),
    st.just(ApprovalBallot(approves=())),
    st.just(Fault("not_a_ballot", "x")),
    st.sampled_from((*EVERYBODY, "m0", "m0", "m1", None)).map(lambda holder: ProxyBallot(holder=holder)),
)
rounds = st.dictionaries(st.sampled_from(EVERYBODY), ballots_sent)
caps = st.integers(0, 3)


@given(rounds, caps, st.randoms(use_true_random=False))
def test_the_order_of_arrival_plays_no_part(ballots: dict[str, Ballot | Fault], cap: int, rng: random.Random) -> None:
    items = list(ballots.items())
    rng.shuffle(items)
    circumstances = Circumstances(proxies_per_holder=cap)
    first = evaluate(TEXT, simple_majority(), ballots, ELECTORATE, circumstances)
    assert evaluate(TEXT, simple_majority(), dict(items), ELECTORATE, circumstances) == first
    assert resolve(dict(items), ELECTORATE, "choice", IDS, cap) == resolve(ballots, ELECTORATE, "choice", IDS, cap)


@given(rounds, caps)
def test_no_holder_exceeds_its_cap_and_each_follows_a_real_ballot_of_its_own(
    ballots: dict[str, Ballot | Fault], cap: int
) -> None:
    settled = resolve(ballots, ELECTORATE, "choice", IDS, cap)
    assert all(count <= cap for count in Counter(settled.holders.values()).values())
    for member, holder in settled.holders.items():
        assert member != holder
        assert {member, holder} <= ELECTORATE.keys()
        assert isinstance(ballots[holder], ChoiceBallot)
        assert settled.ballots[member] == ballots[holder]


@given(rounds, caps)
def test_every_proxy_is_counted_or_has_its_reason(ballots: dict[str, Ballot | Fault], cap: int) -> None:
    settled = resolve(ballots, ELECTORATE, "choice", IDS, cap)
    given_away = {
        member
        for member, ballot in ballots.items()
        if isinstance(ballot, ProxyBallot) and ballot.holder is not None and member in ELECTORATE
    }
    assert settled.holders.keys() | settled.uncounted.keys() == given_away
    assert not settled.holders.keys() & settled.uncounted.keys()
    outcome = evaluate(TEXT, simple_majority(), ballots, ELECTORATE, Circumstances(proxies_per_holder=cap))
    assert outcome.proxies == len(settled.holders)
    of_proxies = sum(entry.count for entry in outcome.uncounted if entry.code.startswith("proxy_"))
    assert of_proxies == len(settled.uncounted)


@given(rounds, caps, st.sampled_from(MEMBERS), st.none() | st.sampled_from(("yes", "no")))
def test_a_revoked_proxy_never_counts(
    ballots: dict[str, Ballot | Fault], cap: int, member: str, vote: str | None
) -> None:
    """Voting oneself, or taking the ballot back, leaves nothing of the proxy that was there before."""
    last: Ballot = ProxyBallot(holder=None) if vote is None else ChoiceBallot.model_validate({"choice": vote})
    settled = resolve({**ballots, member: last}, ELECTORATE, "choice", IDS, cap)
    assert member not in settled.holders
    assert member not in settled.uncounted
    assert settled.ballots.get(member) == (None if vote is None else last)


@given(rounds, caps)
def test_a_withdrawal_is_the_same_as_never_having_voted(ballots: dict[str, Ballot | Fault], cap: int) -> None:
    withdrawn = {m: b for m, b in ballots.items() if b == ProxyBallot(holder=None)}
    without = {m: b for m, b in ballots.items() if m not in withdrawn}
    assert resolve(ballots, ELECTORATE, "choice", IDS, cap) == resolve(without, ELECTORATE, "choice", IDS, cap)
