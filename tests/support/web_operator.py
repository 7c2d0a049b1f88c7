"""An in-memory Operator for tests of pages: its view and its log may be changed by tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from tests.support.web_content import DAY, NOW, digest
from web import operator_port as views
from web.ports import Account, NodeStatus, Refused

HOUR = 3_600_000
MEGABYTE = 1_000_000


def finding(code: str, urgency: views.Urgency, **values: str | int | tuple[str, ...]) -> views.Finding:
    return views.Finding(code, urgency, values)


def backup(number: int, fault: str = "", *, is_whole: bool = True) -> views.BackupView:
    made = NOW - number * DAY
    return views.BackupView(
        f"comitia-m-{number}.tar", made, 58 * MEGABYTE, is_whole, number == 2, made + HOUR if fault else None, fault
    )


def grown() -> tuple[views.Sample, ...]:
    """Return samples of ten days, every quarter of one."""
    return tuple(
        views.Sample(NOW - 10 * DAY + at * DAY // 4, 9_000 + at * 80, (40 + at // 2) * MEGABYTE, 41_000 * MEGABYTE, at)
        for at in range(40)
    )


@dataclass
class MemoryOperator:
    """A node's operation without a node."""

    status: Callable[[], NodeStatus]
    members: tuple[str, ...]
    findings: tuple[views.Finding, ...] = ()
    history: tuple[views.Sample, ...] = field(default_factory=grown)
    listed: tuple[views.BackupView, ...] = field(default_factory=lambda: (backup(1), backup(2), backup(3)))
    running: int | None = None
    signing: views.SigningView = field(default_factory=lambda: views.SigningView(True, None, 2, 2))
    entries: list[views.LogEntry] = field(default_factory=list)
    settings: list[views.PeerSetting] = field(default_factory=list)
    reasons: tuple[str, ...] = ()
    token: str = ""
    refuse: Refused | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)
    arrived: list[asyncio.Event] = field(default_factory=list)

    async def overview(self) -> views.OperatorView:
        status = self.status()
        member, key, seq = status.forks[0] if status.forks else ("", "", 0)
        forks = (views.ForkView(member, key, seq, digest("one"), digest("two"), False),) if status.forks else ()
        heads = tuple(
            views.HeadView(member, digest("head", member), "node", 240 - at, NOW - at * HOUR, at % 3, at == 3, at == 0)
            for at, member in enumerate(self.members[:6])
        )
        duty = views.RoundDuty(digest("round"), 19, "open", NOW + HOUR, "receipt", 9, 7, 0, 7, ())
        late = views.RoundDuty(
            digest("late"), 18, "stalled", NOW - HOUR, "seal", 12, 12, 4, 7, (*self.members[4:6], self.members[0])
        )
        return views.OperatorView(
            findings=self.findings,
            status=status,
            heads=heads,
            heads_total=62,
            forks=forks,
            duties=views.DutiesView(True, (duty, late), "precommit", NOW - HOUR, 17, 20, 20),
            history=self.history,
            disk=views.DiskView(58 * MEGABYTE, 41_000 * MEGABYTE, 100_000 * MEGABYTE, 2 * MEGABYTE, NOW + 900 * DAY),
            backups=views.BackupsView("/var/lib/comitia/backups", 24, 7, self.running, "", self.listed),
            neighbours=tuple(
                views.NeighbourView(peer.address, str(peer.member), "0.1.0", 40 * at, NOW)
                for at, peer in enumerate(status.peers)
                if peer.is_outbound
            ),
            signing=self.signing,
        )

    def peer_settings(self) -> tuple[views.PeerSetting, ...]:
        dialled = [peer.address for peer in self.status().peers if peer.is_outbound]
        return (*(views.PeerSetting(each, at == 0) for at, each in enumerate(dialled)), *self.settings)

    async def add_peer(self, account: Account, address: str) -> bool:
        self._may("add_peer", account, address)
        self.settings.append(views.PeerSetting(address, is_removable=True))
        return False

    async def remove_peer(self, account: Account, address: str) -> None:
        self._may("remove_peer", account, address)

    async def back_up(self, account: Account) -> None:
        self._may("back_up", account)
        self.running = 0

    async def check_backup(self, account: Account, name: str) -> None:
        self._may("check_backup", account, name)

    async def sign_alone(self, account: Account) -> None:
        self._may("sign_alone", account)

    async def fork_proof(self, key: str) -> bytes | None:
        known = {fork[1] for fork in self.status().forks}
        return json.dumps({"key": key}).encode() if key in known else None

    def log(self, level: views.LogLevel, after: int = 0) -> tuple[views.LogEntry, ...]:
        order = ("debug", "info", "warning", "error")
        return tuple(
            each for each in self.entries if each.number > after and order.index(each.level) >= order.index(level)
        )

    def write(self, message: str, level: views.LogLevel = "info") -> None:
        """Log a line and tell who reads along."""
        self.entries.append(views.LogEntry(len(self.entries) + 1, NOW, level, "node.peers", message))
        for event in self.arrived:
            event.set()

    async def log_lines(self) -> AsyncIterator[None]:
        event = asyncio.Event()
        self.arrived.append(event)
        try:
            while True:
                await event.wait()
                event.clear()
                yield
        finally:
            self.arrived.remove(event)

    async def readiness(self) -> views.Readiness:
        return views.Readiness(self.reasons)

    def metrics_token(self) -> str:
        return self.token

    async def metrics(self) -> tuple[views.Metric, ...]:
        return (
            views.Metric("comitia_events", "gauge", "Events.", "", {"": 12.0}),
            views.Metric("comitia_refused_total", "counter", "Refused.", "kind", {'bad "x"\n': 3.0}),
        )

    def _may(self, call: str, account: Account, *arguments: object) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append((call, account.id, *arguments))
