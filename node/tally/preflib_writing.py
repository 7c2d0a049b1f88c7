"""Writes a case as a PrefLib file: what parse_preflib() reads back to the same ballots, by number of the alternative.

Approvals and choices as categories (.cat); rankings as .soc or .soi where no options are level, else as .toc or .toi.
PrefLib has neither voters' names nor costs nor a capacity.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from consensus.ballots import ApprovalBallot, ChoiceBallot, RankedBallot
from node.tally.case import Case
from node.tally.pabulib_writing import on_one_line

Order = tuple[tuple[int, ...], ...]
DataType = Literal["cat", "soc", "soi", "toc", "toi"]
_CHOICES: Final = ("yes", "no", "abstain")
_CATEGORIES: Final[Mapping[str, Sequence[str]]] = {
    "approval": ("Approved", "Not approved"),
    "choice": ("Yes", "No", "Abstain"),
}


@dataclass(frozen=True, slots=True)
class PrefLibFile:
    """A file, and the type of data that its name must end with."""

    data_type: DataType
    data: bytes


def preflib_file(case: Case, title: str, description: str) -> PrefLibFile | None:
    """Return the PrefLib file of a case, or None if the format can't hold its ballots."""
    numbers = {option: number for number, option in enumerate(case.question.option_ids, start=1)}
    orders: Counter[Order] = Counter()
    for ballot in case.ballots.values():
        order = _order(ballot, numbers)
        if order is None:
            return None
        orders[order] += 1
    if case.form not in ("approval", "choice", "ranked"):
        return None
    data_type: DataType = _data_type(orders, len(numbers)) if case.form == "ranked" else "cat"
    lines = [*_head(case, data_type, orders, title, description), *_body(orders, data_type)]
    return PrefLibFile(data_type, "".join(f"{line}\n" for line in lines).encode())


def _order(ballot: object, numbers: Mapping[str, int]) -> Order | None:
    match ballot:
        case ApprovalBallot():
            approved = frozenset(ballot.approves)
            split = ([n for o, n in numbers.items() if (o in approved) is wanted] for wanted in (True, False))
            return tuple(map(tuple, split))
        case ChoiceBallot():
            return tuple(tuple(numbers.values()) if ballot.choice == choice else () for choice in _CHOICES)
        case RankedBallot():
            return tuple(tuple(sorted(numbers[option] for option in tier)) for tier in ballot.tiers)
        case _:
            return None


def _data_type(orders: Counter[Order], alternatives: int) -> DataType:
    is_complete = all(sum(map(len, order)) == alternatives for order in orders)
    if all(len(tier) == 1 for order in orders for tier in order):
        return "soc" if is_complete else "soi"
    return "toc" if is_complete else "toi"


def _head(case: Case, data_type: DataType, orders: Counter[Order], title: str, description: str) -> Iterator[str]:
    yield f"# TITLE: {on_one_line(title)}"
    yield f"# DESCRIPTION: {on_one_line(description)}"
    yield f"# DATA TYPE: {data_type}"
    yield f"# NUMBER ALTERNATIVES: {len(case.question.options)}"
    yield f"# NUMBER VOTERS: {orders.total()}"
    if data_type == "cat":
        names = _CATEGORIES[case.form]
        yield f"# NUMBER UNIQUE PREFERENCES: {len(orders)}"
        yield f"# NUMBER CATEGORIES: {len(names)}"
        yield from (f"# CATEGORY NAME {number}: {name}" for number, name in enumerate(names, start=1))
    else:
        yield f"# NUMBER UNIQUE ORDERS: {len(orders)}"
    for number, option in enumerate(case.question.option_ids, start=1):
        yield f"# ALTERNATIVE NAME {number}: {on_one_line(case.names.get(option, '')) or option}"


def _body(orders: Counter[Order], data_type: DataType) -> Iterator[str]:
    """Yield the preferences, the most frequent first, equal ones in their own order."""
    for order, times in sorted(orders.items(), key=lambda each: (-each[1], each[0])):
        yield f"{times}: {', '.join(_level(level, is_category=data_type == 'cat') for level in order)}"


def _level(level: tuple[int, ...], *, is_category: bool) -> str:
    return str(level[0]) if len(level) == 1 and not is_category else f"{{{', '.join(map(str, level))}}}"
