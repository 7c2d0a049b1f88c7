"""Founds the demonstration's federation: keys, charter and data directories, as real founders would on one machine."""

import json
from dataclasses import dataclass
from pathlib import Path

from node import files, founding, keystore
from node.accounts import Accounts
from node.clock import Clock
from node.config import Layout
from node.demo_content import DemoContent
from node.founding import Draft, FounderKeys, Profile
from node.keystore import NodeKeys
from node.policies import Policies, default_policies, support
from node.storage.database import Database
from protocol.charter import CharterFile, Timing
from protocol.policy import TrackPolicy
from protocol.roll import Member
from web.ports import Role

SECRETARIAT = 0
_NEIGHBOURS = (1, 2, 5, 11)


@dataclass(frozen=True, slots=True)
class Seat:
    """One member of the demonstration: where its node lies and listens, and its people's sign-in tokens."""

    index: int
    id: str
    name: str
    directory: Path
    address: str
    tokens: dict[str, str]
    """Of one-time links, by account: a delegate and a colleague of it, a head of delegation, an operator; at the first
    seat a secretariat and its convener."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the demonstration goes, in milliseconds."""

    voting_ms: int
    grace_ms: int
    screening: bool = False
    """Whether the secretariat screens proposals."""


@dataclass(frozen=True, slots=True)
class _Founder:
    keys: FounderKeys
    entry: Member
    address: str
    directory: Path


async def found(content: DemoContent, where: Path, ports: list[int], pace: Pace, clock: Clock) -> tuple[Seat, ...]:
    """Found a federation with one node directory per port below a directory; return its seats in the order of ports."""
    secret = keystore.new_identity()
    founders = [_founder(content, index, port, where) for index, port in enumerate(ports)]
    charter = _charter(content, founders, pace, clock)
    seats = []
    for index, founder in enumerate(founders):
        _furnish(founder, founders, index, charter, secret, is_author=index < _AUTHORS)
        names = ["delegate", "colleague", "head", "operator"] + (
            ["secretariat", "convener"] if index == SECRETARIAT else []
        )
        member = content.members[index]
        tokens = await _accounts(founder.directory, member.id, names, clock)
        seats.append(Seat(index, member.id, member.name, founder.directory, founder.address, tokens))
    return tuple(seats)


_AUTHORS = 5


def _founder(content: DemoContent, index: int, port: int, where: Path) -> _Founder:
    keys = FounderKeys(
        root=keystore.new_key(),
        next_root=keystore.new_key(),
        node=NodeKeys(node=keystore.new_key(), teller=keystore.new_key()),
    )
    member = content.members[index]
    names = {"en": member.name}
    profile = Profile(
        id=member.id,
        names=names,
        country=member.country,
        constituencies=(member.region,),
        address="",
    )
    entry = founding.member_entry(profile, keys)
    return _Founder(keys, entry, f"http://127.0.0.1:{port}", where / f"{index + 1:02}-{member.id}")


def _quick(policy: TrackPolicy, pace: Pace, capacity_minutes: int) -> TrackPolicy:
    """Return a track's policy as it can be lived through in a minute.

    Votes are short, what enough members support is admitted at once, and a text is put to the vote without a call for
    consent before it.
    """
    procedures = {
        name: each.model_copy(update={"voting_ms": pace.voting_ms})
        for name, each in policy.procedures.items()
        if name not in ("inclusion", "inclusion-vote", "consent")
    }
    return policy.model_copy(
        update={
            "screening": pace.screening,
            "endorsement": support(1, 10, 2),
            "notice_ms": 0,
            "capacity_minutes": capacity_minutes,
            "procedures": procedures,
        }
    )


def _charter(content: DemoContent, founders: list[_Founder], pace: Pace, clock: Clock) -> CharterFile:
    defaults = default_policies(member.region for member in content.members[: len(founders)])
    policies = Policies(
        long=_quick(defaults.long, pace, content.votes.prioritisation.capacity_minutes),
        short=_quick(defaults.short, pace, 60),
        timing=Timing(grace_ms=pace.grace_ms, receipt_window_ms=200, view_ms=1_000, stall_ms=20_000),
    )
    file = founding.draft_charter(
        Draft(
            names={str(lang): name for lang, name in content.federation.name.items()},
            members=tuple(founder.entry for founder in founders),
            secretariat=(content.members[SECRETARIAT].id,),
            tellers=(),
            policies=policies,
            reference="demonstration",
            founded=clock.now(),
        )
    )
    for founder in founders:
        file = file.signed(founder.keys.root)
    return file


def _furnish(
    founder: _Founder, founders: list[_Founder], index: int, charter: CharterFile, secret: str, *, is_author: bool
) -> None:
    layout = Layout(founder.directory)
    files.make_private_directory(layout.directory)
    keystore.write_key(layout.keys, "node", keystore.encrypt(founder.keys.node.node, secret))
    assert founder.keys.node.teller is not None
    keystore.write_key(layout.keys, "teller", keystore.encrypt(founder.keys.node.teller, secret))
    files.write_new(layout.directory / "passphrase", secret.encode() + b"\n", files.PRIVATE)
    files.write_new(layout.charter, charter.to_bytes(), files.PUBLIC)
    files.write_new(layout.config, _settings(founder, founders, index, is_author=is_author), files.PUBLIC)


def _settings(founder: _Founder, founders: list[_Founder], index: int, *, is_author: bool) -> bytes:
    count = len(founders)
    peers = dict.fromkeys(founders[(index + step) % count].address for step in _NEIGHBOURS)
    peers.pop(founder.address, None)
    lines = (
        f"public_url = {json.dumps(founder.address)}",
        f"peers = {json.dumps(list(peers))}",
        f"peers_max = {len(peers)}",
        "is_teller = true",
        "secure_cookies = false",
        f"topics_worker = {json.dumps(is_author)}",
        'passphrase_file = "passphrase"',
        "[listen]",
        'host = "127.0.0.1"',
        f"port = {founder.address.rpartition(':')[2]}",
    )
    return ("\n".join(lines) + "\n").encode()


async def _accounts(directory: Path, member: str, names: list[str], clock: Clock) -> dict[str, str]:
    database = Database(Layout(directory).store)
    await database.open()
    try:
        accounts = Accounts(database, clock)
        tokens = {}
        for name in names:
            await accounts.add(name, name.capitalize(), member, frozenset({_ROLES[name]}))
            tokens[name] = await accounts.invite(name)
        return tokens
    finally:
        await database.close()


_ROLES: dict[str, Role] = {
    "delegate": "delegate",
    "colleague": "delegate",
    "head": "head",
    "operator": "operator",
    "secretariat": "secretariat",
    "convener": "secretariat",
}
