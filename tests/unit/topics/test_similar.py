import numpy as np
import pytest

from tests.support.classifiers import encoder
from topics.embed import Int8, cosine
from topics.similar import DUPLICATE, SIMILAR, Index, among
from topics.taxonomy.catalogue import LANGUAGES, catalogue


def rows(count: int, seed: int) -> list[Int8]:
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=512) * 40
    return [np.clip(middle + rng.normal(size=512) * 40, -127, 127).astype(np.int8) for _ in range(count)]


def filled(vectors: list[Int8]) -> Index:
    index = Index()
    for number, row in enumerate(vectors):
        index.add(f"{number:02}", row)
    return index


def test_the_nearest_agree_with_one_cosine_at_a_time() -> None:
    vectors = rows(30, 1)
    found = filled(vectors[1:]).nearest(vectors[0], 5, least=-1.0)
    slow = sorted(
        ((round(cosine(vectors[0], row), 4), f"{number:02}") for number, row in enumerate(vectors[1:])),
        key=lambda pair: (-pair[0], pair[1]),
    )
    assert [match.cosine for match in found] == pytest.approx([near for near, _ in slow[:5]], abs=1e-4)
    assert {match.id for match in found} == {name for _, name in slow[:5]}


def test_pairs_agree_with_one_cosine_at_a_time() -> None:
    vectors = rows(12, 2)
    least = 0.5
    slow = {
        (f"{one:02}", f"{two:02}")
        for one in range(12)
        for two in range(one + 1, 12)
        if cosine(vectors[one], vectors[two]) >= least
    }
    found = filled(vectors).duplicates(least)
    assert {(pair.first, pair.second) for pair in found} == slow
    assert slow
    assert [pair.cosine for pair in found] == sorted((pair.cosine for pair in found), reverse=True)


def test_what_was_replaced_or_forgotten_is_not_found() -> None:
    vectors = rows(3, 3)
    index = filled(vectors)
    assert index.nearest(vectors[0], 1)[0].id == "00"
    index.remove("00")
    index.remove("never there")
    index.add("01", (-vectors[1]).astype(np.int8))
    assert {match.id for match in index.nearest(vectors[0], 9, least=0.0)} == {"02"}
    assert len(index) == 2
    assert Index().nearest(vectors[0], 3) == []
    assert Index().duplicates() == []


def test_translations_of_a_target_are_found_as_duplicates_and_other_targets_are_not() -> None:
    chosen = [target for number, target in enumerate(catalogue().targets) if number % 12 == 0]
    others = [(target.id, encoder().encode(target.text["en"])) for target in chosen]
    hits = misses = wrong = 0
    for target in chosen:
        for lang in LANGUAGES[1:]:
            said = among(encoder().encode(target.text[lang]), others, 5)
            duplicates = {match.id for match in said if match.kind == "duplicate"}
            hits += target.id in duplicates
            misses += target.id not in duplicates
            wrong += len(duplicates - {target.id})
    assert hits / (hits + misses) >= 0.9
    assert hits / (hits + wrong) >= 0.95


def test_kinds_follow_the_thresholds() -> None:
    same = rows(1, 4)[0]
    assert among(same, [("a", same)], 1)[0].kind == "duplicate"
    assert SIMILAR < DUPLICATE < 1.0


BODY = (
    "Many coasts have no tide gauge at all. We ask members to share one design for a low-cost gauge and to train people"
)


def test_a_copy_is_told_by_its_words_whatever_its_vector() -> None:
    first, second, third = np.eye(3, 512, dtype=np.int8) * np.int8(9)
    index = Index()
    index.add("b", second, "Another opening altogether. " + BODY)
    index.add("a", first, BODY)
    index.add("c", third, "Teachers for rural schools")
    (pair,) = index.duplicates()
    assert (pair.first, pair.second, pair.cosine, pair.by) == ("a", "b", 0.0, "words")
    assert pair.shared > 0.8
    near = (first + second + third).astype(np.int8)
    told = index.nearest(near, 3, text=BODY)
    assert [(match.id, match.kind, match.by) for match in told] == [
        ("a", "duplicate", "words"),
        ("b", "duplicate", "words"),
        ("c", "similar", "meaning"),
    ]


def test_a_thousand_copies_are_each_told_once() -> None:
    (one,) = rows(1, 5)
    index = Index()
    for number in range(1_000):
        index.add(f"{number:04}", one, BODY)
    found = index.duplicates()
    assert [(pair.first, pair.second) for pair in found] == [("0000", f"{number:04}") for number in range(1, 1_000)]
    assert {(pair.cosine, pair.by, pair.shared) for pair in found} == {(1.0, "words", 1.0)}


def test_texts_about_which_nothing_is_known_are_no_copies_of_each_other() -> None:
    index = Index()
    for name in "abc":
        index.add(name, np.zeros(512, dtype=np.int8), "")
    assert index.duplicates() == []
    assert index.nearest(np.zeros(512, dtype=np.int8), 3) == []


def test_pairs_across_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = rows(12, 2)
    whole = filled(vectors).duplicates(0.5)
    monkeypatch.setattr("topics.similar._BLOCK", 5)
    assert filled(vectors).duplicates(0.5) == whole
