"""What people do at a node, from a proposal to a published agenda: a federation of one, with everything real."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from pydantic import JsonValue

from consensus.ballots import ApprovalBallot, Ballot, ChoiceBallot, RankedBallot, ScoreBallot
from consensus.fairness.agenda_report import ItemSource
from node import files
from node.app import Identity, Node, load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.keystore import NodeKeys
from protocol.charter import CharterFile, draft
from protocol.events.consultation import Track
from protocol.events.rounds import ProcedureName
from protocol.ids import MemberId
from protocol.policy import TrackPolicy
from tests.support.builders import EQUAL_SHARES, SIMPLE_MAJORITY, Federation, build_federation, track_policy
from tests.support.until import until
from web import ports
from web.ports import Account, Refused, Role

_VOTING_MS = 700

Rule = dict[str, JsonValue]


def with_rule(rule: Rule) -> TrackPolicy:
    """Return a policy that lets everything through, whose procedures for such a rule have it."""
    policy = track_policy(voting_ms=_VOTING_MS)
    procedure = policy.procedures["vote"].model_copy(update={"rule": rule})
    return policy.model_copy(update={"procedures": {**policy.procedures, procedure_for(rule): procedure}})


def procedure_for(rule: Rule) -> ProcedureName:
    """Return which kind of round such a rule is for."""
    names: dict[object, ProcedureName] = {
        "equal-shares": "prioritisation",
        "schulze": "alternatives",
        "instant-runoff": "alternatives",
        "score": "prioritisation",
    }
    return names.get(rule["rule"], "vote")


def quick_charter(federation: Federation, long: Rule = EQUAL_SHARES, short: Rule = SIMPLE_MAJORITY) -> CharterFile:
    """Return the charter with voting times of less than a second."""
    charter = federation.charter
    timing = charter.timing.model_copy(update={"grace_ms": 100, "receipt_window_ms": 20, "view_ms": 500})
    file = draft(
        charter.model_copy(
            update={
                "timing": timing,
                "long": with_rule(long),
                "short": with_rule(short),
            }
        )
    )
    for member in federation.members:
        file = file.signed(member.root)
    return file


class Desk:
    """A node and the people at it."""

    def __init__(self, node: Node, me: str, where: Path) -> None:
        self.node = node
        self.service = node.service
        self.me = me
        self.where = where

    def account(self, *roles: Role, member: str = "") -> Account:
        return Account("somebody", "Somebody", member or self.me, frozenset(roles), None)

    async def propose(self, title: str, track: Track = "long", minutes: int = 20) -> str:
        urgency = "It can't wait." if track == "short" else ""
        body = "One paragraph about it."
        proposal = ports.ProposalInput(track, "en", title, body, urgency, (3, 6), minutes)
        return await self.service.submit(self.account("delegate"), proposal)

    async def opened(
        self,
        *subjects: str,
        track: Track,
        procedure: ProcedureName | None = None,
        closes_in_ms: int = _VOTING_MS,
    ) -> ports.RoundSummary:
        before = len(await self.service.rounds())
        kind: ProcedureName = procedure or ("prioritisation" if track == "long" else "vote")
        wanted = ports.RoundInput(track, kind, subjects, closes_in_ms)
        await self.service.request_round(self.account("secretariat"), wanted)
        await until(lambda: len(self.node.teller.opened) > before, "the round is opened")
        return max(await self.service.rounds(), key=lambda found: found.number)

    async def certified(self, round_id: str) -> ports.RoundView:
        closings = self.node.teller.closings
        await until(lambda: any(c.round == round_id for c in closings.values()), "the round is certified")
        view = await self.service.round(round_id)
        assert view is not None
        return view


@asynccontextmanager
async def desk_with(where: Path, long: Rule, short: Rule) -> AsyncIterator[Desk]:
    """Run a node of a federation whose tracks have these rules."""
    federation = build_federation(1)
    member = federation.member(0)
    layout = Layout(where)
    files.write_new(layout.charter, quick_charter(federation, long, short).to_bytes(), files.PUBLIC)
    keys = NodeKeys(node=member.node, teller=member.teller)
    identity: Identity = load_identity(layout, keys, is_teller=True)
    config = NodeConfig(topics_worker=False, secure_cookies=False)
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(running_node(layout, config, identity, SystemClock()))
        yield Desk(node, MemberId(member.id), where)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as desk:
        yield desk


async def test_from_proposals_to_a_published_agenda(desk: Desk) -> None:
    first, second = await desk.propose("Clean rivers"), await desk.propose("Early warning", minutes=50)
    topic = await desk.service.name_topic(
        desk.account("secretariat"), ports.TopicInput("long", "en", "Rivers", "All about rivers.", (6,), 25, (first,))
    )
    found = await desk.opened(topic, second, track="long")
    cast = await desk.service.cast(desk.account("delegate"), found.id, ApprovalBallot(approves=("o1", "o2")))
    changed = await desk.service.cast(desk.account("delegate"), found.id, ApprovalBallot(approves=("o1",)))
    assert changed.event != cast.event
    view = await desk.certified(found.id)
    assert view.outcome is not None
    assert view.outcome.status == "selected"
    assert [ballot.content for ballot in view.roll_call] == [ApprovalBallot(approves=("o1",))]
    assert view.my_ballot is not None
    assert view.my_ballot.is_counted
    assert re.fullmatch("[0-9a-f]{64}", view.lot)
    assert view.my_ballot.received_by == (desk.me,)
    await desk.service.draft_agenda(desk.account("secretariat"))
    await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
    agenda = await desk.service.agenda()
    assert agenda is not None
    assert [(item.number, item.subject, item.minutes) for item in agenda.long] == [("1", topic, 25)]
    assert agenda.long[0].proposals == (first,)
    assert agenda.certificate.signers == (desk.me,)
    rests_on = ItemSource("1", 25, ((desk.me, ()),), in_favour=frozenset({desk.me}), voted=frozenset({desk.me}))
    assert await desk.service.agenda_sources(1) == (rests_on,)
    assert await desk.service.agenda_sources(2) == ()
    with pytest.raises(Refused, match="nothing-new"):
        await desk.service.draft_agenda(desk.account("secretariat"))
    view_of_first = await desk.service.proposal(first)
    assert view_of_first is not None
    assert view_of_first.topics == (topic,)


async def test_of_competing_texts_the_ranked_winner_comes_onto_the_agenda(tmp_path: Path) -> None:
    """Their minutes together are far over the plenary's, and so may be each alone: only one is taken."""
    async with desk_with(tmp_path, {"rule": "schulze"}, {"rule": "instant-runoff"}) as desk:
        first, second = await desk.propose("Clean rivers", minutes=90), await desk.propose("Early warning", minutes=50)
        office, delegate = desk.account("secretariat"), desk.account("delegate")
        with pytest.raises(Refused, match="rule-impossible"):
            await desk.service.request_round(office, ports.RoundInput("long", "alternatives", (first,), _VOTING_MS))
        found = await desk.opened(first, second, track="long", procedure="alternatives")
        wrongs: tuple[tuple[Ballot, str], ...] = (
            (ApprovalBallot(approves=("o1",)), "wrong-form"),
            (RankedBallot(tiers=(("o3",),)), "unknown-option"),
        )
        for wrong, code in wrongs:
            with pytest.raises(Refused, match=code):
                await desk.service.cast(delegate, found.id, wrong)
        await desk.service.cast(delegate, found.id, RankedBallot(tiers=(("o2",), ("o1",))))
        view = await desk.certified(found.id)
        assert view.outcome is not None
        assert view.outcome.ranking is not None
        assert view.outcome.ranking.winner == "o2"
        await desk.service.draft_agenda(office)
        await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
        agenda = await desk.service.agenda()
        assert agenda is not None
        assert [item.subject for item in agenda.long] == [second]
        assert set(agenda.long[0].supporters_by_constituency.values()) == {(1, 1)}


