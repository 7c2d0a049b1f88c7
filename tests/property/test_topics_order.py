"""Grouping and near-duplicates depend on the set of items alone, never on their order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from topics.cluster import Item, group, place
from topics.embed import quantise
from topics.similar import Index

Items = list[Item]


@st.composite
def proposals(draw: st.DrawFn) -> Items:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    middles = rng.normal(size=(draw(st.integers(1, 4)), 512))
    items = []
    for number in range(draw(st.integers(1, 24))):
        middle = middles[rng.integers(len(middles))]
        row = middle + draw(st.sampled_from([0.0, 0.3, 0.9, 2.0])) * rng.normal(size=512)
        chances = tuple(float(x) for x in np.round(rng.beta(0.3, 1.5, 17), 4))
        confirmed = draw(st.sampled_from([(), (), (3,), (7, 13)]))
        items.append(Item(f"p{number}", quantise(row[None, :].astype(np.float32))[0], chances, confirmed))
    return items


def told(items: Items) -> list[tuple[object, ...]]:
    return [
        (g.members, g.representative, g.sureness, g.goals, g.between, g.centre.tobytes(), g.tightness, g.profile)
        for g in group(items)
    ]


@settings(max_examples=40, deadline=None)
@given(proposals(), st.randoms(use_true_random=False))
def test_groups_are_the_same_in_any_order(items: Items, random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled) == told(items)


@settings(max_examples=40, deadline=None)
@given(proposals())
def test_every_item_is_in_one_group_and_the_representative_in_its_own(items: Items) -> None:
    found = group(items)
    everyone = [member for one in found for member in one.members]
    assert sorted(everyone) == sorted(item.id for item in items)
    assert all(one.representative in one.members for one in found)
    assert all(set(one.between) <= set(one.members) for one in found)


@settings(max_examples=30, deadline=None)
@given(proposals())
def test_placing_one_more_gives_a_group_that_exists_and_changes_none(items: Items) -> None:
    *rest, late = items
    groups = group(rest)
    before = told(rest)
    found = place(late, groups)
    assert found.group is None or 0 <= found.group < len(groups)
    assert told(rest) == before


@settings(max_examples=30, deadline=None)
@given(proposals(), st.randoms(use_true_random=False))
def test_near_duplicates_are_the_same_in_any_order(items: Items, random: object) -> None:
    def pairs(some: Items) -> object:
        index = Index()
        for item in some:
            index.add(item.id, item.vector)
        return index.duplicates(), index.nearest(items[0].vector, 5)

    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pairs(shuffled) == pairs(items)
