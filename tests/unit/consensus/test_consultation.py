"""A proposal's life, act by act: what counts, what has no effect and why, and what happens by itself."""

from dataclasses import replace
from typing import Any

import pytest

from consensus.consultation import causal_order, possible_acts
from consensus.happenings import Closed, Happening, Opened
from consensus.lifecycle import TABLE, line_for
from consensus.proposal_state import Joining
from protocol.events.consultation import Endorsement
from protocol.events.deliberation import TakeOver
from protocol.ids import EventId
from tests.support.builders import EPOCH_MS, build_federation, hash_of, proposal_text
from tests.support.story import DAY, ENDED, FEDERATION, Story, strict_policy, support

OTHER = EventId(hash_of("another proposal"))


def admitted(**changes: Any) -> Story:
    """A proposal that was screened and has the support that it needs."""
    story = Story(policy=strict_policy(**changes))
    story.screen()
    story.endorse(2)
    assert story.state().stage == "consulting"
    return story


def adopted(**changes: Any) -> Story:
    story = admitted(**changes)
    story.open("consent", day=11)
    story.close("consent", "adopted", day=12)
    assert story.state().stage == "adopted"
    return story


def last_void(story: Story) -> str | None:
    return story.state().history[-1].void


def test_screening_comes_first_and_is_the_offices() -> None:
    story = Story()
    story.screen(member=3)
    assert (story.state().stage, last_void(story)) == ("submitted", "who")
    story.screen()
    assert story.state().stage == "endorsing"
    story.screen("inadmissible", reasons=proposal_text("Late"))
    assert (story.state().stage, last_void(story)) == ("endorsing", "stage")


@pytest.mark.parametrize(("verdict", "stage"), [("inadmissible", "inadmissible"), ("returned", "returned")])
def test_a_proposal_is_turned_away_with_reasons_only(verdict: str, stage: str) -> None:
    story = Story()
    story.screen(verdict)
    assert (story.state().stage, last_void(story)) == ("submitted", "reasons")
    story.screen(verdict, reasons=proposal_text("It names no measure"))
    assert story.state().stage == stage
    assert story.state().reasons == proposal_text("It names no measure")


def test_a_returned_proposal_is_submitted_again_by_revising_it() -> None:
    story = Story()
    story.screen("returned", reasons=proposal_text("Too long"))
    story.revise("Shorter")
    assert (story.state().stage, story.state().text.text) == ("submitted", proposal_text("Shorter"))


def test_support_has_to_come_from_several_constituencies() -> None:
    story = Story()
    story.screen()
    story.endorse(5)
    assert story.state().stage == "endorsing", "members 1 and 5 are of one constituency"
    story.endorse(2)
    assert story.state().stage == "consulting"
    assert story.state().endorsed_by == ("member-003", "member-006")


def test_support_that_was_there_before_screening_counts_once_it_is_through() -> None:
    story = Story()
    story.endorse(2)
    assert story.state().stage == "submitted"
    story.screen()
    assert story.state().stage == "consulting"


def test_support_taken_back_in_time_does_not_count() -> None:
    story = Story()
    story.endorse(2)
    story.endorse(2, endorses=False)
    story.screen()
    assert (story.state().stage, story.state().endorsed_by) == ("endorsing", ())


def test_a_sponsor_does_not_endorse_itself() -> None:
    story = Story()
    story.endorse(1)
    assert (last_void(story), story.state().endorsed_by) == ("who", ())


def test_without_support_in_time_it_lapses_and_nothing_revives_it() -> None:
    story = Story()
    story.screen()
    assert story.state(day=29).stage == "endorsing"
    assert story.state(day=31).stage == "lapsed"
    story.endorse(2, day=31)
    assert story.state(day=40).stage == "lapsed"
    late = next(step for step in story.state(day=40).history if step.act == "endorse")
    assert late.void == "stage"