async def test_scored_texts_come_onto_the_agenda_in_order_of_their_scores(tmp_path: Path) -> None:
    score: Rule = {"rule": "score", "criteria": [{"id": "impact", "weight": 1}], "maximum": 3}
    async with desk_with(tmp_path, score, SIMPLE_MAJORITY) as desk:
        first, second = await desk.propose("Clean rivers", minutes=90), await desk.propose("Early warning", minutes=50)
        found = await desk.opened(first, second, track="long")
        delegate = desk.account("delegate")
        for off_scale in ({"impact": {"o1": 4}}, {"beauty": {"o1": 1}}):
            with pytest.raises(Refused, match="wrong-form"):
                await desk.service.cast(delegate, found.id, ScoreBallot(scores=off_scale))
        await desk.service.cast(delegate, found.id, ScoreBallot(scores={"impact": {"o1": 1, "o2": 3}}))
        await desk.certified(found.id)
        await desk.service.draft_agenda(desk.account("secretariat"))
        await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
        agenda = await desk.service.agenda()
        assert agenda is not None
        assert [item.subject for item in agenda.long] == [second, first]
        assert agenda.long[0].supporters_by_constituency == {}, "a score is neither for nor against"


async def test_a_ballot_after_the_close_is_told_how_late_it_came(desk: Desk) -> None:
    proposal = await desk.propose("Cholera", "short")
    found = await desk.opened(proposal, track="short")
    await desk.certified(found.id)
    with pytest.raises(Refused) as refused:
        await desk.service.cast(desk.account("delegate"), found.id, ChoiceBallot(choice="yes"))
    assert refused.value.code == "round-closed"
    assert int(refused.value.parameters["late_ms"]) > 0


