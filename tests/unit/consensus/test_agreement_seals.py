"""From seals to counted ballots: inclusion, the order of one member's ballots, listings and their limits."""

import pytest

from consensus.agreement import seals
from consensus.agreement.statements import Statement
from protocol import limits
from protocol.ids import EventId, KeyId, MemberId, RecordId
from tests.support.builders import ballot_body, hash_of

ROUND = RecordId(hash_of("round"))


def event(word: object) -> EventId:
    return EventId(hash_of("ballot", word))


def ballot(word: str, key: str, seq: int, replaces: str | None = None, member: str = "member") -> Statement:
    body = ballot_body(ROUND, replaces=None if replaces is None else event(replaces))
    return Statement(event(word), MemberId(member), KeyId(hash_of("key", key)), seq, 0, body)


def counted(*ballots: Statement, may_change: bool = True) -> EventId | None:
    """Return the ballot that counts for the one member, or None if its ballots are void."""
    count = seals.count_ballots(ballots, may_change=may_change)
    assert count.counted.keys() | count.void.keys() == {"member"}
    found = count.counted.get(MemberId("member"))
    return None if found is None else found.id


def test_a_ballot_is_included_if_enough_seals_list_it() -> None:
    a, b, c = sorted(event(word) for word in "abc")
    assert seals.included_ballots([(a, b), (a, c), (a, b)], 2) == (a, b)
    assert seals.included_ballots([(a, b), (a, c), (a, b)], 3) == (a,)
    assert seals.included_ballots([(), ()], 1) == ()


def test_under_one_key_the_last_counts() -> None:
    assert counted(ballot("a", "k", 1), ballot("b", "k", 7), ballot("c", "k", 3)) == event("b")


def test_under_another_key_the_ballot_that_replaces_counts() -> None:
    assert counted(ballot("a", "k", 1), ballot("b", "l", 0, replaces="a")) == event("b")


def test_order_is_transitive_across_keys() -> None:
    first, second, third = ballot("a", "k", 1), ballot("b", "l", 5, replaces="a"), ballot("c", "k", 2, replaces="b")
    assert counted(first, second, third) == event("c")
    assert counted(third, second, first) == event("c")


def test_two_ballots_without_an_order_are_void() -> None:
    assert counted(ballot("a", "k", 1), ballot("b", "l", 0)) is None
    assert seals.count_ballots([ballot("a", "k", 1), ballot("b", "l", 0)], may_change=True).void == {
        MemberId("member"): tuple(sorted((event("a"), event("b"))))
    }


def test_two_ballots_in_one_place_of_a_chain_are_void_unless_a_later_one_is_there() -> None:
    fork = ballot("a", "k", 1), ballot("b", "k", 1)
    assert counted(*fork) is None
    assert counted(*fork, ballot("c", "k", 2)) == event("c")
    assert counted(ballot("a", "k", 1), ballot("b", "k", 1, replaces="a")) is None


def test_a_replaced_ballot_that_is_not_included_orders_nothing() -> None:
    assert counted(ballot("a", "k", 1), ballot("c", "l", 0, replaces="b")) is None


def test_where_changes_are_forbidden_the_first_counts() -> None:
    assert counted(ballot("a", "k", 1), ballot("b", "k", 7), may_change=False) == event("a")
    assert counted(ballot("a", "k", 1), ballot("b", "l", 0, replaces="a"), may_change=False) == event("a")
    assert counted(ballot("a", "k", 1), ballot("b", "l", 0), may_change=False) is None


def test_ballots_of_different_members_do_not_touch() -> None:
    count = seals.count_ballots([ballot("a", "k", 1), ballot("b", "l", 1, member="other")], may_change=True)
    assert {member: found.id for member, found in count.counted.items()} == {"member": event("a"), "other": event("b")}


@pytest.mark.parametrize("count", [0, 1, limits.SEAL_INLINE_BALLOTS_MAX])
def test_a_short_seal_carries_its_listing(count: int) -> None:
    seal, beside = seals.build_seal(ROUND, [event(at) for at in range(count)])
    assert beside is None
    assert seal.count == count
    assert seal.ballots is not None
    assert seal.listing == seals.listing_hash(seal.ballots)


def test_a_long_seal_travels_by_hash() -> None:
    ids = [event(at) for at in range(limits.SEAL_INLINE_BALLOTS_MAX + 1)]
    seal, beside = seals.build_seal(ROUND, ids)
    assert seal.ballots is None
    assert beside is not None
    assert seals.parse_listing(beside) == tuple(sorted(ids))
    assert seals.listing_hash(sorted(ids)) == seal.listing


def test_listings_that_are_torn_unordered_or_too_long_are_refused() -> None:
    a, b = sorted((event("a"), event("b")))
    good = seals.listing_bytes((a, b))
    assert seals.parse_listing(good) == (a, b)
    assert seals.parse_listing(good[:-1]) is None
    assert seals.parse_listing(seals.listing_bytes((b, a))) is None
    assert seals.parse_listing(seals.listing_bytes((a, a))) is None
    assert seals.parse_listing(bytes(32 * (limits.SEAL_BALLOTS_MAX + 1))) is None
    assert seals.parse_listing(b"") == ()


def test_a_member_that_changes_its_ballot_too_often_crowds_out_nobody() -> None:
    restless = [ballot(f"r{at}", "k", at) for at in range(limits.SEAL_BALLOTS_MAX)]
    calm = [ballot(f"c{at}", f"c{at}", 0, member=f"calm-{at}") for at in range(3)]
    kept = seals.trim_to_limit([*restless, *calm])
    assert len(kept) <= limits.SEAL_BALLOTS_MAX
    assert {statement.id for statement in calm} <= set(kept)
    assert restless[-1].id in kept
