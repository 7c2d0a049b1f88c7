"""The composition root: everything that makes up a node, put together in one place, one cleanup context a resource."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web as aioweb

from node import files, keystore
from node.accounts import Accounts
from node.api import FederationApi
from node.asked import Asked
from node.attention import Attention
from node.backup_keeper import BackupKeeper
from node.clock import Clock
from node.clustering import TopicsWorker
from node.config import Layout, NodeConfig, local_address
from node.desk import Desk, DeskParts
from node.discussion import Discussion
from node.drafts import Drafts, SentForms
from node.duties import DutyReader
from node.editions import Editions
from node.exploring import Explorer
from node.facts import Facts
from node.founding import check_join, readable_fingerprint
from node.gossip import Shared
from node.groups import Groups
from node.history import History
from node.kept_views import KeptViews
from node.keystore import NodeKeys
from node.ledger import Ledger
from node.library import Library
from node.logs import LogTail
from node.membership import Membership
from node.neighbours import Neighbours
from node.open_data_files import OpenDataFiles
from node.operating import Operating, OperatorParts
from node.peer_book import PeerBook
from node.peers import Peers
from node.proofs import Proofs
from node.receipts import Receipts
from node.record import Record
from node.refusals import Refusals
from node.register import Register
from node.register_log import RegisterLog
from node.restoring import restored_from
from node.revisions import Revisions
from node.rounds import Rounds
from node.searching import Search, Sources
from node.service import Parts, Service
from node.sign_in import Place, SignIn, sign_in
from node.stages import Stages
from node.status import StatusReader
from node.storage.database import Connection, Database
from node.teller import Teller
from node.telling import Near, Telling
from node.terms import Terms
from node.tokens import Tokens
from node.voice import Voice
from protocol import charter as charters
from protocol import limits
from protocol.charter import Charter, CharterFile
from protocol.ids import KeyId, MemberId
from protocol.roll import KeyRing
from web.accounts_port import FirstRunView
from web.app import create_web
from web.i18n import load_languages
from web.settings import WebSettings

_OWN_HEAD_WAIT_SECONDS = 3.0
_PUBLIC_PAGES_MS = 1_000


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
    accounts: SignIn
    ledger: Ledger
    register: Register
    log: RegisterLog
    peers: Peers
    teller: Teller
    stages: Stages
    service: Service


@asynccontextmanager
async def running_node(
    layout: Layout, config: NodeConfig, identity: Identity, clock: Clock, tail: LogTail | None = None
) -> AsyncIterator[Node]:
    """Yield a node at work: its store open, its peers dialled, its tellers' part taken up. Stops it in the end.

    tail is where the log's last lines are kept for the operator; without one there are none.
    """
    async with AsyncExitStack() as stack:
        database = Database(layout.store)
        await database.open()
        stack.push_async_callback(database.close)
        node, resources = await _assemble(database, layout, config, identity, clock, tail or LogTail())
        for resource in resources:
            await resource.start()
            stack.push_async_callback(resource.stop)
        yield node


async def _assemble(
    database: Database, layout: Layout, config: NodeConfig, identity: Identity, clock: Clock, tail: LogTail
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
    await database.write(lambda c: _note_member(c, me))
    restored = await database.read(restored_from)
    wait_seconds = _OWN_HEAD_WAIT_SECONDS if restored is None else None
    peers = Peers(shared, keys.node, _addresses(config, charter, me), wait_seconds)
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
    log = await _log(shared, teller, identity, is_teller=is_teller)
    stages = Stages(database, charter, teller, clock)
    ledger.listen(stages.on_batch)
    teller.listen(stages.on_change)
    library = Library(database, charter.roll, stages, me)
    membership = Membership(database, charter.roll)
    ledger.listen(membership.on_batch)
    rounds = Rounds(database=database, register=register, teller=teller, library=library, ring=ring, clock=clock, me=me)
    worker = TopicsWorker(clock, is_wanted=config.topics_worker)
    groups = Groups(database, worker, clock)
    stages.listen(lambda _: groups.ask())
    facts, terms = _followed(database, ledger, stages, worker, clock)
    explorer = Explorer(facts, groups, terms, charter.roll, clock)
    search = _search(Search(Sources(database, facts, library, rounds), worker, layout.words), ledger, stages, register)
    voice = Voice(charter, me, keys.node, ledger, teller, peers)
    accounts = sign_in(database, clock, _place(config, identity), config.single_sign_on)
    revisions = _revisions(groups, ledger, stages, register, teller)
    views = KeptViews(revisions, clock)
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
    duties = DutyReader(database, register, teller, rounds, me, _teller_key(identity), len(charter.roll.tellers))
    operating, watching = _operating(
        layout=layout,
        config=config,
        identity=identity,
        shared=shared,
        peers=peers,
        status=status,
        duties=duties,
        tail=tail,
        restored=restored,
    )
    desk = Desk(
        DeskParts(
            database=database,
            charter=charter,
            me=me,
            voice=voice,
            clock=clock,
            teller=teller,
            peers=peers,
            library=library,
            rounds=rounds,
            stages=stages,
            settings=config.desk,
            views=views,
        )
    )
    settings = _web_settings(config)
    languages = load_languages(settings.default_language)
    attention = Attention(database, teller, rounds, clock, me, views)
    near = Near(database, Accounts(database, clock), library, membership, rounds, attention, clock, charter, me)
    telling = Telling(near, config, settings.base_url, languages)
    _connect_telling(telling, ledger, register, operating)
    service = Service(
        Parts(
            charter=charter,
            me=me,
            voice=voice,
            clock=clock,
            ledger=ledger,
            register=register,
            teller=teller,
            library=library,
            membership=membership,
            rounds=rounds,
            groups=groups,
            explorer=explorer,
            search=search,
            stages=stages,
            worker=worker,
            accounts=accounts,
            record=Record(database, rounds, stages, me),
            status=status,
            discussion=Discussion(database, library, rounds, teller, voice, views),
            editions=Editions(
                database=database,
                file=file,
                register=register,
                teller=teller,
                library=library,
                rounds=rounds,
                views=views,
            ),
            operator=operating,
            desk=desk,
            attention=attention,
            drafts=Drafts(database, clock),
            sent_forms=SentForms(database, clock),
            receipts=Receipts(database, teller, rounds, ring, file.federation, me),
            proofs=Proofs(database, register, log, file),
            notices=telling.notices,
            webhooks=telling.webhooks,
            tokens=Tokens(database, clock),
            revisions=revisions,
            views=views,
            open_data=OpenDataFiles(database, file, clock),
        )
    )
    app = create_web(service, settings, languages)
    FederationApi(file, me, ring, ledger, register, peers, teller, rounds, groups, library, clock, log).add_routes(app)
    resources: list[_Resource] = [*(ledger, teller, log, stages, search, telling, peers), *watching]
    if config.topics_worker:
        resources += [worker, groups, terms]
    return Node(app, accounts, ledger, register, log, peers, teller, stages, service), resources


async def _log(shared: Shared, teller: Teller, identity: Identity, *, is_teller: bool) -> RegisterLog:
    """Return the register as a log, with all records that the teller has loaded."""
    log = RegisterLog(
        database=shared.database,
        ledger=shared.ledger,
        register=shared.register,
        teller=teller,
        clock=shared.clock,
        file=identity.file,
        roll=identity.charter.roll,
        signer=identity.keys.teller if is_teller else None,
    )
    await log.load(teller.certified)
    return log


def _search(search: Search, ledger: Ledger, stages: Stages, register: Register) -> Search:
    """Return the search, told of all that may be found."""
    ledger.listen(search.on_batch)
    stages.listen(search.ask)
    register.listen(search.ask)
    return search


def _connect_telling(telling: Telling, ledger: Ledger, register: Register, operating: Operating) -> None:
    """Have what tells people hear of all that comes, and the operator hear of mail that fails."""
    ledger.listen(telling.noticing.on_batch)
    register.listen(lambda *_: telling.noticing.ask())
    operating.watch(telling.mail_finding)


def _revisions(groups: Groups, ledger: Ledger, stages: Stages, register: Register, teller: Teller) -> Revisions:
    """Return what tells whether answers may have changed, told of all that changes them."""
    revisions = Revisions(lambda: groups.latest)
    ledger.listen(revisions.on_change)
    stages.listen(revisions.on_change)
    register.listen(revisions.on_change)
    teller.listen(revisions.on_change)
    return revisions


def _followed(
    database: Database, ledger: Ledger, stages: Stages, worker: TopicsWorker, clock: Clock
) -> tuple[Facts, Terms]:
    """Return what is kept of all proposals in memory, told of what comes."""
    facts = Facts(database)
    ledger.listen(facts.on_batch)
    stages.listen(facts.on_folded)
    terms = Terms(database, facts, worker, clock)
    ledger.listen(terms.on_batch)
    return facts, terms


def _web_settings(config: NodeConfig) -> WebSettings:
    return WebSettings(
        base_url=_base_url(config),
        secure_cookies=config.secure_cookies,
        public_pages_ms=_PUBLIC_PAGES_MS,
        api_points_per_minute=config.api_points_per_minute,
        api_points_per_minute_of_token=config.api_points_per_minute_of_token,
    )


def _base_url(config: NodeConfig) -> str:
    return config.public_url or local_address(config.listen)


def _place(config: NodeConfig, identity: Identity) -> Place:
    roll = identity.charter.roll
    member = next(each for each in roll.members if each.id == identity.me)
    own = [*map(str, identity.charter.names.values()), *map(str, member.names.values())]
    return Place(
        member=identity.me,
        base_url=_base_url(config),
        names=tuple(own),
        first_run=FirstRunView(
            fingerprint=readable_fingerprint(identity.file.federation),
            key=identity.keys.node.key,
            has_secretariat=identity.me in roll.secretariat,
        ),
    )


def _addresses(config: NodeConfig, charter: Charter, me: MemberId) -> list[str]:
    """Return which nodes to dial: those of the settings, then the next ones after this member on the roll."""
    members = charter.roll.members
    place = next(at for at, member in enumerate(members) if member.id == me)
    others = [*members[place + 1 :], *members[:place]]
    known = [*config.peers, *(member.address for member in others if member.address)]
    return list(dict.fromkeys(known))[: max(len(config.peers), config.peers_max)]


def _operating(  # noqa: PLR0913 - what the operator's view is made of
    *,
    layout: Layout,
    config: NodeConfig,
    identity: Identity,
    shared: Shared,
    peers: Peers,
    status: StatusReader,
    duties: DutyReader,
    tail: LogTail,
    restored: int | None,
) -> tuple[Operating, list[_Resource]]:
    """Return the operator's view of a node, and what works for it."""
    database, clock, me = shared.database, shared.clock, identity.me
    history = History(database, shared.ledger, shared.register, clock)
    neighbours = Neighbours(lambda: [state.address for state in peers.states if state.is_outbound], clock)
    backups = BackupKeeper(
        layout=layout, directory=layout.backups(config), settings=config.backup, database=database, me=me, clock=clock
    )
    operating = Operating(
        OperatorParts(
            database=database,
            ledger=shared.ledger,
            register=shared.register,
            peers=peers,
            teller=duties.teller,
            status=status,
            duties=duties,
            history=history,
            backups=backups,
            neighbours=neighbours,
            book=PeerBook(
                layout=layout,
                named=config.peers,
                peers=peers,
                federation=identity.file.federation,
                me=me,
                clock=clock,
            ),
            tail=tail,
            clock=clock,
            ring=shared.ledger.ring,
            me=me,
            own_keys=shared.own_keys,
            restored_from=restored,
            token=_metrics_token(config),
        )
    )
    return operating, [operating, history, neighbours, backups]


def _teller_key(identity: Identity) -> KeyId | None:
    """Return the key of the teller's work, or None where this process doesn't do it."""
    key = identity.keys.teller
    return key.key if key is not None and identity.me in identity.charter.roll.tellers else None


def _metrics_token(config: NodeConfig) -> str:
    """Return what opens the metrics, or nothing. Raises KeyFileError or FileError if its file can't be used."""
    if config.metrics_token_file is None:
        return ""
    token = keystore.read_secret(config.metrics_token_file)
    keystore.check_secret(token)
    return token


def _note_member(connection: Connection, me: MemberId) -> None:
    """Note in the store whose it is, for backups that are made without the node's keys."""
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('member', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        me,
    )


def _store_name(connection: Connection) -> str:
    """Return the store's own name, made when it is first opened."""
    held = connection.value("SELECT value FROM meta WHERE name = 'store'")
    if isinstance(held, str):
        return held
    name = secrets.token_hex(16)
    connection.execute("INSERT INTO meta (name, value) VALUES ('store', $1)", name)
    return name
