"""In-memory notices and webhooks for tests of pages. Nothing is sent."""

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from web import ports
from web.notices_port import (
    FailedMail,
    MailStatus,
    NoticeChoices,
    NoticeSettings,
    NoticeView,
    PersonalFeed,
)
from web.ports import Account, Refused
from web.webhooks_port import DeliveryView, HookEvent, HookView

HOUR: Final = 3_600_000
LINKED: Final = "link-token-0123456789abcdef"
UNSUBSCRIBING: Final = "unsubscribe-token-0123456789"


class Held(Protocol):
    """What notices of the in-memory backend rest on."""

    clock: int
    all_proposals: dict[str, ports.ProposalView]
    all_rounds: dict[str, ports.RoundView]


def told(held: Held) -> tuple[NoticeView, ...]:
    """Return one notice of each kind that has a text, newest first."""
    proposal = next(iter(held.all_proposals.values()))
    found = next(view.summary for view in held.all_rounds.values() if view.summary.state == "open")
    said = proposal.positions[-1]
    member = said.member
    return (
        NoticeView(f"round:{found.id}", "round", found.id, held.clock, round=found, until=found.closes),
        NoticeView(
            "objection:1",
            "objection",
            proposal.summary.id,
            held.clock - HOUR,
            member,
            title=proposal.text,
            quote=said.reasons,
        ),
        NoticeView("agenda:2", "agenda", "2", held.clock - 2 * HOUR),
    )


@dataclass
class MemoryNotices:
    """Satisfies web.notices_port.Notices for one account after the other."""

    held: Held
    can_mail: bool = True
    kept: dict[str, NoticeSettings] = field(default_factory=dict)
    refuse: Refused | None = None
    status: MailStatus | None = None

    async def settings(self, account: Account) -> NoticeSettings:
        blank = NoticeSettings(NoticeChoices(), self.can_mail, "", "", is_mailing=True, feed="", problem="")
        return self.kept.get(account.id, blank)

    async def choose(self, account: Account, choices: NoticeChoices) -> None:
        await self._change(account, choices=choices)

    async def ask_address(self, account: Account, address: str) -> None:
        await self._change(account, pending=address)

    async def pending_address(self, token: str) -> str | None:
        return next((each.pending for each in self.kept.values() if token == LINKED and each.pending), None)

    async def confirm_address(self, token: str) -> str | None:
        for name, each in self.kept.items():
            if token == LINKED and each.pending:
                self.kept[name] = replace(each, address=each.pending, pending="")
                return each.pending
        return None

    async def forget_address(self, account: Account) -> None:
        await self._change(account, address="", pending="")

    async def resume(self, account: Account) -> None:
        await self._change(account, is_mailing=True)

    async def is_subscribed(self, token: str) -> bool | None:
        if token != UNSUBSCRIBING:
            return None
        return any(each.address and each.is_mailing for each in self.kept.values())

    async def unsubscribe(self, token: str) -> bool:
        if token != UNSUBSCRIBING:
            return False
        self.kept = {name: replace(each, is_mailing=False) for name, each in self.kept.items()}
        return True

    async def new_feed(self, account: Account) -> None:
        before = (await self.settings(account)).feed
        await self._change(account, feed=f"feed-token-0123456789abcdef-{before.count('-') + 1}")

    async def feed(self, token: str) -> PersonalFeed | None:
        if not any(each.feed == token for each in self.kept.values()):
            return None
        settings = next(each for each in self.kept.values() if each.feed == token)
        return PersonalFeed(settings.choices.lang, "Delegation office", told(self.held))

    async def mail_status(self) -> MailStatus:
        return self.status or sending(self.held.clock)

    async def _change(self, account: Account, **changes: object) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.kept[account.id] = replace(await self.settings(account), **changes)  # type: ignore[arg-type]


def sending(now: int) -> MailStatus:
    """Return the state of mail that cannot go out."""
    return MailStatus(
        is_set_up=True,
        server="mail.example.org:587",
        waiting=3,
        sent_last_hour=12,
        per_hour_max=500,
        last_sent=now - HOUR,
        paused_until=now + 60_000,
        last_error="TLS with mail.example.org:587 failed: certificate has expired",
        failed=(FailedMail(now - 2 * HOUR, "office", "550 5.1.1 <x@example.org> no such user <b>here</b>"),),
    )


@dataclass
class MemoryWebhooks:
    """Satisfies web.webhooks_port.Webhooks."""

    held: Held
    hooks: dict[str, HookView] = field(default_factory=dict)
    refuse: Refused | None = None

    async def all(self, account: Account) -> tuple[HookView, ...]:
        return tuple(self.hooks.values())

    async def add(self, account: Account, url: str, events: tuple[HookEvent, ...]) -> tuple[str, str]:
        if self.refuse is not None:
            raise self.refuse
        hook = f"{len(self.hooks):016x}"
        self.hooks[hook] = HookView(
            hook, url, events, self.held.clock, is_on=True, off_reason="", failing_since=None, deliveries=()
        )
        return hook, "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA=="

    async def remove(self, account: Account, hook: str) -> None:
        self._found(hook)
        del self.hooks[hook]

    async def resume(self, account: Account, hook: str) -> None:
        self.hooks[hook] = replace(self._found(hook), is_on=True, off_reason="", failing_since=None)

    async def test(self, account: Account, hook: str) -> None:
        found = self._found(hook)
        if not found.is_on:
            raise Refused("hook-busy")
        self.hooks[hook] = replace(found, deliveries=(delivery(self.held.clock, "webhook.test"), *found.deliveries))

    def _found(self, hook: str) -> HookView:
        if hook not in self.hooks:
            raise Refused("unknown-hook")
        return self.hooks[hook]


def delivery(now: int, event: str) -> DeliveryView:
    """Return a delivery that waits after a first try."""
    return DeliveryView(
        "msg_" + "5a" * 16, event, now - 60_000, 1, "waiting", 503, "Service Unavailable", next_try=now + 300_000
    )


def some_hooks(now: int) -> dict[str, HookView]:
    """Return a webhook that delivers and one that was switched off."""
    events: tuple[HookEvent, ...] = ("proposal.submitted", "ballot.received")
    done = DeliveryView("msg_" + "6b" * 16, "round.opened", now - HOUR, 1, "delivered", 204, "", None)
    return {
        "a" * 16: HookView(
            "a" * 16,
            "https://systems.example.org/comitia/" + "inbox/" * 12,
            events,
            now - 9 * HOUR,
            is_on=True,
            off_reason="",
            failing_since=now - HOUR,
            deliveries=(delivery(now, "proposal.submitted"), done),
        ),
        "b" * 16: HookView(
            "b" * 16,
            "https://old.example.org/hook",
            events[:1],
            now - 99 * HOUR,
            is_on=False,
            off_reason="gone",
            failing_since=now - HOUR,
            deliveries=(),
        ),
    }
