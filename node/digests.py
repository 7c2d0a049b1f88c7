"""Puts notices into messages when they are due, and writes a message when it is sent.

A message that waits takes in what comes up meanwhile, so that no account has more than one of these in the outbox. Its
words are made at the last moment: what has been voted in, closed or erased by then isn't in it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from node.accounts import Accounts
from node.link_tokens import token_hash
from node.messages import Envelope, message_bytes
from node.notice_views import is_past
from node.notices import LETTER_NOTICES_MAX, Recipient, is_urgent, next_digest
from node.storage import mails, notices
from node.storage.database import Connection, Database
from node.storage.mails import Mail
from node.storage.notices import KeptNotice, Ways
from web.attention_port import Attention, Need
from web.i18n import Language, Languages
from web.letters import Desk, Letter, address_letter, digest_letter
from web.notice_words import Reader
from web.notices_port import Digest, NoticeView
from web.ports import Account, MemberView
from web.present import People, Tongue
from web.rendering import Templates

LINK_HOURS: Final = 24


class Views(Protocol):
    """Somebody who knows what notices are about."""

    async def of(self, kept: Sequence[KeptNotice]) -> tuple[NoticeView, ...]:
        """Return notices as they are shown, in the same order."""
        ...


class Members(Protocol):
    """Somebody who knows the members."""

    async def members(self) -> tuple[MemberView, ...]:
        """Return all members in the order of the roll."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """In whose name messages are written, and where their links lead."""

    names: dict[str, str]
    """The federation's, by language."""
    root: str
    """The address of this node's pages."""
    sender: str
    """The address that messages come from."""
    languages: Languages
    templates: Templates

    def language(self, *wishes: str | None) -> Language:
        """Return the first of the languages that there is, or the default one."""
        found = (self.languages.find(wish) for wish in wishes)
        return next((language for language in found if language is not None), self.languages.default)

    def desk(self, language: Language) -> Desk:
        """Return who writes, for a reader's language."""
        return Desk(Tongue(*language.pick(self.names)), self.templates)

    def at(self, language: Language) -> str:
        """Return where pages in a language stand."""
        return f"{self.root}/{language.code}"

    def envelope(self, language: Language, mail: str, address: str, now: int, unsubscribe: str = "") -> Envelope:
        """Return the envelope of a message."""
        return Envelope(mail, language.pick(self.names)[0], self.sender, address, now, unsubscribe)


class Digests:
    """Messages with notices, for the mailer to send."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        views: Views,
        attention: Attention,
        members: Members,
        office: Office,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._views = views
        self._attention = attention
        self._members = members
        self._office = office

    async def collect(self, now: int) -> int:
        """Put every notice that is due into its account's message; return how many messages were made for that."""
        found = await self._database.read(notices.recipients)
        made = [
            await self._database.write(partial(_collect, recipient=recipient, now=now))
            for recipient in found
            if recipient.is_mailed
        ]
        return sum(made)

    async def message(self, mail: Mail, now: int) -> bytes | None:
        """Return a message as it goes to the mail server, or None if it has nothing to tell any more."""
        account = await self._accounts.find(mail.account)
        ways = await self._database.read(lambda c: notices.ways(c, "account", mail.account))
        if account is None or ways is None:
            return None
        language = self._office.language(ways.recipient.choices.lang, account.lang)
        if mail.kind == "confirm":
            if await self._database.read(lambda c: notices.linked(c, token_hash(mail.token), now)) is None:
                return None
            link = f"{self._office.at(language)}/account/notices/address/{mail.token}"
            letter = address_letter(self._office.desk(language), language, account.name, link, LINK_HOURS)
            return message_bytes(letter, self._office.envelope(language, mail.id, mail.address, now))
        if mail.address != ways.address or not ways.recipient.is_mailed:
            return None
        unsubscribe = f"{self._office.at(language)}/unsubscribe/{ways.unsubscribe}"
        digest = await self._digest(mail, account, ways, now)
        if not digest.notices:
            return None
        letter = await self._letter(digest, language, ways, unsubscribe, now)
        return message_bytes(letter, self._office.envelope(language, mail.id, mail.address, now, unsubscribe))

    async def _digest(self, mail: Mail, account: Account, ways: Ways, now: int) -> Digest:
        kept = await self._database.read(lambda c: notices.in_mail(c, mail.id))
        told = [notice for notice in await self._views.of(kept) if not is_past(notice, now)]
        needs: tuple[Need, ...] = ()
        if ways.recipient.choices.rhythm != "once":
            needs = await self._attention.needs(account)
        return Digest(
            tuple(told[:LETTER_NOTICES_MAX]),
            max(0, len(told) - LETTER_NOTICES_MAX),
            tuple(needs[:LETTER_NOTICES_MAX]),
        )

    async def _letter(self, digest: Digest, language: Language, ways: Ways, unsubscribe: str, now: int) -> Letter:
        reader = Reader(language, People.among(await self._members.members(), language), self._office.at(language))
        zone = ways.recipient.choices.zone
        return digest_letter(self._office.desk(language), reader, digest, zone, now, unsubscribe)


def _collect(connection: Connection, recipient: Recipient, now: int) -> int:
    """Put an account's notices that are due into its message; return 1 if one was made for that."""
    waiting = notices.waiting(connection, recipient.account)
    choices, following = recipient.choices, recipient.next_digest
    is_due = choices.rhythm == "once" or now >= following
    due = [each for each in waiting if is_due or _is_urgent(recipient, each)]
    if choices.rhythm != "once" and is_due:
        notices.set_next_digest(connection, recipient.account, next_digest(choices, now))
    if not due:
        return 0
    mail = mails.waiting_of(connection, recipient.account)
    is_new = mail is None
    if mail is None:
        ways = notices.ways(connection, "account", recipient.account)
        assert ways is not None
        mail = secrets.token_hex(16)
        row = Mail(mail, recipient.account, "notices", ways.address, "", now, 0, 0)
        if not mails.add(connection, row, now):
            return 0
    notices.put_in_mail(connection, due, mail)
    return int(is_new)


def _is_urgent(recipient: Recipient, kept: KeptNotice) -> bool:
    what = kept.occurrence
    return is_urgent(recipient.choices, what.kind, what.until, recipient.next_digest)
