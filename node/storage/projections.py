"""What lists need, kept beside the events: a cache that rebuild() makes anew from them.

One new event touches only the proposal that it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from consensus.consultation import fold
from node.storage import events as store
from node.storage.database import Connection, Row
from protocol.chain import ForkProof
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Endorsement, Proposal, Track

_Pair = tuple[str, str]
"""A proposal and the member that says something of it."""


_SELECT = "SELECT id, position, member, track, text, goals, endorsements FROM proposals"


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as lists need it. Goals are bits: goal 1 is the lowest."""

    id: str
    position: int
    member: str
    track: Track
    text: str
    goals: int
    endorsements: int

    def has_goal(self, goal: int) -> bool:
        """Whether it is filed under a goal; goal 0 stands for none at all."""
        return self.goals == 0 if goal == 0 else bool(self.goals & 1 << (goal - 1))


def goal_bits(goals: Sequence[int]) -> int:
    """Return goals as bits, goal 1 the lowest."""
    return sum(1 << (goal - 1) for goal in goals)


def update(connection: Connection, accepted: Sequence[Verified], first: int, forks: Sequence[ForkProof]) -> None:
    """Bring the projections up to date with events just stored from a position on, and with new forks."""
    placed = list(enumerate(accepted, start=first))
    _add_proposals(connection, placed)
    new: dict[_Pair, list[Verified]] = {}
    for _, verified in placed:
        if isinstance(verified.event.body, Endorsement):
            new.setdefault((verified.event.body.proposal, verified.event.member), []).append(verified)
    said: dict[_Pair, list[Verified] | None] = {pair: None if forks else events for pair, events in new.items()}
    for proof in forks:
        said |= dict.fromkeys(_void(connection, proof), None)
    _count_endorsements(connection, said)


def rebuild(connection: Connection) -> int:
    """Throw the projections away and make them anew; return how many proposals there are."""
    connection.execute("DELETE FROM proposals")
    connection.execute("DELETE FROM endorsements")
    for stored in store.of_kind(connection, "proposal", "endorsement"):
        update(connection, [reopen_verified(stored.envelope)], stored.position, [])
    return int(connection.value("SELECT count(*) FROM proposals") or 0)


def _add_proposals(connection: Connection, placed: Iterable[tuple[int, Verified]]) -> None:
    connection.execute_many(
        "INSERT INTO proposals (id, position, member, track, text, goals, endorsements, is_counted) VALUES ($1, $2, $3,"
        " $4, $5, $6, (SELECT count(*) FROM endorsements WHERE proposal = $1 AND endorses = 1), 1)",
        (
            (verified.id, position, verified.event.member, body.track, body.text.sha256, goal_bits(body.goals))
            for position, verified in placed
            if isinstance(body := verified.event.body, Proposal)
        ),
    )


def _void(connection: Connection, proof: ForkProof) -> set[_Pair]:
    """Stop counting proposals of a forked key; return what else counts no more, as subjects and their member."""
    rows = connection.rows(
        "SELECT id, subject, member FROM events WHERE key = $1 AND seq >= $2 AND kind IN ('proposal', 'endorsement')",
        proof.key,
        proof.seq,
    )
    for row in rows:
        connection.execute("UPDATE proposals SET is_counted = 0 WHERE id = $1", row[0])
    return {(str(row[1]), str(row[2])) for row in rows}


def _count_endorsements(connection: Connection, said: Mapping[_Pair, list[Verified] | None]) -> None:
    """Bring proposals' counts up to date with what members newly said of them; None where statements were voided."""
    rows: list[tuple[str, str, int]] = []
    changes: dict[str, int] = {}
    for (proposal, member), new in said.items():
        sql = "SELECT endorses FROM endorsements WHERE proposal = $1 AND member = $2"
        before = connection.value(sql, proposal, member)
        if new is not None and before is None:
            endorses = _endorses(new)
        else:
            endorses = _endorses(_stored_endorsements(connection, proposal, member))
        rows.append((proposal, member, endorses))
        changes[proposal] = changes.get(proposal, 0) + endorses - (before if isinstance(before, int) else 0)
    connection.execute_many(
        "INSERT INTO endorsements (proposal, member, endorses) VALUES ($1, $2, $3)"
        " ON CONFLICT (proposal, member) DO UPDATE SET endorses = excluded.endorses",
        rows,
    )
    connection.execute_many("UPDATE proposals SET endorsements = endorsements + $2 WHERE id = $1", changes.items())


def _endorses(statements: Sequence[Verified]) -> int:
    """Return 1 if a member that said these things of a proposal endorses it, else 0; one alone needs no ordering."""
    if len(statements) == 1 and isinstance(statements[0].event.body, Endorsement):
        return int(statements[0].event.body.endorses)
    return int(bool(fold(statements).endorsed_by))


def _stored_endorsements(connection: Connection, proposal: str, member: str) -> list[Verified]:
    return [reopen_verified(envelope) for envelope in store.about_by(connection, proposal, "endorsement", member)]


def list_proposals(connection: Connection, track: Track | None) -> list[ProposalRow]:
    """Return the counted proposals of a track, or of both, newest first."""
    if track is None:
        rows = connection.rows(_SELECT + " WHERE is_counted = 1 ORDER BY position DESC")
    else:
        rows = connection.rows(_SELECT + " WHERE is_counted = 1 AND track = $1 ORDER BY position DESC", track)
    return [_proposal_row(row) for row in rows]


def get_proposal(connection: Connection, proposal: str) -> ProposalRow | None:
    """Return one proposal, counted or not."""
    row = connection.row(_SELECT + " WHERE id = $1", proposal)
    return None if row is None else _proposal_row(row)


def _proposal_row(row: Row) -> ProposalRow:
    return ProposalRow(*cast("tuple[str, int, str, Track, str, int, int]", row))
