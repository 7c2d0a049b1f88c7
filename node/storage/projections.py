"""What lists need, kept beside the events: a cache that rebuild() makes anew from them.

One new event touches only the proposal that it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from consensus.consultation import endorses
from consensus.proposal_state import Consultation
from node.storage import comments, objections, texts, translations, waits
from node.storage import events as store
from node.storage.database import Connection, Row
from node.storage.waits import Wait
from protocol.chain import ForkProof
from protocol.envelope import Verified, reopen_verified
from protocol.events.consultation import Endorsement, Proposal, Track
from protocol.events.deliberation import MergeAnswer

_Pair = tuple[str, str]
"""A proposal and the member that says something of it."""


_SELECT = (
    "SELECT id, position, member, track, text, goals, endorsements, sponsor, stage, due, due_stage, minutes,"
    " ready_amendments FROM proposals"
)


_COUNTED = (
    "SELECT proposals.id, proposals.position, proposals.member, track, goals, stage, due, due_stage, events.time,"
    " proposals.text, texts.lang, texts.data IS NOT NULL FROM proposals JOIN events ON events.id = proposals.id"
    " LEFT JOIN texts ON texts.hash = proposals.text WHERE is_counted = 1"
)


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
    sponsor: str
    """Who carries it now; nothing until it has been folded."""
    stage: str
    """As it was when it was last folded; nothing before."""
    due: int | None
    due_stage: str | None
    minutes: int
    ready_amendments: int

    def stage_at(self, now: int) -> str:
        """Return the stage at a time at which nothing new has been said."""
        return self.due_stage if self.due is not None and self.due_stage and now >= self.due else self.stage

    def has_goal(self, goal: int) -> bool:
        """Whether it is filed under a goal; goal 0 stands for none at all."""
        return self.goals == 0 if goal == 0 else bool(self.goals & 1 << (goal - 1))


@dataclass(frozen=True, slots=True)
class Kept:
    """A proposal's folded state, and how often it had been touched when it was folded."""

    proposal: str
    touched: int
    state: Consultation | None
    ready_amendments: int
    waits: tuple[Wait, ...] = ()


def goal_bits(goals: Sequence[int]) -> int:
    """Return goals as bits, goal 1 the lowest."""
    return sum(1 << (goal - 1) for goal in goals)


def update(connection: Connection, accepted: Sequence[Verified], first: int, forks: Sequence[ForkProof]) -> None:
    """Bring the projections up to date with events just stored from a position on, and with new forks."""
    placed = list(enumerate(accepted, start=first))
    _add_proposals(connection, placed)
    _add_merges(connection, accepted)
    new: dict[_Pair, list[Verified]] = {}
    for _, verified in placed:
        if isinstance(verified.event.body, Endorsement):
            new.setdefault((verified.event.body.proposal, verified.event.member), []).append(verified)
    said: dict[_Pair, list[Verified] | None] = {pair: None if forks else events for pair, events in new.items()}
    for proof in forks:
        said |= dict.fromkeys(_void(connection, proof), None)
    _count_endorsements(connection, said)
    touch(connection, _subjects(accepted).difference(proposal for proposal, _ in said))
    comments.update(connection, accepted, forks)
    translations.update(connection, accepted, forks)


def _subjects(accepted: Sequence[Verified]) -> set[str]:
    """Return the proposals that events are about; of an answer to a merger, the consolidated text as well."""
    subjects = {store.subject_of(each) for each in accepted if each.event.kind in store.ABOUT_A_PROPOSAL}
    return subjects | {str(each.event.body.into) for each in accepted if isinstance(each.event.body, MergeAnswer)}


def touch(connection: Connection, proposals: Iterable[str]) -> None:
    """Note that there is something new about proposals, so that they are folded anew."""
    connection.execute_many(
        "UPDATE proposals SET touched = touched + 1 WHERE id = $1", ((proposal,) for proposal in sorted(proposals))
    )


def touch_subjects(connection: Connection, subjects: Iterable[str]) -> None:
    """Note that there is something new about the subjects of rounds: proposals, or amendments to them."""
    connection.execute_many(
        "UPDATE proposals SET touched = touched + 1 WHERE id IN ($1, (SELECT subject FROM events WHERE id = $1))",
        ((subject,) for subject in sorted(subjects)),
    )


