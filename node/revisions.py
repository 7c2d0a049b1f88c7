"""A name for what a node holds at a moment, so that nobody need ask anew for what can't have changed."""

import secrets
from collections.abc import Callable


class Revisions:
    """Counts changes. The name differs between two runs of a node, because a count begins anew."""

    def __init__(self, beside: Callable[[], object]) -> None:
        """Take what is replaced as a whole when it changes and tells nobody, such as the automatic groups."""
        self._beside = beside
        self._known = beside()
        self._run = secrets.token_hex(8)
        self._count = 0

    def on_change(self, *_: object) -> None:
        """Note that something has changed."""
        self._count += 1

    @property
    def current(self) -> str:
        """The name of what is held now."""
        now = self._beside()
        if now is not self._known:
            self._known = now
            self._count += 1
        return f"{self._run}-{self._count}"
