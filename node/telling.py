"""Puts together what tells people and systems outside of what happens: notices, e-mail and webhooks."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from consensus.agreement.quorum import Quorum
from node.accounts import Accounts
from node.clock import Clock
from node.config import NodeConfig
from node.digests import Digests, Office
from node.follower import Follower
from node.happened import Source
from node.library import Library
from node.mail_server import MailServer
from node.mailer import Mailer, Rate
from node.membership import Membership
from node.notice_views import NoticeViews
from node.noticeboard import Noticeboard
from node.noticing import Noticing, Ways
from node.outside import Outside
from node.rounds import Rounds
from node.storage.database import Database
from node.webhooks import Webhooks
from protocol.charter import Charter
from protocol.ids import MemberId
from web.attention_port import Attention
from web.i18n import Languages
from web.operator_port import Finding
from web.rendering import Templates


@dataclass(frozen=True, slots=True)
class Near:
    """What telling rests on in a node."""

    database: Database
    accounts: Accounts
    library: Library
    membership: Membership
    rounds: Rounds
    attention: Attention
    clock: Clock
    charter: Charter
    me: MemberId


class Telling:
    """What tells people and systems outside. Started and stopped as one."""

    def __init__(self, near: Near, config: NodeConfig, root: str, languages: Languages) -> None:
        """Read what the mail server's settings name. Raises MailSetupError or files.FileError."""
        views = NoticeViews(near.database, near.library, near.rounds)
        digests = _digests(near, config, root, languages, views) if config.mail.host else None
        mailer = _mailer(near, config, root, digests) if digests is not None else None
        self._outside = Outside(allow_local=config.webhooks.allow_local)
        self.webhooks = Webhooks(
            near.database, self._outside, near.clock, near.me, allow_local=config.webhooks.allow_local
        )
        self._mailer = mailer
        self.notices = Noticeboard(near.database, near.accounts, views, near.clock, near.me, mailer)
        self._sending = Follower(mailer.work, "e-mail was not sent") if mailer is not None else None
        self._delivering = Follower(self.webhooks.work, "webhooks were not delivered")
        self.noticing = Noticing(
            near.database,
            Source(near.me, Quorum.of(len(near.charter.roll.tellers))),
            near.accounts,
            near.attention,
            near.clock,
            Ways(digests, self._ask_mail, self._delivering.ask),
        )
        self.notices.listen(self._ask_mail)
        self.webhooks.listen(self._delivering.ask)

    def mail_finding(self) -> Finding | None:
        """Return what an operator is told while the mail server can't be used."""
        trouble = self._mailer.trouble if self._mailer is not None else ""
        return Finding("mail-failing", "warn", {"reason": trouble.rstrip(".")}) if trouble else None

    async def start(self) -> None:
        """Begin to notice and to send."""
        if self._sending is not None:
            await self._sending.start()
        await self._delivering.start()
        await self.noticing.start()

    async def stop(self) -> None:
        """Stop; a message that is in flight is given up for now."""
        await self.noticing.stop()
        await self._delivering.stop()
        if self._sending is not None:
            await self._sending.stop()
        await self._outside.close()

    def _ask_mail(self) -> None:
        if self._sending is not None:
            self._sending.ask()


def office(config: NodeConfig, names: dict[str, str], root: str, languages: Languages) -> Office:
    """Return in whose name a node writes messages."""
    return Office(names, root, config.mail.from_address, languages, Templates(languages, str))


def mail_server(config: NodeConfig, root: str) -> MailServer:
    """Return the mail server in a node's settings. Raises MailSetupError or files.FileError."""
    return MailServer(config.mail, urlsplit(root).hostname or "localhost")


def _digests(near: Near, config: NodeConfig, root: str, languages: Languages, views: NoticeViews) -> Digests:
    names = {str(lang): str(name) for lang, name in near.charter.names.items()}
    writer = office(config, names, root, languages)
    return Digests(near.database, near.accounts, views, near.attention, near.membership, writer)


def _mailer(near: Near, config: NodeConfig, root: str, digests: Digests) -> Mailer:
    server = mail_server(config, root)
    return Mailer(near.database, server, digests, near.clock, Rate(server.name, config.mail.per_hour_max))
