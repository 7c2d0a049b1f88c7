"""Which passwords are refused before they are kept, and why."""

from collections.abc import Iterable
from typing import Final, Literal

PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 200
_DIFFERENT_MIN = 6
_OWN_MIN = 8
_NAME_MIN = 3

PasswordFault = Literal["short", "long", "simple", "name"]


def password_fault(password: str, names: Iterable[str]) -> PasswordFault | None:
    """Return what is wrong with a password, or None. names are those of its account, member and federation.

    Length comes first; a password that is hardly more than a name, or hardly more than one character, is refused too.
    """
    if len(password) < PASSWORD_CHARACTERS_MIN:
        return "short"
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return "long"
    rest = password.casefold()
    for word in sorted(_words(names), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != password.casefold() and len(rest) < _OWN_MIN:
        return "name"
    return "simple" if len(set(password)) < _DIFFERENT_MIN else None


def _words(names: Iterable[str]) -> set[str]:
    found = {"password", "comitia"}
    for name in names:
        folded = name.casefold()
        found |= {folded, *folded.replace("-", " ").split()}
    return {word for word in found if len(word) >= _NAME_MIN}
