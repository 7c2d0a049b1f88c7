"""Receipt files out of the store, and their checks against the register: satisfies web.receipts_port.Receipts."""

from dataclasses import dataclass

from consensus import receipts
from consensus.ballots import Fault
from consensus.receipts import Closed, Report, Scene
from node.rounds import Rounds
from node.storage import events as store
from node.storage.database import Connection, Database
from node.teller import Teller
from node.vouching import ballots_of
from protocol.envelope import Envelope, reopen_verified
from protocol.events.tellers import Receipt, Seal
from protocol.ids import EventId, FederationId, MemberId, RecordId
from protocol.roll import KeyRing
from web.ports import Account


@dataclass(frozen=True, slots=True)
class Receipts:
    """Reads what is stored of a round's ballots, receipts and seals."""

    database: Database
    teller: Teller
    rounds: Rounds
    ring: KeyRing
    federation: FederationId
    me: MemberId

    async def file(self, account: Account, round_id: str) -> bytes | None:
        """Return the receipt file of the member's latest ballot in a round, or None if it has none here."""
        mine = await self.rounds.my_latest(round_id) if account.member == self.me else None
        if mine is None:
            return None
        ballot, found = await self.database.read(lambda c: _with_receipts(c, round_id, mine.id))
        return receipts.file_bytes(self.federation, ballot, round_id, found)

    async def check(self, round_id: str, data: bytes) -> Report:
        """Check a receipt file against a round of this node."""
        is_meant = receipts.round_of(data) == round_id
        opened = self.teller.opened.get(RecordId(round_id)) if is_meant else None
        spec = None if opened is None else opened.body.spec
        members = (MemberId(each) for each in self.teller.rulings.electorate)
        ballot = receipts.ballot_of(data)
        return receipts.check(
            data,
            Scene(
                federation=self.federation,
                ring=self.ring,
                number=0 if spec is None else spec.number,
                spec=spec,
                entitled=frozenset(m for m in members if spec and self.teller.rulings.is_entitled(spec, m)),
                closed=await self._closed(RecordId(round_id)) if opened is not None else None,
                received=await self.database.read(lambda c: _received(c, ballot)),
            ),
        )

    async def _closed(self, round_id: RecordId) -> Closed | None:
        """Return what a certified closing says, or None before it, or while a part of it is not here."""
        counted, closing = await self.rounds.counted(round_id), self.teller.closed.get(round_id)
        if counted is None or closing is None:
            return None
        view = await self.rounds.closing_certificate(round_id)
        listings = await self.database.read(lambda c: _listings(c, closing.body.seals))
        contents = {m: found for m, found in counted.resolution.ballots.items() if not isinstance(found, Fault)}
        return Closed(
            height=closing.height,
            signers=0 if view is None else len(view.signers),
            listings=listings,
            counted=counted.ballots,
            void=frozenset(MemberId(member) for member in counted.void),
            contents={MemberId(member): found for member, found in contents.items()},
        )


def _with_receipts(connection: Connection, round_id: str, ballot: EventId) -> tuple[Envelope, list[Envelope]]:
    """Return a ballot, and of each teller the shortest receipt that lists it, the shortest first."""
    found: dict[str, Envelope] = {}
    for stored in store.about(connection, round_id, "receipt"):
        event = reopen_verified(stored.envelope).event
        if not isinstance(event.body, Receipt) or ballot not in event.body.ballots:
            continue
        before = found.get(event.member)
        if before is None or len(stored.envelope.payload) < len(before.payload):
            found[event.member] = stored.envelope
    ordered = sorted(found.items(), key=lambda each: (len(each[1].payload), each[0]))
    return store.by_ids(connection, [ballot])[0], [envelope for _, envelope in ordered]


def _received(connection: Connection, ballot: EventId | None) -> int | None:
    found = None if ballot is None else connection.value("SELECT received FROM events WHERE id = $1", ballot)
    return found if isinstance(found, int) else None


def _listings(connection: Connection, seals: tuple[EventId, ...]) -> dict[MemberId, frozenset[EventId]]:
    found: dict[MemberId, frozenset[EventId]] = {}
    for envelope in store.by_ids(connection, seals):
        event = reopen_verified(envelope).event
        if isinstance(event.body, Seal):
            found[event.member] = frozenset(ballots_of(connection, event.body) or ())
    return found
