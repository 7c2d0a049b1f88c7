"""What a closing or an agenda rests on, gone through again: seals, ballots and result; closings and items.

The same objections for whoever checks: a node its own store, a reader a proof. Each is worded to follow the name of
the record that it is about. Does not check signatures: statements are made of verified events.
"""

from collections.abc import Iterable, Sequence

from consensus.agenda import AgendaDocument, agenda_bytes
from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement
from consensus.rulings import Rulings
from protocol.canonical import sha256_hex
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import Ballot, RoundSpec
from protocol.events.tellers import Seal
from protocol.ids import EventId, RecordId
from protocol.register import AgendaBody, CloseBody


def seal_objection(statement: Statement, round_id: RecordId) -> str | None:
    """Return that what a closing names is no seal of its round, or None if it is one."""
    if isinstance(statement.body, Seal) and statement.body.round == round_id:
        return None
    return f"names {statement.id[:8]}, which is no seal of its round"


def sealers_objection(named: Sequence[Statement], quorum: Quorum) -> str | None:
    """Return that a closing names too few seals or two by one teller, or None."""
    sealers = {statement.member for statement in named}
    if len(sealers) == len(named) and len(sealers) >= quorum.seals:
        return None
    return f"names seals of {len(sealers)} tellers, {quorum.seals} are needed, and one of each"


def inclusion_objection(included: Sequence[EventId], body: CloseBody) -> str | None:
    """Return that a closing includes other ballots than its seals list, or None."""
    if (len(included), seals.listing_hash(included)) == (body.count, body.listing):
        return None
    return "is not what the seals that it names come to: they include other ballots"


def ballot_objection(ballot: Statement, round_id: RecordId, spec: RoundSpec, rulings: Rulings) -> str | None:
    """Return why an included event should not be among a closing's ballots, or None."""
    if not isinstance(ballot.body, Ballot) or ballot.body.round != round_id:
        return f"includes {ballot.id[:8]}, which is no ballot of its round"
    if not rulings.is_entitled(spec, ballot.member):
        return f"includes a ballot of {ballot.member}, who may not vote"
    return None


def tally_objection(ballots: Iterable[Statement], body: CloseBody, spec: RoundSpec, rulings: Rulings) -> str | None:
    """Return that a closing's result is not what its ballots come to, or None. The round may be opened as specified."""
    count = seals.count_ballots(ballots, may_change=spec.may_change)
    tally = rulings.tally(body.round, spec, count.counted, body.seals)
    if tally.result != body.result:
        return "is not what the seals that it names come to: the ballots have another result"
    if tally.outcome != body.outcome:
        return "is not what the seals that it names come to: the ballots have another outcome"
    return None


def draft_objection(draft: Statement, body: AgendaBody) -> str | None:
    """Return that an agenda is not the one that its draft asks for, or None."""
    said = draft.body
    if isinstance(said, AgendaDraft) and (said.version, said.document, said.size) == (
        body.version,
        body.document,
        body.size,
    ):
        return None
    return "differs from the draft that it names"


def follows(body: AgendaBody, height: int, order: Sequence[EventId] | None, rulings: Rulings) -> bool:
    """Whether an agenda is what follows, in its draft's order, from the closings up to a height."""
    due = rulings.ordered_agenda(body.version, height, order)
    return isinstance(due, AgendaDocument) and sha256_hex(agenda_bytes(due)) == body.document