async def test_a_round_without_ballots_has_no_quorum_or_is_not_adopted_but_closes(desk: Desk) -> None:
    proposal = await desk.propose("Nobody votes", "short")
    found = await desk.opened(proposal, track="short")
    view = await desk.certified(found.id)
    assert view.outcome is not None
    assert view.outcome.status in {"not_adopted", "no_quorum"}
    assert view.roll_call == ()


async def test_what_may_not_be_cast_is_refused_with_its_code(desk: Desk) -> None:
    proposal = await desk.propose("Strict", "short")
    found = await desk.opened(proposal, track="short", closes_in_ms=60_000)
    delegate = desk.account("delegate")
    for content, round_id, code in (
        (ApprovalBallot(approves=("o1",)), found.id, "wrong-form"),
        (ChoiceBallot(choice="yes"), "0" * 64, "unknown-round"),
    ):
        with pytest.raises(Refused, match=code):
            await desk.service.cast(delegate, round_id, content)
    with pytest.raises(Refused, match="not-delegate"):
        await desk.service.cast(desk.account("operator"), found.id, ChoiceBallot(choice="yes"))
    with pytest.raises(Refused, match="foreign-member"):
        await desk.service.cast(desk.account("delegate", member="other"), found.id, ChoiceBallot(choice="yes"))


async def test_a_ballot_for_an_absent_option_is_refused_when_it_is_cast(desk: Desk) -> None:
    found = await desk.opened(await desk.propose("One"), await desk.propose("Two"), track="long", closes_in_ms=60_000)
    with pytest.raises(Refused) as refused:
        await desk.service.cast(desk.account("delegate"), found.id, ApprovalBallot(approves=("o1", "o3")))
    assert refused.value.code == "unknown-option"


async def test_a_round_that_is_no_round_is_refused_with_the_field(desk: Desk) -> None:
    proposal = await desk.propose("Odd", "short")
    for wanted, field in (
        (ports.RoundInput("short", "vote", (proposal,), -1), "close after it opens"),
        (ports.RoundInput("short", "vote", (proposal,), _VOTING_MS, capacity_minutes=10**9), "capacity_minutes"),
        (ports.RoundInput("long", "prioritisation", (proposal, proposal), _VOTING_MS), "the same text twice"),
    ):
        with pytest.raises(Refused) as refused:
            await desk.service.request_round(desk.account("secretariat"), wanted)
        assert refused.value.code == "rule-impossible"
        assert field in str(refused.value.parameters["detail"])


async def test_rounds_that_the_charter_does_not_allow_are_refused_when_drafted(desk: Desk) -> None:
    proposal = await desk.propose("Short vote", "short")
    office = desk.account("secretariat")
    for wanted, code in (
        (ports.RoundInput("short", "vote", (), _VOTING_MS), "no-options"),
        (ports.RoundInput("short", "vote", (proposal,), 5), "rule-impossible"),
        (ports.RoundInput("short", "scoring", (proposal,), _VOTING_MS), "no-procedure"),
        (ports.RoundInput("short", "review", (proposal,), _VOTING_MS), "not-in-turn"),
        (ports.RoundInput("short", "vote", ("0" * 64,), _VOTING_MS), "unknown-proposal"),
    ):
        with pytest.raises(Refused, match=code):
            await desk.service.request_round(office, wanted)
    with pytest.raises(Refused, match="not-secretariat"):
        await desk.service.request_round(
            desk.account("delegate"), ports.RoundInput("short", "vote", (proposal,), _VOTING_MS)
        )
    with pytest.raises(Refused, match="no-outcomes"):
        await desk.service.draft_agenda(office)


