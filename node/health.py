"""What is wrong with a node, the most urgent first, from what its parts tell. The words are the web's."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from consensus.agreement.quorum import Quorum
from protocol import limits
from web.operator_port import BackupsView, DiskView, Finding, ForkView, NeighbourView, SigningView
from web.ports import NodeStatus

FULL_BYTES: Final = 200_000_000
LOW_BYTES: Final = 2_000_000_000
_LOW_SHARE = 20
"""Less than one part in so many is little."""
_SOON_MS = 14 * 24 * 3_600_000
_CLOCK_WARN_MS = 30_000
_HOUR_MS = 3_600_000
_LATE = 1.5
"""A backup is late after so many of its intervals."""
_UNPLANNED_MS = 14 * 24 * _HOUR_MS
"""Where none is made by itself, a backup is old after this."""
_NAMES_MAX = 5
_URGENCIES: Final = {"stop": 0, "warn": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Signs:
    """All that a node's health is told from."""

    status: NodeStatus
    forks: Sequence[ForkView]
    signing: SigningView
    offset_ms: int | None
    """By how much others' clocks are ahead, by the middle one's word."""
    neighbours: Sequence[NeighbourView]
    disk: DiskView
    backups: BackupsView
    tellers: Collection[str]
    me: str
    seen: Collection[str]
    """Members whose nodes have had a line here since the start."""
    claimed_height: int
    """The register's height by the word of the second highest of the connected peers, or of the only one."""


def findings(signs: Signs) -> list[Finding]:
    """Return what is wrong, the most urgent first; nothing if all is well."""
    found = [*_standstill(signs), *_clock(signs), *_lines(signs), *_disk(signs), *_backups(signs), *_parts(signs)]
    return sorted(found, key=lambda finding: _URGENCIES[finding.urgency])


def _standstill(signs: Signs) -> Iterator[Finding]:
    if signs.status.halted:
        yield Finding("halted", "stop", {"reason": signs.status.halted})
    for fork in signs.forks:
        if fork.is_own:
            yield Finding("own-key-forked", "stop", {"key": fork.key[:12], "seq": fork.seq})
    signing = signs.signing
    if signing.restored_from is not None and not signing.is_allowed:
        yield Finding("restored", "stop", {"heard": signing.heard, "needed": signing.needed})


def _clock(signs: Signs) -> Iterator[Finding]:
    if signs.offset_ms is None or abs(signs.offset_ms) < _CLOCK_WARN_MS:
        return
    urgency, seconds = "warn", abs(signs.offset_ms) // 1_000
    if abs(signs.offset_ms) >= limits.FUTURE_SKEW_MS:
        urgency = "stop"
    code = "clock-behind" if signs.offset_ms > 0 else "clock-ahead"
    yield Finding(code, urgency, {"seconds": seconds, "nodes": len(signs.neighbours)})  # type: ignore[arg-type]


def _lines(signs: Signs) -> Iterator[Finding]:
    peers = signs.status.peers
    connected = {str(peer.member) for peer in peers if peer.is_connected and peer.member}
    away = [peer for peer in peers if peer.is_outbound and not peer.is_connected and peer.member not in connected]
    tellers = set(signs.tellers)
    quorum = Quorum.of(max(1, len(tellers)))
    needed = max(quorum.votes, quorum.seals)
    had, have = (len(tellers & (members | {signs.me})) for members in (set(signs.seen), connected))
    if peers and not connected:
        yield Finding("no-line", "stop", {"nodes": len(peers)})
    elif have < needed <= had:
        yield Finding("few-tellers", "stop", {"have": have, "tellers": len(tellers), "needed": needed})
    names = tuple(peer.member or peer.address for peer in away[:_NAMES_MAX])
    if connected and away:
        yield Finding(
            "peers-away",
            "warn",
            {"nodes": len(away), "names": names},
        )
    if signs.claimed_height > signs.status.height:
        yield Finding("register-behind", "warn", {"height": signs.status.height, "claimed": signs.claimed_height})
    lag = max((peer.lag or 0 for peer in peers if peer.is_connected), default=0)
    if lag:
        yield Finding("lag", "note", {"events": lag})


def _disk(signs: Signs) -> Iterator[Finding]:
    disk, now = signs.disk, signs.status.now
    if disk.free < FULL_BYTES:
        yield Finding("disk-full", "stop", {"megabytes": disk.free // 1_000_000})
    elif disk.free < LOW_BYTES and disk.free * _LOW_SHARE < disk.total:
        yield Finding("disk-low", "warn", {"megabytes": disk.free // 1_000_000})
    elif disk.full_at is not None and disk.full_at - now < _SOON_MS:
        yield Finding("disk-soon", "warn", {"days": (disk.full_at - now) // (24 * _HOUR_MS)})


def _backups(signs: Signs) -> Iterator[Finding]:
    backups, now = signs.backups, signs.status.now
    for bad in (each for each in backups.listed if each.fault or not each.is_whole):
        yield Finding("backup-damaged", "warn", {"name": bad.name})
    if backups.fault:
        yield Finding("backup-failed", "warn", {"reason": backups.fault})
    made = max((each.made for each in backups.listed if each.made is not None and each.is_whole), default=None)
    allowed = backups.every_hours * _HOUR_MS * _LATE if backups.every_hours else _UNPLANNED_MS
    if made is None:
        if now - signs.status.started > _HOUR_MS or not backups.every_hours:
            yield Finding("backup-none", "warn", {})
    elif now - made > allowed:
        yield Finding("backup-old", "warn", {"hours": (now - made) // _HOUR_MS})


def _parts(signs: Signs) -> Iterator[Finding]:
    if signs.status.topics_worker == "failed":
        yield Finding("topics-failed", "warn", {})
    newer = {each.version for each in signs.neighbours if _is_newer(each.version, signs.status.version)}
    if newer:
        newest = max(newer, key=_order)
        yield Finding("version-behind", "note", {"version": signs.status.version, "newest": newest})
    others = [fork for fork in signs.forks if not fork.is_own]
    if others:
        yield Finding("keys-forked", "note", {"keys": len(others)})


def _is_newer(version: str, than: str) -> bool:
    return _order(version) > _order(than)


def _order(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
