"""Webhooks of this node's member: satisfies web.webhooks_port.Webhooks, and delivers what waits.

Messages to one webhook go one after the other, those to different ones side by side, so that a slow one keeps nobody
waiting. One that fails for days is switched off and says so.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from node.clock import Clock
from node.happened import Told
from node.hook_messages import body_of, message_id, new_secret, signed_headers
from node.outside import Answer, Forbidden, Outside, check_url
from node.storage import hooks as store
from node.storage.database import Connection, Database
from node.storage.hooks import Delivery, Hook
from protocol.ids import MemberId
from web.ports import Account, Refused
from web.webhooks_port import DELIVERIES_SHOWN, HOOKS_MAX, HookEvent, HookView

_LOG = logging.getLogger(__name__)
_SECOND_MS: Final = 1000
_MINUTE_MS: Final = 60 * _SECOND_MS
_HOUR_MS: Final = 60 * _MINUTE_MS
AGAIN_AFTER_MS: Final = (
    5 * _SECOND_MS, 5 * _MINUTE_MS, 30 * _MINUTE_MS, 2 * _HOUR_MS, 5 * _HOUR_MS, 10 * _HOUR_MS, 14 * _HOUR_MS,
    20 * _HOUR_MS, 24 * _HOUR_MS,
)  # fmt: skip
"""As Standard Webhooks proposes: how long after its first, second … try a message is tried again."""
FAILING_MAX_MS: Final = 5 * 24 * _HOUR_MS
"""A webhook of which every try has failed for so long is switched off."""
_GONE: Final = 410
_TESTS_WAITING_MAX: Final = 1
TEST: Final = "webhook.test"


class Webhooks:
    """A member's webhooks."""

    def __init__(self, database: Database, outside: Outside, clock: Clock, me: MemberId, *, allow_local: bool) -> None:
        self._database = database
        self._outside = outside
        self._clock = clock
        self._me = me
        self._allow_local = allow_local
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Tell a listener when there is something new to deliver."""
        self._listeners.append(listener)

    async def all(self, account: Account) -> tuple[HookView, ...]:
        """Return all webhooks, oldest first."""
        self._may(account)
        return await self._database.read(_views)

    async def add(self, account: Account, url: str, events: tuple[HookEvent, ...]) -> tuple[str, str]:
        """Make a webhook; return its id and its secret."""
        self._may(account)
        try:
            check_url(url, allow_local=self._allow_local)
        except Forbidden as error:
            raise Refused("hook-address", detail=str(error)) from error
        secret, now = new_secret(), self._clock.now()
        hook = Hook(secrets.token_hex(8), url, events, secret, now, is_on=True, off_reason="", failing_since=None)
        if not await self._database.write(lambda c: store.add(c, hook, HOOKS_MAX)):
            raise Refused("hooks-full", max=HOOKS_MAX)
        return hook.id, secret

    async def remove(self, account: Account, hook: str) -> None:
        """Take a webhook away."""
        self._may(account)
        if not await self._database.write(lambda c: store.remove(c, hook)):
            raise Refused("unknown-hook")

    async def resume(self, account: Account, hook: str) -> None:
        """Switch a webhook on again."""
        self._may(account)
        if not await self._database.write(lambda c: store.switch_on(c, hook)):
            raise Refused("unknown-hook")

    async def test(self, account: Account, hook: str) -> None:
        """Send a message that says it is a test."""
        self._may(account)
        now = self._clock.now()
        told = Told(f"test:{secrets.token_hex(8)}", "proposal.submitted", {"by": account.id})
        delivery = _delivery(hook, told, now, TEST)
        await self._database.write(lambda c: _enqueue_test(c, hook, delivery))
        for listener in self._listeners:
            listener()

    async def work(self) -> None:
        """Deliver all that is due."""
        busy: set[str] = set()
        running: set[asyncio.Task[str]] = set()
        try:
            while True:
                now = self._clock.now()
                delivery = await self._database.read(partial(store.due, now=now, besides=frozenset(busy)))
                if delivery is not None:
                    busy.add(delivery.hook)
                    running.add(asyncio.create_task(self._deliver(delivery)))
                elif running:
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    busy -= {task.result() for task in done}
                else:
                    return
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> str:
        """Try to deliver a message; return the webhook that is free again."""
        hook = await self._database.read(lambda c: store.hook(c, delivery.hook))
        if hook is not None:
            now = self._clock.now()
            headers = signed_headers(hook.secret, delivery.id, now, delivery.body)
            answer = await self._outside.post(hook.url, delivery.body, headers)
            keep = partial(_keep, hook=hook, delivery=delivery, answer=answer, now=self._clock.now())
            if await self._database.write(keep):
                _LOG.warning("the webhook %s is switched off: %s %s", hook.id, answer.status or "", answer.reason)
        return delivery.hook

    def _may(self, account: Account) -> None:
        if account.member != self._me:
            raise Refused("foreign-member")
        if not (account.may_act_as("head") or account.may_act_as("operator")):
            raise Refused("not-head-or-operator")


def deliveries(hooks: Sequence[Hook], told: Sequence[Told], now: int) -> list[Delivery]:
    """Return what is to be delivered of what happened, for the webhooks that are on and ask for it."""
    return [
        _delivery(hook.id, each, now, each.event)
        for hook in hooks
        for each in told
        if hook.is_on and each.event in hook.events
    ]


def _delivery(hook: str, told: Told, now: int, event: str) -> Delivery:
    return Delivery(message_id(hook, told.name), hook, event, body_of(event, now, told.data), now, now, 0)


def _views(connection: Connection) -> tuple[HookView, ...]:
    return tuple(
        HookView(
            id=hook.id,
            url=hook.url,
            events=hook.events,
            created=hook.created,
            is_on=hook.is_on,
            off_reason=hook.off_reason,
            failing_since=hook.failing_since,
            deliveries=store.latest(connection, hook.id, DELIVERIES_SHOWN),
        )
        for hook in store.hooks(connection)
    )


def _enqueue_test(connection: Connection, hook: str, delivery: Delivery) -> None:
    found = store.hook(connection, hook)
    if found is None:
        raise Refused("unknown-hook")
    if not found.is_on or store.waiting_tests(connection, hook) >= _TESTS_WAITING_MAX:
        raise Refused("hook-busy")
    store.enqueue(connection, [delivery])


def _keep(connection: Connection, hook: Hook, delivery: Delivery, answer: Answer, now: int) -> bool:
    """Keep what became of a try; return whether the webhook was switched off over it."""
    if answer.is_taken:
        store.set_tried(connection, delivery, "delivered", now, answer.status, "")
        store.set_failing(connection, hook.id, None)
        return False
    is_last = delivery.tries >= len(AGAIN_AFTER_MS)
    due = now if is_last else now + AGAIN_AFTER_MS[delivery.tries]
    store.set_tried(connection, delivery, "failed" if is_last else "waiting", due, answer.status, answer.reason)
    current = store.hook(connection, hook.id)
    since = now if current is None or current.failing_since is None else current.failing_since
    store.set_failing(connection, hook.id, since)
    if answer.status == _GONE or now - since >= FAILING_MAX_MS:
        store.switch_off(connection, hook.id, "gone" if answer.status == _GONE else "failing")
        return True
    return False