def test_support_dated_back_counts_from_what_it_had_seen() -> None:
    story = Story()
    story.screen()
    story.position(3, "support")
    seen = story.write(4, Endorsement(proposal=story.proposal.id, endorses=False), day=31)
    writer = FEDERATION.writer(2)
    back = writer.write(Endorsement(proposal=story.proposal.id, endorses=True), refs=[seen.id], time_ms=EPOCH_MS + DAY)
    story.said.append(back)
    assert story.state(day=40).stage == "lapsed"


def test_rounds_of_consultation_are_numbered_in_turn() -> None:
    story = admitted()
    story.call(2)
    assert last_void(story) == "next-call"
    story.call(1)
    story.call(2)
    assert [call.number for call in story.state().calls] == [1, 2]


def test_the_sponsor_revises_from_the_version_in_force() -> None:
    story = admitted()
    first = story.state().text.text
    story.revise("Second")
    story.revise("Third", base=first)
    assert (last_void(story), story.state().text.text) == ("current-version", proposal_text("Second"))
    story.revise("Stolen", member=4)
    assert last_void(story) == "who"
    assert len(story.state().versions) == 2


def test_an_accepted_amendment_becomes_the_text_and_others_no_longer_fit() -> None:
    story = admitted()
    one, other = story.amend(4, "One way"), story.amend(5, "Another way")
    story.answer_amendment(one, accepts=True)
    assert story.state().text.text == proposal_text("One way")
    story.answer_amendment(other, accepts=True)
    assert last_void(story) == "amendment-applies"
    assert [each.outcome for each in story.state().amendments] == ["accepted", "open"]


def test_a_declined_amendment_goes_to_a_vote_with_enough_support() -> None:
    story = admitted()
    amendment = story.amend(4, "One way")
    story.answer_amendment(amendment, accepts=False)
    story.open("amendment", subject=amendment.id)
    assert last_void(story) == "amendment-supported"
    story.back(5, amendment)
    assert story.setting.is_ready(story.state().amendments[0], story.state())
    story.open("amendment", subject=amendment.id)
    assert story.state().amendments[0].outcome == "in-ballot"
    story.close("amendment", "adopted", subject=amendment.id)
    assert story.state().text.text == proposal_text("One way")
    assert story.state().stage == "consulting"


def test_an_amendment_that_fails_in_its_vote_leaves_the_text() -> None:
    story = admitted()
    amendment = story.amend(4, "One way")
    story.back(5, amendment)
    story.open("amendment", subject=amendment.id)
    story.close("amendment", "rejected", subject=amendment.id)
    assert (story.state().amendments[0].outcome, len(story.state().versions)) == ("rejected", 1)


def test_while_an_amendment_is_voted_on_the_text_stands_still() -> None:
    story = admitted()
    amendment, other = story.amend(4, "One way"), story.amend(5, "Another way")
    story.back(5, amendment)
    story.open("amendment", subject=amendment.id)
    ballot = story.records[-1].what
    assert isinstance(ballot, Opened)
    story.revise("A way out")
    assert last_void(story) == "amending"
    story.answer_amendment(other, accepts=True)
    assert last_void(story) == "amending"
    for procedure in ("prioritisation", "consent", "vote", "alternatives"):
        story.open(procedure, day=12)
        assert last_void(story) == "amending"
    what = Closed(ballot.round, "amendment", amendment.id, "adopted")
    story.records.append(Happening(hash_of("closed"), EPOCH_MS + 13 * DAY, None, what, frozenset()))
    assert story.state().text.text == proposal_text("One way")
    story.open("consent", day=14)
    assert story.state().stage == "in-ballot"


