"""What differs between two texts: nothing is lost or made up, and the work is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from web.diffs import Piece, differences

WORDS = st.lists(st.sampled_from(["clean", "wells", " ", "\n\n", "水", "井", ".", "مياه", "2027"]), max_size=40).map(
    "".join
)


@given(WORDS, WORDS)
def test_each_text_can_be_put_together_again(old: str, new: str) -> None:
    found = differences(old, new)
    assert "".join(piece.text for piece in found if piece.kind != "removed") == new
    assert "".join(piece.text for piece in found if piece.kind != "added") == old


def test_words_are_compared_whole() -> None:
    assert differences("Two clean wells.", "Three clean wells.") == (
        Piece("removed", "Two"),
        Piece("added", "Three"),
        Piece("same", " clean wells."),
    )


def test_the_same_text_has_no_difference() -> None:
    assert differences("wells", "wells") == (Piece("same", "wells"),)
    assert differences("", "") == ()


def test_long_texts_are_compared_by_paragraph() -> None:
    old = "\n".join(f"{number} clean wells" for number in range(5_000))
    found = differences(old, old.replace("77 clean wells\n", "77 deep wells\n", 1))
    assert [piece.text for piece in found if piece.kind == "added"] == ["77 deep wells\n"]
