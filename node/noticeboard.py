"""What accounts are told and by which ways, as pages see it: satisfies web.notices_port.Notices."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from node.accounts import Accounts
from node.clock import Clock
from node.digests import LINK_HOURS, Views
from node.link_tokens import is_token, new_token, token_hash
from node.mail_addresses import mail_address
from node.mailer import Mailer
from node.notices import next_digest, zone_of
from node.storage import mails
from node.storage import notices as store
from node.storage.database import Connection, Database
from node.storage.mails import Mail
from node.storage.notices import Ways
from protocol.ids import MemberId
from web.notices_port import (
    FEED_NOTICES_MAX,
    HOUR_MS,
    LEADS_MS,
    MailStatus,
    NoticeChoices,
    NoticeSettings,
    PersonalFeed,
)
from web.ports import Account, Refused

_T = TypeVar("_T")
LINKS_PER_HOUR_MAX: Final = 4
_NO_MAIL: Final = MailStatus(
    is_set_up=False,
    server="",
    waiting=0,
    sent_last_hour=0,
    per_hour_max=0,
    last_sent=None,
    paused_until=None,
    last_error="",
)


class Noticeboard:
    """The ways in which notices reach accounts."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        views: Views,
        clock: Clock,
        me: MemberId,
        mailer: Mailer | None,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._views = views
        self._clock = clock
        self._me = me
        self._mailer = mailer
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Tell a listener when there may be something new to send."""
        self._listeners.append(listener)

    async def settings(self, account: Account) -> NoticeSettings:
        """Return how notices reach an account."""
        now = self._clock.now()
        ways, pending = await self._database.read(
            lambda c: (store.ways(c, "account", account.id), store.pending(c, account.id, now))
        )
        return _settings(ways, pending, can_mail=self._mailer is not None)

    async def choose(self, account: Account, choices: NoticeChoices) -> None:
        """Keep what an account wants."""
        self._may(account)
        if zone_of(choices.zone) is None:
            raise Refused("unknown-zone")
        if choices.lead_ms not in LEADS_MS or not 0 <= choices.hour <= 23 or not 0 <= choices.weekday <= 6:
            raise Refused("invalid", detail="hour, weekday or time before the close")
        following = next_digest(choices, self._clock.now())
        await self._change(account, lambda c: store.choose(c, account.id, choices, following))

    async def ask_address(self, account: Account, address: str) -> None:
        """Mail a one-time link to an address."""
        self._may(account)
        if self._mailer is None:
            raise Refused("no-mail")
        found = mail_address(address)
        if found is None:
            raise Refused("bad-mail-address")
        token, now = new_token(), self._clock.now()
        mail = Mail(secrets.token_hex(16), account.id, "confirm", found, token, now, 0, 0)
        await self._change(account, partial(_ask_address, mail=mail, now=now))
        self._tell()

    async def pending_address(self, token: str) -> str | None:
        """Return the address that a mailed link is for, or None."""
        found = await self._by_token(token, lambda c: store.linked(c, token_hash(token), self._clock.now()))
        return None if found is None else found[1]

    async def confirm_address(self, token: str) -> str | None:
        """Use a mailed link: notices go to its address from now on."""
        now = self._clock.now()
        if not is_token(token):
            return None
        return await self._database.write(lambda c: _confirm(c, token_hash(token), now))

    async def forget_address(self, account: Account) -> None:
        """Take an account's address and what waits to be sent to it away."""
        self._may(account)
        await self._change(account, partial(_forget_address, account=account.id))

    async def resume(self, account: Account) -> None:
        """Send e-mail again after it was unsubscribed from."""
        self._may(account)
        await self._change(account, lambda c: store.set_mailing(c, account.id, is_mailing=True))

    async def is_subscribed(self, token: str) -> bool | None:
        """Return whether the account of an unsubscribing address gets e-mail, or None if there is none."""
        found = await self._by_token(token, lambda c: store.ways(c, "unsubscribe", token))
        return None if found is None else found.recipient.is_mailed

    async def unsubscribe(self, token: str) -> bool:
        """Send no more e-mail to the account of an unsubscribing address; return whether there is one."""
        if not is_token(token):
            return False
        return await self._database.write(lambda c: _unsubscribe(c, token))

    async def new_feed(self, account: Account) -> None:
        """Make the private feed's address, in place of the one before."""
        self._may(account)
        await self._change(account, lambda c: store.set_feed(c, account.id, new_token()))

    async def feed(self, token: str) -> PersonalFeed | None:
        """Return the feed of a token, or None."""
        ways = await self._by_token(token, lambda c: store.ways(c, "feed", token))
        if ways is None:
            return None
        account = await self._accounts.find(ways.recipient.account)
        if account is None:
            return None
        kept = await self._database.read(lambda c: store.latest(c, account.id, FEED_NOTICES_MAX))
        lang = ways.recipient.choices.lang or account.lang
        return PersonalFeed(lang, account.name, await self._views.of(kept))

    async def mail_status(self) -> MailStatus:
        """Return whether mail goes out."""
        return _NO_MAIL if self._mailer is None else await self._mailer.status()

    def _may(self, account: Account) -> None:
        if account.member != self._me:
            raise Refused("foreign-member")

    async def _change(self, account: Account, change: Callable[[Connection], object]) -> None:
        """Change an account's ways; it gets the default ones before if it has none."""
        await self._database.write(partial(_change, account=account.id, change=change))

    async def _by_token(self, token: str, read: Callable[[Connection], _T | None]) -> _T | None:
        return await self._database.read(read) if is_token(token) else None

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _change(connection: Connection, account: str, change: Callable[[Connection], object]) -> None:
    store.begin(connection, account, new_token())
    change(connection)


def _settings(ways: Ways | None, pending: str, *, can_mail: bool) -> NoticeSettings:
    blank = NoticeSettings(NoticeChoices(), can_mail, "", pending, is_mailing=True, feed="", problem="")
    if ways is None:
        return blank
    return replace(
        blank,
        choices=ways.recipient.choices,
        address=ways.address,
        is_mailing=ways.is_mailing,
        feed=ways.feed or "",
        problem=ways.problem,
    )


def _ask_address(connection: Connection, mail: Mail, now: int) -> None:
    if mails.asked_since(connection, mail.account, now - HOUR_MS) >= LINKS_PER_HOUR_MAX:
        raise Refused("mail-too-often")
    mails.drop_waiting(connection, mail.account, "confirm")
    if not mails.add(connection, mail, now):
        raise Refused("mail-too-often")
    store.link_address(connection, mail.account, mail.address, token_hash(mail.token), now + LINK_HOURS * HOUR_MS)


def _confirm(connection: Connection, digest: str, now: int) -> str | None:
    found = store.linked(connection, digest, now)
    if found is None:
        return None
    account, address = found
    store.unlink(connection, account)
    mails.drop_waiting(connection, account, "confirm")
    _stop(connection, account)
    store.set_address(connection, account, address)
    return address


def _forget_address(connection: Connection, account: str) -> None:
    store.unlink(connection, account)
    mails.drop_waiting(connection, account, "confirm")
    _stop(connection, account)
    store.set_address(connection, account, "")


def _unsubscribe(connection: Connection, token: str) -> bool:
    ways = store.ways(connection, "unsubscribe", token)
    if ways is None:
        return False
    store.set_mailing(connection, ways.recipient.account, is_mailing=False)
    _stop(connection, ways.recipient.account)
    return True


def _stop(connection: Connection, account: str) -> None:
    """Have nothing sent that waits to be."""
    mails.drop_waiting(connection, account, "notices")
    store.stop_waiting(connection, account)
