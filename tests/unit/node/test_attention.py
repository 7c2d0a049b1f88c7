"""What waits for a member at a running node, from what its own people and others do; and what ends when."""

from dataclasses import replace

from consensus.ballots import ChoiceBallot
from node.attention import CALL_SOON_MS, REPLY_SHOWN_MS
from node.clock import SystemClock
from node.storage import waits
from protocol.events.consultation import Endorsement, Position
from protocol.events.deliberation import Amendment, MergeAnswer, ObjectionAnswer, Revision
from protocol.events.discussion import Comment
from protocol.ids import EventId
from protocol.texts import text_ref
from tests.support.builders import document, proposal_body, proposal_text
from tests.unit.node.test_service_acts import Office, office
from web.attention_port import URGENCY, Deadline, Need
from web.discussion_port import CommentInput
from web.ports import ProposalInput

__all__ = ["office"]

_DAY_MS = 86_400_000
_OTHER_FIELD = ProposalInput("long", "en", "Reefs", "They bleach.", "", (14,), 10)


async def needs(office: Office, *kinds: str) -> list[Need]:
    await office.node.stages.refresh()
    found = await office.service.attention.needs(office.account("delegate"))
    order = [URGENCY.index(need.kind) for need in found]
    assert order == sorted(order)
    return [need for need in found if not kinds or need.kind in kinds]


async def deadlines(office: Office) -> list[Deadline]:
    await office.node.stages.refresh()
    found = list(await office.service.attention.deadlines())
    assert [each.at for each in found] == sorted(each.at for each in found)
    return found


async def foreign(office: Office, title: str = "Clean wells", member: int = 1) -> EventId:
    """Have another member submit a proposal that the office finds admissible."""
    text = document(title)
    proposal = await office.hears(member, proposal_body(proposal_text(title)), text)
    await office.does("admissible", proposal)
    return proposal


async def test_nothing_waits_at_first_and_nothing_for_strangers(office: Office) -> None:
    assert await needs(office) == []
    await office.propose("Clean wells")
    assert [need.kind for need in await needs(office)] == ["own"]
    stranger = office.account("delegate", member="somebody-else")
    assert await office.service.attention.needs(stranger) == ()


async def test_own_proposals_say_what_may_be_done(office: Office) -> None:
    proposal = await office.propose("Clean wells")
    await office.does("return", proposal, reasons="Too broad.")
    [need] = await needs(office)
    assert (need.kind, need.subject, need.stage, need.path) == ("own", proposal, "returned", f"/proposals/{proposal}")
    assert need.acts[:2] == ("revise", "withdraw")
    assert need.title.title == "Clean wells"
    await office.does("withdraw", proposal)
    assert await needs(office) == []


async def test_an_open_round_waits_until_the_member_has_voted(office: Office) -> None:
    proposal = await office.admitted()
    opened = await office.opened(proposal, track="long", procedure="vote", closes_in_ms=20_000)
    [need] = await needs(office, "vote", "voted")
    assert (need.kind, need.subject, need.until) == ("vote", opened.id, opened.closes)
    assert need.round is not None
    assert need.round.number == opened.number
    await office.service.cast(office.account("delegate"), opened.id, ChoiceBallot(choice="yes"))
    [need] = await needs(office, "vote", "voted")
    assert (need.kind, need.may_change, need.receipts_needed) == ("voted", True, 1)
    assert {each.kind for each in await deadlines(office) if each.subject == opened.id} == {"round-closes"}


async def test_a_closed_round_waits_no_more(office: Office) -> None:
    proposal = await office.admitted()
    opened = await office.opened(proposal, track="long", procedure="vote", closes_in_ms=700)
    await office.certified(opened.id)
    assert await needs(office, "vote", "voted") == []
    assert [each for each in await deadlines(office) if each.subject == opened.id] == []


async def test_amendments_and_objections_wait_for_the_sponsor(office: Office) -> None:
    proposal = await office.admitted()
    state = await office.node.stages.read_state(EventId(proposal))
    assert state is not None
    amendment = await office.hears(
        2,
        Amendment(
            proposal=EventId(proposal),
            base=state.text.text.sha256,
            text=proposal_text("Clean deep wells"),
            reasons=proposal_text("", "Deeper."),
        ),
    )
    objection = await office.hears(
        3, Position(proposal=EventId(proposal), stance="objection", reasons=proposal_text("", "No."))
    )
    found = await needs(office, "amendment", "objection")
    assert [(need.kind, need.subject, need.member) for need in found] == [
        ("objection", objection, office.federation.member(3).id),
        ("amendment", amendment, office.federation.member(2).id),
    ]
    assert found[1].path == f"/proposals/{proposal}#amendment-{amendment}"
    await office.does("decline-amendment", proposal, other=amendment, reasons="Too deep.")
    await office.does("answer-objection", proposal, other=objection, answer="addressed", reasons="Done.")
    assert await needs(office, "amendment", "objection") == []


async def test_an_answer_to_one_s_objection_is_shown_for_a_while(office: Office) -> None:
    proposal = await foreign(office)
    await office.hears(2, Endorsement(proposal=proposal, endorses=True))
    account = office.account("delegate")
    await office.service.take_position(account, proposal, "objection", "en", "Who pays?")
    state = await office.node.stages.read_state(proposal)
    assert state is not None
    [objection] = state.objections
    answer = ObjectionAnswer(
        proposal=proposal, objection=objection.id, answer="addressed", reply=proposal_text("", "All do.")
    )
    await office.hears(1, answer)
    [need] = await needs(office, "reply")
    assert (need.subject, need.member, need.proposal) == (objection.id, office.federation.member(1).id, proposal)
    me = office.federation.member(0).id
    database = office.node.stages._database
    assert await database.read(lambda c: waits.of_member(c, me, need.since)) == []
    await office.service.take_position(account, proposal, "support", "en", "All do.")
    assert await needs(office, "reply") == []


