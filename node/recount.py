"""Certified rounds counted again, from the seals that their closes name. Nothing here writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement, statement_of
from consensus.ballots import Ballot as Content
from consensus.ballots import Fault, parse_ballot
from consensus.outcome import Outcome
from consensus.rules.proxies import Resolution
from consensus.rulings import Rulings
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection
from protocol.envelope import Envelope, reopen_verified
from protocol.events.rounds import Ballot, RoundSpec
from protocol.events.tellers import Seal
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import CloseBody


@dataclass(frozen=True, slots=True)
class Counted:
    """What a certified round came to, counted again from its named seals."""

    outcome: Outcome
    ballots: Mapping[MemberId, Statement]
    void: tuple[str, ...]
    resolution: Resolution
    supporters: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict, compare=False)
    """By option and constituency, the members in favour and those that voted; counted when first asked for."""

    def has_counted(self, statement: Statement) -> bool:
        """Whether a ballot went into the outcome."""
        member = statement.member
        return self.ballots.get(member) == statement and member in self.resolution.ballots

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Members whose ballots hold nothing that can be read."""
        return tuple(sorted(member for member, ballot in self.ballots.items() if content_of(ballot) is None))


def recount(
    connection: Connection, rulings: Rulings, quorum: Quorum, round_id: RecordId, spec: RoundSpec, close: CloseBody
) -> Counted | None:
    """Return what a closed round came to, or None while a seal, listing or ballot of it is not here."""
    listings = listings_of(connection, close)
    if listings is None:
        return None
    included = seals.included_ballots(listings, quorum.inclusion)
    envelopes = store.by_ids(connection, included)
    return count(rulings, round_id, spec, close, envelopes) if len(envelopes) == len(included) else None


def count(
    rulings: Rulings, round_id: RecordId, spec: RoundSpec, close: CloseBody, included: Iterable[Envelope]
) -> Counted:
    """Return what a closed round came to by all the ballots that it includes."""
    statements = [statement_of(reopen_verified(envelope)) for envelope in included]
    taken = seals.count_ballots(statements, may_change=spec.may_change)
    outcome = rulings.outcome(round_id, spec, taken.counted, close.seals)
    resolution = rulings.resolution(spec, taken.counted)
    return Counted(outcome, taken.counted, tuple(sorted(taken.void)), resolution)


def listings_of(connection: Connection, close: CloseBody) -> list[tuple[EventId, ...]] | None:
    """Return what each named seal lists, or None while one of them is not here."""
    envelopes: list[Envelope] = store.by_ids(connection, close.seals)
    if len(envelopes) < len(close.seals):
        return None
    found = []
    for envelope in envelopes:
        body = reopen_verified(envelope).event.body
        assert isinstance(body, Seal)
        listing = body.ballots
        if listing is None:
            data = texts.data_of(connection, [body.listing]).get(body.listing)
            listing = None if data is None else seals.parse_listing(data)
        if listing is None:
            return None
        found.append(listing)
    return found


def content_of(statement: Statement) -> Content | None:
    """Return what a ballot says, or None if that can't be read."""
    assert isinstance(statement.body, Ballot)
    content = parse_ballot(statement.body.content)
    return None if isinstance(content, Fault) else content
