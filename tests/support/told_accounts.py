"""Accounts that are told things, over a real store: what happens is given by the test, what is sent is kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from node.accounts import Accounts
from node.digests import Digests, Office
from node.happened import Happened, Mark, Told
from node.mail_server import BeforeWords
from node.mailer import Mailer, Rate
from node.noticeboard import Noticeboard
from node.notices import Occurrence
from node.noticing import Noticing, Ways
from node.storage.database import Connection, Database
from node.storage.notices import KeptNotice
from protocol.ids import MemberId
from tests.support.hand_clock import HandClock
from web.attention_port import Deadline, Need
from web.i18n import Languages
from web.notices_port import NoticeChoices, NoticeView
from web.ports import Account, MemberView, Role, RoundSummary, TextView
from web.rendering import Templates

ME = MemberId("ocean-institute")
OTHER = "river-society"
ADDRESS = "office@ocean.example"
HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class Script:
    """What happened, one occurrence at each position. Satisfies node.noticing.Source."""

    occurrences: list[Occurrence] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    at_a_time: int = 3

    def end(self, connection: Connection) -> Mark:
        return Mark(len(self.occurrences), len(self.told))

    def since(self, connection: Connection, mark: Mark, now: int) -> Happened:
        until = min(mark.position + self.at_a_time, len(self.occurrences))
        happened = Happened(Mark(until, len(self.told)), until == len(self.occurrences))
        happened.occurrences = self.occurrences[mark.position : until]
        happened.told = self.told[mark.height :]
        return happened


@dataclass
class Needs:
    """What waits. Satisfies web.attention_port.Attention."""

    waiting: list[Need] = field(default_factory=list)

    async def needs(self, account: Account) -> tuple[Need, ...]:
        return tuple(self.waiting)

    async def deadlines(self) -> tuple[Deadline, ...]:
        return ()

    async def of(self, kept: Sequence[KeptNotice]) -> tuple[NoticeView, ...]:
        """Return notices about proposals with titles, and about those rounds that wait."""
        rounds = {need.subject: need.round for need in self.waiting}
        return tuple(
            NoticeView(
                name=each.occurrence.name,
                kind=each.occurrence.kind,
                subject=each.occurrence.subject,
                at=each.noted,
                member=each.occurrence.member,
                title=TextView("held", "en", f"Title of {each.occurrence.subject}"),
                round=rounds.get(each.occurrence.subject),
                until=each.occurrence.until,
            )
            for each in kept
        )

    async def members(self) -> tuple[MemberView, ...]:
        return ()


@dataclass
class PostBox:
    """Takes messages, or raises what the test says. Satisfies node.mail_server.Post."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    before: list[Exception | None] = field(default_factory=list)
    """Raised before the words leave, one for each message."""
    after: list[Exception | None] = field(default_factory=list)

    async def deliver(self, message: bytes, address: str, before_words: BeforeWords) -> None:
        if self.before and (error := self.before.pop(0)) is not None:
            raise error
        await before_words()
        self.sent.append((address, message))
        if self.after and (error := self.after.pop(0)) is not None:
            raise error


@dataclass
class Place:
    """A store with accounts, and what tells them."""

    database: Database
    accounts: Accounts
    clock: HandClock
    script: Script
    needs: Needs
    post: PostBox
    mailer: Mailer
    board: Noticeboard
    noticing: Noticing
    digests: Digests

    async def account(self, name: str = "office", *, lang: str | None = None, roles: tuple[Role, ...] = ()) -> Account:
        account = Account(name, name.capitalize(), ME, frozenset(roles or ("delegate",)), lang)
        await self.accounts.add(account.id, account.name, account.member, account.roles, lang)
        return account

    async def subscribed(self, choices: NoticeChoices, name: str = "office", lang: str | None = None) -> Account:
        """Return an account with these choices whose address is verified."""
        account = await self.account(name, lang=lang)
        await self.board.choose(account, choices)
        await self.board.ask_address(account, ADDRESS)
        rows = await self.database.read(lambda c: c.rows("SELECT token FROM mails WHERE account = $1", name))
        assert await self.board.confirm_address(str(rows[0][0])) == ADDRESS
        return account

    async def look(self) -> None:
        """Let the node notice and send what is due now."""
        await self.noticing.work()
        await self.mailer.work()

    @property
    def messages(self) -> list[EmailMessage]:
        """What was sent, parsed."""
        return [message_from_bytes(data, policy=policy.default) for _, data in self.post.sent]

    def happens(self, *occurrences: Occurrence) -> None:
        self.script.occurrences += occurrences


def proposal(number: int, *goals: int) -> Occurrence:
    return Occurrence(f"proposal:{number}", "proposal", f"{number:064x}", OTHER, goals)


def round_summary(number: int, opens: int, closes: int, *, mine: bool = False) -> RoundSummary:
    return RoundSummary(
        id=f"{number:064x}",
        number=number,
        track="long",
        rule="threshold",
        state="open",
        opens=opens,
        closes=closes,
        options=1,
        first_title=TextView("held", "en", "Wells"),
        cast=0,
        entitled=3,
        mine=mine,
    )


def vote(summary: RoundSummary) -> Need:
    return Need("vote", summary.id, summary.first_title, summary.closes, f"/rounds/{summary.id}", 0, round=summary)


@asynccontextmanager
async def told_place(where: Path, languages: Languages, rate: int = 100) -> AsyncIterator[Place]:
    """Open a store below a directory and put together what tells its accounts; nothing runs by itself."""
    database = Database(where / "store.sqlite3")
    await database.open()
    clock, script, needs, post = HandClock(), Script(), Needs(), PostBox()
    accounts = Accounts(database, clock)
    office = Office(
        {"en": "Alliance", "ar": "التحالف"},
        "https://node.example",
        "notices@node.example",
        languages,
        Templates(languages, str),
    )
    digests = Digests(database, accounts, needs, needs, needs, office)
    mailer = Mailer(database, post, digests, clock, Rate("mail.example:587", rate))
    board = Noticeboard(database, accounts, needs, clock, ME, mailer)
    noticing = Noticing(database, script, accounts, needs, clock, Ways(digests, mail=lambda: None, hooks=lambda: None))
    await database.write(noticing.begin)
    try:
        yield Place(database, accounts, clock, script, needs, post, mailer, board, noticing, digests)
    finally:
        await database.close()
