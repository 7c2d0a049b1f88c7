import pytest

from topics.naming import inherited, name_of, number_of


def test_names_go_from_a_to_z_and_on() -> None:
    assert [name_of(number) for number in (0, 25, 26, 51, 52)] == ["A", "Z", "A1", "Z1", "A2"]
    assert all(number_of(name_of(number)) == number for number in range(2_000))


@pytest.mark.parametrize("name", ["", "a", "1", "AB", "A-1", "A²"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no group"):
        number_of(name)


def test_names_go_where_most_members_went() -> None:
    before = {"A": {"1", "2", "3", "4"}, "B": {"5", "6"}}
    assert inherited(before, [{"1"}, {"2", "3", "4"}, {"5", "6", "7"}, {"8"}]) == [None, "A", "B", None]


def test_merged_groups_keep_the_name_of_the_larger_part_and_equal_ones_the_earlier() -> None:
    assert inherited({"A": {"1"}, "B": {"2", "3"}}, [{"1", "2", "3"}]) == ["B"]
    assert inherited({"B": {"1"}, "A": {"2"}}, [{"1", "2"}]) == ["A"]
    assert inherited({"C1": {"1"}, "D": {"2"}}, [{"1", "2"}]) == ["D"]


def test_a_group_that_fell_apart_into_equals_goes_on_as_the_first() -> None:
    assert inherited({"A": {"1", "2"}}, [{"1"}, {"2"}]) == ["A", None]
