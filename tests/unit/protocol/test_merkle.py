import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import merkle

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "merkle_rfc6962.json").read_text())
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
SIZE_MAX = 70


def tree_of(leaves: list[bytes]) -> merkle.Tree:
    tree = merkle.Tree()
    for leaf in leaves:
        tree.append(merkle.leaf_hash(leaf))
    return tree


def numbered(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


def naive_root(leaves: list[bytes]) -> bytes:
    """Work out the root as RFC 6962 defines it, from all leaves anew."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def hashes(entry: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(one) for one in entry["path"])


# SPEC 11.1: "a Merkle tree as RFC 6962, section 2.1, defines it, with SHA-256"
@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert tree_of(LEAVES[:size]).root() == ROOTS[size]
    assert tree_of(LEAVES).root(size) == ROOTS[size]


@pytest.mark.parametrize("entry", VECTORS["inclusion"])
def test_inclusion_proofs_are_the_published_ones(entry: dict[str, Any]) -> None:
    index, size = entry["index"], entry["size"]
    assert tree_of(LEAVES).inclusion(index, size) == hashes(entry)
    assert merkle.is_included(merkle.leaf_hash(LEAVES[index]), index, size, hashes(entry), ROOTS[size])


@pytest.mark.parametrize("entry", VECTORS["consistency"])
def test_consistency_proofs_are_the_published_ones(entry: dict[str, Any]) -> None:
    first, second = entry["first"], entry["second"]
    assert tree_of(LEAVES).consistency(first, second) == hashes(entry)
    assert merkle.is_consistent(first, second, ROOTS[first], ROOTS[second], hashes(entry))


@given(st.integers(0, SIZE_MAX))
def test_a_tree_that_grows_has_the_root_that_the_definition_gives(size: int) -> None:
    leaves = numbered(size)
    growing = merkle.Growing()
    for leaf in leaves:
        growing.append(merkle.leaf_hash(leaf))
    assert tree_of(leaves).root() == growing.root() == naive_root(leaves)


@given(st.integers(1, SIZE_MAX), st.data())
def test_a_leaf_is_included_at_its_own_index_and_nowhere_else(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    tree = tree_of(numbered(size))
    path, leaf = tree.inclusion(index, size), merkle.leaf_hash(str(index).encode())
    assert merkle.is_included(leaf, index, size, path, tree.root())
    assert merkle.is_included(leaf, other, size, path, tree.root()) == (other == index)
    assert not merkle.is_included(leaf, index, 2 * size, path, tree.root())


@given(st.integers(1, SIZE_MAX), st.data())
def test_a_changed_inclusion_proof_does_not_hold(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = tree_of(numbered(size))
    path, leaf = tree.inclusion(index, size), merkle.leaf_hash(str(index).encode())
    for changed in changes(path, tree.root()):
        assert not merkle.is_included(leaf, index, size, changed, tree.root())
    assert not merkle.is_included(merkle.leaf_hash(b"another"), index, size, path, tree.root())
    assert not merkle.is_included(leaf, index, size, path, merkle.EMPTY_ROOT)


@given(st.integers(0, SIZE_MAX), st.data())
def test_a_tree_is_consistent_with_what_it_was_and_with_nothing_else(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, second))
    tree = tree_of(numbered(second))
    old, new, path = tree.root(first), tree.root(second), tree.consistency(first, second)
    assert merkle.is_consistent(first, second, old, new, path)
    if 0 < first < second:
        forked = tree_of([*numbered(first - 1), b"another"]).root()
        assert not merkle.is_consistent(first, second, forked, new, path)
        for changed in changes(path, new):
            assert not merkle.is_consistent(first, second, old, new, changed)


def test_equal_trees_need_an_empty_proof_and_equal_roots() -> None:
    assert merkle.is_consistent(3, 3, ROOTS[3], ROOTS[3], ())
    assert not merkle.is_consistent(3, 3, ROOTS[3], ROOTS[4], ())
    assert not merkle.is_consistent(3, 3, ROOTS[3], ROOTS[3], (ROOTS[1],))
    assert not merkle.is_consistent(4, 3, ROOTS[4], ROOTS[3], ())
    assert not merkle.is_consistent(0, 3, ROOTS[1], ROOTS[3], ())


@given(st.integers(0, SIZE_MAX), st.integers(0, SIZE_MAX))
def test_the_edge_of_a_tree_is_enough_to_go_on_from(first: int, more: int) -> None:
    leaves = numbered(first + more)
    tree = tree_of(leaves)
    growing = merkle.Growing(first, [tree.subtree(level, index) for level, index in merkle.peaks(first)])
    for leaf in leaves[first:]:
        growing.append(merkle.leaf_hash(leaf))
    assert (growing.size, growing.root()) == (tree.size, tree.root())


def test_an_edge_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="has 2 peaks"):
        merkle.Growing(3, [ROOTS[1]])


def test_what_is_not_there_has_no_proof() -> None:
    tree = tree_of(LEAVES)
    with pytest.raises(ValueError, match="has no leaf"):
        tree.inclusion(3, 3)
    with pytest.raises(ValueError, match="does not continue"):
        tree.consistency(4, 3)
    with pytest.raises(IndexError, match="not complete"):
        tree.subtree(2, 2)
    assert tree.subtrees(0, 6, 256) == b"".join(merkle.leaf_hash(leaf) for leaf in LEAVES[6:])
    assert tree.subtrees(9, 0, 1) == b""


def test_a_root_and_a_proof_cost_no_more_than_the_height_of_the_tree() -> None:
    tree = tree_of(numbered(1_000))
    looked_up: list[tuple[int, int]] = []

    def lookup(level: int, index: int) -> bytes:
        looked_up.append((level, index))
        return tree.subtree(level, index)

    assert merkle.root(1_000, lookup) == tree.root()
    merkle.inclusion(123, 1_000, lookup)
    merkle.consistency(777, 1_000, lookup)
    assert len(looked_up) <= 6 * 10


def changes(path: tuple[bytes, ...], extra: bytes) -> list[tuple[bytes, ...]]:
    """Return the ways to spoil a proof: one hash more at either end or fewer, one bit turned, a hash cut short."""
    spoilt = [(*path, extra), (extra, *path)]
    for at, one in enumerate(path):
        spoilt.append((*path[:at], *path[at + 1 :]))
        spoilt.append((*path[:at], bytes([one[0] ^ 8]) + one[1:], *path[at + 1 :]))
        spoilt.append((*path[:at], one[1:], *path[at + 1 :]))
    return spoilt
