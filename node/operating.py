"""The node as its operator sees it: satisfies web.operator_port.Operator."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from node.backup_keeper import BackupKeeper
from node.clock import Clock
from node.duties import DutyReader
from node.figures import figures
from node.health import FULL_BYTES, Signs, findings
from node.history import History, disk_view
from node.ledger import Ledger
from node.logs import LogTail
from node.neighbours import Neighbours
from node.peer_book import PeerBook
from node.peers import Peers
from node.register import Register
from node.restoring import forget_restoring
from node.status import StatusReader
from node.storage import events as store
from node.storage.database import Connection, Database
from node.teller import Teller
from protocol.envelope import Envelope
from protocol.ids import KeyId, MemberId
from protocol.roll import KeyRing
from web import operator_port as views
from web.ports import Account, Refused

_HEADS_MAX = 100
_GLANCE_SECONDS = 2.0
"""So long an overview is good for everybody who looks."""


@dataclass(frozen=True, slots=True)
class OperatorParts:
    """What the operator's view stands on."""

    database: Database
    ledger: Ledger
    register: Register
    peers: Peers
    teller: Teller
    status: StatusReader
    duties: DutyReader
    history: History
    backups: BackupKeeper
    neighbours: Neighbours
    book: PeerBook
    tail: LogTail
    clock: Clock
    ring: KeyRing
    me: MemberId
    own_keys: frozenset[KeyId]
    restored_from: int | None
    """When the backup was made that the store was restored from, if that still bound the node when it started."""
    token: str
    """What opens the metrics, or nothing."""
    watchers: list[Callable[[], views.Finding | None]] = field(default_factory=list)