def test_the_ledger_holds_objections_answers_and_what_is_no_longer_upheld() -> None:
    story = admitted()
    first, second = story.position(4, "objection"), story.position(5, "objection")
    story.answer(first, answer="dismissed")
    story.answer(first, member=6)
    assert last_void(story) == "who"
    story.position(5, "support")
    story.answer(second)
    assert last_void(story) == "objection-stands"
    ledger = story.state().objections
    assert [(each.member, each.is_standing) for each in ledger] == [("member-005", True), ("member-006", False)]
    assert ledger[0].answer is not None
    assert ledger[0].answer.answer == "dismissed"


def test_notice_has_to_be_over_before_a_round_decides() -> None:
    story = admitted()
    story.open("consent", day=9)
    assert (story.state().stage, last_void(story)) == ("consulting", "notice-over")
    story.open("consent", day=11)
    assert story.state().stage == "in-ballot"


def test_a_round_without_effect_at_its_opening_has_none_at_its_close() -> None:
    story = admitted()
    story.open("consent", day=9)
    early = story.records[-1].what
    assert isinstance(early, Opened)
    story.open("consent", day=11)
    assert story.state().stage == "in-ballot"
    what = Closed(early.round, "consent", story.proposal.id, "adopted")
    story.records.append(Happening(hash_of("late"), EPOCH_MS + 12 * DAY, None, what, frozenset()))
    assert (story.state().stage, last_void(story)) == ("in-ballot", "round")


def test_a_vote_before_the_notice_is_over_is_told_so_whatever_else_it_lacks() -> None:
    story = admitted()
    story.open("vote", day=9)
    assert last_void(story) == "notice-over"


def test_a_waiver_ends_the_notice() -> None:
    story = admitted()
    story.open("waiver", day=2)
    story.close("waiver", "adopted", day=3)
    story.open("consent", day=4)
    assert story.state().stage == "in-ballot"


def test_a_vote_comes_after_a_call_for_consent() -> None:
    story = admitted()
    story.open("vote", day=11)
    assert last_void(story) == "consent-tried"
    story.open("consent", day=12)
    story.close("consent", "broken", day=13)
    assert story.state().stage == "broken"
    story.open("vote", day=14)
    story.close("vote", "rejected", day=15)
    assert story.state().stage == "not-adopted"


def test_what_is_frozen_can_not_be_changed_or_withdrawn() -> None:
    story = admitted()
    amendment = story.amend(4, "One way")
    story.open("consent", day=11)
    story.minute = 12 * 24 * 60
    story.withdraw()
    assert last_void(story) == "stage"
    story.revise("Late")
    assert last_void(story) == "stage"
    story.answer_amendment(amendment, accepts=True)
    assert last_void(story) == "stage"
    assert story.state().stage == "in-ballot"
    story.position(4, "concern")
    assert last_void(story) is None, "but members can go on to speak"


def test_without_a_quorum_nothing_is_rejected_and_it_can_be_asked_again() -> None:
    story = admitted()
    story.open("consent", day=11)
    story.close("consent", "no-quorum", day=12)
    assert story.state().stage == "no-quorum"
    story.open("vote", day=13)
    assert story.state().stage == "in-ballot"


@pytest.mark.parametrize(("step", "stage"), [("adjourned", "adjourned"), ("referred", "referred")])
def test_it_can_be_put_off_and_taken_up_again(step: str, stage: str) -> None:
    story = admitted()
    story.dispose(step)
    assert story.state().stage == stage
    story.open("consent", day=12)
    assert (story.state().stage, last_void(story)) == (stage, "stage")
    story.minute = 13 * 24 * 60
    story.dispose("resumed")
    assert story.state().stage == "consulting"


def test_a_withdrawn_proposal_is_carried_on_by_the_first_who_takes_it() -> None:
    story = admitted()
    story.withdraw()
    assert story.state().stage == "withdrawn"
    story.take_over(1)
    assert last_void(story) == "who", "not by its sponsor"
    story.take_over(4)
    story.take_over(5)
    assert (story.state().stage, story.state().sponsor) == ("consulting", "member-005")
    assert last_void(story) == "stage"
    story.revise("In new hands", member=4)
    assert last_void(story) is None


