"""Silence: nobody has to speak, one objection with a reason breaks it, and broken isn't rejected."""

import pytest
from pydantic import ValidationError

from consensus.ballots import ChoiceBallot, Fault, Option, ProxyBallot, Question
from consensus.outcome import OBJECTORS_LISTED_MAX, Outcome, explain
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances
from consensus.rules.registry import evaluate
from consensus.rules.silence import SilenceSettings, silence_faults

TEXT = Question(options=(Option(id="text"),))
ELECTORATE: dict[str, tuple[str, ...]] = {"a": ("north",), "b": ("north",), "c": ("south",)}
OBJECTION = ChoiceBallot(choice="no", reason="Too early.")


def hold(settings: SilenceSettings, ballots: Ballots, circumstances: Circumstances = NOTHING_ELSE) -> Outcome:
    return evaluate(TEXT, settings, ballots, ELECTORATE, circumstances)


def test_nobody_saying_anything_adopts_the_text_without_any_quorum() -> None:
    outcome = hold(SilenceSettings(), {})
    assert outcome.status == "adopted"
    assert (outcome.quorum_present, outcome.quorum_needed) == (0, 0)
    assert "quorum" not in {condition.code for condition in outcome.conditions}
    assert "Silence was kept" in explain(outcome)
    assert "no number of members had to take part" in explain(outcome)


def test_one_objection_breaks_it_and_nothing_is_rejected() -> None:
    outcome = hold(SilenceSettings(), {"a": OBJECTION, "b": ChoiceBallot(choice="yes")})
    assert outcome.status == "broken"
    assert (outcome.objectors, outcome.objections) == (("a",), 1)
    assert explain(outcome).startswith("Silence was broken; nothing is rejected: the text goes to a vote.")
    assert "Members that object: a." in explain(outcome)


def test_an_objection_without_a_reason_counts_only_where_none_is_asked_for() -> None:
    bare = ChoiceBallot(choice="no", reason="  ")
    kept = hold(SilenceSettings(), {"a": bare})
    assert kept.status == "adopted"
    assert [(entry.code, entry.count) for entry in kept.uncounted] == [("reason_missing", 1)]
    assert hold(SilenceSettings(reasons_required=False), {"a": bare}).status == "broken"


def test_abstentions_and_what_cannot_be_counted_break_nothing() -> None:
    spoiled = Fault("not_a_ballot", "x")
    ballots: Ballots = {"a": ChoiceBallot(choice="abstain"), "b": spoiled, "stranger": OBJECTION}
    outcome = hold(SilenceSettings(), ballots)
    assert outcome.status == "adopted"
    assert {entry.code: entry.count for entry in outcome.uncounted} == {"not_a_ballot": 1, "not_entitled": 1}


@pytest.mark.parametrize(("objections", "status"), [(0, "adopted"), (1, "adopted"), (2, "broken"), (3, "broken")])
def test_a_charter_may_ask_for_more_objections(objections: int, status: str) -> None:
    outcome = hold(SilenceSettings(objections_to_break=2), dict.fromkeys("abc"[:objections], OBJECTION))
    assert outcome.status == status
    (condition,) = outcome.conditions
    assert (condition.have, condition.bound, condition.margin) == (objections, 1, 1 - objections)


def test_an_objection_by_proxy_is_an_objection() -> None:
    ballots: Ballots = {"a": OBJECTION, "b": ProxyBallot(holder="a")}
    outcome = hold(SilenceSettings(objections_to_break=2), ballots, Circumstances(proxies_per_holder=1))
    assert (outcome.status, outcome.objectors, outcome.proxies) == ("broken", ("a", "b"), 1)


def test_objectors_are_listed_in_order_up_to_a_limit() -> None:
    members = [f"m{number:03}" for number in range(OBJECTORS_LISTED_MAX + 5)]
    ballots = dict.fromkeys(reversed(members), OBJECTION)
    outcome = evaluate(TEXT, SilenceSettings(), ballots, dict.fromkeys(members, ()))
    assert outcome.objectors == tuple(members[:OBJECTORS_LISTED_MAX])
    assert outcome.objections == OBJECTORS_LISTED_MAX + 5
    assert "further members: 5" in explain(outcome)


def test_constituencies_are_reported() -> None:
    tallies = {entry.constituency: entry.tally for entry in hold(SilenceSettings(), {"c": OBJECTION}).constituencies}
    assert (tallies["north"].against, tallies["south"].against) == (0, 1)


def test_what_cannot_work_is_refused_when_drafted() -> None:
    two = Question(options=(Option(id="a"), Option(id="b")))
    assert silence_faults(TEXT, SilenceSettings(), ELECTORATE) == ()
    assert [fault.code for fault in silence_faults(two, SilenceSettings(), ELECTORATE)] == ["one_option"]
    many = SilenceSettings(objections_to_break=4)
    assert [fault.code for fault in silence_faults(TEXT, many, ELECTORATE)] == ["objections_out_of_reach"]
    with pytest.raises(ValidationError):
        SilenceSettings(objections_to_break=0)