def touched(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """Return proposals about which there is something new, oldest first, and how often each was touched."""
    rows = connection.rows("SELECT id, touched FROM proposals WHERE touched > 0 ORDER BY position LIMIT $1", limit)
    return [(str(row[0]), int(cast("int", row[1]))) for row in rows]


def keep(connection: Connection, folded: Iterable[Kept]) -> None:
    """Keep folded states for lists. What was touched meanwhile stays so."""
    for each in folded:
        connection.execute(
            "UPDATE proposals SET touched = 0 WHERE id = $1 AND touched = $2", each.proposal, each.touched
        )
        if each.state is not None:
            due = each.state.deadline
            connection.execute(
                "UPDATE proposals SET sponsor = $2, stage = $3, due = $4, due_stage = $5, endorsements = $6, text = $7,"
                " minutes = $8, ready_amendments = $9 WHERE id = $1",
                each.proposal,
                each.state.sponsor,
                each.state.stage,
                None if due is None else due.at,
                None if due is None else due.stage,
                len(each.state.endorsed_by),
                each.state.text.text.sha256,
                each.state.text.minutes,
                each.ready_amendments,
            )
            waits.keep(connection, each.proposal, each.waits)
            objections.keep(connection, each.proposal, each.state)


def consolidations(connection: Connection, proposal: str) -> list[str]:
    """Return the proposals that would consolidate this one."""
    rows = connection.rows("SELECT consolidation FROM merges WHERE proposal = $1 ORDER BY consolidation", proposal)
    return [str(row[0]) for row in rows]


def merged_by(connection: Connection, consolidation: str) -> list[str]:
    """Return the proposals that a text would consolidate, by id."""
    sql = "SELECT proposal FROM merges WHERE consolidation = $1 ORDER BY proposal"
    return [str(row[0]) for row in connection.rows(sql, consolidation)]


def rebuild(connection: Connection) -> int:
    """Throw the projections away and make them anew; return how many proposals there are."""
    connection.execute("DELETE FROM proposals")
    connection.execute("DELETE FROM endorsements")
    connection.execute("DELETE FROM merges")
    waits.clear(connection)
    objections.clear(connection)
    for stored in store.of_kind(connection, "proposal", "endorsement"):
        update(connection, [reopen_verified(stored.envelope)], stored.position, [])
    texts.rebuild(connection)
    comments.rebuild(connection)
    translations.rebuild(connection)
    return int(connection.value("SELECT count(*) FROM proposals") or 0)


def _add_proposals(connection: Connection, placed: Iterable[tuple[int, Verified]]) -> None:
    connection.execute_many(
        "INSERT INTO proposals (id, position, member, track, text, goals, minutes, endorsements, is_counted)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7,"
        " (SELECT count(*) FROM endorsements WHERE proposal = $1 AND endorses = 1), 1)",
        (
            (
                verified.id,
                position,
                verified.event.member,
                body.track,
                body.text.sha256,
                goal_bits(body.goals),
                body.minutes,
            )
            for position, verified in placed
            if isinstance(body := verified.event.body, Proposal)
        ),
    )


def _add_merges(connection: Connection, accepted: Sequence[Verified]) -> None:
    connection.execute_many(
        "INSERT INTO merges (proposal, consolidation) VALUES ($1, $2)",
        ((p, each.id) for each in accepted if isinstance(each.event.body, Proposal) for p in each.event.body.merges),
    )


def _void(connection: Connection, proof: ForkProof) -> set[_Pair]:
    """Stop counting proposals of a forked key; return what else counts no more, as subjects and their member."""
    rows = connection.rows(
        "SELECT id, subject, member, kind FROM events WHERE key = $1 AND seq >= $2", proof.key, proof.seq
    )
    touch(connection, {str(row[1]) for row in rows})
    for row in rows:
        connection.execute("UPDATE proposals SET is_counted = 0 WHERE id = $1", row[0])
    return {(str(row[1]), str(row[2])) for row in rows if row[3] in ("proposal", "endorsement")}


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
    connection.execute_many(
        "UPDATE proposals SET endorsements = endorsements + $2, touched = touched + 1 WHERE id = $1", changes.items()
    )


def _endorses(statements: Sequence[Verified]) -> int:
    """Return 1 if a member that said these things of a proposal endorses it, else 0; one alone needs no ordering."""
    if len(statements) == 1 and isinstance(statements[0].event.body, Endorsement):
        return int(statements[0].event.body.endorses)
    return int(bool(endorses(statements)))


def _stored_endorsements(connection: Connection, proposal: str, member: str) -> list[Verified]:
    return [reopen_verified(envelope) for envelope in store.about_by(connection, proposal, "endorsement", member)]


def list_proposals(connection: Connection, track: Track | None) -> list[ProposalRow]:
    """Return the counted proposals of a track, or of both, newest first."""
    if track is None:
        rows = connection.rows(_SELECT + " WHERE is_counted = 1 ORDER BY position DESC")
    else:
        rows = connection.rows(_SELECT + " WHERE is_counted = 1 AND track = $1 ORDER BY position DESC", track)
    return [_proposal_row(row) for row in rows]


def in_stages(connection: Connection, stages: Sequence[str], limit: int) -> list[ProposalRow]:
    """Return the counted proposals that were in one of these stages when last folded, oldest first."""
    marks = ", ".join(f"${n}" for n in range(2, len(stages) + 2))
    where = f" WHERE is_counted = 1 AND stage IN ({marks}) ORDER BY position LIMIT $1"
    return [_proposal_row(row) for row in connection.rows(_SELECT + where, limit, *stages)]


def screened_since(connection: Connection, time: int) -> int:
    """Return how many proposals were screened from a time on, by this node's clock."""
    sql = "SELECT count(DISTINCT subject) FROM events WHERE kind = 'screening' AND chained = 1 AND received >= $1"
    return int(connection.value(sql, time) or 0)


@dataclass(frozen=True, slots=True)
class CountedProposal:
    """A proposal as it is counted and looked for, with the text in force."""

    id: str
    position: int
    member: str
    """Who submitted it, whoever carries it now."""
    track: Track
    goals: tuple[int, ...]
    stage: str
    due: int | None
    due_stage: str | None
    time: int
    text: str
    lang: str
    is_held: bool
    """Whether its text is here."""

    @property
    def language(self) -> str:
        """The language without script or region."""
        return self.lang.split("-", maxsplit=1)[0]

    def stage_at(self, now: int) -> str:
        """Return the stage at a time at which nothing new has been said."""
        return self.due_stage if self.due is not None and self.due_stage and now >= self.due else self.stage


def counted_proposals(connection: Connection) -> list[CountedProposal]:
    """Return all counted proposals, oldest first."""
    return [_counted(row) for row in connection.rows(_COUNTED + " ORDER BY proposals.position")]


def counted_among(
    connection: Connection, column: Literal["id", "text"], values: Sequence[str]
) -> list[CountedProposal]:
    """Return the counted proposals with these ids, or whose texts in force have these hashes."""
    return [_counted(row) for row in connection.rows_among(f"{_COUNTED} AND proposals.{column}", values)]


def _counted(row: Row) -> CountedProposal:
    id_, position, member, track, bits, stage, due, due_stage, time, text, lang, is_held = cast(
        "tuple[str, int, str, Track, int, str, int | None, str | None, int, str, str | None, int]", row
    )
    goals = tuple(goal for goal in range(1, 18) if bits & 1 << (goal - 1))
    return CountedProposal(
        id_, position, member, track, goals, stage, due, due_stage, time, text, lang or "", bool(is_held)
    )


def get_proposal(connection: Connection, proposal: str) -> ProposalRow | None:
    """Return one proposal, counted or not."""
    row = connection.row(_SELECT + " WHERE id = $1", proposal)
    return None if row is None else _proposal_row(row)


def _proposal_row(row: Row) -> ProposalRow:
    return ProposalRow(
        *cast("tuple[str, int, str, Track, str, int, int, str, str, int | None, str | None, int, int]", row)
    )
