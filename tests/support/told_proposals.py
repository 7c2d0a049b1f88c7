"""Proposals put straight into a store, with their texts: by whom, when, in which language and under which goals."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from node import files
from node.app import Node, load_identity, running_node
from node.clock import Clock
from node.config import Layout, NodeConfig
from node.keystore import NodeKeys
from node.storage import events as store
from node.storage import projections, texts
from node.storage.database import Connection, Database
from protocol.chain import Head
from protocol.envelope import Verified
from protocol.events.consultation import Proposal, Track
from tests.support.builders import ChainWriter, Federation, document, proposal_body, proposal_text


@dataclass(frozen=True, slots=True)
class Told:
    """One proposal; the member by its place in the federation."""

    member: int
    time: int
    title: str
    body: str = "One paragraph about it."
    lang: str = "en"
    goals: tuple[int, ...] = (3,)
    track: Track = "long"


class Teller:
    """Seals proposals of any member and puts them into a store."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._writers: dict[int, ChainWriter] = {}
        self._position = 0

    async def put(self, database: Database, told: Sequence[Told]) -> list[Verified]:
        """Store proposals in this order, as if they had come; return their events."""
        events = [self._seal(each) for each in told]
        first = self._position + 1
        self._position += len(events)
        await database.write(lambda c: _put(c, list(zip(events, told, strict=True)), first))
        return events

    def _seal(self, told: Told) -> Verified:
        if told.member not in self._writers:
            self._writers[told.member] = self._federation.writer(told.member)
        ref = proposal_text(told.title, told.body, lang=told.lang)
        return self._writers[told.member].write(
            proposal_body(ref, track=told.track, goals=told.goals), time_ms=told.time
        )


def _put(connection: Connection, pairs: Iterable[tuple[Verified, Told]], first: int) -> None:
    pairs = list(pairs)
    events = [verified for verified, _ in pairs]
    store.insert(connection, events, first, 0, chained=True)
    projections.update(connection, events, first, [])
    heads = {each.event.key: Head(each.event.seq + 1, each.id, None) for each in events}
    store.save_heads(connection, heads.items())
    for verified, told in pairs:
        assert isinstance(verified.event.body, Proposal)
        ref = verified.event.body.text
        texts.expect(connection, [(verified, ref.sha256, ref.lang, ref.size)])
        texts.fill(connection, ref.sha256, document(told.title, told.body))


@asynccontextmanager
async def node_with(
    federation: Federation, told: Sequence[Told], where: Path, clock: Clock, *, with_topics: bool = False
) -> AsyncIterator[Node]:
    """Run the first member's node on a store that holds these proposals."""
    member = federation.member(0)
    layout = Layout(where)
    if not layout.charter.exists():
        files.write_new(layout.charter, federation.file.to_bytes(), files.PUBLIC)
    database = Database(layout.store)
    await database.open()
    await Teller(federation).put(database, told)
    await database.close()
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    config = NodeConfig(topics_worker=with_topics, secure_cookies=False)
    async with running_node(layout, config, identity, clock) as node:
        yield node
