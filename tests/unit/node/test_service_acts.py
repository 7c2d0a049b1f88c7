"""A proposal's way through a node: acts of its own people, what others say from afar, and what is out of turn."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import BaseModel

from consensus.ballots import ChoiceBallot
from node import files
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.keystore import NodeKeys
from node.storage import projections
from protocol.charter import draft
from protocol.events.consultation import Endorsement, Position
from protocol.events.deliberation import Amendment, AmendmentEndorsement, MergeAnswer
from protocol.ids import EventId
from tests.support.builders import (
    ChainWriter,
    Federation,
    build_federation,
    document,
    proposal_body,
    proposal_text,
    track_policy,
)
from tests.support.story import support
from tests.support.until import until
from tests.unit.node.test_service import Desk
from web import ports
from web.ports import ActInput, Refused

_OTHERS = (1, 2, 3)


class Office(Desk):
    """The secretariat's node in a federation whose other members speak from afar."""

    federation: Federation
    writers: dict[int, ChainWriter]

    async def hears(self, member: int, body: BaseModel, *texts: bytes) -> EventId:
        """Have something arrive that another member says."""
        event = self.writers[member].write(body, time_ms=SystemClock().now())
        report = await self.node.ledger.take(Delivery("afar", [event.envelope], texts=list(texts)))
        assert not report.refused, report
        return event.id

    async def does(self, act: str, proposal: str, **fields: object) -> None:
        role: ports.Role = "secretariat" if act in ("admissible", "return", "call", "adjourn", "resume") else "delegate"
        typed = ActInput(act=act, **fields)  # type: ignore[arg-type]
        await self.service.act(self.account(role), proposal, typed)

    async def course(self, proposal: str) -> ports.CourseView:
        view = await self.service.proposal(proposal)
        assert view is not None
        return view.course

    async def listed(self) -> dict[str, int]:
        return (await self.service.proposals(ports.ProposalFilter())).by_stage

    async def admitted(self, title: str = "Clean wells") -> str:
        proposal = await self.propose(title)
        await self.does("admissible", proposal)
        await self.hears(1, Endorsement(proposal=EventId(proposal), endorses=True))
        assert (await self.course(proposal)).stage == "consulting"
        return proposal


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    built = build_federation(4, tellers=1)
    policy = track_policy(voting_ms=600, screening=True, endorsement=support(1, 2, 2), amendment=support(1, 2, 2))
    timing = built.charter.timing.model_copy(update={"grace_ms": 50, "receipt_window_ms": 20, "view_ms": 500})
    file = draft(built.charter.model_copy(update={"long": policy, "short": policy, "timing": timing}))
    for member in built.members:
        file = file.signed(member.root)
    layout = Layout(tmp_path)
    files.write_new(layout.charter, file.to_bytes(), files.PUBLIC)
    me = built.member(0)
    identity = load_identity(layout, NodeKeys(node=me.node, teller=me.teller), is_teller=True)
    async with AsyncExitStack() as stack:
        config = NodeConfig(topics_worker=False, secure_cookies=False)
        node = await stack.enter_async_context(running_node(layout, config, identity, SystemClock()))
        found = Office(node, me.id, tmp_path)
        found.federation = Federation(file, built.members)
        found.writers = {member: found.federation.writer(member) for member in _OTHERS}
        yield found