async def test_an_erased_text_leaves_the_pages_and_can_not_be_voted_on(desk: Desk) -> None:
    proposal = await desk.propose("To be erased")
    with pytest.raises(Refused, match="own-proposal"):
        await desk.service.endorse(desk.account("delegate"), proposal, True)
    await desk.service.take_position(desk.account("delegate"), proposal, "concern", "en", "It lacks a date.")
    view = await desk.service.proposal(proposal)
    assert view is not None
    assert [position.stance for position in view.positions] == ["concern"]
    with pytest.raises(Refused, match="not-own-proposal"):
        await desk.service.erase_text(desk.account("operator"), proposal, "abuse")
    await desk.service.erase_text(desk.account("delegate"), proposal, "personal-data")
    view = await desk.service.proposal(proposal)
    assert view is not None
    assert (view.text.state, view.text.erased_ground, view.text.body) == ("erased", "personal-data", "")
    with pytest.raises(Refused, match="text-missing"):
        await desk.service.request_round(
            desk.account("secretariat"), ports.RoundInput("long", "prioritisation", (proposal,), _VOTING_MS)
        )


async def test_lists_filter_by_goal_and_track_and_say_how_many_there_are(desk: Desk) -> None:
    for number in range(3):
        await desk.propose(f"Long {number}")
    await desk.propose("Short", "short")
    every = await desk.service.proposals(ports.ProposalFilter())
    assert (every.total, every.by_goal[6], every.by_goal[1]) == (4, 4, 0)
    assert every.items[0].title == "Short"
    short = await desk.service.proposals(ports.ProposalFilter(track="short", goal=3))
    assert [item.title for item in short.items] == ["Short"]
    second = await desk.service.proposals(ports.ProposalFilter(page=2, per_page=3))
    assert (len(second.items), second.pages) == (1, 2)
    (member,) = await desk.service.members()
    assert (member.proposals, member.is_teller, member.is_secretariat) == (4, True, True)


async def test_pages_and_federation_endpoints_answer(desk: Desk) -> None:
    await desk.propose("On a page")
    async with TestClient(TestServer(desk.node.app)) as client:
        for path in ("/", "/proposals", "/rounds", "/members", "/node", "/topics", "/health"):
            response = await client.get(path)
            assert response.status == 200, path
        status = await (await client.get("/federation/v1/status")).json()
        assert (status["member"], status["events"], status["agenda"]) == (desk.me, 1, None)
        assert (await client.get("/federation/v1/charter")).status == 200
        assert (await client.get("/federation/v1/register/1")).status == 404
        assert (await client.get("/federation/v1/nothing")).status == 404
    shown = await desk.service.status()
    assert (shown.events, shown.is_teller, shown.topics_worker) == (1, True, "stopped")


async def test_changes_are_told_to_open_pages(desk: Desk) -> None:
    changes = desk.service.changes()
    waiting = changes.__anext__()
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    proposal = await desk.propose("News")
    async with asyncio.timeout(5):
        change = await task
    assert (change.kind, change.ids) == ("proposal", (proposal,))
    await changes.aclose()  # type: ignore[attr-defined]


async def test_a_restarted_node_goes_on_where_it_stopped(tmp_path: Path) -> None:
    federation = build_federation(1)
    member = federation.member(0)
    layout = Layout(tmp_path)
    files.write_new(layout.charter, quick_charter(federation, EQUAL_SHARES, SIMPLE_MAJORITY).to_bytes(), files.PUBLIC)
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    config = NodeConfig(topics_worker=False, secure_cookies=False)
    async with running_node(layout, config, identity, SystemClock()) as node:
        desk = Desk(node, member.id, tmp_path)
        proposal = await desk.propose("Lasting", "short")
        found = await desk.opened(proposal, track="short")
        await desk.service.cast(desk.account("delegate"), found.id, ChoiceBallot(choice="yes"))
    async with running_node(layout, config, identity, SystemClock()) as node:
        desk = Desk(node, member.id, tmp_path)
        view = await desk.certified(found.id)
        assert view.outcome is not None
        assert view.outcome.status == "adopted"
        await desk.service.draft_agenda(desk.account("secretariat"))
        await until(lambda: 1 in desk.node.teller.agendas, "the agenda is certified")
        assert desk.node.ledger.frontier.head(member.node.key).fork_at is None


async def test_the_revision_changes_with_what_answers_rest_on_and_with_nothing_else(desk: Desk) -> None:
    before = desk.service.revision()
    assert before == desk.service.revision()
    await desk.service.proposals(ports.ProposalFilter())
    await desk.service.status()
    assert desk.service.revision() == before
    proposal = await desk.propose("Clean rivers")
    after = desk.service.revision()
    assert after != before
    event = await desk.service.take_position(desk.account("delegate"), proposal, "support", "en", "Because.")
    assert re.fullmatch("[0-9a-f]{64}", event)
    assert desk.service.revision() not in (before, after)
    told = desk.service.revision()
    await desk.service.erase_text(desk.account("delegate"), proposal, "abuse")
    assert desk.service.revision() != told
