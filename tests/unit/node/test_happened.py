"""What events and records come to: whom they concern, once each, and what webhooks tell of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from consensus.agreement import certificates
from consensus.agreement.quorum import Quorum
from node.happened import Happened, Mark, Source
from protocol.events.consultation import Position
from protocol.events.deliberation import (
    Amendment,
    AmendmentAnswer,
    ConsultationCall,
    ObjectionAnswer,
    Screening,
)
from protocol.events.discussion import Comment
from protocol.events.rounds import Reminder
from protocol.events.tellers import Precommit
from protocol.ids import EventId, MemberId, RecordId
from protocol.register import record_id
from tests.support.builders import (
    EPOCH_MS,
    ChainWriter,
    ballot_body,
    hash_of,
    open_record,
    proposal_body,
    proposal_text,
    receipt_body,
    round_spec,
)
from tests.support.node_pair import Lab
from tests.support.small_node import SmallNode

ME, OTHER, OFFICE = 3, 1, 0
ROUND = hash_of("round")


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(tmp_path, stack)


def source(lab: Lab) -> Source:
    return Source(MemberId(lab.federation.member(ME).id), Quorum.of(4))


async def happened(lab: Lab, node: SmallNode, mark: Mark | None = None, now: int = EPOCH_MS) -> Happened:
    start = mark or Mark(0, 0)
    return await node.database.read(lambda c: source(lab).since(c, start, now))


async def opened_round(lab: Lab, node: SmallNode) -> RecordId:
    """Open a round from EPOCH_MS on, for ten seconds, and return its id."""
    record = open_record(lab.federation.id, EventId(hash_of("request")), round_spec())
    body = Precommit(height=1, view=0, value=record_id(record))
    said = tuple(lab.federation.writer(t.id, "teller").write(body).envelope for t in lab.federation.tellers)
    await node.register.take("test", certificates.assemble(record, said).to_bytes())
    return record_id(record)


def text(words: str):  # type: ignore[no-untyped-def]
    return proposal_text(words)


def kinds(found: Happened) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in found.occurrences]


async def test_what_others_say_of_this_member_s_proposals(lab: Lab) -> None:
    node = await lab.node(ME)
    mine, other, office = (lab.federation.writer(which) for which in (ME, OTHER, OFFICE))
    own = mine.write(proposal_body(text("ours"), goals=(3,)))
    theirs = other.write(proposal_body(text("theirs"), goals=(6,)))
    objection = mine.write(Position(proposal=theirs.id, stance="objection", reasons=text("no")))
    amendment = mine.write(Amendment(proposal=theirs.id, base=text("theirs").sha256, text=text("b"), reasons=text("w")))
    other.write(Position(proposal=own.id, stance="objection", reasons=text("never")))
    other.write(Position(proposal=own.id, stance="support", reasons=text("well")))
    other.write(Position(proposal=theirs.id, stance="support", reasons=text("not ours")))
    other.write(Amendment(proposal=own.id, base=text("ours").sha256, text=text("c"), reasons=text("why")))
    other.write(ObjectionAnswer(proposal=theirs.id, objection=objection.id, answer="addressed", reply=text("so")))
    other.write(AmendmentAnswer(proposal=theirs.id, amendment=amendment.id, accepts=True, reasons=None))
    other.write(AmendmentAnswer(proposal=theirs.id, amendment=EventId(hash_of("x")), accepts=True, reasons=None))
    office.write(Screening(proposal=own.id, verdict="admissible", reasons=None))
    office.write(ConsultationCall(proposal=theirs.id, number=1, until=EPOCH_MS + 9, question=None))
    report = await lab.give(node, *(each.envelope for writer in (mine, other, office) for each in writer.events))
    assert report.refused == []
    found = await happened(lab, node)
    assert sorted(kinds(found)) == sorted(
        [
            ("proposal", theirs.id),
            ("objection", own.id),
            ("position", own.id),
            ("amendment", own.id),
            ("objection-answer", theirs.id),
            ("amendment-answer", theirs.id),
            ("office", own.id),
            ("call", theirs.id),
        ]
    )
    call = next(each for each in found.occurrences if each.kind == "call")
    assert (call.goals, call.until) == ((6,), EPOCH_MS + 9)
    assert len({each.name for each in found.occurrences}) == len(found.occurrences)
    assert {each.data["proposal"] for each in found.told} == {own.id, theirs.id}


async def test_the_mark_passes_everything_once(lab: Lab) -> None:
    node = await lab.node(ME)
    other = lab.federation.writer(OTHER)
    other.write_proposals(3)
    await lab.give(node, *(each.envelope for each in other.events))
    first = await happened(lab, node)
    assert first.is_all
    assert len(first.occurrences) == 3
    assert await node.database.read(source(lab).end) == first.until
    again = await happened(lab, node, first.until)
    assert (again.occurrences, again.until) == ([], first.until)


async def test_many_events_come_in_parts(lab: Lab) -> None:
    node = await lab.node(ME)
    other = lab.federation.writer(OTHER)
    other.write_proposals(230)
    await lab.give(node, *(each.envelope for each in other.events))
    mark, names, rounds = Mark(0, 0), list[str](), 0
    while True:
        found = await happened(lab, node, mark)
        names += [each.name for each in found.occurrences]
        mark, rounds = found.until, rounds + 1
        if found.is_all:
            break
    assert rounds == 2
    assert sorted(names) == sorted(f"proposal:{each.id}" for each in other.events)


async def test_a_ballot_is_told_of_once_enough_tellers_have_received_it(lab: Lab) -> None:
    """Of four tellers three receipts make a ballot certain to count."""
    node = await lab.node(ME)
    mine = lab.federation.writer(ME)
    ballot = mine.write(ballot_body(ROUND))
    await lab.give(node, ballot.envelope)
    mark = (await happened(lab, node)).until
    told = []
    for which in range(4):
        teller = lab.federation.writer(which, "teller")
        receipt = teller.write(receipt_body(ROUND, [ballot.id]))
        await lab.give(node, receipt.envelope)
        found = await happened(lab, node, mark)
        mark = found.until
        told.append([each.name for each in found.told])
    assert told == [[], [], [f"ballot:{ballot.id}"], [f"ballot:{ballot.id}"]], "the same name, so it is kept once"


async def test_comments_are_for_the_sponsor_and_for_whom_they_answer(lab: Lab) -> None:
    node = await lab.node(ME)
    mine, other, office = (lab.federation.writer(which) for which in (ME, OTHER, OFFICE))
    own, theirs = mine.write(proposal_body(text("ours"))), other.write(proposal_body(text("theirs")))

    def say(writer: ChainWriter, subject: EventId, words: str, reply_to: EventId | None = None) -> EventId:
        return writer.write(Comment(subject=subject, reply_to=reply_to, text=text(words))).id

    asked = say(mine, theirs.id, "what of the budget?")
    answered = say(other, theirs.id, "it is in the annex", asked)
    say(office, theirs.id, "that is right", answered)
    say(office, theirs.id, "a new thread")
    say(office, own.id, "it answers a comment on another proposal", asked)
    say(other, own.id, "well done")
    say(mine, own.id, "thank you")
    report = await lab.give(node, *(each.envelope for writer in (mine, other, office) for each in writer.events))
    assert report.refused == []
    said = [each for each in (await happened(lab, node)).occurrences if each.kind != "proposal"]
    found = {(each.kind, each.subject, each.member) for each in said}
    assert found == {
        ("comment-reply", theirs.id, other.member),
        ("comment", own.id, office.member),
        ("comment", own.id, other.member),
    }
    assert [each.event for each in said if each.kind == "comment-reply"] == [answered]


@pytest.mark.parametrize(
    ("named", "after_ms", "votes", "is_told"),
    [
        (ME, 0, False, True),
        (ME, 9_999, False, True),
        (ME, -1, False, False),
        (ME, 10_000, False, False),
        (ME, 0, True, False),
        (OTHER, 0, False, False),
    ],
    ids=["open", "about to close", "not open yet", "closed", "voted", "another member"],
)
async def test_the_office_s_reminder_is_for_whom_it_names_while_it_helps(
    lab: Lab, named: int, after_ms: int, votes: bool, is_told: bool
) -> None:
    node = await lab.node(ME)
    round_id = await opened_round(lab, node)
    mine, office = lab.federation.writer(ME), lab.federation.writer(OFFICE)
    if votes:
        mine.write(ballot_body(round_id))
    office.write(Reminder(round=round_id, members=(MemberId(lab.federation.member(named).id),)))
    await lab.give(node, *(each.envelope for writer in (mine, office) for each in writer.events))
    found = [each for each in (await happened(lab, node, now=EPOCH_MS + after_ms)).occurrences if each.kind != "round"]
    expected = [("office-reminder", round_id, EPOCH_MS + 10_000)] if is_told else []
    assert [(each.kind, each.subject, each.until) for each in found] == expected


async def test_reminders_without_end_are_not_told_of(lab: Lab) -> None:
    node = await lab.node(ME)
    round_id = await opened_round(lab, node)
    office = lab.federation.writer(OFFICE)
    for _ in range(5):
        office.write(Reminder(round=round_id, members=(MemberId(lab.federation.member(ME).id),)))
    await lab.give(node, *(each.envelope for each in office.events))
    told = [each for each in (await happened(lab, node)).occurrences if each.kind == "office-reminder"]
    assert len(told) == 3, "as many as count in a round"
