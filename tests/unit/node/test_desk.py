"""The secretariat's desk at a real node: queues, topics, rounds, reminders, the order of the agenda, two persons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from consensus.ballots import ApprovalBallot, ChoiceBallot
from consensus.proposal_state import Consultation
from node import config, files
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.desk_queues import LEDGER_PER_PAGE
from node.keystore import NodeKeys
from node.storage.database import Connection
from node.voice import Voice
from protocol.charter import CharterFile, draft
from protocol.events.consultation import Position
from protocol.ids import EventId, MemberId, RecordId
from tests.support.builders import (
    EQUAL_SHARES,
    SIMPLE_MAJORITY,
    ChainWriter,
    Federation,
    build_federation,
    document,
    proposal_text,
    track_policy,
)
from tests.support.until import until
from tests.unit.node.test_service import Desk as Place
from tests.unit.node.test_service import desk_with, quick_charter
from web import ports
from web.ports import Account, Refused, TopicInput

HOUR = 3_600_000


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as place:
        yield place


def topic(title: str, *proposals: str) -> TopicInput:
    return TopicInput("long", "en", title, f"All about {title}.", (6,), 25, proposals)


class StoppedError(Exception):
    """The node stops here."""


def stop_after_one_event(patched: pytest.MonkeyPatch) -> None:
    """Have the node stop when it is about to sign a second event."""
    say, said = Voice.say, list[str]()

    async def once(voice: Voice, kind: str, *arguments: Any, **named: Any) -> EventId:
        if said:
            raise StoppedError
        said.append(kind)
        return await say(voice, kind, *arguments, **named)

    patched.setattr(Voice, "say", once)


@asynccontextmanager
async def started_again(where: Path, me: MemberId) -> AsyncIterator[Place]:
    """Run a node of a federation of one on what it left."""
    member, layout = build_federation(1).member(0), Layout(where)
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    settings = NodeConfig(topics_worker=False, secure_cookies=False)
    async with running_node(layout, settings, identity, SystemClock()) as node:
        yield Place(node, me, where)


async def carry_out(place: Place, act: str, whole: str, other: str, first: str, second: str) -> None:
    """Split a topic of two proposals, or merge two topics of one each."""
    office, topics = place.account("secretariat"), place.service.desk.topics
    if act == "split":
        await topics.split(office, whole, topic("Rivers", first), topic("Wells", second))
    else:
        await topics.merge(office, whole, other, topic("Rivers and wells", first, second))


class TestTopics:
    """A federation of one."""

    async def test_a_topic_is_renamed_split_merged_and_given_up(self, place: Place) -> None:
        office, topics = place.account("secretariat"), place.service.desk.topics
        first, second, third = [await place.propose(title) for title in ("One", "Two", "Three")]
        whole = await place.service.name_topic(office, topic("Rivers", first, second))
        await topics.change(office, whole, topic("Clean rivers", first, second))
        (line,) = await topics.lines()
        assert (line.topic.id, line.topic.text.title, line.locked_by) == (whole, "Clean rivers", None)
        part = await topics.split(office, whole, topic("Clean rivers", first), topic("Wells", second))
        assert {line.topic.id: line.topic.proposals for line in await topics.lines()} == {
            whole: (first,),
            part: (second,),
        }
        other = await place.service.name_topic(office, topic("Lakes", third))
        await topics.merge(office, whole, other, topic("Rivers and lakes", *sorted((first, third))))
        assert {line.topic.id for line in await topics.lines()} == {whole, part}
        detail = await topics.one(whole)
        assert detail is not None
        assert [step.act for step in detail.steps] == ["name", "change", "change", "change"]
        assert [view.id for view in detail.split_off] == [part]
        gone = await topics.one(other)
        assert gone is not None
        assert gone.has_ended
        assert gone.steps[-1].into is not None
        assert gone.steps[-1].into.title == "Rivers and lakes"
        await topics.end(office, part)
        assert {line.topic.id for line in await topics.lines()} == {whole}
        for refused in (topics.end(office, part), topics.change(office, part, topic("Wells", second))):
            with pytest.raises(Refused, match="topic-ended"):
                await refused

    @pytest.mark.parametrize("act", ["split", "merge"])
    @pytest.mark.parametrize("way", ["again", "finish"])
    async def test_a_node_that_stops_between_the_two_events_leaves_what_can_be_finished(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str, way: str
    ) -> None:
        async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as place:
            office = place.account("secretariat")
            first, second = sorted([await place.propose("One"), await place.propose("Two")])
            begins = (first, second) if act == "split" else (first,)
            whole = await place.service.name_topic(office, topic("Rivers", *begins))
            gone = "" if act == "split" else await place.service.name_topic(office, topic("Wells", second))
            with monkeypatch.context() as patched:
                stop_after_one_event(patched)
                with pytest.raises(StoppedError):
                    await carry_out(place, act, whole, gone, first, second)
        async with started_again(tmp_path, MemberId(place.me)) as place:
            topics = place.service.desk.topics
            lines = {line.topic.id: line for line in await topics.lines()}
            assert len(lines) == 2, "both are in force"
            assert {id_ for id_, line in lines.items() if line.is_half_done} == {whole}
            (other,) = lines.keys() - {whole}
            detail = await topics.one(whole)
            assert detail is not None
            assert [(each.kind, each.other.id, each.both) for each in detail.half_done] == [(act, other, 1)]
            events = (await place.service.status()).events
            if way == "again":
                await carry_out(place, act, whole, other, first, second)
            else:
                await topics.finish(office, whole, other)
            assert (await place.service.status()).events == events + 1, "only what was missing is signed"
            left = {line.topic.id: (line.topic.proposals, line.is_half_done) for line in await topics.lines()}
            ends = {whole: ((first,), False), other: ((second,), False)}
            assert left == (ends if act == "split" else {whole: ((first, second), False)})
            with pytest.raises(Refused, match="not-half-done"):
                await topics.finish(office, whole, other)

    async def test_a_topic_that_is_named_twice_is_one(self, place: Place) -> None:
        office, first = place.account("secretariat"), await place.propose("One")
        named = [await place.service.name_topic(office, topic("Rivers", first)) for _ in range(2)]
        assert named[0] == named[1]
        assert len(await place.service.desk.topics.lines()) == 1

    async def test_what_can_not_be_is_refused_before_it_is_signed(self, place: Place) -> None:
        office, topics = place.account("secretariat"), place.service.desk.topics
        first = await place.propose("One")
        whole = await place.service.name_topic(office, topic("Rivers", first))
        events = (await place.service.status()).events
        short = TopicInput("short", "en", "Rivers", "About rivers.", (6,), 25, (first,))
        with pytest.raises(Refused, match="topic-other-track"):
            await topics.change(office, whole, short)
        with pytest.raises(Refused, match="not-itself"):
            await topics.merge(office, whole, whole, topic("Rivers", first))
        with pytest.raises(Refused, match="unknown-topic"):
            await topics.end(office, "0" * 64)
        with pytest.raises(Refused, match="unknown-proposal"):
            await topics.change(office, whole, topic("Rivers", "0" * 64))
        with pytest.raises(Refused, match="not-secretariat"):
            await topics.end(place.account("delegate"), whole)
        assert (await place.service.status()).events == events
        assert await topics.one("0" * 64) is None

    async def test_a_topic_in_a_round_stays_and_the_round_keeps_its_version(self, place: Place) -> None:
        office, topics = place.account("secretariat"), place.service.desk.topics
        first, second = await place.propose("One"), await place.propose("Two")
        whole = await place.service.name_topic(office, topic("Rivers", first))
        found = await place.opened(whole, track="long", closes_in_ms=1_500)
        await until(lambda: bool(place.node.stages.certified.standings(whole)), "the topic is known to stand in it")
        with pytest.raises(Refused, match="topic-in-round"):
            await topics.change(office, whole, topic("Lakes", second))
        detail = await topics.one(whole)
        assert detail is not None
        assert detail.locked_by is not None
        assert (detail.locked_by.id, detail.locked_until) == (found.id, found.closes)
        await place.service.cast(place.account("delegate"), found.id, ApprovalBallot(approves=("o1",)))
        await place.certified(found.id)
        await topics.change(office, whole, topic("Lakes", second))
        await place.service.draft_agenda(office)
        await until(lambda: 1 in place.node.teller.agendas, "the agenda is certified")
        agenda = await place.service.agenda()
        assert agenda is not None
        assert (agenda.long[0].text.title, agenda.long[0].proposals) == ("Rivers", (first,))


class TestAgenda:
    """A federation of one."""

    async def decided(self, place: Place, *subjects: str) -> None:
        found = await place.opened(*subjects, track="long")
        options = tuple(f"o{at}" for at in range(1, len(subjects) + 1))
        await place.service.cast(place.account("delegate"), found.id, ApprovalBallot(approves=options))
        await place.certified(found.id)

    async def test_it_is_published_in_the_order_that_the_office_gave(self, place: Place) -> None:
        office, desk = place.account("secretariat"), place.service.desk
        with pytest.raises(Refused, match="no-outcomes"):
            await desk.agenda.due(None)
        one, two, three = [await place.propose(title) for title in ("One", "Two", "Three")]
        await self.decided(place, one, two)
        await self.decided(place, three)
        due = await desk.agenda.due(None)
        together = [item.subject for item in due.items if item.round == due.items[0].round]
        assert due.is_in_default_order
        assert [item.before for item in due.items] == ["", "", ""]
        with pytest.raises(Refused, match="order-impossible"):
            await desk.agenda.due([*reversed(together), three])
        order = (three, *together)
        assert await desk.requests.ask_agenda(office, order) == "signed"
        await until(lambda: 1 in place.node.teller.agendas, "the agenda is certified")
        agenda = await place.service.agenda()
        assert agenda is not None
        assert tuple(item.subject for item in agenda.long) == order
        with pytest.raises(Refused, match="nothing-new"):
            await desk.requests.ask_agenda(office, order)
        again = await desk.agenda.due(None)
        assert (again.version, again.in_force) == (2, 1)
        assert {item.subject: item.before for item in again.items} == dict(zip(order, ("1", "2", "3"), strict=True))

    async def test_what_leaves_says_why(self, tmp_path: Path) -> None:
        async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as place:
            office, desk = place.account("secretariat"), place.service.desk
            one, two = await place.propose("One"), await place.propose("Two")
            await self.decided(place, one, two)
            await desk.requests.ask_agenda(office, None)
            await until(lambda: 1 in place.node.teller.agendas, "the agenda is certified")
            found = await place.opened(one, track="long", procedure="vote")
            await place.service.cast(place.account("delegate"), found.id, ChoiceBallot(choice="no", reason="No."))
            await place.certified(found.id)
            due = await desk.agenda.due(None)
            assert [item.subject for item in due.items] == [two]
            assert [(gone.text.title, gone.why, gone.round_number) for gone in due.dropped] == [
                ("One", "not-adopted", found.number)
            ]


class TestTwoPersons:
    """A federation of one whose node asks for a second person."""

    @pytest_asyncio.fixture
    async def strict(self, tmp_path: Path) -> AsyncIterator[Place]:
        async with node_with(tmp_path, build_federation(1), two_person_approval=True) as place:
            yield place

    def person(self, place: Place, name: str) -> Account:
        return Account(name, name.title(), place.me, frozenset({"secretariat"}), None)

    async def test_a_round_is_signed_by_the_second_person_alone(self, strict: Place) -> None:
        ana, ben, requests = self.person(strict, "ana"), self.person(strict, "ben"), strict.service.desk.requests
        proposal = await strict.propose("One")
        wanted = ports.RoundInput("long", "prioritisation", (proposal,), HOUR)
        with pytest.raises(Refused, match="second-person"):
            await strict.service.request_round(ana, wanted)
        assert await requests.ask_round(ana, wanted) == "waiting"
        (mine,) = await requests.waiting(ana)
        assert (mine.is_mine, mine.asked_by, mine.round) == (True, "Ana", wanted)
        assert [text.title for text in mine.titles] == ["One"]
        with pytest.raises(Refused, match="own-request"):
            await requests.confirm(ana, mine.id)
        with pytest.raises(Refused, match="not-secretariat"):
            await requests.confirm(strict.account("delegate"), mine.id)
        assert strict.node.teller.opened == {}
        assert await requests.confirm(ben, mine.id) == "round"
        await until(lambda: len(strict.node.teller.opened) == 1, "the round is opened")
        with pytest.raises(Refused, match="request-gone"):
            await requests.confirm(ben, mine.id)
        assert await requests.waiting(ben) == ()

    async def test_what_can_not_be_signed_any_more_goes_on_waiting(self, strict: Place) -> None:
        ana, ben, requests = self.person(strict, "ana"), self.person(strict, "ben"), strict.service.desk.requests
        proposal = await strict.propose("One")
        await requests.ask_round(ana, ports.RoundInput("long", "prioritisation", (proposal,), HOUR))
        await strict.service.act(strict.account("delegate"), proposal, ports.ActInput(act="withdraw"))
        (waiting,) = await requests.waiting(ben)
        assert waiting.titles == ()
        with pytest.raises(Refused, match="not-in-turn"):
            await requests.confirm(ben, waiting.id)
        assert len(await requests.waiting(ben)) == 1
        await requests.decline(ben, waiting.id)
        assert await requests.waiting(ana) == ()

    async def test_a_request_expires(self, strict: Place) -> None:
        ana, requests = self.person(strict, "ana"), strict.service.desk.requests
        proposal = await strict.propose("One")
        await requests.ask_round(ana, ports.RoundInput("long", "prioritisation", (proposal,), HOUR))
        (waiting,) = await requests.waiting(ana)
        assert waiting.expires - waiting.asked == 72 * HOUR
        database = strict.node.register._database
        await database.write(lambda c: c.execute("UPDATE desk_requests SET expires = 1"))
        assert await requests.waiting(ana) == ()
        with pytest.raises(Refused, match="request-gone"):
            await requests.confirm(self.person(strict, "ben"), waiting.id)


class TestDrafts:
    """What is typed into a form of several steps."""

    async def test_each_account_keeps_its_own(self, place: Place) -> None:
        requests = place.service.desk.requests
        mine = place.account("secretariat")
        assert await requests.draft(mine, "round") == {}
        await requests.keep_draft(mine, "round", {"subjects": ("a", "b"), "unit": ("days",)})
        assert await requests.draft(mine, "round") == {"subjects": ("a", "b"), "unit": ("days",)}
        assert await requests.draft(Account("other", "", place.me, mine.roles, None), "round") == {}
        with pytest.raises(Refused, match="text-too-long"):
            await requests.keep_draft(mine, "round", {"subjects": ("x" * 70_000,)})
        await requests.keep_draft(mine, "round", {})
        assert await requests.draft(mine, "round") == {}


@asynccontextmanager
async def node_with(
    where: Path, federation: Federation, file: CharterFile | None = None, **settings: object
) -> AsyncIterator["Office"]:
    """Run the first member's node with these settings of the desk."""
    member, layout = federation.member(0), Layout(where)
    written = file or quick_charter(federation)
    files.write_new(layout.charter, written.to_bytes(), files.PUBLIC)
    identity = load_identity(layout, NodeKeys(node=member.node, teller=member.teller), is_teller=True)
    chosen = NodeConfig(topics_worker=False, secure_cookies=False, desk=config.Desk.model_validate(settings))
    async with running_node(layout, chosen, identity, SystemClock()) as node:
        office = Office(node, member.id, where)
        office.writers = {}
        office.federation = Federation(written, federation.members)
        yield office


