"""The certificate on hand-made rounds: who holds a share, who was wronged, and in which words."""

import string

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, Option, Question
from consensus.fairness.certificate import AXIOMS, GUARANTEED, Certificate, certify
from consensus.fairness.sentences import FAIRNESS_SENTENCES
from consensus.rules.counting import Ballots
from consensus.rules.proportional import PhragmenSettings
from consensus.rules.registry import RULES, evaluate
from protocol import canonical


def ask(capacity: int, **costs: int) -> Question:
    return Question(options=tuple(Option(id=name, cost=cost) for name, cost in costs.items()), capacity=capacity)


def judge(question: Question, selected: str, *approvals: str) -> Certificate:
    """The certificate when each voter approves the topics whose one-letter ids are written together."""
    ballots = {f"m{voter}": ApprovalBallot(approves=tuple(sorted(letters))) for voter, letters in enumerate(approvals)}
    return certify(question, ballots, dict.fromkeys(ballots, ()), selected)


def holding(certificate: Certificate) -> dict[str, bool]:
    return {finding.axiom: finding.holds for finding in certificate.findings}


ALL_HOLD = dict.fromkeys(AXIOMS, True)


def test_nobody_and_nothing_are_fair() -> None:
    assert holding(judge(ask(10, a=5), "")) == ALL_HOLD
    assert holding(judge(ask(10, a=5), "", "", "")) == ALL_HOLD
    assert judge(ask(10, a=5), "", "", "").voters == 0


def test_one_voter_is_owed_everything_that_fits() -> None:
    assert holding(judge(ask(10, a=5, b=5, c=5), "ab", "abc")) == ALL_HOLD
    short = judge(ask(10, a=5, b=5, c=5), "a", "abc")
    assert holding(short) == {"ejr_plus": False, "pjr_plus": False, "own_share": False, "jr": True}


def test_everybody_approving_everything_is_owed_a_full_agenda() -> None:
    everybody = ("abc",) * 20
    assert holding(judge(ask(10, a=5, b=5, c=5), "bc", *everybody)) == ALL_HOLD
    witness = judge(ask(10, a=5, b=5, c=5), "c", *everybody).findings[0].witness
    assert witness is not None
    assert (witness.option, len(witness.members), witness.owed, witness.got) == ("a", 20, 2, 1)


def test_what_costs_nothing_is_always_owed() -> None:
    wronged = judge(ask(10, a=0, b=10), "b", "a", "b", "b")
    assert not any(holding(wronged).values())
    witness = wronged.findings[0].witness
    assert witness is not None
    assert (witness.option, witness.members, witness.owed, witness.got) == ("a", ("m0",), 1, 0)
    assert holding(judge(ask(10, a=0, b=10), "ab", "a", "b", "b")) == ALL_HOLD


