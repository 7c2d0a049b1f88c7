from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics import shingles as module
from topics.shingles import MAX_SHINGLES, copies, same_words, shingles

BODY = (
    "Many coasts have no tide gauge at all. We ask members to share one design for a low-cost gauge, to train two"
    " people at each site and to publish all readings within an hour, so that warnings reach fishing villages in time."
)
CHINESE = "近年来多次疫情表明，病原体变异信息往往在首例样本采集数周之后才得以共享，测序能力不足的国家尤其处于被动。"


def test_a_text_with_another_beginning_is_a_copy() -> None:
    share = same_words(shingles(BODY), shingles("A quite different opening by someone else. " + BODY[40:]))
    assert share >= 0.7
    assert same_words(shingles(CHINESE), shingles("本提案建议如下：" + CHINESE[6:])) >= 0.7


def test_a_text_taken_over_whole_is_found_in_a_much_longer_one() -> None:
    other = " ".join(f"word{number}" for number in range(600))
    assert same_words(shingles(BODY), shingles(other + " " + BODY)) > 0.9
    assert same_words(shingles("publish all readings within an hour"), shingles(BODY)) == 0.0


def test_another_text_is_none_nor_is_a_text_without_words() -> None:
    assert same_words(shingles(BODY), shingles("Teachers for rural primary schools, trained where they live")) == 0.0
    assert same_words(shingles(""), shingles("")) == 0.0
    assert same_words(shingles("…!"), shingles(BODY)) == 0.0


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Clean WATER for all villages", "clean water, for all <b>villages</b>!"),
        ("water", "Water."),
        ("مياه نظيفة 2030 لكل القرى", "\u202bمياه نظيفة 2030 لكل القرى"),
        ("🌊 water 🌊 for 🌊 all", "water for all"),
    ],
)
def test_case_marks_and_markup_make_no_difference(one: str, two: str) -> None:
    assert shingles(one).tolist() == shingles(two).tolist()
    assert same_words(shingles(one), shingles(two)) == 1.0


def test_the_order_of_words_makes_a_difference() -> None:
    assert shingles("one two three four").tolist() != shingles("four three two one").tolist()


def test_a_very_long_text_is_bounded() -> None:
    assert len(shingles(" ".join(map(str, range(20_000))))) == MAX_SHINGLES


@given(st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=40).map(" ".join), max_size=12))
def test_copies_are_those_of_every_pair_compared(texts: list[str]) -> None:
    found = [shingles(text) for text in texts]
    slow = {(a, b): s for a, b in combinations(range(len(texts)), 2) if (s := same_words(found[a], found[b]))}
    assert {(a, b): s for a, b, s in copies(found)} == slow


def test_what_many_have_in_common_is_told_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALL_PAIRS_UP_TO", 3)
    found = [shingles(BODY) for _ in range(6)]
    assert [(one, two) for one, two, _ in copies(found)] == [(0, other) for other in range(1, 6)]


def test_long_texts_are_found_through_a_quarter_of_their_runs() -> None:
    rng = np.random.default_rng(1)
    words = [f"w{number}" for number in range(3_000)]
    texts = [" ".join(rng.choice(words, 400)) for _ in range(20)]
    texts.append("something else " + texts[4][200:])
    assert [(one, two) for one, two, _ in copies([shingles(text) for text in texts])] == [(4, 20)]
