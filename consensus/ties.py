"""Orders that break ties. Always an explicit argument of a rule, never the accident of a dictionary's order."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

TieOrder = Literal["oldest", "id", "lot", "chair"]
"""How a round breaks ties: the oldest option first, by id, by a public lot, or by the ballot of the chair's member."""

_LOT_DOMAIN = b"comitia lot v1\0"


def check_chair(order: TieOrder, chair: str | None) -> None:
    """Raise ValueError unless a chair's member is named exactly where its ballot breaks ties."""
    if order == "chair" and chair is None:
        raise ValueError("ties are broken by the chair's member, but no member is named as chair")
    if order != "chair" and chair is not None:
        raise ValueError(f"a chair's member is named, but ties are broken by {order}")


def tie_ranks(
    order: TieOrder, option_ids: Iterable[str], lot: bytes | None, of_chair: Sequence[Collection[str]] = ()
) -> dict[str, int]:
    """Return the rank of each option under a tie order; the lower rank wins a tie.

    option_ids stand in the question's frozen order, the oldest first. of_chair is what the ballot of the chair's member
    puts first, second and so on, level options together: nothing if it has none. Raises ValueError if the order is by
    lot and there is none.
    """
    if order == "oldest":
        ordered = oldest_first(option_ids)
    elif order == "id":
        ordered = by_id(option_ids)
    elif order == "chair":
        ordered = by_chair(option_ids, of_chair)
    elif lot is None:
        raise ValueError("ties are broken by lot, but no lot was drawn")
    else:
        ordered = by_lot(option_ids, lot)
    return {option_id: rank for rank, option_id in enumerate(ordered)}


def oldest_first(option_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the options as the question lists them: the oldest first."""
    return tuple(option_ids)


def by_chair(option_ids: Iterable[str], tiers: Sequence[Collection[str]]) -> tuple[str, ...]:
    """Return the options by tiers, those in none last, and the oldest first among those that are level."""
    place = {option_id: rank for rank, tier in enumerate(tiers) for option_id in tier}
    return tuple(sorted(option_ids, key=lambda option_id: place.get(option_id, len(tiers))))


def by_id(option_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the options ascending by id."""
    return tuple(sorted(option_ids))


def by_lot(option_ids: Iterable[str], seed: bytes) -> tuple[str, ...]:
    """Return the options in the order of a public lot that anyone can draw again.

    Ascending by SHA-256 of a fixed prefix, the seed's SHA-256 and the option's id, so the order in which the options
    are given doesn't matter and leaving one out doesn't move the others.
    """
    prefix = _LOT_DOMAIN + hashlib.sha256(seed).digest()
    return tuple(sorted(option_ids, key=lambda option_id: hashlib.sha256(prefix + option_id.encode()).digest()))
