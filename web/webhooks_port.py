"""Webhooks: signed messages to a member's own systems when something happens.

Messages have the shape of Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature over both and the body.
All times are milliseconds since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from web.ports import Account

HookEvent = Literal["proposal.submitted", "round.opened", "round.closed", "agenda.published", "ballot.received"]
HOOK_EVENTS: Final[tuple[HookEvent, ...]] = (
    "proposal.submitted", "round.opened", "round.closed", "agenda.published", "ballot.received",
)  # fmt: skip
URL_CHARACTERS_MAX: Final = 500
HOOKS_MAX: Final = 10
DELIVERIES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message and what became of it."""

    id: str
    event: str
    """A HookEvent, or webhook.test."""
    created: int
    tries: int
    state: Literal["waiting", "delivered", "failed"]
    status: int | None
    """What the other side answered last."""
    reason: str
    next_try: int | None


@dataclass(frozen=True, slots=True)
class HookView:
    """A webhook."""

    id: str
    url: str
    events: tuple[HookEvent, ...]
    created: int
    is_on: bool
    off_reason: str
    """Why it was switched off: `failing`, `gone`, or nothing."""
    failing_since: int | None
    deliveries: tuple[DeliveryView, ...]
    """The latest, newest first."""


class Webhooks(Protocol):
    """A member's webhooks; every command is for its head of delegation and its operator."""

    async def all(self, account: Account) -> tuple[HookView, ...]:
        """Return all webhooks, oldest first."""
        ...

    async def add(self, account: Account, url: str, events: tuple[HookEvent, ...]) -> tuple[str, str]:
        """Make a webhook; return its id and its secret, which is told this once.

        Refused with code `hook-address` (not https, or where this node may not call) or `hooks-full`.
        """
        ...

    async def remove(self, account: Account, hook: str) -> None:
        """Take a webhook with all that waits for it away. Refused with code `unknown-hook`."""
        ...

    async def resume(self, account: Account, hook: str) -> None:
        """Switch a webhook on again. Refused with code `unknown-hook`."""
        ...

    async def test(self, account: Account, hook: str) -> None:
        """Send a message that says it is a test. Refused with code `unknown-hook` or `hook-busy`."""
        ...