async def test_a_revised_text_asks_its_endorsers_again(office: Office) -> None:
    proposal = await foreign(office)
    await office.service.endorse(office.account("delegate"), proposal, endorses=True)
    assert await needs(office, "reconfirm") == []
    state = await office.node.stages.read_state(proposal)
    assert state is not None
    revision = Revision(
        proposal=proposal, base=state.text.text.sha256, text=proposal_text("Clean deep wells"), minutes=20
    )
    await office.hears(1, revision)
    [need] = await needs(office, "reconfirm")
    assert (need.subject, need.member) == (proposal, office.federation.member(1).id)
    await office.service.endorse(office.account("delegate"), proposal, endorses=True)
    assert await needs(office, "reconfirm") == []


async def test_a_consolidated_text_asks_the_sponsor_and_whoever_endorsed_what_went_into_it(office: Office) -> None:
    mine = await office.propose("Clean wells")
    await office.does("admissible", mine)
    other = await foreign(office, "Safe wells", 2)
    body = proposal_body(proposal_text("All wells"))
    whole = await office.hears(3, body.model_copy(update={"merges": tuple(sorted((EventId(mine), other)))}))
    [need] = await needs(office, "consolidation")
    assert (need.subject, need.proposal, need.member) == (whole, mine, office.federation.member(3).id)
    await office.does("stay-out", mine, other=whole)
    assert await needs(office, "consolidation") == []
    await office.service.endorse(office.account("delegate"), other, endorses=True)
    await office.hears(2, MergeAnswer(proposal=other, into=whole, joins=True))
    [need] = await needs(office, "reconfirm")
    assert (need.subject, need.title.state) == (whole, "missing")
    await office.service.endorse(office.account("delegate"), whole, endorses=True)
    assert await needs(office, "reconfirm") == []


async def test_a_call_touches_members_of_its_field_until_they_speak(office: Office) -> None:
    proposal = await foreign(office)
    await office.hears(2, Endorsement(proposal=proposal, endorses=True))
    now = SystemClock().now()
    await office.does("call", proposal, until=now + 3 * _DAY_MS)
    [need] = await needs(office, "call")
    assert (need.subject, need.until) == (proposal, now + 3 * _DAY_MS)
    [date] = [each for each in await deadlines(office) if each.kind == "call"]
    assert (date.at, date.number) == (now + 3 * _DAY_MS, 1)
    await office.service.take_position(office.account("delegate"), proposal, "support", "en", "Good.")
    assert await needs(office, "call") == []


async def test_a_call_outside_one_s_fields_or_far_off_is_not_shown(office: Office) -> None:
    proposal = await foreign(office)
    await office.hears(2, Endorsement(proposal=proposal, endorses=True))
    now = SystemClock().now()
    await office.does("call", proposal, until=now + CALL_SOON_MS + _DAY_MS)
    assert await needs(office, "call") == []
    near = await foreign(office, "Safe wells", 2)
    await office.hears(3, Endorsement(proposal=near, endorses=True))
    await office.does("call", near, until=now + _DAY_MS)
    assert [need.subject for need in await needs(office, "call")] == [near]
    view = await office.service.proposal(near)
    assert view is not None
    goal = next(goal for goal in range(1, 18) if goal not in view.summary.goals)
    account = office.account("delegate")
    first = await office.service.submit(account, replace(_OTHER_FIELD, goals=(goal,)))
    assert await needs(office, "call") == [], f"{first} is the member's only field"


async def test_what_others_say_to_the_member_waits_until_it_says_something_or_time_passes(office: Office) -> None:
    own, other = await office.propose("Clean wells"), await foreign(office, "Reefs", 2)

    async def hears(member: int, subject: str, words: str, above: str | None = None) -> EventId:
        data = document("", words)
        reply_to = None if above is None else EventId(above)
        comment = Comment(subject=EventId(subject), reply_to=reply_to, text=text_ref(data, "en"))
        return await office.hears(member, comment, data)

    async def said(subject: str, words: str) -> str:
        return await office.service.discussion.say(office.account("delegate"), subject, CommentInput(None, "en", words))

    await hears(1, other, "Not to us.")
    assert await needs(office, "talk") == []
    await hears(1, own, "How deep?")
    await hears(2, own, "How many?")
    [need] = await needs(office, "talk")
    assert (need.subject, need.count, need.member) == (own, 2, office.federation.member(2).id)
    assert need.path == f"/proposals/{own}#comments"
    mine = await said(own, "Thirty metres, eighty of them.")
    assert await needs(office, "talk") == []
    asked = await said(other, "Which reefs?")
    assert await needs(office, "talk") == []
    await hears(2, other, "Those of the north.", asked)
    assert [(need.subject, need.count) for need in await needs(office, "talk")] == [(other, 1)]
    await hears(1, own, "Thank you.", mine)
    assert {need.subject for need in await needs(office, "talk")} == {own, other}
    long_ago = SystemClock().now() - REPLY_SHOWN_MS - 1
    database = office.node.stages._database
    await database.write(lambda c: c.execute("UPDATE comments SET placed = $1", long_ago))
    await hears(1, other, "Not to us either.")
    assert await needs(office, "talk") == []
