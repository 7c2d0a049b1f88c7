"""Proxies at a node: who may give one, what is refused, and how the roll call tells of them after the close."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import JsonValue

from consensus.ballots import Ballot, ChoiceBallot, ProxyBallot
from node import files
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.keystore import NodeKeys
from tests.support.builders import Federation, ballot_body, build_federation
from tests.support.until import until
from tests.unit.node.test_service import Desk, quick_charter
from web import ports
from web.ports import Refused

_OPEN_MS = 900
YES = ChoiceBallot(choice="yes")


class Place(Desk):
    """A desk in a federation whose other members vote from afar."""

    federation: Federation

    async def round_with(self, proxies: int) -> ports.RoundSummary:
        before = len(await self.service.rounds())
        proposal = await self.propose("Wells", "short")
        wanted = ports.RoundInput("short", "vote", (proposal,), _OPEN_MS, proxies_per_holder=proxies)
        await self.service.request_round(self.account("secretariat"), wanted)
        await until(lambda: len(self.node.teller.opened) > before, "the round is opened")
        return max(await self.service.rounds(), key=lambda found: found.number)

    async def hears(self, member: int, round_id: str, content: dict[str, JsonValue]) -> None:
        """Have another member's ballot arrive."""
        event = self.federation.writer(member).write(ballot_body(round_id, content))
        report = await self.node.ledger.take(Delivery("afar", [event.envelope]))
        assert not report.refused, report

    def member(self, index: int) -> str:
        return str(self.federation.member(index).id)


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    built = build_federation(4, tellers=1)
    federation = Federation(quick_charter(built), built.members)
    member = federation.member(0)
    layout = Layout(tmp_path)
    files.write_new(layout.charter, federation.file.to_bytes(), files.PUBLIC)
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    config = NodeConfig(topics_worker=False, secure_cookies=False)
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(running_node(layout, config, identity, SystemClock()))
        place = Place(node, member.id, tmp_path)
        place.federation = federation
        yield place


async def test_a_counted_proxy_stands_in_the_roll_call_with_its_holder_and_its_vote(place: Place) -> None:
    found = await place.round_with(1)
    await place.service.cast(place.account("head"), found.id, ProxyBallot(holder=place.member(1)))
    await place.hears(1, found.id, {"form": "choice", "choice": "yes", "reason": None})
    await place.hears(2, found.id, {"form": "proxy", "holder": place.member(1)})
    view = await place.certified(found.id)
    assert view.outcome is not None
    assert (view.outcome.status, view.outcome.counts.in_favour, view.outcome.proxies) == ("adopted", 2, 1)
    calls = {ballot.member: ballot for ballot in view.roll_call}
    assert (calls[place.me].content, calls[place.me].holder, calls[place.me].is_counted) == (YES, place.member(1), True)
    over_cap = calls[place.member(2)]
    assert (over_cap.content, over_cap.holder) == (ProxyBallot(holder=place.member(1)), "")
    assert over_cap.is_counted is False
    assert view.my_ballot is not None
    assert view.my_ballot.content == ProxyBallot(holder=place.member(1)), "the receipt shows what was signed"
    assert view.my_ballot.is_counted


async def test_voting_oneself_revokes_a_proxy_and_so_does_taking_it_back(place: Place) -> None:
    found = await place.round_with(2)
    head = place.account("head")
    await place.service.cast(head, found.id, ProxyBallot(holder=place.member(1)))
    await place.service.cast(place.account("delegate"), found.id, ChoiceBallot(choice="no"))
    await place.service.cast(head, found.id, ProxyBallot(holder=place.member(1)))
    await place.service.cast(head, found.id, ProxyBallot(holder=None))
    await place.hears(1, found.id, {"form": "choice", "choice": "yes", "reason": None})
    view = await place.certified(found.id)
    assert view.outcome is not None
    assert (view.outcome.counts.cast, view.outcome.proxies) == (1, 0)
    assert view.outcome.uncounted == ()


@pytest.mark.parametrize(
    ("proxies", "holder", "code"),
    [
        (0, "member-002", "no-proxies"),
        (1, "member-001", "proxy-to-itself"),
        (1, "nobody", "proxy-to-stranger"),
        (1, None, "nothing-to-withdraw"),
    ],
)
async def test_a_proxy_that_could_not_count_is_refused_when_it_is_given(
    proxies: int, holder: str | None, code: str, place: Place
) -> None:
    found = await place.round_with(proxies)
    with pytest.raises(Refused) as refused:
        await place.service.cast(place.account("head"), found.id, ProxyBallot(holder=holder))
    assert refused.value.code == code


async def test_only_a_head_of_delegation_gives_a_proxy_and_a_head_does_what_a_delegate_does(place: Place) -> None:
    found = await place.round_with(1)
    proxy: Ballot = ProxyBallot(holder=place.member(1))
    for account, code in (
        (place.account("delegate"), "not-head"),
        (place.account("delegate", "secretariat", "operator"), "not-head"),
        (place.account(), "not-head"),
        (place.account("head", member="member-002"), "foreign-member"),
    ):
        with pytest.raises(Refused) as refused:
            await place.service.cast(account, found.id, proxy)
        assert refused.value.code == code
    for content in (YES, proxy):
        with pytest.raises(Refused):
            await place.service.cast(place.account(), found.id, content)
    await place.service.cast(place.account("head"), found.id, YES)
    proposal = await place.service.submit(
        place.account("head"), ports.ProposalInput("long", "en", "By a head", "Words.", "", (3,), 10)
    )
    await place.service.erase_text(place.account("head"), proposal, "withdrawn-by-author")


async def test_a_round_with_too_many_proxies_is_refused_when_it_is_drafted(place: Place) -> None:
    proposal = await place.propose("Wells", "short")
    wanted = ports.RoundInput("short", "vote", (proposal,), _OPEN_MS, proxies_per_holder=21)
    with pytest.raises(Refused) as refused:
        await place.service.request_round(place.account("secretariat"), wanted)
    assert refused.value.code == "rule-impossible"
    assert "proxies_per_holder" in str(refused.value.parameters["detail"])
