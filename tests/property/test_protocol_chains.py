"""Chains and frontiers against dumb oracles, in every order of arrival."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain import EMPTY, Head, Link, Place, place, prove_fork
from protocol.envelope import Verified
from protocol.frontier import Entry, Frontier
from protocol.ids import EventId, KeyId
from tests.support.builders import build_federation, hash_of

KEYS = [KeyId(hash_of("key", index)) for index in range(4)]
HEADS = st.builds(
    lambda length, branch, fork: Head(length, EventId(hash_of(branch, length)) if length else None, fork),
    st.integers(0, 4),
    st.sampled_from("ab"),
    st.none() | st.integers(0, 6),
)
MOVES = st.lists(st.tuples(st.sampled_from(KEYS), HEADS), max_size=20)
FEDERATION = build_federation(1)


@given(MOVES)
def test_the_digest_kept_up_equals_the_digest_from_scratch(moves: list[tuple[KeyId, Head]]) -> None:
    frontier = Frontier({})
    for key, head in moves:
        frontier.move(key, head)
    assert frontier.digest == Frontier(dict(moves)).digest


@given(MOVES, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order(moves: list[tuple[KeyId, Head]], order: Random) -> None:
    final = list(dict(moves).items())
    shuffled = list(final)
    order.shuffle(shuffled)
    assert Frontier(dict(final)).digest == Frontier(dict(shuffled)).digest


@given(MOVES, MOVES)
def test_equal_digests_mean_equal_heads(one: list[tuple[KeyId, Head]], other: list[tuple[KeyId, Head]]) -> None:
    def telling(moves: list[tuple[KeyId, Head]]) -> dict[KeyId, Head]:
        return {key: head for key, head in dict(moves).items() if head != EMPTY}

    same = telling(one) == telling(other)
    assert (Frontier(dict(one)).digest == Frontier(dict(other)).digest) is same


ENTRIES = st.lists(
    st.builds(
        lambda key, length, branch: Entry(key, length, EventId(hash_of(branch, length)) if length else None),
        st.sampled_from(KEYS),
        st.integers(0, 6),
        st.sampled_from("ab"),
    ),
    max_size=8,
)


@given(MOVES, ENTRIES)
def test_wants_and_suspects_against_an_oracle(moves: list[tuple[KeyId, Head]], theirs: list[Entry]) -> None:
    held = dict(moves)
    frontier = Frontier(held)
    expected_wants, expected_suspects = [], []
    for entry in theirs:
        head = held.get(entry.key, EMPTY)
        missing = [
            seq for seq in range(entry.length) if seq >= head.length and (head.fork_at is None or seq < head.fork_at)
        ]
        if missing:
            expected_wants.append((entry.key, missing[0]))
        is_same_length = entry.length == head.length != 0
        if is_same_length and entry.id != head.id:
            expected_suspects.append(entry)
    assert [(want.key, want.start) for want in frontier.wants(theirs)] == expected_wants
    assert frontier.suspects(theirs) == expected_suspects


def forked_chain(length: int, leaves_at: int, beyond: int) -> list[Verified]:
    """Return the events of two branches that part at a sequence number."""
    writer = FEDERATION.writer(0)
    writer.write_proposals(length)
    branch = writer.branch(leaves_at)
    branch.write_proposals(beyond, words="another way")
    return writer.events + branch.events[leaves_at:]


class Store:
    """A store of one chain as simple as can be: what waits, what is held, the least fork."""

    def __init__(self) -> None:
        self.seen: dict[EventId, Verified] = {}
        self.held: list[Verified] = []
        self.fork_at: int | None = None

    @property
    def head(self) -> Head:
        return Head(len(self.held), self.held[-1].id if self.held else None, self.fork_at)

    def take(self, event: Verified) -> None:
        self.seen[event.id] = event
        changed = True
        while changed:
            changed = any(self._place(known) for known in list(self.seen.values()))

    def _place(self, event: Verified) -> bool:
        seq = event.event.seq
        held = self.held[seq] if seq < len(self.held) else None
        where = place(self.head, event, None if held is None else Link(held.id, held.event.prev))
        if where is Place.NEXT:
            self.held.append(event)
            return True
        if where is Place.FORK and held is not None:
            self.fork_at = prove_fork(held, event).seq
            del self.held[self.fork_at :]
            return True
        return False


@settings(max_examples=100)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.randoms(use_true_random=False))
def test_every_order_of_arrival_ends_before_the_same_fork(
    length: int, leaves_at: int, beyond: int, order: Random
) -> None:
    leaves_at = min(leaves_at, length - 1)
    events = forked_chain(length, leaves_at, beyond)
    order.shuffle(events)
    store = Store()
    for event in events:
        store.take(event)
    assert store.fork_at == leaves_at
    assert [event.event.seq for event in store.held] == list(range(leaves_at))
