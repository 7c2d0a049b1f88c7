"""The map of groups."""

from dataclasses import replace
from itertools import combinations
from math import hypot, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.cluster_map import RINGS_MAX, Box, ClusterMap, Ring, Spot, cluster_map

WORDS = st.lists(st.sampled_from(["flood", "water", "学术", "فيضان", "antimicrobial", "x" * 40]), max_size=8)
spots_drawn = st.lists(
    st.builds(
        lambda place, count, goals, words: Spot("", place, count, tuple(goals), " ".join(words)),
        st.tuples(st.floats(0, 1), st.floats(0, 1)),
        st.integers(0, 5_000),
        st.lists(st.integers(1, 17), max_size=5, unique=True),
        WORDS,
    ),
    max_size=RINGS_MAX,
).map(lambda spots: [replace(spot, id=f"G{at}") for at, spot in enumerate(spots)])


def spot(name: str, x: float, y: float, count: int = 4, **more: object) -> Spot:
    return replace(Spot(name, (x, y), count, (3, 6), f"Group {name}"), **more)  # type: ignore[arg-type]


def around(ring: Ring) -> Box:
    return Box(ring.x - ring.radius, ring.y - ring.radius, ring.x + ring.radius, ring.y + ring.radius)


def check_free(drawn: ClusterMap) -> None:
    """Nothing leaves the frame; no label covers a label or a ring."""
    frame = Box(0, 0, drawn.width, drawn.height)
    labels = [ring.label.box for ring in drawn.rings if ring.label]
    assert all(box.is_within(frame) for box in [*labels, *(around(ring) for ring in drawn.rings)])
    assert not any(one.meets(other) for one, other in combinations(labels, 2))
    assert not any(label.meets(around(ring)) for label in labels for ring in drawn.rings)


@settings(max_examples=60, deadline=None)
@given(spots_drawn, st.sampled_from([(600, 480), (354, 520)]), st.booleans())
def test_labels_cover_nothing_and_stay_in_the_frame(spots: list[Spot], size: tuple[int, int], is_rtl: bool) -> None:
    drawn = cluster_map(spots, *size, is_rtl=is_rtl)
    assert [ring.id for ring in drawn.rings] == [wanted.id for wanted in spots]
    check_free(drawn)


def test_groups_in_one_place_move_aside_evenly() -> None:
    drawn = cluster_map([spot(str(at), 0.5, 0.5) for at in range(12)], 600, 480)
    for one, other in combinations(drawn.rings, 2):
        assert hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius
    assert sum(ring.x for ring in drawn.rings) / 12 == pytest.approx(300, abs=12)


def test_the_area_says_how_many_proposals() -> None:
    rings = cluster_map([spot("A", 0.2, 0.2, 40), spot("B", 0.8, 0.8, 20)], 600, 480).rings
    areas = [pi * ring.radius**2 for ring in rings]
    assert areas[0] / areas[1] == pytest.approx(2, rel=0.02)


def test_another_group_elsewhere_moves_nothing() -> None:
    before = [spot("A", 0.2, 0.2, 9), spot("B", 0.8, 0.3), spot("C", 0.3, 0.8)]
    after = [*before, spot("D", 0.85, 0.85, 2)]
    assert cluster_map(after, 600, 480).rings[:3] == cluster_map(before, 600, 480).rings


def test_right_to_left_mirrors_places() -> None:
    spots = [spot("A", 0.2, 0.2), spot("B", 0.7, 0.6)]
    plain, mirrored = cluster_map(spots, 600, 480), cluster_map(spots, 600, 480, is_rtl=True)
    assert [600 - ring.x for ring in plain.rings] == pytest.approx([ring.x for ring in mirrored.rings], abs=0.11)
    assert [ring.y for ring in plain.rings] == [ring.y for ring in mirrored.rings]


def test_neighbours_are_joined_once_and_only_where_both_are_shown() -> None:
    spots = [spot("A", 0.2, 0.2, neighbours=("B", "Z", "A")), spot("B", 0.8, 0.2, neighbours=("A",))]
    drawn = cluster_map(spots, 600, 480)
    (joint,) = drawn.joints
    one, other = drawn.rings
    assert (joint.x1, joint.x2) == pytest.approx((one.x + one.radius, other.x - other.radius), abs=0.2)


def test_a_ring_has_an_arc_for_each_goal_or_one_for_none() -> None:
    rings = cluster_map(
        [spot("A", 0.2, 0.2, goals=(3, 6, 13)), spot("B", 0.8, 0.8, goals=()), spot("C", 0.2, 0.8, goals=(7,))],
        600,
        480,
    ).rings
    assert [[arc.goal for arc in ring.arcs] for ring in rings] == [[3, 6, 13], [0], [7]]


def test_a_label_of_any_length_is_left_out_rather_than_cut() -> None:
    (ring,) = cluster_map([spot("A", 0.5, 0.5, label="word " * 2_000)], 600, 480).rings
    assert ring.label is None
    (ring,) = cluster_map([spot("A", 0.5, 0.5, label="Wastewater reuse in dry regions")], 600, 480).rings
    assert ring.label
    assert " ".join(line for line, _ in ring.label.lines) == "Wastewater reuse in dry regions"


def test_an_empty_map_and_one_with_too_many() -> None:
    assert cluster_map([], 600, 480).rings == ()
    many = [spot(str(at), at / 100, 0.5) for at in range(RINGS_MAX + 20)]
    assert len(cluster_map(many, 600, 480).rings) == RINGS_MAX
