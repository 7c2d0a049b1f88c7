"""Full proofs assembled from a node's store: of an agenda's version, of a round, of the whole register.

From certified data alone: a closing rests on the seals that it names and the ballots that these list, an agenda on the
draft that its record names. So what a fork has voided since is still in it (the store keeps it as evidence). What is
not in this store is named, and no proof is made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consensus.agenda import AgendaDocument, Closing, Published, agenda_bytes, parse_agenda
from consensus.agreement import seals
from consensus.agreement.quorum import Quorum
from consensus.proof.format import FullProof, ProofAgenda, ProofEvent, ProofRound, write_proof
from consensus.recounting import follows
from consensus.rulings import Rulings
from node.register import Entry, entries_since
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection
from node.vouching import ballots_of
from protocol import canonical
from protocol.charter import CharterFile
from protocol.envelope import Envelope, reopen_verified
from protocol.errors import LocalError
from protocol.events.consultation import AgendaDraft
from protocol.events.rounds import RoundSpec
from protocol.events.tellers import Seal
from protocol.ids import EventId, RecordId
from protocol.register import AgendaBody, AgendaRecord, CloseRecord, OpenRecord

_RECORDS_AT_ONCE = 256
_ELSEWHERE = "is not here: let the node sync, or import what is missing, then ask again"


class ProvingError(LocalError):
    """A proof can't be made from this store; the message says what is missing."""


@dataclass(slots=True)
class _Certified:
    """The register up to a height, by what it decides."""

    entries: list[Entry] = field(default_factory=list)
    opened: dict[RecordId, RoundSpec] = field(default_factory=dict)
    closings: dict[int, Closing] = field(default_factory=dict)
    agendas: dict[int, AgendaBody] = field(default_factory=dict)
    published: dict[int, Published] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        match entry.record:
            case OpenRecord():
                self.opened[entry.id] = entry.record.body.spec
            case CloseRecord():
                body = entry.record.body
                self.closings[entry.height] = Closing(entry.height, body.round, self.opened[body.round], body)
            case AgendaRecord():
                self.agendas[entry.record.body.version] = entry.record.body
                self.published[entry.record.body.version] = Published(entry.height, entry.record.body.document)


def prove_agenda(connection: Connection, file: CharterFile, version: int) -> bytes | None:
    """Return the full proof of a version of the agenda: its record, and the rounds that its items rest on.

    None if no such version is certified here. Raises ProvingError if something that it rests on is not here.
    """
    found = _register(connection, lambda certified: version in certified.agendas)
    if version not in found.agendas:
        return None
    agenda, document = _agenda(connection, found, _rulings(file, found), version)
    rounds = {item.round for item in document.items}
    return _written(connection, file, found, rounds, [agenda])


def prove_round(connection: Connection, file: CharterFile, round_id: str) -> bytes | None:
    """Return the full proof of a closed round, or None if its closing is not certified here. Raises ProvingError."""
    found = _register(connection, lambda certified: _is_closed(certified, round_id))
    if not _is_closed(found, round_id):
        return None
    return _written(connection, file, found, {RecordId(round_id)}, [])


def prove_register(connection: Connection, file: CharterFile, height: int | None = None) -> bytes | None:
    """Return the full proof of the register up to a height, or of all of it: each round and each agenda.

    None if the register doesn't reach that far or has no record at all. Raises ProvingError.
    """
    found = _register(connection, lambda certified: len(certified.entries) == height)
    if not found.entries or len(found.entries) < (height or 1):
        return None
    rulings = _rulings(file, found)
    agendas = [_agenda(connection, found, rulings, version)[0] for version in sorted(found.agendas)]
    return _written(connection, file, found, {each.round for each in found.closings.values()}, agendas)


def _is_closed(certified: _Certified, round_id: str) -> bool:
    return any(closing.round == round_id for closing in certified.closings.values())


def _register(connection: Connection, is_enough: Callable[[_Certified], bool]) -> _Certified:
    """Return the register up to the first height at which it is enough, or all of it."""
    certified = _Certified()
    while page := entries_since(connection, len(certified.entries) + 1, _RECORDS_AT_ONCE):
        for entry in page:
            certified.add(entry)
            if is_enough(certified):
                return certified
    return certified


