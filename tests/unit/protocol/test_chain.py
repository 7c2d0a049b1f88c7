import pytest

from protocol.chain import EMPTY, Head, Link, Place, place, prove_fork
from protocol.envelope import Verified
from protocol.errors import RemoteError
from protocol.events.consultation import Endorsement
from protocol.ids import EventId
from tests.support.builders import build_federation, hash_of

FED = build_federation(2)
A = FED.writer(0)
A.write_proposals(4)
B = A.branch(1)
B.write_proposals(3, words="another way")
C = A.branch(0)
C.write_proposals(2, words="from the start")
CHAINS = {"a": A.events, "b": B.events, "c": C.events}


def named(name: str) -> Verified:
    """Return an event by the chain's letter and its sequence number; b1 leaves a after a0, c0 has no predecessor."""
    return CHAINS[name[0]][int(name[1])]


def head(name: str, fork_at: int | None = None) -> Head:
    """Return the head of a chain that reaches up to and including an event, or `-` for none."""
    if name == "-":
        return Head(0, None, fork_at)
    return Head(int(name[1]) + 1, named(name).id, fork_at)


GOLDEN = """
# held up to | fork at | comes | place
-            | -       | a0    | NEXT
-            | -       | a1    | GAP
-            | -       | a3    | GAP
a0           | -       | a1    | NEXT
a0           | -       | b1    | NEXT
a0           | -       | a0    | KNOWN
a0           | -       | c0    | FORK
a0           | -       | c1    | DIVERGED
a0           | -       | a2    | GAP
a0           | -       | b2    | GAP
a1           | -       | b1    | FORK
a1           | -       | b2    | DIVERGED
a1           | -       | b3    | GAP
a2           | -       | a1    | KNOWN
a2           | -       | b1    | FORK
a2           | -       | b2    | DIVERGED
a2           | -       | b3    | DIVERGED
a2           | -       | c0    | FORK
a3           | -       | c1    | DIVERGED
a3           | -       | a3    | KNOWN
-            | 0       | a0    | AFTER_FORK
-            | 0       | a3    | AFTER_FORK
-            | 1       | a0    | NEXT
-            | 2       | a1    | GAP
-            | 2       | a2    | AFTER_FORK
a0           | 1       | a0    | KNOWN
a0           | 1       | a1    | AFTER_FORK
a0           | 1       | b1    | AFTER_FORK
a0           | 1       | b2    | AFTER_FORK
a0           | 1       | c0    | FORK
a0           | 3       | a1    | NEXT
a1           | 3       | c1    | DIVERGED
"""
ROWS = [
    tuple(cell.strip() for cell in line.split("|")) for line in GOLDEN.strip().splitlines() if not line.startswith("#")
]


# SPEC 4.1: "the gap-free sequence of one key's events, each naming its predecessor"
# SPEC 4.3: "if its `seq` is the chain's length and its `prev` is the id of the head"
# SPEC 4.5: "Two different events of one key with the same `seq` and the same `prev` are a fork"
# SPEC 4.7: "no event of that key with the fork's `seq` or a greater one counts for anything, whichever came first"
# SPEC 4.10: "An event that continues another branch than the one that is here is not a proof by itself"
@pytest.mark.parametrize(("up_to", "fork_at", "comes", "expected"), ROWS)
def test_where_an_event_belongs(up_to: str, fork_at: str, comes: str, expected: str) -> None:
    at = head(up_to, None if fork_at == "-" else int(fork_at))
    event = named(comes)
    seq = event.event.seq
    link = None
    if seq < at.length:
        held = named(f"{up_to[0]}{seq}")
        link = Link(held.id, held.event.prev)
    assert place(at, event, link) is Place[expected]


def test_the_table_shows_every_place() -> None:
    assert {row[3] for row in ROWS} == {item.name for item in Place}


# SPEC 4.2: "A chain's head is its length and the id of its last event"
def test_a_chain_is_complete_once_all_before_its_fork_is_here() -> None:
    assert not EMPTY.is_complete
    assert not head("a3").is_complete
    assert not head("a0", 2).is_complete
    assert head("a1", 2).is_complete
    assert Head(0, None, 0).is_complete


# SPEC 4.6: "A fork proof is the two events"
def test_a_proof_is_the_same_whichever_event_came_first() -> None:
    one, other = prove_fork(named("a1"), named("b1")), prove_fork(named("b1"), named("a1"))
    assert one == other
    assert one.first.id < one.second.id
    assert (one.key, one.seq) == (A.key, 1)
    assert prove_fork(named("c0"), named("a0")).seq == 0


def test_what_proves_no_fork_is_refused() -> None:
    elsewhere = FED.writer(1)
    elsewhere.write(Endorsement(proposal=EventId(hash_of("x")), endorses=True))
    for a, b in (
        (named("a1"), named("a1")),
        (named("a1"), named("a2")),
        (named("a2"), named("b2")),
        (named("a1"), named("c1")),
        (named("a0"), elsewhere.events[0]),
    ):
        with pytest.raises(RemoteError, match="do not prove a fork"):
            prove_fork(a, b)