class Office(Place):
    """The secretariat's node in a federation whose other members speak from afar."""

    federation: Federation
    writers: dict[int, ChainWriter]

    async def hears(self, member: int, body: object, *texts: bytes) -> EventId:
        """Have something arrive that another member says."""
        if member not in self.writers:
            self.writers[member] = self.federation.writer(member)
        event = self.writers[member].write(body, time_ms=SystemClock().now())  # type: ignore[arg-type]
        report = await self.node.ledger.take(Delivery("afar", [event.envelope], texts=list(texts)))
        assert not report.refused, report
        return event.id


def screening_charter(federation: Federation) -> CharterFile:
    """Return a charter of one teller that screens and gives notice, with rounds of an hour."""
    policy = track_policy(voting_ms=HOUR, screening=True, notice_ms=24 * HOUR)
    charter = federation.charter
    roll = charter.roll.model_copy(update={"tellers": (federation.member(0).id,)})
    file = draft(charter.model_copy(update={"long": policy, "short": policy, "roll": roll}))
    for member in federation.members:
        file = file.signed(member.root)
    return file


class TestQueues:
    """A federation of four of which only the secretariat's node runs."""

    @pytest_asyncio.fixture
    async def office(self, tmp_path: Path) -> AsyncIterator[Office]:
        federation = build_federation(4, tellers=1)
        async with node_with(tmp_path, federation, screening_charter(federation)) as office:
            yield office

    async def test_the_queue_is_sorted_by_time_left(self, office: Office) -> None:
        queues = office.service.desk.queues
        long, short = await office.propose("Wells"), await office.propose("Cholera", "short")
        await office.node.stages.refresh()
        found = await queues.screening()
        assert [(each.proposal.id, each.has_urgency) for each in found.waiting] == [(short, True), (long, False)]
        first, second = found.waiting
        assert first.due - first.proposal.time == 24 * HOUR
        assert second.due - second.proposal.time == 168 * HOUR
        secretariat = office.account("secretariat")
        await office.service.act(secretariat, long, ports.ActInput(act="return", reasons="Say who pays."))
        await office.service.act(secretariat, short, ports.ActInput(act="admissible"))
        await office.node.stages.refresh()
        found = await queues.screening()
        assert (found.waiting, found.screened_lately) == ((), 2)

    async def test_objections_are_waited_for_then_due_then_answered(self, office: Office) -> None:
        queues, secretariat = office.service.desk.queues, office.account("secretariat")
        proposal = await office.propose("Wells")
        await office.service.act(secretariat, proposal, ports.ActInput(act="admissible"))
        reasons = proposal_text("", "It stops what runs.")
        body = Position(proposal=EventId(proposal), stance="objection", reasons=reasons)
        objection = await office.hears(1, body, document("", "It stops what runs."))
        await office.node.stages.refresh()
        (entry,) = (await queues.objections(with_settled=False)).entries
        assert (entry.state, entry.objection.member) == ("waiting", office.federation.member(1).id)
        assert entry.due is not None
        assert entry.due > office.service.now()
        answer = ports.ActInput(act="answer-objection", other=objection, answer="addressed", reasons="It does not.")
        await office.service.act(office.account("delegate"), proposal, answer)
        (entry,) = (await queues.objections(with_settled=True)).entries
        assert (entry.state, entry.due) == ("addressed", None)

    async def test_the_ledger_is_complete_and_folds_only_what_its_page_shows(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queues = office.service.desk.queues
        proposals = [await office.propose(f"Wells {number}") for number in range(LEDGER_PER_PAGE + 5)]
        objections = set()
        for proposal in proposals:
            body = Position(proposal=EventId(proposal), stance="objection", reasons=proposal_text("", "It stops."))
            objections.add(await office.hears(1, body))
        await office.node.stages.refresh()
        folded: list[str] = []
        fold = office.node.stages.state

        def counted(connection: Connection, proposal: str) -> Consultation | None:
            folded.append(proposal)
            return fold(connection, proposal)

        monkeypatch.setattr(office.node.stages, "state", counted)
        first = await queues.objections(with_settled=False)
        assert len(folded) == LEDGER_PER_PAGE
        second = await queues.objections(with_settled=False, page=2)
        assert len(folded) == LEDGER_PER_PAGE + 5
        assert {entry.objection.id for ledger in (first, second) for entry in ledger.entries} == objections
        assert (first.page, first.pages, second.page, second.pages) == (1, 2, 2, 2)
        assert first.counts == {"waiting": LEDGER_PER_PAGE + 5}
        assert (await queues.objections(with_settled=False, state="lifted")).entries == ()
        assert (await queues.objections(with_settled=True, track="short")).counts == {}
        lifted = Position(proposal=EventId(proposals[0]), stance="support", reasons=proposal_text("", "Well then."))
        await office.hears(1, lifted)
        await office.node.stages.refresh()
        (entry,) = (await queues.objections(with_settled=False, state="lifted")).entries
        assert (entry.proposal.id, entry.state) == (proposals[0], "lifted")

    async def test_what_may_stand_in_a_round_and_why_not(self, office: Office) -> None:
        rounds, secretariat = office.service.desk.rounds, office.account("secretariat")
        fresh, admitted = await office.propose("Fresh"), await office.propose("Admitted")
        topic_id = await office.service.name_topic(secretariat, topic("Rivers", fresh))
        await office.service.act(secretariat, admitted, ports.ActInput(act="admissible"))
        await office.node.stages.refresh()
        found = {each.id: each for each in await rounds.subjects("long", "prioritisation")}
        assert found[topic_id].blocked == ""
        assert (found[fresh].blocked, found[fresh].stage) == ("stage", "submitted")
        assert found[admitted].blocked == "notice"
        assert found[admitted].until is not None
        waiver = {each.id: each.blocked for each in await rounds.subjects("long", "waiver")}
        assert (waiver[admitted], waiver[fresh]) == ("", "stage")
        assert await rounds.subjects("short", "prioritisation") == ()

    async def test_a_plan_tells_dates_tellers_and_the_frozen_question(self, office: Office) -> None:
        secretariat = office.account("secretariat")
        topic_id = await office.service.name_topic(secretariat, topic("Rivers", await office.propose("One")))
        wanted = ports.RoundInput("long", "prioritisation", (topic_id,), 3 * HOUR)
        plan = await office.service.desk.rounds.plan(wanted)
        assert plan.earliest_close - plan.spec.opens == HOUR
        assert plan.spec.closes - plan.spec.opens == 3 * HOUR
        assert [option.text.title for option in plan.options] == ["Rivers"]
        assert [teller.member for teller in plan.tellers] == [office.me]
        assert plan.tellers[0].last_heard is not None
        too_short = ports.RoundInput("long", "prioritisation", (topic_id,), HOUR // 2)
        with pytest.raises(Refused, match="rule-impossible"):
            await office.service.desk.rounds.plan(too_short)

    async def test_a_round_is_watched_and_who_has_not_voted_is_reminded(self, office: Office) -> None:
        rounds, secretariat = office.service.desk.rounds, office.account("secretariat")
        topic_id = await office.service.name_topic(secretariat, topic("Rivers", await office.propose("One")))
        found = await office.opened(topic_id, track="long", closes_in_ms=2 * HOUR)
        assert await office.service.desk.reminders() == ()
        assert await rounds.remind(secretariat, found.id) == 4
        (notice,) = await office.service.desk.reminders()
        assert (notice.round, notice.number, notice.closes) == (found.id, found.number, found.closes)
        await office.service.cast(office.account("delegate"), found.id, ApprovalBallot(approves=("o1",)))
        assert await office.service.desk.reminders() == (), "who has voted isn't reminded any more"
        assert await rounds.remind(secretariat, found.id) == 3
        assert await rounds.remind(secretariat, found.id) == 3
        with pytest.raises(Refused, match="reminders-used"):
            await rounds.remind(secretariat, found.id)
        watched = await rounds.monitor(found.id)
        assert watched is not None
        assert [member for member, _ in watched.first_ballots] == [office.me]
        assert [len(each.members) for each in watched.reminders] == [4, 3, 3]
        assert set(watched.heard) == {office.me}
        (teller,) = watched.tellers
        assert (teller.member, teller.sealed, teller.has_certified) == (office.me, None, False)
        with pytest.raises(Refused, match="not-secretariat"):
            await rounds.remind(office.account("delegate"), found.id)
        with pytest.raises(Refused, match="unknown-round"):
            await rounds.remind(secretariat, RecordId("0" * 64))
        assert await rounds.monitor("0" * 64) is None

    async def test_a_consolidation_shows_who_joined(self, office: Office) -> None:
        secretariat, delegate = office.account("secretariat"), office.account("delegate")
        one, two = await office.propose("One"), await office.propose("Two")
        for each in (one, two):
            await office.service.act(secretariat, each, ports.ActInput(act="admissible"))
        whole = ports.ProposalInput("long", "en", "Both", "One text.", "", (6,), 30, tuple(sorted((one, two))))
        text = await office.service.submit(delegate, whole)
        await office.service.act(delegate, one, ports.ActInput(act="join", other=text))
        topic_id = await office.service.name_topic(secretariat, topic("Rivers", *sorted((one, two))))
        detail = await office.service.desk.topics.one(topic_id)
        assert detail is not None
        (consolidation,) = detail.consolidations
        assert consolidation.text.title.title == "Both"
        assert {each.proposal.id: each.answer for each in consolidation.asked} == {one: "joined", two: "asked"}
        await office.service.act(delegate, two, ports.ActInput(act="stay-out", other=text))
        detail = await office.service.desk.topics.one(topic_id)
        assert detail is not None
        assert {each.answer for each in detail.consolidations[0].asked} == {"joined", "out"}
