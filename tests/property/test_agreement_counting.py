"""Counting: the fast way against the slow one, and no order of arrival in it."""

import random

from hypothesis import given
from hypothesis import strategies as st

from consensus.agreement import seals
from consensus.agreement.statements import Statement
from protocol.ids import EventId, MemberId, RecordId
from tests.simulation.federation import ballot_body, key_of
from tests.simulation.promises import slow_count
from tests.support.builders import hash_of

IDS = [EventId(hash_of(at)) for at in range(8)]
ROUND = RecordId(hash_of("round"))


@st.composite
def ballot_sets(draw: st.DrawFn) -> list[Statement]:
    """Ballots of two members under two keys each; a ballot may replace any earlier one, held or not."""
    ballots: list[Statement] = []
    for event in IDS[: draw(st.integers(0, len(IDS)))]:
        member = draw(st.sampled_from(("one", "two")))
        key = key_of(f"{member} {draw(st.sampled_from('ab'))}")
        replaces = draw(st.none() | st.sampled_from([hash_of("absent"), *(b.id for b in ballots)]))
        body = ballot_body(ROUND, "yes", None if replaces is None else EventId(replaces))
        ballots.append(Statement(event, MemberId(member), key, draw(st.integers(0, 3)), 0, body))
    return ballots


@given(ballot_sets(), st.randoms(use_true_random=False))
def test_the_count_is_what_comparing_every_pair_gives_in_any_order(
    ballots: list[Statement], order: random.Random
) -> None:
    shuffled = list(ballots)
    order.shuffle(shuffled)
    count = seals.count_ballots(shuffled, may_change=True)
    assert {member: ballot.id for member, ballot in count.counted.items()} == slow_count(ballots)
    assert count == seals.count_ballots(ballots, may_change=True)
    assert count.counted.keys() | count.void.keys() == {ballot.member for ballot in ballots}


@given(st.lists(st.lists(st.sampled_from(IDS), unique=True).map(sorted).map(tuple), max_size=7), st.integers(1, 4))
def test_inclusion_is_by_number_of_seals(listings: list[tuple[EventId, ...]], inclusion: int) -> None:
    expected = [event for event in sorted(IDS) if sum(event in listing for listing in listings) >= inclusion]
    assert list(seals.included_ballots(listings, inclusion)) == expected
    assert seals.included_ballots(reversed(listings), inclusion) == tuple(expected)


@given(st.lists(st.binary(min_size=32, max_size=32), unique=True, max_size=20))
def test_listings_survive_their_bytes(raw: list[bytes]) -> None:
    ids = tuple(sorted(EventId(item.hex()) for item in raw))
    assert seals.parse_listing(seals.listing_bytes(ids)) == ids
