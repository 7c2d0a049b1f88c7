from hypothesis import given
from hypothesis import strategies as st

from topics.rising import Said
from topics.voices import is_enough, voices

MEMBERS = {f"m{number}": ("north",) if number % 3 else ("south", "islands") for number in range(60)}


def said(member: int, *goals: int) -> Said:
    return Said(f"{member}-{goals}", f"m{member}", 0, goals=goals)


def test_a_member_counts_in_each_of_its_constituencies() -> None:
    islands, north, south = voices([said(0, 6), said(1, 6), said(2, 6, 13)], MEMBERS)
    assert (islands.constituency, north.constituency, south.constituency) == ("islands", "north", "south")
    assert (south.members, south.proposals, south.by_goal) == (20, 1, {6: 1})
    assert (north.members, north.proposals, north.by_goal) == (40, 2, {6: 2, 13: 1})
    assert south.members_share == 1 / 3
    assert south.proposals_share == 1 / 3
    assert islands.by_goal == south.by_goal


def test_a_goal_is_quiet_where_far_fewer_members_speak_of_it_than_chance_gives() -> None:
    spoken = [said(number, 6) for number in range(60) if number % 3][:12]
    _, north, south = voices(spoken, MEMBERS)
    assert (north.quiet, south.quiet) == ((), (6,))


def test_too_few_voices_make_nobody_quiet() -> None:
    assert all(row.quiet == () for row in voices([said(1, 6), said(2, 6), said(4, 6)], MEMBERS))


def test_one_busy_member_makes_nobody_quiet() -> None:
    """By proposals the others have far less than a third; by members nothing is out of the ordinary."""
    assert all(row.quiet == () for row in voices([said(1, 6)] * 100, MEMBERS))


def test_without_proposals_or_members_there_are_rows_of_nothing_or_none() -> None:
    assert [row.proposals_share for row in voices([], MEMBERS)] == [0.0, 0.0, 0.0]
    assert voices([], {}) == ()
    assert [row.proposals for row in voices([Said("x", "stranger", 0, goals=(1,))], MEMBERS)] == [0, 0, 0]


def test_few_proposals_or_few_members_are_not_enough() -> None:
    assert not is_enough([said(number) for number in range(19)])
    assert not is_enough([said(number % 4) for number in range(200)])
    assert is_enough([said(number % 5) for number in range(20)])


@given(st.lists(st.tuples(st.integers(0, 59), st.sets(st.integers(1, 17), max_size=3)), max_size=80))
def test_rows_add_up(pairs: list[tuple[int, set[int]]]) -> None:
    spoken = [said(member, *sorted(goals)) for member, goals in pairs]
    islands, north, south = voices(spoken, MEMBERS)
    assert islands.by_goal == south.by_goal
    assert north.proposals + south.proposals == len(spoken)
    for goal in range(1, 18):
        both = north.by_goal.get(goal, 0) + south.by_goal.get(goal, 0)
        assert both == sum(goal in each.goals for each in spoken)
