"""What the operator's pages ask of the node: satisfied by node/operating.py."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from web.ports import Account, NodeStatus

Urgency = Literal["stop", "warn", "note"]
"""Work stands still or is in danger; something is to be done soon; worth knowing."""
LogLevel = Literal["debug", "info", "warning", "error"]
Duty = Literal["", "receipt", "seal", "vote"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the node's health. Its words are web/health_words.py's, by its code."""

    code: str
    urgency: Urgency
    values: Mapping[str, str | int | tuple[str, ...]]
    """What its sentence speaks of; several are members or addresses."""


@dataclass(frozen=True, slots=True)
class HeadView:
    """One key's chain as this node holds it."""

    member: str
    key: str
    role: str
    length: int
    heard: int | None
    """When its last event reached this node; None for a chain that is empty."""
    behind: int
    """How many more events another node says that there are."""
    is_forked: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class ForkView:
    """A key that has signed two things in one place."""

    member: str
    key: str
    seq: int
    first: str
    second: str
    """The ids of the two events."""
    is_own: bool


@dataclass(frozen=True, slots=True)
class RoundDuty:
    """What an open round waits for of this node's teller."""

    id: str
    number: int
    state: Literal["scheduled", "open", "sealing", "deciding", "stalled", "certified"]
    closes: int
    waits_for: Duty
    ballots: int
    receipted: int
    """Ballots that this teller's receipts name."""
    sealed: int
    tellers: int
    absent: tuple[str, ...]
    """Tellers that the round waits for, this one included if it does."""


@dataclass(frozen=True, slots=True)
class DutiesView:
    """The teller's work. Without an office there is none."""

    is_teller: bool
    rounds: tuple[RoundDuty, ...]
    last_kind: str
    """The kind of the last event that the teller's key signed, or nothing."""
    last_at: int | None
    voted: int
    """For how many of the latest records this teller signed a vote …"""
    voted_most: int
    """… and for how many the busiest teller did …"""
    records: int
    """… of so many."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The node at one moment of the last days."""

    at: int
    events: int
    stored: int
    free: int
    height: int


@dataclass(frozen=True, slots=True)
class DiskView:
    """The disk that the store lies on, in bytes."""

    stored: int
    free: int
    total: int
    per_day: int | None
    """How much the store grows in a day at the pace of the last days; None before there is enough to tell by."""
    full_at: int | None
    """When the disk is full at this pace; None if it isn't within ten years."""


@dataclass(frozen=True, slots=True)
class BackupView:
    """One backup in the directory of the settings."""

    name: str
    made: int | None
    """None where its manifest can't be read."""
    size: int
    is_whole: bool
    has_keys: bool
    checked: int | None
    """When it was last read to its end; None if not since it was made, when it was."""
    fault: str


@dataclass(frozen=True, slots=True)
class BackupsView:
    """Backups: those there are, and how they are made."""

    directory: str
    every_hours: int
    keep: int
    running: int | None
    """The backup under way, in per cent."""
    fault: str
    """Why the last one failed, or nothing."""
    listed: tuple[BackupView, ...]


@dataclass(frozen=True, slots=True)
class NeighbourView:
    """What another node says of itself when it is asked."""

    address: str
    member: str
    version: str
    offset_ms: int
    """How far its clock is ahead of this node's."""
    asked: int


@dataclass(frozen=True, slots=True)
class PeerSetting:
    """An address that the node dials, and where it comes from."""

    address: str
    is_removable: bool
    """Whether node.toml names it; the others come from the charter or the environment."""


@dataclass(frozen=True, slots=True)
class SigningView:
    """Whether the node signs. After a restore it first hears from others how far its own chains reach."""

    is_allowed: bool
    restored_from: int | None
    """When the backup was made, while that keeps the node from signing."""
    heard: int
    needed: int


@dataclass(frozen=True, slots=True)
class OperatorView:
    """The node at a glance."""

    findings: tuple[Finding, ...]
    """The most urgent first; none if all is well."""
    status: NodeStatus
    heads: tuple[HeadView, ...]
    heads_total: int
    forks: tuple[ForkView, ...]
    duties: DutiesView
    history: tuple[Sample, ...]
    """The oldest first."""
    disk: DiskView
    backups: BackupsView
    neighbours: tuple[NeighbourView, ...]
    signing: SigningView


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log: one line of text, without secrets and control characters."""

    number: int
    """Counts up from the start of the program."""
    time: int
    level: LogLevel
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the node can serve: why not, as words for machines."""

    reasons: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure for machines, with its values by label (the empty label for a single one)."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    label: str
    values: Mapping[str, float]


class Operator(Protocol):
    """The node, as its operator sees it. Whoever asks must be an operator: commands check it again (Refused)."""

    async def overview(self) -> OperatorView:
        """Return the node at a glance."""
        ...

    def peer_settings(self) -> tuple[PeerSetting, ...]:
        """Return the addresses that the node dials."""
        ...

    async def add_peer(self, account: Account, address: str) -> bool:
        """Dial another address from now on and after every start; return whether a node answers there already.

        Refused with `bad-address`, `peer-known`, `peer-own`, `peer-foreign` (another federation's), `peers-many`,
        `peers-outside` (the environment sets them) or `settings-by-hand`.
        """
        ...

    async def remove_peer(self, account: Account, address: str) -> None:
        """Dial an address no longer. Refused with `peer-not-named`, `peers-outside` or `settings-by-hand`."""
        ...

    async def back_up(self, account: Account) -> None:
        """Begin a backup and return at once; the overview tells how far it is. Refused with `backup-running`."""
        ...

    async def check_backup(self, account: Account, name: str) -> None:
        """Read a backup to its end again and note what came of it. Refused with `unknown-backup`."""
        ...

    async def sign_alone(self, account: Account) -> None:
        """Let a restored node sign without having heard from enough others. Refused with `may-sign-already`."""
        ...

    async def fork_proof(self, key: str) -> bytes | None:
        """Return the two signed events that prove a fork, as JSON, or None if the key has not forked."""
        ...

    def log(self, level: LogLevel, after: int = 0) -> tuple[LogEntry, ...]:
        """Return the latest lines of the log of this level and worse, behind a number, the newest last."""
        ...

    def log_lines(self) -> AsyncIterator[None]:
        """Yield each time something has been logged; a burst of lines yields once."""
        ...

    async def readiness(self) -> Readiness:
        """Return whether the node follows the register, may sign and has room on its disk. Cheap."""
        ...

    def metrics_token(self) -> str:
        """Return the token that opens the metrics, or nothing if there are none."""
        ...

    async def metrics(self) -> tuple[Metric, ...]:
        """Return figures for machines; every label's values are bounded."""
        ...
