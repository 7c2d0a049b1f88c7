"""A node with something on every page, and somebody who has signed in there: proposals, topics, an agenda, rounds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from consensus.ballots import ApprovalBallot
from node import files
from node.accounts import Accounts
from node.app import Node
from node.clock import SystemClock
from node.config import Layout
from node.storage.database import Database
from tests.support.builders import Federation, build_federation
from tests.support.told_proposals import Told, node_with
from tests.support.until import until
from tests.unit.node.test_service import Desk, quick_charter
from web.accounts_port import Arrival
from web.ports import ProposalFilter, Role, TopicInput

ROLES: frozenset[Role] = frozenset({"delegate", "head", "secretariat", "operator"})
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_TOPICS = 5


@dataclass(frozen=True, slots=True)
class Inhabited:
    """A running node, a session's secret, and what its pages are of."""

    node: Node
    desk: Desk
    where: Path
    session: str
    proposal: str
    closed: str
    """A round with an outcome, from which the agenda comes."""
    opened: str
    """A round in which the member may vote and hasn't."""

    @property
    def pages(self) -> dict[str, str]:
        """The pages that people who have signed in see often, by what they are."""
        return {
            "agenda": "/en",
            "proposals": "/en/proposals",
            "proposals in Arabic": "/ar/proposals",
            "proposal": f"/en/proposals/{self.proposal}",
            "rounds": "/en/rounds",
            "outcome": f"/en/rounds/{self.closed}",
            "ballot": f"/en/rounds/{self.opened}",
            "members": "/en/members",
            "explorer": "/en/topics",
            "yours": "/en/yours",
            "desk": "/en/desk",
            "node": "/en/node",
        }


@asynccontextmanager
async def inhabited(where: Path, members: int = 20, proposals: int = 200) -> AsyncIterator[Inhabited]:
    """Run the only teller of a federation, which holds the secretariat too; everything there was really decided."""
    drafted = build_federation(members, tellers=1)
    federation = Federation(quick_charter(drafted), drafted.members)
    layout = Layout(where)
    files.write_new(layout.charter, federation.file.to_bytes(), files.PUBLIC)
    clock = SystemClock()
    told = [
        Told(at % (members // 2), clock.now() - _DAY_MS + at, f"Clean water for district {at}", goals=(3, 6))
        for at in range(proposals)
    ]
    async with node_with(federation, told, where, clock) as node:
        await node.stages.refresh()
        desk = Desk(node, federation.member(0).id, where)
        found = await node.service.proposals(ProposalFilter(per_page=4 * _TOPICS + 1))
        ids = [item.id for item in found.items]
        closed = await _agenda(desk, [tuple(sorted(ids[4 * at : 4 * at + 4])) for at in range(_TOPICS)])
        opened = await desk.opened(ids[-1], track="long", procedure="vote", closes_in_ms=_HOUR_MS)
        session = await signed_in(node, layout, "ada", desk.me)
        yield Inhabited(node, desk, where, session, ids[0], closed, opened.id)


async def signed_in(node: Node, layout: Layout, account: str, member: str, roles: frozenset[Role] = ROLES) -> str:
    """Make an account as the command does beside a running node, and return the secret of a session of its."""
    database = Database(layout.store)
    await database.open()
    try:
        accounts = Accounts(database, SystemClock())
        await accounts.add(account, account.title(), member, roles)
        token = await accounts.invite(account)
    finally:
        await database.close()
    found = await node.accounts.sessions.redeem(token, Arrival())
    assert found is not None
    return found.secret


async def _agenda(desk: Desk, groups: list[tuple[str, ...]]) -> str:
    """Have topics named, voted on and published; return the round."""
    office = desk.account("secretariat")
    topics = [
        await desk.service.name_topic(office, TopicInput("long", "en", f"Topic {at}", "About it.", (6,), 10, group))
        for at, group in enumerate(groups)
    ]
    found = await desk.opened(*topics, track="long")
    content = ApprovalBallot(approves=tuple(f"o{at}" for at in range(1, len(topics) + 1)))
    await desk.service.cast(desk.account("delegate"), found.id, content)
    await desk.certified(found.id)
    await desk.service.draft_agenda(office)
    await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
    return found.id