def test_huge_costs_are_counted_exactly() -> None:
    """One of three is owed a third, and a third of the capacity by a hair less than what it wants costs."""
    capacity = 10**9
    assert holding(judge(ask(capacity, a=capacity // 3 + 1, b=capacity), "b", "a", "b", "b")) == ALL_HOLD
    assert not holding(judge(ask(capacity, a=capacity // 3, b=capacity), "b", "a", "b", "b"))["jr"]


def test_exactly_enough_is_enough() -> None:
    assert not holding(judge(ask(20, a=10, b=20), "b", "a", "b"))["jr"]
    assert holding(judge(ask(20, a=11, b=20), "b", "a", "b"))["jr"]


def test_members_may_be_short_each_and_not_together() -> None:
    """Two want c and won one topic each: together two, as many as their share pays for."""
    certificate = judge(ask(20, a=10, b=10, c=10), "ab", "ac", "bc")
    assert holding(certificate) == {"ejr_plus": False, "pjr_plus": True, "own_share": True, "jr": True}
    witness = certificate.findings[0].witness
    assert witness is not None
    assert (witness.option, witness.members, witness.owed, witness.got) == ("c", ("m0", "m1"), 2, 1)


def test_a_group_may_have_its_number_of_topics_and_less_than_its_time() -> None:
    """Half the members won two short topics, which c's length would count for; they could have paid for c as well."""
    certificate = judge(ask(80, a=5, b=5, c=20, d=40), "abd", "abc", "d")
    assert holding(certificate) == {"ejr_plus": True, "pjr_plus": True, "own_share": False, "jr": True}
    witness = certificate.findings[2].witness
    assert witness is not None
    assert (witness.option, witness.cost, witness.members, witness.owed, witness.got) == ("c", 20, ("m0",), 40, 10)


def test_a_published_committee_that_phragmen_elects() -> None:
    """Brill, Freeman, Janson and Lackner, "Phragmén's voting methods and justified representation" (2017).

    Of 24 voters four agree on a and b and are owed two of twelve places; Phragmén's rule gives each of them one.
    """
    committee = [f"c{number:02d}" for number in range(1, 13)]
    votes = [["a", "b", "c01"]] * 2 + [["a", "b", "c02"]] * 2
    votes += [committee] * 6 + [committee[1:]] * 5 + [committee[2:]] * 9
    question = ask(12, a=1, b=1, **dict.fromkeys(committee, 1))
    ballots: Ballots = {f"m{at:02d}": ApprovalBallot(approves=tuple(sorted(vote))) for at, vote in enumerate(votes)}
    electorate: dict[str, tuple[str, ...]] = dict.fromkeys(ballots, ())
    elected = evaluate(question, PhragmenSettings(), ballots, electorate)
    assert elected.selection is not None
    assert sorted(entry.option for entry in elected.selection.chosen) == committee
    certificate = certify(question, ballots, electorate, committee)
    assert holding(certificate) == {"ejr_plus": False, "pjr_plus": True, "own_share": True, "jr": True}
    witness = certificate.findings[0].witness
    assert witness is not None
    assert (witness.members, witness.owed, witness.got) == (("m00", "m01", "m02", "m03"), 2, 1)


def test_only_members_whose_ballots_count_hold_a_share() -> None:
    ballots: Ballots = {
        "m0": ApprovalBallot(approves=("a",)),
        "m1": ApprovalBallot(approves=("b",)),
        "blank": ApprovalBallot(approves=()),
        "lost": ApprovalBallot(approves=("a", "x")),
        "form": ChoiceBallot(choice="yes"),
        "broken": Fault("not_a_ballot", "form"),
        "stranger": ApprovalBallot(approves=("a",)),
    }
    electorate: dict[str, tuple[str, ...]] = dict.fromkeys(
        ["m0", "m1", "blank", "lost", "form", "broken", "absent"], ()
    )
    certificate = certify(ask(20, a=10, b=10), ballots, electorate, "b")
    witness = certificate.findings[0].witness
    assert certificate.voters == 2
    assert witness is not None
    assert witness.members == ("m0",)


def test_the_group_that_misses_most_is_the_witness() -> None:
    certificate = judge(ask(100, a=50, b=10, c=10, d=10, e=20), "e", *["a"] * 5, *["bcd"] * 5)
    witness = certificate.findings[0].witness
    assert witness is not None
    assert (witness.option, witness.owed) == ("b", 5)


def test_what_is_not_asked_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="x was selected"):
        judge(ask(10, a=5), "ax", "a")


def test_a_certificate_is_canonical_data() -> None:
    certificate = judge(ask(10, a=0, b=10), "b", "a", "b", "b")
    data = canonical.encode(certificate.model_dump(mode="json"))
    assert Certificate.model_validate(canonical.decode(data)) == certificate


def test_every_finding_has_a_sentence_with_exactly_its_parameters() -> None:
    fair = judge(ask(10, a=5), "a", "a")
    wronged = judge(ask(10, a=0, b=10), "b", "a", "b", "b")
    seen = {step.code: step.parameters for step in (*fair.reasons, *wronged.reasons)}
    assert set(seen) == set(FAIRNESS_SENTENCES)
    for code, parameters in seen.items():
        asked = {name for _, name, _, _ in string.Formatter().parse(FAIRNESS_SENTENCES[code]) if name}
        assert asked == set(parameters), code


def test_every_rule_for_approvals_says_what_it_guarantees() -> None:
    assert set(GUARANTEED) == {name for name, rule in RULES.items() if rule.ballot_form == "approval"}
