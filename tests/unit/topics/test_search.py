from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.search import (
    EXCERPT_CHARACTERS,
    QUERY_CHARACTERS_MAX,
    QUERY_WORDS_MAX,
    excerpt,
    fold,
    fuse,
    query,
    telling,
    words,
)

TEXTS = st.text(alphabet=st.sampled_from("abc de ÉßﬁİЁ水污处理ابةىَـ ไทย हिन्दी ドキ 42'\"*-_()\n🎉\u0301"), max_size=700)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Élève", "eleve"), ("STRASSE", "straße"), ("Ёлка", "елка"), ("naïve", "NAI\u0308VE"), ("ﬁsh", "fish"),
        ("الْمِيَاه", "المياه"), ("ميـــاه", "مياه"), ("أحمد", "احمد"), ("مدرسة", "مدرسه"), ("مستشفى", "مستشفي"),
        ("والمياه", "مياه"), ("한국어", "한국어"), ("Ｗater", "water"),
    ],
)  # fmt: skip
def test_what_is_written_in_several_ways_is_one_word(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_words_are_cut_by_spaces_and_where_there_are_none_into_pairs() -> None:
    assert words("Clean water, sanitation—for all!") == ["clean", "water", "sanitation", "for", "all"]
    assert words("污水处理2030") == ["污水", "水处", "处理", "理", "2030"]
    assert words("水") == ["水"]
    assert words("ドキュ ภาษา") == ["ドキ", "キュ", "ュ", "ภา", "าษ", "ษา", "า"]


def test_a_query_holds_each_word_once_and_whether_the_last_is_only_begun() -> None:
    assert query("water Water vaccin").words == ("water", "vaccin")
    assert query("vaccin").is_last_begun
    assert query("水").is_last_begun
    assert not query("vaccin ").is_last_begun
    assert not query("v").is_last_begun
    assert not query("污水").is_last_begun
    assert query("vaccin").has("vaccines")
    assert not query("vaccin ").has("vaccines")


@pytest.mark.parametrize("rubbish", ["", "   ", '"', "()*:^", "🎉🎉", "—…!?", "\x00\x01", "'';--"])
def test_a_query_without_words_looks_for_nothing(rubbish: str) -> None:
    assert query(rubbish).words == ()
    assert query(rubbish).text == ""


def test_a_long_query_is_read_from_its_beginning() -> None:
    long = query("water " * 10_000 + " ".join(f"w{n}" for n in range(1_000)))
    assert (len(long.text) <= QUERY_CHARACTERS_MAX, long.words) == (True, ("water",))
    assert len(query(" ".join(f"w{n}" for n in range(1_000))).words) == QUERY_WORDS_MAX
    assert len(fold("a" * 10_000)) == 64


def test_function_words_are_passed_over_unless_there_are_no_others() -> None:
    assert telling(query("access to the water"), ["en"]).words == ("access", "water")
    assert telling(query("water of the"), ["en"]).is_last_begun is False
    assert telling(query("the of"), ["en"]).words == ("the", "of")


def test_an_excerpt_marks_the_words_in_the_part_that_holds_most_of_them() -> None:
    text = "water " + "and other things of no concern here " * 20 + "Clean WATERS for all. " + "More to come. " * 30
    found = excerpt(text, query("clean water"))
    assert [piece for piece, is_hit in found if is_hit] == ["Clean", "WATERS"]
    assert found[0][0].startswith("… ")
    assert found[-1][0].endswith(" …")


def test_an_excerpt_marks_signs_and_without_a_word_is_the_beginning() -> None:
    assert excerpt("保护清洁水源", query("清洁水源")) == (("保护", False), ("清洁水源", True))
    assert excerpt("清洁水源", query("水")) == (("清洁", False), ("水", True), ("源", False))
    beginning = excerpt("nothing here " * 50, query("cholera"))
    assert [is_hit for _, is_hit in beginning] == [False]
    assert beginning[0][0].startswith("nothing here")
    assert excerpt("", query("cholera")) == ()


@given(TEXTS, TEXTS)
def test_an_excerpt_is_a_piece_of_the_text_whatever_it_is(text: str, typed: str) -> None:
    wanted = query(typed)
    found = excerpt(text, wanted)
    whole = "".join(piece for piece, _ in found)
    plain = " ".join(text.split())
    assert whole.removeprefix("… ").removesuffix(" …") in plain or whole in plain
    assert len(whole) <= EXCERPT_CHARACTERS + 4
    assert all(piece for piece, _ in found)
    assert all(a[1] != b[1] for a, b in pairwise(found))


@given(TEXTS)
def test_every_word_of_a_query_is_one_of_the_text_that_it_is_taken_from(text: str) -> None:
    short = " ".join(text.split())[:40]
    assert set(query(short).words) <= set(words(short))


def test_two_orders_become_one() -> None:
    found = fuse(["a", "b", "c"], ["c", "d"])
    assert found == [("c", "both"), ("a", "words"), ("b", "words"), ("d", "meaning")]
    assert fuse(["a"], ["b"]) == [("a", "words"), ("b", "meaning")]
    assert fuse([], []) == []
