import hashlib

from protocol.chain import EMPTY, Head
from protocol.frontier import Entry, Frontier, Want
from protocol.ids import EventId, KeyId
from tests.support.builders import hash_of

KEYS = [KeyId(hash_of("key", index)) for index in range(5)]


def head(length: int, branch: str = "a", fork_at: int | None = None) -> Head:
    return Head(length, EventId(hash_of(branch, length)) if length else None, fork_at)


# SPEC 5.32: "The digest of a frontier is the sum modulo 2^256, as hex(32), over all chains"
def test_the_digest_is_the_sum_that_the_specification_names() -> None:
    heads = {KEYS[0]: head(3), KEYS[1]: head(7, fork_at=7), KEYS[2]: head(0), KEYS[3]: head(0, fork_at=0)}
    lines = [
        f"{KEYS[0]} 3 {hash_of('a', 3)} None",
        f"{KEYS[1]} 7 {hash_of('a', 7)} 7",
        f"{KEYS[3]} 0 None 0",
    ]
    expected = sum(int(hashlib.sha256(line.encode()).hexdigest(), 16) for line in lines) % 2**256
    assert Frontier(heads).digest == f"{expected:064x}"


def test_nothing_has_the_digest_zero_and_an_empty_chain_adds_nothing() -> None:
    assert Frontier({}).digest == "0" * 64
    frontier = Frontier({KEYS[0]: EMPTY})
    assert frontier.digest == "0" * 64
    frontier.move(KEYS[0], head(1))
    frontier.move(KEYS[0], EMPTY)
    assert frontier.digest == "0" * 64


def test_each_part_of_a_head_tells() -> None:
    digests = {
        Frontier({KEYS[0]: at}).digest
        for at in (head(1), head(2), head(2, "b"), head(2, fork_at=2), head(2, fork_at=3))
    }
    assert len(digests) == 5


def test_a_chain_that_is_not_held_is_empty() -> None:
    frontier = Frontier({KEYS[0]: head(2)})
    assert frontier.head(KEYS[1]) == EMPTY
    assert len(frontier) == 1


def test_a_frontier_is_not_changed_through_what_it_was_made_of() -> None:
    heads = {KEYS[0]: head(2)}
    frontier = Frontier(heads)
    heads[KEYS[0]] = head(9)
    assert frontier.head(KEYS[0]) == head(2)


def test_entries_of_all_chains_or_of_some() -> None:
    frontier = Frontier({KEYS[0]: head(2), KEYS[1]: head(3)})
    assert list(frontier.entries()) == [Entry(KEYS[0], 2, head(2).id), Entry(KEYS[1], 3, head(3).id)]
    assert list(frontier.entries([KEYS[1], KEYS[4]])) == [Entry(KEYS[1], 3, head(3).id), Entry(KEYS[4], 0, None)]


# SPEC 5.35: "a chain is never asked for beyond a proven fork"
def test_what_is_asked_for() -> None:
    frontier = Frontier({KEYS[0]: head(2), KEYS[1]: head(5), KEYS[2]: head(2, fork_at=4), KEYS[3]: head(2, fork_at=2)})
    theirs = [Entry(key, 7, EventId(hash_of("x"))) for key in KEYS]
    assert frontier.wants(theirs) == [
        Want(KEYS[0], 2),
        Want(KEYS[1], 5),
        Want(KEYS[2], 2),
        Want(KEYS[4], 0),
    ]
    assert frontier.wants([Entry(KEYS[1], 5, None), Entry(KEYS[0], 1, None), Entry(KEYS[4], 0, None)]) == []


# SPEC 5.36: "Where a chain is as long at both sides and the heads differ, the other's head is asked for by its id"
def test_what_is_suspect() -> None:
    frontier = Frontier({KEYS[0]: head(2), KEYS[1]: head(2, fork_at=2), KEYS[2]: head(2)})
    other = EventId(hash_of("b", 2))
    theirs = [
        Entry(KEYS[0], 2, other),
        Entry(KEYS[1], 2, other),
        Entry(KEYS[2], 2, head(2).id),
        Entry(KEYS[2], 3, other),
        Entry(KEYS[3], 0, None),
    ]
    assert frontier.suspects(theirs) == theirs[:2]
