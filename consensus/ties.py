"""Orders that break ties. Always an explicit argument of a rule, never the accident of a dictionary's order."""

import hashlib
from collections.abc import Collection, Iterable
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
    order: TieOrder, option_ids: Iterable[str], lot: bytes | None, approved_by_chair: Collection[str] = ()
) -> dict[str, int]:
    """Return the rank of each option under a tie order; the lower rank wins a tie.

    option_ids stand in the question's frozen order, the oldest first. approved_by_chair is what the ballot of the
    chair's member approves: nothing if it has none. Raises ValueError if the order is by lot and there is none.
    """
    if order == "oldest":
        ordered = oldest_first(option_ids)
    elif order == "id":
        ordered = by_id(option_ids)
    elif order == "chair":
        ordered = chosen_first(option_ids, approved_by_chair)
    elif lot is None:
        raise ValueError("ties are broken by lot, but no lot was drawn")
    else:
        ordered = by_lot(option_ids, lot)
    return {option_id: rank for rank, option_id in enumerate(ordered)}


def oldest_first(option_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the options as the question lists them: the oldest first."""
    return tuple(option_ids)


def chosen_first(option_ids: Iterable[str], chosen: Collection[str]) -> tuple[str, ...]:
    """Return the chosen options before the others, the oldest first among either."""
    return tuple(sorted(option_ids, key=lambda option_id: option_id not in chosen))


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
