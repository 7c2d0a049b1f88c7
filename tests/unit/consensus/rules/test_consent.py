"""Consensus: support of the entitled, no objection that stands, and room to stand aside."""

import pytest

from consensus.ballots import ChoiceBallot, Option, Question
from consensus.outcome import Outcome, explain
from consensus.rules.consent import ConsensusSettings, consensus_faults
from consensus.rules.counting import NOTHING_ELSE, Ballots, Circumstances, PositiveShare, Share
from consensus.rules.registry import evaluate

TEXT = Question(options=(Option(id="text"),))
ELECTORATE: dict[str, tuple[str, ...]] = dict.fromkeys("abcdef", ())
YES = ChoiceBallot(choice="yes")
ASIDE = ChoiceBallot(choice="abstain")
OBJECTION = ChoiceBallot(choice="no", reason="Too early.")


def hold(settings: ConsensusSettings, ballots: Ballots, circumstances: Circumstances = NOTHING_ELSE) -> Outcome:
    return evaluate(TEXT, settings, ballots, ELECTORATE, circumstances)


@pytest.mark.parametrize(("supporters", "status"), [(6, "adopted"), (3, "adopted"), (2, "broken")])
def test_half_of_the_entitled_members_support_it_by_default(supporters: int, status: str) -> None:
    outcome = hold(ConsensusSettings(), dict.fromkeys("abcdef"[:supporters], YES))
    assert (outcome.status, outcome.needed, outcome.margin) == (status, 3, supporters - 3)


def test_the_share_is_a_setting() -> None:
    all_of_them = ConsensusSettings(support=PositiveShare(numerator=1, denominator=1))
    assert hold(all_of_them, dict.fromkeys("abcde", YES)).status == "broken"
    assert hold(all_of_them, dict.fromkeys("abcdef", YES)).status == "adopted"


def test_one_objection_blocks_and_is_named() -> None:
    outcome = hold(ConsensusSettings(), {**dict.fromkeys("bcdef", YES), "a": OBJECTION})
    assert (outcome.status, outcome.objectors, outcome.objections) == ("broken", ("a",), 1)
    assert explain(outcome).startswith("There is no consensus; nothing is rejected: the text goes to a vote.")


def test_a_vote_against_without_a_reason_is_no_objection() -> None:
    outcome = hold(ConsensusSettings(), {**dict.fromkeys("bcdef", YES), "a": ChoiceBallot(choice="no")})
    assert (outcome.status, outcome.objections) == ("adopted", 0)
    assert [(entry.code, entry.count) for entry in outcome.uncounted] == [("reason_missing", 1)]


@pytest.mark.parametrize(("aside", "ceiling", "status"), [
    (3, None, "adopted"), (2, (1, 3), "adopted"), (3, (1, 3), "broken"), (1, (0, 1), "broken"), (0, (0, 1), "adopted"),
])  # fmt: skip
def test_standing_aside_blocks_only_over_the_ceiling(aside: int, ceiling: tuple[int, int] | None, status: str) -> None:
    share = Share(numerator=ceiling[0], denominator=ceiling[1]) if ceiling else None
    votes = {**dict.fromkeys("abc", YES), **dict.fromkeys("def"[:aside], ASIDE)}
    assert hold(ConsensusSettings(max_stand_asides=share), votes).status == status


def test_a_missed_quorum_decides_nothing() -> None:
    half = PositiveShare(numerator=1, denominator=2)
    outcome = hold(ConsensusSettings(quorum=half), {"a": YES, "b": OBJECTION})
    assert (outcome.status, outcome.quorum_present, outcome.quorum_needed) == ("no_quorum", 2, 3)
    assert outcome.objectors == ("b",)
    met = hold(ConsensusSettings(quorum=half), {"a": YES, "b": ASIDE}, Circumstances(present=frozenset("f")))
    assert (met.status, met.quorum_present) == ("broken", 3)


def test_without_a_quorum_somebody_still_has_to_take_part() -> None:
    assert hold(ConsensusSettings(), {}).status == "no_quorum"


def test_several_texts_are_refused_when_drafted() -> None:
    two = Question(options=(Option(id="a"), Option(id="b")))
    assert consensus_faults(TEXT, ConsensusSettings(), ELECTORATE) == ()
    assert [fault.code for fault in consensus_faults(two, ConsensusSettings(), ELECTORATE)] == ["one_option"]