def _rulings(file: CharterFile, found: _Certified) -> Rulings:
    return Rulings(file.federation, file.charter(), {}, found.closings, found.published)


def _written(
    connection: Connection, file: CharterFile, found: _Certified, rounds: set[RecordId], agendas: list[ProofAgenda]
) -> bytes:
    quorum = Quorum.of(len(file.charter().roll.tellers))
    closings = [closing for _, closing in sorted(found.closings.items()) if closing.round in rounds]
    charter = canonical.decode(file.payload)
    assert isinstance(charter, dict)
    by_root = dict(file.signatures)
    return write_proof(
        FullProof(
            charter=charter,
            signatures=tuple(by_root[member.root] for member in file.charter().roll.members),
            records=tuple(entry.record.model_dump(mode="json") for entry in found.entries),
            votes=_votes(found.entries[-1], quorum),
            rounds=tuple(_round(connection, closing, quorum) for closing in closings),
            agendas=tuple(agendas),
        )
    )


def _votes(entry: Entry, quorum: Quorum) -> tuple[ProofEvent, ...]:
    """Return the votes of exactly a quorum, in the order of the roll, which is that of members' ids."""
    by_member = {reopen_verified(vote).event.member: vote for vote in entry.certificate.votes}
    return tuple(ProofEvent.of(by_member[member]) for member in sorted(by_member)[: quorum.votes])


def _round(connection: Connection, closing: Closing, quorum: Quorum) -> ProofRound:
    named = _events(connection, closing.body.seals, f"the closing at height {closing.height}")
    bodies = [reopen_verified(seal).event.body for seal in named]
    listings = [_listing(connection, closing, body) for body in bodies if isinstance(body, Seal)]
    included = seals.included_ballots(listings, quorum.inclusion)
    beside = [
        listing
        for body, listing in zip(bodies, listings, strict=True)
        if isinstance(body, Seal) and body.ballots is None
    ]
    return ProofRound(
        round=closing.round,
        seals=tuple(map(ProofEvent.of, named)),
        listings=tuple(beside),
        ballots=tuple(map(ProofEvent.of, _events(connection, included, f"the closing at height {closing.height}"))),
    )


def _listing(connection: Connection, closing: Closing, seal: Seal) -> tuple[EventId, ...]:
    listing = ballots_of(connection, seal)
    if listing is None:
        raise ProvingError(f"listing {seal.listing[:8]} of the closing at height {closing.height} {_ELSEWHERE}")
    return listing


def _events(connection: Connection, ids: Sequence[EventId], what: str) -> list[Envelope]:
    """Return these events in this order."""
    found: Mapping[EventId, Envelope] = {each.id: each for each in store.by_ids(connection, ids)}
    missing = next((each for each in ids if each not in found), None)
    if missing is not None:
        raise ProvingError(f"event {missing[:8]}, on which {what} rests, {_ELSEWHERE}")
    return [found[each] for each in ids]


def _agenda(
    connection: Connection, found: _Certified, rulings: Rulings, version: int
) -> tuple[ProofAgenda, AgendaDocument]:
    body = found.agendas[version]
    (envelope,) = _events(connection, [body.draft], f"version {version} of the agenda")
    draft = reopen_verified(envelope).event.body
    order = draft.order if isinstance(draft, AgendaDraft) else None
    height = _height(connection, found, body, rulings, order)
    document = rulings.ordered_agenda(version, height, order)
    assert isinstance(document, AgendaDocument)
    value = canonical.decode(agenda_bytes(document))
    assert isinstance(value, dict)
    return ProofAgenda(value, ProofEvent.of(envelope)), document


def _height(
    connection: Connection,
    found: _Certified,
    body: AgendaBody,
    rulings: Rulings,
    order: Sequence[EventId] | None,
) -> int:
    """Return the height up to which an agenda takes closings in: its document's; of an erased one, the one that fits.

    Raises ProvingError if the agenda follows from none.
    """
    data = texts.data_of(connection, [body.document]).get(body.document)
    published = found.published[body.version].height
    known: Iterable[int] = sorted((each for each in found.closings if each < published), reverse=True)
    for height in known if data is None else [parse_agenda(data).height]:
        if height in found.closings and follows(body, height, order, rulings):
            return height
    raise ProvingError(f"version {body.version} of the agenda does not follow from the rounds that are here")
