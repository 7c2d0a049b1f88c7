"""What people have typed and not yet sent, and which forms were taken: two ports of a node, per account.

Both are bounded in number and size and forget with time. All times are milliseconds since 1970 UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from web.ports import Account

DRAFTS_MAX: Final = 20
"""Of one account."""
DRAFT_BYTES_MAX: Final = 192 * 1024
"""Of one draft's fields as JSON in UTF-8: more than any text that can be signed."""
DRAFT_FIELDS_MAX: Final = 400
DRAFT_LASTS_MS: Final = 90 * 86_400_000
SENT_LASTS_MS: Final = 7 * 86_400_000
SENT_FORMS_MAX: Final = 500
"""Of one account; the oldest are forgotten first."""

Pairs = tuple[tuple[str, str], ...]
"""Fields with their values, in order; a name may stand more than once."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into a form."""

    form: str
    """The address of the page that the form stands on, without a language's prefix."""
    version: int
    """Rises by one with every change; 0 stands for no draft."""
    once: str
    """What the form is sent with once, whoever opens it again."""
    fields: Pairs
    saved: int


class DraftOutdatedError(Exception):
    """Another tab or device has saved this draft since. Nothing was overwritten."""

    def __init__(self, current: Draft) -> None:
        super().__init__(f"version {current.version} is newer")
        self.current = current


class Drafts(Protocol):
    """Keeps drafts. Every draft belongs to one account, and no other can reach it."""

    async def kept(self, account: Account) -> tuple[Draft, ...]:
        """Return an account's drafts, the latest first."""
        ...

    async def find(self, account: Account, form: str) -> Draft | None:
        """Return the draft of a form, or None."""
        ...

    async def keep(self, account: Account, form: str, fields: Pairs, written: "Written") -> Draft | None:
        """Keep what was typed, on disk when this returns; None if the form was taken meanwhile and nothing is kept.

        Raises DraftOutdatedError if another tab saved a newer draft, and Refused with code `too-many-drafts` or
        `draft-too-long`.
        """
        ...

    async def discard(self, account: Account, form: str) -> None:
        """Forget a draft."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """Where a draft comes from: one open page, and the version that it started from."""

    tab: str
    """Random, one per opened page."""
    once: str
    base: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came before with the same key, or with the same content."""

    digest: str
    location: str | None
    """Where it led once taken; None if the node stopped in the middle."""
    begun: int


class SentForms(Protocol):
    """Remembers which forms were taken."""

    async def begin(self, account: Account, once: str, digest: str, alike: int) -> Sent | None:
        """Note that a form is about to be taken, or return what is known of one that came before.

        That is the one with the same key, or one with the same digest that began at or after the time `alike`.
        On disk when this returns.
        """
        ...

    async def finish(self, account: Account, once: str, location: str) -> None:
        """Note where a form led that was taken."""
        ...

    async def release(self, account: Account, once: str) -> None:
        """Forget a form that was not taken, so that it can be sent again."""
        ...

    async def find(self, account: Account, once: Sequence[str]) -> Sent | None:
        """Return what is known of the first of these keys that is known."""
        ...
