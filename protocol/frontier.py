"""Frontiers: how far each chain reaches at a node, a digest of that, and what is missing between two.

The digest is the sum modulo 2²⁵⁶ of one hash per chain: it changes with what changed, at a cost that doesn't grow with
what is stored. Two equal digests mean "nothing to say"; whoever crafts a collision only delays its own events until
the next difference.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from protocol.canonical import sha256_hex
from protocol.chain import EMPTY, Head
from protocol.ids import EventId, KeyId

_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class Entry:
    """One chain's length and head as a peer states it."""

    key: KeyId
    length: int
    id: EventId | None


@dataclass(frozen=True, slots=True)
class Want:
    """Events of one chain that are asked for, from this sequence number on."""

    key: KeyId
    start: int


def _weight(key: KeyId, head: Head) -> int:
    if head.length == 0 and head.fork_at is None:
        return 0
    return int(sha256_hex(f"{key} {head.length} {head.id} {head.fork_at}".encode()), 16)


class Frontier:
    """The heads of all chains that a node holds."""

    def __init__(self, heads: Mapping[KeyId, Head]) -> None:
        self._heads = dict(heads)
        self._sum = sum(_weight(key, head) for key, head in self._heads.items()) % _MODULUS

    def __len__(self) -> int:
        return len(self._heads)

    def head(self, key: KeyId) -> Head:
        """Return a chain's head; of a chain that isn't held, the empty one."""
        return self._heads.get(key, EMPTY)

    def move(self, key: KeyId, head: Head) -> None:
        """Replace a chain's head."""
        self._sum = (self._sum - _weight(key, self.head(key)) + _weight(key, head)) % _MODULUS
        self._heads[key] = head

    @property
    def digest(self) -> str:
        """64 hex digits that are equal where all heads are."""
        return f"{self._sum:064x}"

    def entries(self, keys: Iterable[KeyId] | None = None) -> Iterator[Entry]:
        """Yield an entry for each of the given chains, or for all."""
        for key in self._heads if keys is None else keys:
            head = self.head(key)
            yield Entry(key, head.length, head.id)

    def wants(self, theirs: Iterable[Entry]) -> list[Want]:
        """Return what a peer with these entries has and this node lacks. Forked chains are never asked beyond."""
        found = []
        for entry in theirs:
            head = self.head(entry.key)
            reach = entry.length if head.fork_at is None else min(entry.length, head.fork_at)
            if reach > head.length:
                found.append(Want(entry.key, head.length))
        return found

    def suspects(self, theirs: Iterable[Entry]) -> list[Entry]:
        """Return the peer's entries as long as ours whose heads differ from ours: a branch to look into."""
        return [
            entry
            for entry in theirs
            if entry.length > 0 and (head := self.head(entry.key)).length == entry.length and head.id != entry.id
        ]
