"""Whatever crashes in between, no notice is lost and none is sent more than twice.

A crash may come before or after any write to the store, and at each point of a message's way to the mail server. The
node then starts again over the same store.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.accounts import Accounts
from node.clock import Clock
from node.digests import Digests, Office
from node.mail_server import BeforeWords
from node.mailer import Mailer, Rate
from node.noticeboard import Noticeboard
from node.noticing import Noticing, Ways
from node.storage import notices
from node.storage.database import Connection, Database
from node.storage.mails import Mail
from tests.support.hand_clock import HandClock
from tests.support.told_accounts import ADDRESS, DAY, ME, Needs, Script, proposal
from web.i18n import Languages, load_languages
from web.notices_port import NoticeChoices
from web.ports import Account
from web.rendering import Templates

_T = TypeVar("_T")


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Crashes:
    """At which points the process ends: the first, second … time that a point of a name is passed."""

    plan: Mapping[str, Set[int]]
    passed: Counter[str] = field(default_factory=Counter)
    happened: int = 0

    def at(self, point: str) -> None:
        self.passed[point] += 1
        if self.passed[point] in self.plan.get(point, ()):
            self.happened += 1
            raise Crash


class Fragile(Database):
    """A store whose process may end before or after each write."""

    def __init__(self, path: Path, crashes: Crashes) -> None:
        super().__init__(path)
        self._crashes = crashes

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        self._crashes.at("before a write")
        result = await super().write(work)
        self._crashes.at("after a write")
        return result


@dataclass
class FragilePost:
    """A mail server that has taken a message even if nobody hears of it."""

    crashes: Crashes
    taken: Counter[str] = field(default_factory=Counter)

    async def deliver(self, message: bytes, address: str, before_words: BeforeWords) -> None:
        self.crashes.at("called")
        await before_words()
        self.crashes.at("words leave")
        self.taken.update(message.decode().split())
        self.crashes.at("taken")


class NamesAlone(Digests):
    """Messages that hold the names of their notices and nothing else."""

    async def message(self, mail: Mail, now: int) -> bytes | None:
        if mail.kind == "confirm":
            return None
        kept = await self._database.read(lambda c: notices.in_mail(c, mail.id))
        return " ".join(each.occurrence.name for each in kept).encode()


@dataclass
class World:
    """What outlives a crash: the store's directory, the clock, what happened, and what the mail server took."""

    where: Path
    languages: Languages
    crashes: Crashes
    clock: HandClock = field(default_factory=HandClock)
    script: Script = field(default_factory=Script)
    post: FragilePost = field(init=False)

    def __post_init__(self) -> None:
        self.post = FragilePost(self.crashes)

    async def live(self, steps: list[int]) -> list[int]:
        """Run a node until it has done all steps or crashes; return the steps that are left."""
        database = Fragile(self.where / "store.sqlite3", self.crashes)
        await database.open()
        try:
            noticing, mailer = self._node(database)
            await noticing.work()
            await mailer.work()
            while steps:
                new = steps.pop(0)
                first = len(self.script.occurrences)
                self.script.occurrences += [proposal(first + each) for each in range(new)]
                self.clock.advance(60_000)
                await noticing.work()
                await mailer.work()
        except Crash:
            pass
        finally:
            await database.close()
        return steps

    def _node(self, database: Database) -> tuple[Noticing, Mailer]:
        accounts, needs = Accounts(database, self.clock), Needs()
        office = Office({"en": "A"}, "https://n.example", "n@n.example", self.languages, Templates(self.languages, str))
        digests = NamesAlone(database, accounts, needs, needs, needs, office)
        mailer = Mailer(database, self.post, digests, self.clock, Rate("mail", 1_000))
        ways = Ways(digests, mail=lambda: None, hooks=lambda: None)
        return Noticing(database, self.script, accounts, needs, self.clock, ways), mailer


async def _furnish(where: Path, clock: Clock, script: Script) -> None:
    """Make a store with an account that is told everything at once."""
    database = Database(where / "store.sqlite3")
    await database.open()
    accounts, needs = Accounts(database, clock), Needs()
    await accounts.add("office", "Office", ME, frozenset({"delegate"}))
    account = Account("office", "Office", ME, frozenset({"delegate"}), None)
    board = Noticeboard(database, accounts, needs, clock, ME, None)
    await board.choose(account, NoticeChoices())
    await database.write(lambda c: notices.set_address(c, "office", ADDRESS))
    nothing = Ways(None, mail=lambda: None, hooks=lambda: None)
    noticing = Noticing(database, script, accounts, needs, clock, nothing)
    await database.write(noticing.begin)
    await database.close()


async def _story(where: Path, languages: Languages, steps: list[int], plan: Mapping[str, Set[int]]) -> World:
    world = World(where, languages, Crashes(plan))
    await _furnish(where, world.clock, world.script)
    left = list(steps)
    while left:
        left = await world.live(left)
    calm = 0
    while calm < 2:
        world.clock.advance(DAY)
        before = world.crashes.happened
        await world.live([])
        calm = calm + 1 if world.crashes.happened == before else 0
    return world


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


@pytest.fixture
def below(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


_PLANS = st.dictionaries(
    st.sampled_from(["before a write", "after a write", "called", "words leave", "taken"]),
    st.sets(st.integers(1, 20), max_size=4) | st.integers(1, 4).map(lambda times: set(range(1, times + 1))),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 5), min_size=1, max_size=5), plan=_PLANS)
def test_no_notice_is_lost_and_none_is_sent_more_than_twice(
    below: Path, languages: Languages, steps: list[int], plan: Mapping[str, Set[int]]
) -> None:
    where = Path(tempfile.mkdtemp(dir=below))
    world = asyncio.run(_story(where, languages, steps, plan))
    names = {each.name for each in world.script.occurrences}
    kept, failed = asyncio.run(_left(where))
    assert names <= kept, "everything stands in the feed"
    assert names - world.post.taken.keys() <= failed, "what did not arrive is told to the operator"
    assert all(times <= 2 for times in world.post.taken.values()), world.post.taken
    if not any(plan.values()):
        assert set(world.post.taken.values()) <= {1}


async def _left(where: Path) -> tuple[set[str], set[str]]:
    """Return the names of all notices that are kept, and of those in messages that were given up."""
    database = Database(where / "store.sqlite3")
    await database.open()
    try:
        kept = await database.read(lambda c: {str(row[0]) for row in c.rows("SELECT name FROM notices")})
        failed = await database.read(
            lambda c: {
                str(row[0])
                for row in c.rows("SELECT name FROM notices JOIN mails ON mails.id = mail WHERE state = 'failed'")
            }
        )
    finally:
        await database.close()
    return kept, failed