def test_the_time_for_endorsements_stands_still_while_a_proposal_is_withdrawn() -> None:
    story = Story()
    story.screen()
    since = story.state().history[-1].at
    story.withdraw()
    left = story.state().history[-1].at
    story.write(5, TakeOver(proposal=story.proposal.id), 100)
    state = story.state()
    assert (state.stage, state.sponsor) == ("endorsing", "member-006")
    assert state.deadline is not None
    assert state.deadline.at == EPOCH_MS + 130 * DAY - (left - since)


def test_joining_a_consolidated_text_and_leaving_it_again() -> None:
    story = admitted()
    story.merge(OTHER, member=3)
    assert last_void(story) == "who"
    story.merge(OTHER)
    assert (story.state().stage, story.state().link) == ("merged", ("merged", OTHER))
    story.merge(OTHER, joins=False)
    assert (story.state().stage, story.state().link) == ("consulting", None)


def joining(member: int, day: float, *, joins: bool = True) -> Joining:
    """Return that a member's proposal joined the story's on a day, or left it."""
    proposal = EventId(hash_of("parent", member))
    return Joining(EPOCH_MS + round(day * DAY), proposal, OTHER, FEDERATION.member(member).id, joins)


def test_a_consolidated_text_needs_two_who_join_and_support_of_its_own() -> None:
    story = Story(merges=(OTHER,))
    story.endorse(2, 3, 4)
    assert story.state().stage == "endorsing"
    story.joinings = (joining(5, 2), joining(6, 3))
    assert story.state(2.5).stage == "endorsing"
    assert (story.state(4).stage, story.state(4).admitted) == ("consulting", EPOCH_MS + 3 * DAY)


def test_two_proposals_of_one_sponsor_are_one_that_joins() -> None:
    story = Story(merges=(OTHER,))
    story.endorse(2, 3, 4)
    story.joinings = (joining(5, 2), replace(joining(5, 3), proposal=EventId(hash_of("parent", "another"))))
    assert story.state(4).stage == "endorsing"


def test_a_sponsor_who_leaves_in_time_does_not_count_and_later_undoes_nothing() -> None:
    story = Story(merges=(OTHER,))
    story.endorse(2, 3, 4)
    story.joinings = (joining(5, 2), joining(5, 3, joins=False), joining(6, 4))
    assert story.state(5).stage == "endorsing"
    story.joinings = (joining(5, 2), joining(6, 3), joining(5, 4, joins=False))
    assert (story.state(5).stage, story.state(5).admitted) == ("consulting", EPOCH_MS + 3 * DAY)
    story.joinings = tuple(reversed(story.joinings[:2])) + story.joinings[2:]
    assert story.state(5).stage == "consulting"


def test_a_proposal_remembers_where_it_joined_and_left() -> None:
    story = admitted()
    story.merge(OTHER, joins=False)
    story.merge(OTHER)
    story.merge(EventId(hash_of("somewhere else")), joins=False)
    assert [(each.into, each.joins) for each in story.state().joinings] == [(OTHER, True), (OTHER, False)]


@pytest.mark.parametrize(("why", "stage"), [("duplicate", "duplicate"), ("superseded", "superseded")])
def test_a_sponsor_says_that_another_one_goes_on_instead(why: str, stage: str) -> None:
    story = admitted()
    story.yield_to(story.proposal.id, why)
    assert last_void(story) == "another"
    story.yield_to(OTHER, why, member=3)
    assert last_void(story) == "who"
    story.yield_to(OTHER, why)
    assert (story.state().stage, story.state().link) == (stage, (stage, OTHER))


