"""Marks for words that are translated where they are shown, not where they stand."""

from typing import Final

CONTEXT_END: Final = "\x04"
"""What catalogues put between a context and the words."""


def N_(message: str) -> str:  # noqa: N802 - the name that catalogue tools know
    """Return the message itself; marks it for the catalogues."""
    return message


def P_(context: str, message: str) -> str:  # noqa: N802 - as above
    """Return a message that has several senses with its context, as Language.gettext() takes it; marks it too."""
    return f"{context}{CONTEXT_END}{message}"
