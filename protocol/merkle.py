"""The register as a Merkle tree after RFC 6962: hashes, roots, and proofs of inclusion and consistency.

Everything is worked out from complete subtrees, each named by its level and its index: the subtree (level, index)
covers the leaves from index·2^level on, 2^level of them. So a root or a proof costs as much as the logarithm of the
tree's size wherever the subtrees come from: a Tree in memory, or tiles that somebody else serves.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Lookup = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree of a level and an index."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of a zero byte and the leaf (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of a byte 1 and both children (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> list[tuple[int, int]]:
    """Return the complete subtrees that make up a tree of this size, from the left: one for each bit of the size."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def root(size: int, lookup: Lookup) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return _span(0, size, lookup) if size else EMPTY_ROOT


def inclusion(index: int, size: int, lookup: Lookup) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of the first `size` leaves, from the leaf's sibling upwards.

    Raises ValueError if there is no such leaf (RFC 6962, section 2.1.1).
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    return tuple(_path(index, 0, size, lookup))


def consistency(first: int, second: int, lookup: Lookup) -> tuple[bytes, ...]:
    """Return the proof that the tree of the first `second` leaves begins with the tree of the first `first` leaves.

    Raises ValueError unless 0 <= first <= second (RFC 6962, section 2.1.2). From an empty tree and between equal
    trees there is nothing to prove.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} does not continue one of {first}")
    if first in (0, second):
        return ()
    return tuple(_subproof(first, 0, second, lookup, is_whole=True))


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether a leaf's hash stands at an index of the tree with this size and root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(path):
        return False
    here, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and found == expected


def is_consistent(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of size `second` and root `new` continues that of `first` and `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second or not _are_hashes(path):
        return False
    if first == second:
        return not path and old == new
    if first == 0:
        return not path and old == EMPTY_ROOT
    steps = [old, *path] if first & (first - 1) == 0 else list(path)
    return bool(steps) and _climb(first - 1, second - 1, steps) == (old, new)


class Tree:
    """A tree in memory that only grows. It holds the hash of every complete subtree: 64 bytes for each leaf."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash, and the subtrees that it completes."""
        level, index, found = 0, self.size, leaf
        while True:
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += found
            if not index & 1:
                return
            found = node_hash(self.subtree(level, index - 1), found)
            level, index = level + 1, index >> 1

    def subtree(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree. Raises IndexError if it isn't complete."""
        found = self.subtrees(level, index, 1)
        if len(found) != HASH_BYTES:
            raise IndexError(f"subtree {index} of level {level} is not complete")
        return found

    def subtrees(self, level: int, index: int, count: int) -> bytes:
        """Return the hashes of up to `count` complete subtrees of a level from an index on, joined."""
        if level >= len(self._levels):
            return b""
        return bytes(self._levels[level][index * HASH_BYTES : (index + count) * HASH_BYTES])

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` leaves, or of all."""
        return root(self.size if size is None else size, self.subtree)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return a leaf's audit path in the tree of the first `size` leaves. Raises ValueError if it isn't there."""
        return inclusion(index, size, self.subtree)

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `second` leaves begins with that of `first`."""
        return consistency(first, second, self.subtree)


class Growing:
    """The right edge of a tree, enough to go on appending: the hash of each peak. For who keeps no whole tree."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != len(peaks(size)):
            raise ValueError(f"a tree of {size} has {len(peaks(size))} peaks, not {len(edge)}")
        self.size = size
        self._edge = list(edge)

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        found = leaf
        for level in range(self.size.bit_length()):
            if not self.size >> level & 1:
                break
            found = node_hash(self._edge.pop(), found)
        self._edge.append(found)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of what was appended."""
        if not self._edge:
            return EMPTY_ROOT
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node_hash(left, found)
        return found


def _span(start: int, end: int, lookup: Lookup) -> bytes:
    """Return the hash of a subtree of RFC 6962: leaves from start to end, of which the last ones may be missing."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return lookup(level, start >> level)
    middle = start + _left_count(count)
    return node_hash(_span(start, middle, lookup), _span(middle, end, lookup))


def _path(index: int, start: int, end: int, lookup: Lookup) -> Iterator[bytes]:
    if end - start == 1:
        return
    middle = start + _left_count(end - start)
    if index < middle:
        yield from _path(index, start, middle, lookup)
        yield _span(middle, end, lookup)
    else:
        yield from _path(index, middle, end, lookup)
        yield _span(start, middle, lookup)


def _subproof(first: int, start: int, end: int, lookup: Lookup, *, is_whole: bool) -> Iterator[bytes]:
    if first == end:
        if not is_whole:
            yield _span(start, end, lookup)
        return
    middle = start + _left_count(end - start)
    if first <= middle:
        yield from _subproof(first, start, middle, lookup, is_whole=is_whole)
        yield _span(middle, end, lookup)
    else:
        yield from _subproof(first, middle, end, lookup, is_whole=False)
        yield _span(start, middle, lookup)


def _left_count(count: int) -> int:
    """Return the greatest power of two that is less than a count of at least 2: how many leaves go left."""
    return 1 << (count - 1).bit_length() - 1


def _climb(here: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the old and the new root that a consistency proof leads to, or None if it is of another length."""
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, step)
        here, last = here >> 1, last >> 1
    return (old, new) if last == 0 else None


def _are_hashes(path: Sequence[bytes]) -> bool:
    return all(len(step) == HASH_BYTES for step in path)