def test_short_term_items_are_included_by_a_decision() -> None:
    procedures = {
        name: {"rule": {}, "voting_ms": 1, "proxies_per_holder": 0} for name in ("inclusion", "inclusion-vote", "vote")
    }
    story = Story(policy=strict_policy(procedures=procedures, endorsement=support(0, 1, 0)))
    story.screen()
    assert story.state().stage == "endorsing"
    story.open("inclusion", day=1)
    story.close("inclusion", "broken", day=2)
    assert story.state().stage == "endorsing"
    story.open("inclusion-vote", day=3)
    story.close("inclusion-vote", "adopted", day=4)
    assert (story.state().stage, story.state().admitted) == ("consulting", EPOCH_MS + 4 * DAY)
    story.open("vote", day=15)
    assert story.state().stage == "in-ballot", "this charter has no call for consent"


def test_an_adopted_text_is_published_reviewed_and_confirmed_or_ended() -> None:
    for result, stage in (("adopted", "confirmed"), ("rejected", "ended")):
        story = adopted(review_ms=100 * DAY)
        story.publish(day=13)
        assert story.state(day=100).stage == "published"
        assert story.state(day=113).stage == "under-review"
        story.open("review", day=120)
        story.close("review", result, day=121)  # type: ignore[arg-type]
        assert story.state().stage == stage


def test_what_is_not_confirmed_in_time_ends_and_what_is_comes_up_again() -> None:
    story = adopted(review_ms=100 * DAY, sunset_ms=50 * DAY)
    assert story.state(day=150).stage == "under-review"
    assert story.state(day=170).stage == "ended"
    story.open("review", day=115)
    story.close("review", "adopted", day=120)
    assert story.state(day=170).stage == "confirmed"
    assert story.state(day=221).stage == "under-review", "a hundred days after it was confirmed"


def test_a_published_short_term_item_ends_with_the_next_long_term_agenda_unless_ratified() -> None:
    story = adopted(ratification=True)
    story.long_term_agenda(day=13)
    assert (story.state().stage, last_void(story)) == ("adopted", "stage"), "it was not yet published"
    story.publish(day=14)
    story.long_term_agenda(day=15)
    assert story.state().stage == "ended"
    other = adopted(ratification=True)
    other.publish(day=13)
    other.open("ratification", day=14)
    other.close("ratification", "adopted", day=15)
    other.long_term_agenda(day=16)
    assert other.state().stage == "confirmed"


def test_prioritisation_chooses_and_consent_decides() -> None:
    story = admitted()
    story.open("prioritisation", day=11)
    story.close("prioritisation", "rejected", day=12)
    assert story.state().stage == "consulting"
    story.open("prioritisation", day=13)
    story.close("prioritisation", "adopted", day=14)
    assert story.state().stage == "chosen"
    story.open("consent", day=15)
    story.close("consent", "adopted", day=16)
    assert story.state().stage == "adopted"


def test_what_may_be_done_follows_from_stage_and_office() -> None:
    story = admitted()
    sponsor, other, office = (FEDERATION.member(at).id for at in (1, 4, 0))
    assert "revise" in possible_acts(story.state(), sponsor, story.setting)
    assert "amend" not in possible_acts(story.state(), sponsor, story.setting)
    assert {"amend", "endorse", "position"} <= set(possible_acts(story.state(), other, story.setting))
    assert {"call", "adjourn", "refer"} <= set(possible_acts(story.state(), office, story.setting))
    story.withdraw()
    assert possible_acts(story.state(), other, story.setting) == ("take-over",)


def test_the_table_says_each_thing_once_and_ends_where_it_ends() -> None:
    seen = [(line.act, stage) for line in TABLE for stage in line.stages]
    assert len(seen) == len(set(seen))
    reached = {line.to for line in TABLE}
    assert reached >= ENDED
    assert line_for("withdraw", "in-ballot") is None


def test_events_with_forked_or_foreign_predecessors_hold_nothing_up() -> None:
    federation = build_federation(members=2)
    event = federation.writer(0).write(Endorsement(proposal=OTHER, endorses=True), refs=[hash_of("elsewhere")])
    assert causal_order([event, event]) == [event]
