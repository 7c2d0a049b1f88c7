"""What is kept is bounded in number and size, and the longest unused goes first."""

from hypothesis import given
from hypothesis import strategies as st

from web.shelf import Shelf

ENTRIES_MAX, BYTES_MAX = 3, 10


def test_the_longest_unused_goes_first() -> None:
    shelf: Shelf[str, int] = Shelf(ENTRIES_MAX, BYTES_MAX)
    for at, key in enumerate("abc"):
        shelf.put(key, at, 1)
    assert shelf.get("a") == 0
    shelf.put("d", 3, 1)
    assert [shelf.get(key) for key in "abcd"] == [0, None, 2, 3]


def test_what_is_too_large_alone_is_not_kept() -> None:
    shelf: Shelf[str, int] = Shelf(ENTRIES_MAX, BYTES_MAX)
    shelf.put("a", 1, 4)
    shelf.put("a", 2, BYTES_MAX + 1)
    assert shelf.get("a") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12))))
def test_it_never_holds_more_than_it_may_and_always_the_latest(puts: list[tuple[str, int]]) -> None:
    shelf: Shelf[str, int] = Shelf(ENTRIES_MAX, BYTES_MAX)
    sizes: dict[str, int] = {}
    for at, (key, size) in enumerate(puts):
        shelf.put(key, at, size)
        sizes[key] = size
        held = [name for name in "abcdef" if name in shelf._kept]
        assert len(held) <= ENTRIES_MAX
        assert sum(sizes[name] for name in held) <= BYTES_MAX
        assert (shelf.get(key) == at) == (size <= BYTES_MAX)
