"""Names of groups: letters that stay with a group while its members come and go."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

_NAME = re.compile(r"[A-Z][0-9]{0,6}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def name_of(number: int) -> str:
    """Return A to Z for 0 to 25, then A1 to Z1, and so on."""
    turn, letter = divmod(number, len(_LETTERS))
    return _LETTERS[letter] + (str(turn) if turn else "")


def number_of(name: str) -> int:
    """Return the number that has this name. Raises ValueError if none has."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no group is called {name!r}")
    return int(name[1:] or 0) * len(_LETTERS) + _LETTERS.index(name[0])


def inherited(before: Mapping[str, Collection[str]], parts: Sequence[Collection[str]]) -> list[str | None]:
    """Return for each part the name of the group before that it goes on with, or None; no name comes twice.

    The pair that has most members in common comes first; of equal ones the earlier name, then the earlier part.
    """
    name_before = {member: name for name, members in before.items() for member in members}
    shared = Counter(
        (name_before[member], number) for number, part in enumerate(parts) for member in part if member in name_before
    )
    found: list[str | None] = [None] * len(parts)
    given: set[str] = set()
    for (name, number), _ in sorted(shared.items(), key=lambda pair: (-pair[1], number_of(pair[0][0]), pair[0][1])):
        if found[number] is None and name not in given:
            found[number] = name
            given.add(name)
    return found
