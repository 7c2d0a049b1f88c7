"""The richest group against all groups, one by one."""

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from consensus.fairness.closure import richest_group

Case = tuple[list[int], list[list[int]], list[int], int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    options = draw(st.integers(0, 6))
    amounts = st.integers(0, 9)
    got = draw(st.lists(st.lists(st.integers(0, options - 1), unique=True) if options else st.just([]), max_size=7))
    money = draw(st.lists(amounts, min_size=len(got), max_size=len(got)))
    prices = draw(st.lists(amounts, min_size=options, max_size=options))
    return money, got, prices, draw(st.integers(0, 12))


def left_over(group: tuple[int, ...], case: Case) -> int:
    money, got, prices, _ = case
    together = set(chain.from_iterable(got[voter] for voter in group))
    return sum(money[voter] for voter in group) - sum(prices[option] for option in together)


@given(cases())
def test_no_group_has_more_left(case: Case) -> None:
    money, got, prices, excess = case
    groups = [group for size in range(len(money) + 1) for group in combinations(range(len(money)), size)]
    most = max(left_over(group, case) for group in groups)
    expected = max((group for group in groups if left_over(group, case) == most), key=len)
    assert richest_group(money, got, prices, excess) == (list(expected) if most >= excess else [])


def test_payments_are_moved_on_over_long_ways() -> None:
    """A chain of voters, each of whom can pay for its option or the next: the last option must take what comes."""
    length = 2_000
    got = [*[[at, at + 1] for at in range(length)], [0]]
    prices = [1] * (length + 1)
    assert richest_group([1] * (length + 1), got, prices, 1) == []
    assert richest_group([1] * length + [2], got, prices, 1) == list(range(length + 1))
