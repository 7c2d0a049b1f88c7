"""Whether the register rests on an event: then it is kept and passed on even if its key has forked.

Requests and drafts that were followed are vouched for by the tellers' certificate, as are the seals that a closing
names; and a seal that it names vouches for the ballots that it lists.
"""

import orjson

from consensus.agreement import seals
from node.register import Register
from node.storage import events as store
from node.storage import texts
from node.storage.database import Connection, Database
from protocol.envelope import Envelope, reopen_verified
from protocol.events.tellers import Seal
from protocol.ids import EventId
from protocol.register import CloseRecord

_ROUND_KINDS = frozenset({"ballot", "seal"})


class Vouching:
    """Looks up what the certified records rest on. Remembers the round that was asked about last."""

    def __init__(self, database: Database, register: Register) -> None:
        self._database = database
        self._register = register
        self._round = ""
        self._named: frozenset[EventId] = frozenset()

    async def covers(self, envelope: Envelope) -> bool:
        """Whether a record here rests on an event, of which nothing has been checked."""
        if envelope.kind in _ROUND_KINDS:
            return envelope.id in await self._named_in(_round_of(envelope))
        return bool(await self._register.about(envelope.id))

    async def _named_in(self, round_id: str) -> frozenset[EventId]:
        if round_id != self._round or not self._named:
            closes = [entry.record for entry in await self._register.about(round_id)]
            named = [seal for close in closes if isinstance(close, CloseRecord) for seal in close.body.seals]
            self._round = round_id
            self._named = await self._database.read(lambda c: frozenset(named) | _listed(c, named))
        return self._named

    def forget(self) -> None:
        """Look anew: seals or records have come."""
        self._round, self._named = "", frozenset()


def _listed(connection: Connection, named: list[EventId]) -> frozenset[EventId]:
    found: set[EventId] = set()
    for envelope in store.by_ids(connection, named):
        body = reopen_verified(envelope).event.body
        if isinstance(body, Seal):
            found.update(ballots_of(connection, body) or ())
    return frozenset(found)


def ballots_of(connection: Connection, seal: Seal) -> tuple[EventId, ...] | None:
    """Return what a seal lists, or None while its listing is not here or none at all."""
    if seal.ballots is not None:
        return seal.ballots
    data = texts.data_of(connection, [seal.listing]).get(seal.listing)
    return None if data is None else seals.parse_listing(data)


def _round_of(envelope: Envelope) -> str:
    try:
        value = orjson.loads(envelope.payload)
        return str(value["body"]["round"])
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return ""
