"""The vote book: every distinct vote counts once, an equivocator's too, within bounds."""

from consensus.agreement.votes import VALUES_PER_VOTER_MAX, VoteBook
from protocol.ids import EventId, RecordId
from tests.support.builders import hash_of

A, B = RecordId(hash_of("a")), RecordId(hash_of("b"))


def event(word: object) -> EventId:
    return EventId(hash_of("vote", word))


def test_a_vote_counts_once() -> None:
    book = VoteBook()
    assert book.add(0, "prevote", 1, A, event(1))
    assert not book.add(0, "prevote", 1, A, event(2))
    assert book.count(0, "prevote", A) == book.count_any(0, "prevote") == 1


def test_views_stages_and_values_are_apart() -> None:
    book = VoteBook()
    book.add(0, "precommit", 1, A, event(1))
    book.add(1, "precommit", 2, A, event(2))
    book.add(0, "prevote", 3, A, event(3))
    book.add(0, "precommit", 4, B, event(4))
    assert book.supporters(0, "precommit", A) == {1: event(1)}
    assert book.count_any(0, "precommit") == 2


def test_both_votes_of_an_equivocator_count_for_their_values_and_as_one_voter() -> None:
    book = VoteBook()
    book.add(0, "precommit", 1, A, event(1))
    book.add(0, "precommit", 1, B, event(2))
    assert book.count(0, "precommit", A) == book.count(0, "precommit", B) == book.count_any(0, "precommit") == 1


def test_one_teller_can_only_fill_its_own_few_places() -> None:
    book = VoteBook()
    kept = [book.add(0, "prevote", 1, RecordId(hash_of(at)), event(at)) for at in range(50)]
    assert sum(kept) == VALUES_PER_VOTER_MAX
    assert book.add(0, "prevote", 2, A, event("a"))


def test_a_dropped_teller_is_gone_from_that_view_alone() -> None:
    book = VoteBook()
    for view in (0, 1):
        book.add(view, "prevote", 1, A, event(view))
    book.drop(0, 1)
    assert book.count(0, "prevote", A) == book.count_any(0, "prevote") == 0
    assert book.count(1, "prevote", A) == 1
