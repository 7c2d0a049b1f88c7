"""The composition root: everything that makes up a node, put together in one place, one cleanup context a resource."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web as aioweb

from node import files
from node.accounts import Accounts
from node.api import FederationApi
from node.asked import Asked
from node.clock import Clock
from node.clustering import TopicsWorker
from node.config import Layout, NodeConfig, local_address
from node.exploring import Explorer
from node.facts import Facts
from node.founding import check_join
from node.gossip import Shared
from node.groups import Groups
from node.keystore import NodeKeys
from node.ledger import Ledger
from node.library import Library
from node.peers import Peers
from node.refusals import Refusals
from node.register import Register
from node.revisions import Revisions
from node.rounds import Rounds
from node.searching import Search, Sources
from node.service import Parts, Service
from node.stages import Stages
from node.status import StatusReader
from node.storage.database import Connection, Database
from node.teller import Teller
from node.terms import Terms
from node.tokens import Tokens
from protocol import charter as charters
from protocol import limits
from protocol.charter import Charter, CharterFile
from protocol.ids import MemberId
from protocol.roll import KeyRing
from web.app import create_web
from web.settings import WebSettings

_OWN_HEAD_WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Which member of which federation a node is, and its keys."""

    file: CharterFile
    charter: Charter
    me: MemberId
    keys: NodeKeys


class _Resource(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def load_charter(path: Path) -> CharterFile:
    """Return the charter that a node joined. Raises FileError or CharterError."""
    file = charters.parse_file(files.read_bounded(path, limits.CHARTER_BYTES_MAX * 2))
    file.verified()
    return file


def load_identity(layout: Layout, keys: NodeKeys, *, is_teller: bool) -> Identity:
    """Return a node's identity, its keys checked against the charter's roll."""
    file = load_charter(layout.charter)
    charter = file.charter()
    return Identity(file, charter, check_join(charter, keys, is_teller=is_teller), keys)


@dataclass(frozen=True, slots=True)
class Node:
    """A running node."""

    app: aioweb.Application
    accounts: Accounts
    ledger: Ledger
    register: Register
    peers: Peers
    teller: Teller
    stages: Stages
    service: Service


@asynccontextmanager
async def running_node(layout: Layout, config: NodeConfig, identity: Identity, clock: Clock) -> AsyncIterator[Node]:
    """Yield a node at work: its store open, its peers dialled, its tellers' part taken up. Stops it in the end."""
    async with AsyncExitStack() as stack:
        database = Database(layout.store)
        await database.open()
        stack.push_async_callback(database.close)
        node, resources = await _assemble(database, config, identity, clock, layout.words)
        for resource in resources:
            await resource.start()
            stack.push_async_callback(resource.stop)
        yield node


async def _assemble(
    database: Database, config: NodeConfig, identity: Identity, clock: Clock, words: Path
) -> tuple[Node, list[_Resource]]:
    file, charter, me, keys = identity.file, identity.charter, identity.me, identity.keys
    ring = KeyRing(charter.roll)
    refusals = Refusals(clock)
    ledger = Ledger(database, file.federation, ring, clock, refusals)
    register = Register(database, file.federation, ring, refusals)
    await register.start()
    shared = Shared(
        database=database,
        ledger=ledger,
        register=register,
        refusals=refusals,
        clock=clock,
        asked=Asked(),
        store_name=await database.write(_store_name),
        own_keys=frozenset(key.key for key in (keys.node, keys.teller) if key is not None),
    )
    peers = Peers(shared, keys.node, _addresses(config, charter, me), _OWN_HEAD_WAIT_SECONDS)
    is_teller = keys.teller is not None and me in charter.roll.tellers
    teller = Teller(
        database=database,
        ledger=ledger,
        register=register,
        peers=peers,
        clock=clock,
        charter=charter,
        me=me,
        signer=keys.teller if is_teller else None,
    )
    await teller.load_register()
    stages = Stages(database, charter, teller, clock)
    ledger.listen(stages.on_batch)
    teller.listen(stages.on_change)
    library = Library(database, charter.roll, stages, me)
    rounds = Rounds(database=database, register=register, teller=teller, library=library, ring=ring, clock=clock, me=me)
    worker = TopicsWorker(clock, is_wanted=config.topics_worker)
    groups = Groups(database, worker, clock)
    stages.listen(lambda _: groups.ask())
    facts = Facts(database)
    ledger.listen(facts.on_batch)
    stages.listen(facts.on_folded)
    terms = Terms(database, facts, worker, clock)
    ledger.listen(terms.on_batch)
    explorer = Explorer(facts, groups, terms, charter.roll, clock)
    search = Search(Sources(database, facts, library, rounds), worker, words)
    ledger.listen(search.on_batch)
    stages.listen(search.ask)
    register.listen(search.ask)
    revisions = Revisions(lambda: groups.latest)
    ledger.listen(revisions.on_change)
    stages.listen(revisions.on_change)
    register.listen(revisions.on_change)
    teller.listen(revisions.on_change)
    accounts = Accounts(database, clock)
    status = StatusReader(
        database=database,
        ledger=ledger,
        register=register,
        peers=peers,
        refusals=refusals,
        teller=teller,
        worker=worker,
        clock=clock,
        ring=ring,
        started=clock.now(),
        is_teller=is_teller,
    )
    service = Service(
        Parts(
            charter=charter,
            me=me,
            signer=keys.node,
            clock=clock,
            ledger=ledger,
            register=register,
            teller=teller,
            library=library,
            rounds=rounds,
            groups=groups,
            explorer=explorer,
            search=search,
            stages=stages,
            worker=worker,
            accounts=accounts,
            status=status,
            tokens=Tokens(database, clock),
            revisions=revisions,
        )
    )
    app = create_web(service, _web_settings(config))
    FederationApi(file, me, ring, ledger, register, peers, teller, rounds, groups, library).add_routes(app)
    resources: list[_Resource] = [ledger, teller, stages, search, peers]
    if config.topics_worker:
        resources += [worker, groups, terms]
    return Node(app, accounts, ledger, register, peers, teller, stages, service), resources


def _web_settings(config: NodeConfig) -> WebSettings:
    address = config.public_url or local_address(config.listen)
    return WebSettings(
        base_url=address,
        secure_cookies=config.secure_cookies,
        api_points_per_minute=config.api_points_per_minute,
        api_points_per_minute_of_token=config.api_points_per_minute_of_token,
    )


def _addresses(config: NodeConfig, charter: Charter, me: MemberId) -> list[str]:
    """Return which nodes to dial: those of the settings, then the next ones after this member on the roll."""
    members = charter.roll.members
    place = next(at for at, member in enumerate(members) if member.id == me)
    others = [*members[place + 1 :], *members[:place]]
    known = [*config.peers, *(member.address for member in others if member.address)]
    return list(dict.fromkeys(known))[: max(len(config.peers), config.peers_max)]


def _store_name(connection: Connection) -> str:
    """Return the store's own name, made when it is first opened."""
    held = connection.value("SELECT value FROM meta WHERE name = 'store'")
    if isinstance(held, str):
        return held
    name = secrets.token_hex(16)
    connection.execute("INSERT INTO meta (name, value) VALUES ('store', $1)", name)
    return name
