import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import merkle, tiles
from protocol.tiles import ENTRIES, Tile, TileError


def tree_of(size: int) -> merkle.Tree:
    tree = merkle.Tree()
    for number in range(size):
        tree.append(merkle.leaf_hash(b"%d" % number))
    return tree


def served(tree: merkle.Tree, wanted: tuple[Tile, ...]) -> dict[Tile, bytes]:
    return {tile: tree.subtrees(8 * tile.level, tile.index * 256, tile.width) for tile in wanted}


# From C2SP tlog-tiles: "index 1234067 will be encoded as x001/x234/067".
@pytest.mark.parametrize(
    ("index", "path"), [(0, "000"), (999, "999"), (1_000, "x001/000"), (1_234_067, "x001/x234/067")]
)
def test_an_index_is_written_in_elements_of_three_digits(index: int, path: str) -> None:
    assert tiles.index_path(index) == path
    assert tiles.parse_index(path) == index


@pytest.mark.parametrize("path", ["", "0", "0000", "x000/001", "001/002", "x001", "x001/x002", "00a", "000\n", "٠٠٠"])
def test_what_is_no_index_is_none(path: str) -> None:
    assert tiles.parse_index(path) is None


# From C2SP tlog-tiles: a tree of size 70,000.
def test_a_tree_has_the_tiles_that_the_specification_counts() -> None:
    assert [tiles.width_of(0, index, 70_000) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tiles.width_of(1, index, 70_000) for index in (0, 1, 2)] == [256, 17, 0]
    assert [tiles.width_of(2, index, 70_000) for index in (0, 1)] == [1, 0]
    assert (tiles.width_of(0, 0, 256), tiles.width_of(1, 0, 256)) == (256, 1)


def test_a_tile_says_where_it_stands() -> None:
    assert Tile(0, 1_000).path == "tile/0/x001/000"
    assert Tile(1, 0, 17).path == "tile/1/000.p/17"
    assert [tile.path for tile in tiles.bundles(250, 600)] == [
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
    ]  # fmt: skip
    assert list(tiles.bundles(256, 256)) == []


@given(st.integers(1, 700), st.data())
@settings(max_examples=30)
def test_roots_and_proofs_follow_from_the_tiles_that_they_need(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    tree = tree_of(size)
    for work, expected in (
        (lambda lookup: merkle.root(size, lookup), tree.root()),
        (lambda lookup: merkle.root(first, lookup), tree.root(first)),
        (lambda lookup: merkle.consistency(first, size, lookup), tree.consistency(first, size)),
    ):
        wanted = tiles.tiles_for(size, work)
        assert all(tile.width == tiles.width_of(tile.level, tile.index, size) > 0 for tile in wanted)
        assert work(tiles.lookup_in(served(tree, wanted), size)) == expected


def test_a_tile_of_another_length_is_refused() -> None:
    with pytest.raises(TileError):
        tiles.hashes_in(bytes(33), 1)
    lookup = tiles.lookup_in({Tile(0, 0, 2): bytes(32)}, 2)
    with pytest.raises(TileError):
        lookup(0, 0)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_bundle_goes_there_and_back(entries: list[bytes]) -> None:
    assert tiles.entries_in(tiles.bundle(entries), len(entries)) == entries


# SPEC 11.34: "stands in its bundle as an empty one"
def test_an_entry_that_is_too_long_for_a_bundle_stands_there_as_an_empty_one() -> None:
    assert tiles.entries_in(tiles.bundle([b"x" * 65_536, b"y" * 65_535]), 2) == [b"", b"y" * 65_535]


@pytest.mark.parametrize(
    ("data", "width"), [(b"\x00", 1), (b"\x00\x02a", 1), (b"", 1), (b"\x00\x00\x00\x00", 1), (b"\x00\x00" * 300, 256)]
)
def test_a_bundle_that_is_cut_short_or_of_another_width_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(TileError):
        tiles.entries_in(data, width)


def test_bundles_have_a_level_of_their_own() -> None:
    assert tiles.width_of(ENTRIES, 0, 5) == tiles.width_of(0, 0, 5) == 5