async def test_from_screening_to_consultation_lists_follow(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    assert (await office.course(proposal)).stage == "submitted"
    with pytest.raises(Refused, match="reason-missing"):
        await office.does("return", proposal)
    await office.does("admissible", proposal)
    course = await office.course(proposal)
    assert (course.stage, course.support.members, course.support.needed) == ("endorsing", 1, 2)
    await office.hears(1, Endorsement(proposal=EventId(proposal), endorses=True))
    assert (await office.course(proposal)).stage == "consulting"
    await office.node.stages.refresh()
    assert await office.listed() == {"consulting": 1}
    found = await office.service.proposals(ports.ProposalFilter(stage="endorsing"))
    assert found.total == 0


async def test_what_is_out_of_turn_is_refused_and_nothing_is_signed(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    events = (await office.service.status()).events
    for act in ("call", "take-over", "resume", "revise-it"):
        with pytest.raises(Refused, match="not-now"):
            await office.does(act, proposal, until=SystemClock().now() + 1_000_000, reasons="Why")
    with pytest.raises(Refused, match="not-secretariat"):
        await office.service.act(office.account("delegate"), proposal, ActInput(act="admissible"))
    wanted = ports.RoundInput("long", "vote", (proposal,), 700)
    with pytest.raises(Refused, match="not-in-turn"):
        await office.service.request_round(office.account("secretariat"), wanted)
    assert (await office.service.status()).events == events


async def test_a_revision_is_made_from_the_version_that_was_read(office: Office) -> None:
    proposal = await office.admitted()
    first = (await office.course(proposal)).versions[-1].event
    await office.does("revise", proposal, title="Clean deep wells", body="More.", minutes=15, base=first)
    view = await office.service.proposal(proposal)
    assert view is not None
    assert (view.summary.title, view.summary.minutes, len(view.course.versions)) == ("Clean deep wells", 15, 2)
    with pytest.raises(Refused, match="text-changed"):
        await office.does("revise", proposal, title="Late", body="Late.", base=first)
    await office.node.stages.refresh()
    listed = await office.service.proposals(ports.ProposalFilter())
    assert [item.title for item in listed.items] == ["Clean deep wells"]


async def test_an_amendment_from_afar_is_accepted(office: Office) -> None:
    proposal = await office.admitted()
    amendment = await office.hears(2, *await amendment_of(office, proposal, "Wells with pumps"))
    view = (await office.course(proposal)).amendments[0]
    assert (view.text.title, view.applies, view.is_ready, view.member) == (
        "Wells with pumps",
        True,
        False,
        "member-003",
    )
    with pytest.raises(Refused, match="reason-missing"):
        await office.does("decline-amendment", proposal, other=amendment)
    await office.does("accept-amendment", proposal, other=amendment)
    course = await office.course(proposal)
    assert (course.amendments[0].outcome, course.versions[-1].text.title) == ("accepted", "Wells with pumps")
    with pytest.raises(Refused, match="not-now"):
        await office.does("back-amendment", proposal, other=amendment)


async def test_an_amendment_with_enough_support_goes_to_a_vote_and_changes_the_text(office: Office) -> None:
    proposal = await office.admitted()
    amendment = await office.hears(2, *await amendment_of(office, proposal, "Wells with pumps"))
    await office.does("decline-amendment", proposal, other=amendment, reasons="Too dear")
    wanted = ports.RoundInput("long", "amendment", (amendment,), 700)
    with pytest.raises(Refused, match="not-in-turn"):
        await office.service.request_round(office.account("secretariat"), wanted)
    body = AmendmentEndorsement(proposal=EventId(proposal), amendment=amendment, endorses=True)
    await office.hears(3, body)
    await office.node.stages.refresh()
    assert (await office.service.proposals(ports.ProposalFilter())).items[0].ready_amendments == 1
    await office.service.request_round(office.account("secretariat"), wanted)
    await until(lambda: bool(office.node.teller.opened), "the round is opened")
    round_id = (await office.service.rounds())[0].id
    await office.service.cast(office.account("delegate"), round_id, ChoiceBallot(choice="yes"))
    await office.certified(round_id)
    course = await office.course(proposal)
    assert (course.amendments[0].outcome, course.versions[-1].text.title) == ("adopted", "Wells with pumps")
    assert course.stage == "consulting"


async def amendment_of(office: Office, proposal: str, title: str) -> tuple[Amendment, bytes, bytes]:
    refs = await office.node.service._parts.library.text_refs([proposal])
    body = Amendment(
        proposal=EventId(proposal),
        base=refs[proposal][0].sha256,
        text=proposal_text(title),
        reasons=proposal_text("Why"),
    )
    return body, document(title), document("Why")


async def test_an_objection_is_answered_in_the_ledger(office: Office) -> None:
    proposal = await office.admitted()
    reasons = proposal_text("No budget")
    position = Position(proposal=EventId(proposal), stance="objection", reasons=reasons)
    objection = await office.hears(2, position, document("No budget"))
    await office.does("answer-objection", proposal, other=objection, answer="addressed", reasons="There is one.")
    ledger = (await office.course(proposal)).objections
    assert [(each.answer, each.reply and each.reply.body) for each in ledger] == [("addressed", "There is one.")]
    with pytest.raises(Refused, match="not-now"):
        await office.does("answer-objection", proposal, other="0" * 64, answer="addressed", reasons="What?")


async def test_a_consolidated_text_is_joined_from_here_and_from_afar(office: Office) -> None:
    mine = await office.admitted()
    theirs = await office.hears(2, proposal_body(proposal_text("Deep wells")), document("Deep wells"))
    merges = tuple(sorted((mine, theirs)))
    proposal = ports.ProposalInput("long", "en", "Wells of every kind", "Text.", "", (6,), 20, merges)
    into = await office.service.submit(office.account("delegate"), proposal)
    assert [other.id for other in (await office.course(mine)).consolidations] == [into]
    with pytest.raises(Refused, match="unknown-proposal"):
        await office.does("join", mine, other=theirs)
    await office.does("join", mine, other=into)
    assert (await office.course(mine)).stage == "merged"
    await office.does("admissible", theirs)
    await office.hears(2, MergeAnswer(proposal=theirs, into=EventId(into), joins=True))
    assert {other.id for other in (await office.course(into)).merges} == {mine, theirs}
    assert (await office.course(into)).stage == "consulting", "two joined, out of two constituencies"
    await office.does("stay-out", mine, other=into)
    assert (await office.course(mine)).stage == "consulting"


async def test_withdrawn_put_off_and_called(office: Office) -> None:
    proposal = await office.admitted()
    with pytest.raises(Refused, match="until-past"):
        await office.does("call", proposal, until=1)
    await office.does("call", proposal, until=SystemClock().now() + 86_400_000, reasons="Which wells?")
    call = (await office.course(proposal)).calls[0]
    assert (call.number, call.question and call.question.body) == (1, "Which wells?")
    await office.does("adjourn", proposal, reasons="Budget first")
    assert (await office.course(proposal)).stage == "adjourned"
    await office.does("resume", proposal, reasons="It is there")
    await office.does("withdraw", proposal)
    course = await office.course(proposal)
    assert (course.stage, course.may) == ("withdrawn", ())
    with pytest.raises(Refused, match="not-now"):
        await office.service.take_position(office.account("delegate"), proposal, "support", "en", "Late")


async def test_states_survive_rebuilding_and_a_new_event_touches_its_own_proposal_only(office: Office) -> None:
    proposals = [await office.admitted(f"Wells {number}") for number in range(3)]
    await office.node.stages.refresh()
    before = await office.service.proposals(ports.ProposalFilter())
    await office.node.stages._database.write(projections.rebuild)
    assert await office.node.stages.refresh() == 3
    assert await office.service.proposals(ports.ProposalFilter()) == before
    await office.hears(2, Endorsement(proposal=EventId(proposals[1]), endorses=True))
    touched = await office.node.stages._database.read(lambda c: projections.touched(c, 10))
    assert [found[0] for found in touched] in ([proposals[1]], [])


async def test_a_page_shows_so_many_amendments_those_under_way_first(office: Office) -> None:
    proposal = await office.admitted()
    first = await office.hears(2, *await amendment_of(office, proposal, "Wells number 0"))
    body = AmendmentEndorsement(proposal=EventId(proposal), amendment=first, endorses=True)
    await office.hears(3, body)
    for number in range(1, 50):
        await office.hears(2, *await amendment_of(office, proposal, f"Wells number {number}"))
    course = await office.course(proposal)
    assert len(course.amendments) == 40
    assert course.amendments[0].id == first, "the one that most members stand behind"
    assert course.amendments[-1].text.title == "Wells number 49"
