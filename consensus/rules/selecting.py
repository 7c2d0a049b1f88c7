"""The ways in which options come into a selection: bought with shares, by Phragmén's rule, by approvals alone.

Each way continues from what was chosen before it and never spends more than is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import takewhile

from consensus.ballots import Option
from consensus.outcome import TIED_LISTED_MAX, Chosen, How, PassedOver, Price, Why
from consensus.rules.phragmen import WhenFull, phragmen, phragmen_after
from consensus.rules.profile import ApprovalCount
from consensus.rules.shares import Purchase, Shared, raised_shares, share_out
from consensus.rules.sifting import TieBreak


@dataclass(frozen=True, slots=True, eq=False)
class Poll:
    """What a selection is made from."""

    options: tuple[Option, ...]
    capacity: int
    counted: ApprovalCount
    ties: TieBreak

    @property
    def supporters(self) -> tuple[int, ...]:
        """How many voters approve each option."""
        return self.counted.profile.supporter_counts

    @property
    def costs(self) -> list[int]:
        """What each option costs."""
        return [option.cost for option in self.options]

    def unspent(self, chosen: Iterable[Chosen]) -> int:
        """Return what is left of the capacity after these."""
        return self.capacity - sum(entry.cost for entry in chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """What equal shares pay for, in order, and what is left of them."""

    chosen: list[Chosen]
    raised: int
    """By how many hundredths of the capacity the shares were raised."""
    shared: Shared


def bought(poll: Poll, *, is_raised: bool) -> Bought:
    """Return what equal shares pay for; if is_raised, when they are raised as far as that doesn't overspend."""
    costs, profile = poll.costs, poll.counted.profile
    if is_raised:
        raised, shared = raised_shares(costs, profile, poll.capacity, poll.ties.ranks)
    else:
        raised, shared = 0, share_out(costs, profile, poll.capacity, poll.ties.ranks)
    how: How = "raised-shares" if raised else "shares"
    return Bought(_paid(poll, shared.purchases, how, shared.endowment), raised, shared)


def added_by_phragmen(poll: Poll, already: list[Chosen], shared: Shared) -> list[Chosen]:
    """Return what Phragmén's rule adds when the voters start with what is left of their shares."""
    taken = {entry.option for entry in already}
    indices = [option for option, asked in enumerate(poll.options) if asked.id in taken]
    unspent = poll.unspent(already)
    purchases = phragmen_after(
        poll.costs, poll.counted.profile, shared.endowment, unspent, poll.ties.ranks, indices, shared.leftover
    )
    return _paid(poll, purchases, "phragmen", shared.endowment)


def taken_by_phragmen(poll: Poll, when_full: WhenFull) -> list[Chosen]:
    """Return what Phragmén's rule takes, in order, each with what every voter had been given by then as its price."""
    purchases = phragmen(poll.costs, poll.counted.profile, poll.capacity, poll.ties.ranks, when_full)
    return _paid(poll, purchases, "phragmen", Fraction(poll.capacity))


def _paid(poll: Poll, purchases: Iterable[Purchase], how: How, endowment: Fraction) -> list[Chosen]:
    share = endowment / max(1, poll.counted.profile.voters)
    return [
        _chosen(poll, purchase.option, how, purchase.tied_with, Price.of(purchase.price * share))
        for purchase in purchases
    ]


def most_approved(poll: Poll, already: list[Chosen]) -> list[Chosen]:
    """Return the most approved of the remaining options that fit into what is unspent, one after the other."""
    unspent = poll.unspent(already)
    order = _by_support(poll, already)
    added = []
    for place, option in enumerate(order):
        if poll.options[option].cost > unspent or poll.supporters[option] == 0:
            continue
        level = [
            other
            for other in takewhile(partial(_is_level, poll, option), order[place + 1 :])
            if poll.options[other].cost <= unspent
        ]
        unspent -= poll.options[option].cost
        added.append(_chosen(poll, option, "most-approved", level, None))
    return added


def _by_support(poll: Poll, already: list[Chosen]) -> list[int]:
    """Return the options that aren't chosen yet by number of supporters, then by tie rank."""
    taken = {entry.option for entry in already}
    remaining = [option for option, asked in enumerate(poll.options) if asked.id not in taken]
    return sorted(remaining, key=lambda option: (-poll.supporters[option], poll.ties.ranks[option]))


def _is_level(poll: Poll, option: int, other: int) -> bool:
    return poll.supporters[option] == poll.supporters[other]


def _chosen(poll: Poll, option: int, how: How, tied: Sequence[int], price: Price | None) -> Chosen:
    return Chosen(
        option=poll.options[option].id,
        cost=poll.options[option].cost,
        supporters=poll.supporters[option],
        price=price,
        how=how,
        tied=len(tied),
        tied_with=tuple(poll.options[other].id for other in tied[:TIED_LISTED_MAX]),
    )


def passed_over(poll: Poll, chosen: list[Chosen], unpaid: Why) -> tuple[PassedOver, ...]:
    """Return what wasn't chosen and why; unpaid says why an option wasn't that has supporters and would fit."""
    unspent = poll.unspent(chosen)
    return tuple(
        PassedOver(
            option=poll.options[option].id,
            cost=poll.options[option].cost,
            supporters=poll.supporters[option],
            why=_why(poll, option, unspent, unpaid),
        )
        for option in _by_support(poll, chosen)
    )


def _why(poll: Poll, option: int, unspent: int, unpaid: Why) -> Why:
    if poll.supporters[option] == 0:
        return "no_supporters"
    return "no_room" if poll.options[option].cost > unspent else unpaid
