"""From named seals to counted ballots: a pure function, so that every node comes to the same ballots.

1. A ballot is included if and only if at least f+1 of the named seals list it. So an honest teller vouches for each
   included ballot, and a ballot in the seals of 2f+1 tellers is included whichever n−f seals are named.
2. Of one member's included ballots the last counts; where the round forbids changes, the first. Under one key the
   later sequence number is later; under different keys a ballot is later than the one that it replaces.
3. If no single ballot is last (or first), none of that member's ballots counts: they are void.

Order is judged among included ballots alone. What a ballot that isn't included would have said plays no part.
Does not check who may vote: a teller lists only ballots of members who may.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from consensus.agreement.statements import Statement
from protocol import limits
from protocol.events.rounds import Ballot
from protocol.events.tellers import Seal
from protocol.ids import EventId, KeyId, MemberId, RecordId

_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class Count:
    """The ballots that count, one per member, and the members whose ballots are void, with those ballots."""

    counted: Mapping[MemberId, Statement]
    void: Mapping[MemberId, tuple[EventId, ...]]


def listing_bytes(ballots: Iterable[EventId]) -> bytes:
    """Return the listing of ascending ballot ids: 32 bytes each, joined."""
    return bytes.fromhex("".join(ballots))


def listing_hash(ballots: Iterable[EventId]) -> str:
    """Return SHA-256 of the listing of ascending ballot ids, as 64 hex digits."""
    return hashlib.sha256(listing_bytes(ballots)).hexdigest()


def parse_listing(data: bytes) -> tuple[EventId, ...] | None:
    """Return the ids in a listing, or None if it is too long, torn, or not ascending."""
    if len(data) > limits.SEAL_BALLOTS_MAX * _ID_BYTES or len(data) % _ID_BYTES:
        return None
    ids = tuple(EventId(data[at : at + _ID_BYTES].hex()) for at in range(0, len(data), _ID_BYTES))
    return ids if all(a < b for a, b in pairwise(ids)) else None


def build_seal(round_id: RecordId, ballots: Iterable[EventId]) -> tuple[Seal, bytes | None]:
    """Return a seal on at most SEAL_BALLOTS_MAX ballots, and its listing if that must travel beside it."""
    ids = tuple(sorted(ballots))
    listing = listing_bytes(ids)
    is_inline = len(ids) <= limits.SEAL_INLINE_BALLOTS_MAX
    seal = Seal(
        round=round_id,
        count=len(ids),
        listing=hashlib.sha256(listing).hexdigest(),
        ballots=ids if is_inline else None,
    )
    return seal, None if is_inline else listing


def included_ballots(listings: Iterable[tuple[EventId, ...]], inclusion: int) -> tuple[EventId, ...]:
    """Return the ids, ascending, that at least `inclusion` of the listings contain. Equal listings are read once."""
    support: Counter[EventId] = Counter()
    for listing, times in Counter(listings).items():
        for ballot in listing:
            support[ballot] += times
    return tuple(sorted(ballot for ballot, times in support.items() if times >= inclusion))


def count_ballots(ballots: Iterable[Statement], *, may_change: bool) -> Count:
    """Return which of the included ballots count. Every statement's body is a Ballot."""
    standing = _not_superseded if may_change else _not_superseding
    by_member: defaultdict[MemberId, list[Statement]] = defaultdict(list)
    for ballot in ballots:
        by_member[ballot.member].append(ballot)
    counted: dict[MemberId, Statement] = {}
    void: dict[MemberId, tuple[EventId, ...]] = {}
    for member in sorted(by_member):
        left = standing(by_member[member])
        if len(left) == 1:
            counted[member] = left[0]
        else:
            void[member] = tuple(sorted(ballot.id for ballot in by_member[member]))
    return Count(counted, void)


def trim_to_limit(ballots: Iterable[Statement]) -> tuple[EventId, ...]:
    """Return at most SEAL_BALLOTS_MAX ids, ascending: of members who changed their ballots often, the latest ones."""
    by_member: defaultdict[MemberId, list[Statement]] = defaultdict(list)
    for ballot in ballots:
        by_member[ballot.member].append(ballot)
    share = max(1, limits.SEAL_BALLOTS_MAX // max(1, len(by_member)))
    kept: list[EventId] = []
    for member in sorted(by_member):
        latest = sorted(by_member[member], key=lambda ballot: (-ballot.seq, ballot.id))
        kept.extend(ballot.id for ballot in latest[:share])
    return tuple(sorted(kept[: limits.SEAL_BALLOTS_MAX]))


def _not_superseded(ballots: list[Statement]) -> list[Statement]:
    highest: dict[KeyId, int] = {}
    for ballot in ballots:
        highest[ballot.key] = max(ballot.seq, highest.get(ballot.key, ballot.seq))
    replaced = {older for older, _ in _replacements(ballots)}
    return [ballot for ballot in ballots if ballot.seq == highest[ballot.key] and ballot.id not in replaced]


def _not_superseding(ballots: list[Statement]) -> list[Statement]:
    lowest: dict[KeyId, int] = {}
    for ballot in ballots:
        lowest[ballot.key] = min(ballot.seq, lowest.get(ballot.key, ballot.seq))
    replacing = {newer for _, newer in _replacements(ballots)}
    return [ballot for ballot in ballots if ballot.seq == lowest[ballot.key] and ballot.id not in replacing]


def _replacements(ballots: list[Statement]) -> Iterator[tuple[EventId, EventId]]:
    """Yield each ballot that is replaced under another key, and the one that replaces it."""
    keys = {ballot.id: ballot.key for ballot in ballots}
    for ballot in ballots:
        older = ballot.body.replaces if isinstance(ballot.body, Ballot) else None
        if older is not None and keys.get(older, ballot.key) != ballot.key:
            yield older, ballot.id