class Operating:
    """One node's operation. As a resource it notes when a restored store may sign."""

    def __init__(self, parts: OperatorParts) -> None:
        self._parts = parts
        self._restored_from = parts.restored_from
        self._releasing: asyncio.Task[None] | None = None
        self._glance: tuple[float, views.OperatorView] | None = None
        self._looking = asyncio.Lock()

    async def start(self) -> None:
        """Begin to wait for what keeps a restored node from signing."""
        if self._restored_from is not None:
            self._releasing = asyncio.create_task(self._release(), name="restored")

    async def stop(self) -> None:
        """Wait no longer."""
        if self._releasing is not None:
            self._releasing.cancel()
            await asyncio.gather(self._releasing, return_exceptions=True)

    async def _release(self) -> None:
        await self._parts.ledger.signing_allowed()
        await self._parts.database.write(forget_restoring)
        self._restored_from = None

    @property
    def is_held_back(self) -> bool:
        """Whether the node was restored and may not sign yet."""
        return self._parts.peers.is_waiting_for_own_heads

    def watch(self, check: Callable[[], views.Finding | None]) -> None:
        """Ask this too, whenever the node's health is told: a part that may fail and says so by a finding."""
        self._parts.watchers.append(check)

    async def overview(self) -> views.OperatorView:
        """Return the node at a glance; a glance of the last seconds is good enough."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._glance is None or now - self._glance[0] > _GLANCE_SECONDS:
                self._glance = (now, await self._look())
            return self._glance[1]

    async def _look(self) -> views.OperatorView:
        parts = self._parts
        status, samples = await parts.status.read(), await parts.history.samples()
        forks = await parts.database.read(self._forks)
        heads, total = await parts.database.read(self._heads)
        backups = await parts.backups.view()
        path = parts.database.path
        disk = disk_view(path.parent, path, samples, parts.clock.now())
        signing = self._signing()
        signs = Signs(
            status=status,
            forks=forks,
            signing=signing,
            offset_ms=parts.neighbours.offset_ms,
            neighbours=parts.neighbours.known,
            disk=disk,
            backups=backups,
            tellers=parts.ring.tellers,
            me=parts.me,
            seen=parts.peers.members_seen,
            claimed_height=self._claimed_height(),
        )
        watched = [found for check in parts.watchers if (found := check()) is not None]
        order = {"stop": 0, "warn": 1, "note": 2}
        return views.OperatorView(
            findings=tuple(sorted([*findings(signs), *watched], key=lambda each: order[each.urgency])),
            status=status,
            heads=heads,
            heads_total=total,
            forks=forks,
            duties=await parts.duties.read(),
            history=samples,
            disk=disk,
            backups=backups,
            neighbours=parts.neighbours.known,
            signing=signing,
        )

    def _signing(self) -> views.SigningView:
        peers = self._parts.peers
        return views.SigningView(
            self._parts.ledger.may_sign, self._restored_from, peers.heads_compared, peers.heads_needed
        )

    def _claimed_height(self) -> int:
        """Return how high the register is elsewhere: one peer alone is believed only if it is the only one."""
        claims = sorted((state.height for state in self._parts.peers.states if state.is_connected), reverse=True)
        return claims[min(1, len(claims) - 1)] if claims else 0

    def _heads(self, connection: Connection) -> tuple[tuple[views.HeadView, ...], int]:
        """Return the chains that deserve a look first (one's own, forked, behind, long), and how many there are."""
        frontier = self._parts.ledger.frontier
        claimed: dict[KeyId, int] = {}
        for state in self._parts.peers.states:
            for key, length in (state.claims or {}).items():
                claimed[key] = max(length, claimed.get(key, 0))
        found = []
        for key, holder in self._parts.ring.holders.items():
            head = frontier.head(key)
            behind = max(0, claimed.get(key, 0) - head.length)
            is_own = key in self._parts.own_keys
            rank = (not is_own, head.fork_at is None, -behind, -head.length, holder.member)
            found.append((rank, views.HeadView(
                holder.member, key, holder.role, head.length, None, behind, head.fork_at is not None, is_own
            )))  # fmt: skip
        found.sort(key=lambda item: item[0])
        shown = [_with_heard(connection, view) for _, view in found[:_HEADS_MAX]]
        return tuple(shown), len(found)

    def _forks(self, connection: Connection) -> tuple[views.ForkView, ...]:
        found = []
        for first, second in store.forks(connection):
            holder = self._parts.ring.holder(first.key)
            member = "" if holder is None else holder.member
            is_own = first.key in self._parts.own_keys
            found.append(views.ForkView(member, first.key, first.seq, first.id, second.id, is_own))
        return tuple(found)

    async def fork_proof(self, key: str) -> bytes | None:
        """Return the two signed events that prove a fork, as JSON, or None if the key has not forked."""
        for first, second in await self._parts.database.read(store.forks):
            if first.key == key:
                value = {"federation": self._parts.ledger.federation, "key": key, "seq": first.seq}
                events = [_signed(envelope) for envelope in (first, second)]
                return json.dumps({**value, "events": events}, ensure_ascii=False, indent=1).encode() + b"\n"
        return None

    def peer_settings(self) -> tuple[views.PeerSetting, ...]:
        """Return the addresses that the node dials."""
        return self._parts.book.settings

    async def add_peer(self, account: Account, address: str) -> bool:
        """Dial another address; return whether a node answers there already."""
        self._may(account)
        return await self._parts.book.add(address)

    async def remove_peer(self, account: Account, address: str) -> None:
        """Dial an address no longer."""
        self._may(account)
        await self._parts.book.remove(address)

    async def back_up(self, account: Account) -> None:
        """Begin a backup and return at once."""
        self._may(account)
        self._parts.backups.begin()
        self._glance = None

    async def check_backup(self, account: Account, name: str) -> None:
        """Read a backup to its end again and note what came of it."""
        self._may(account)
        await self._parts.backups.check(name)
        self._glance = None

    async def sign_alone(self, account: Account) -> None:
        """Let a restored node sign without having heard from enough others."""
        self._may(account)
        if not self.is_held_back:
            raise Refused("may-sign-already")
        self._parts.ledger.allow_signing()
        self._glance = None

    def log(self, level: views.LogLevel, after: int = 0) -> tuple[views.LogEntry, ...]:
        """Return the latest lines of this level and worse, behind a number, the newest last."""
        return self._parts.tail.entries(level, after)

    def log_lines(self) -> AsyncIterator[None]:
        """Yield each time something has been logged."""
        return self._parts.tail.arrivals()

    async def readiness(self) -> views.Readiness:
        """Return whether the node follows the register, may sign and has room on its disk."""
        parts = self._parts
        path = parts.database.path
        disk = disk_view(path.parent, path, (), parts.clock.now())
        checks = {
            "register-halted": bool(parts.teller.halted),
            "register-behind": self._claimed_height() > parts.register.height,
            "not-signing": not parts.ledger.may_sign,
            "disk-full": disk.free < FULL_BYTES,
        }
        return views.Readiness(tuple(name for name, is_so in checks.items() if is_so))

    def metrics_token(self) -> str:
        """Return the token that opens the metrics, or nothing if there are none."""
        return self._parts.token

    async def metrics(self) -> tuple[views.Metric, ...]:
        """Return figures for machines."""
        return figures(await self.overview(), self._parts.neighbours.offset_ms)

    def _may(self, account: Account) -> None:
        if account.member != self._parts.me:
            raise Refused("foreign-member")
        if not account.may_act_as("operator"):
            raise Refused("not-operator")


def _with_heard(connection: Connection, view: views.HeadView) -> views.HeadView:
    sql = "SELECT received FROM events WHERE key = $1 AND seq = $2 AND chained = 1"
    heard = connection.value(sql, view.key, view.length - 1)
    return views.HeadView(
        view.member,
        view.key,
        view.role,
        view.length,
        heard if isinstance(heard, int) else None,
        view.behind,
        view.is_forked,
        view.is_own,
    )


def _signed(envelope: Envelope) -> dict[str, object]:
    """Return an event as a document that proves itself: the exact payload, its signature and its kind."""
    return {
        "id": envelope.id,
        "kind": envelope.kind,
        "payload": envelope.payload.decode(errors="replace"),
        "payload_hex": envelope.payload.hex(),
        "signature_hex": envelope.signature.hex(),
    }
