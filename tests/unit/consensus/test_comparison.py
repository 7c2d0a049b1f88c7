"""The comparison: every rule of the ballots' form, held alike, with its certificate; and rules that join later."""

from types import MappingProxyType

import pytest

from consensus import comparison
from consensus.ballots import ApprovalBallot, ChoiceBallot, Option, ProxyBallot, Question
from consensus.comparison import applicable_rules, compare, weighed
from consensus.fairness.certificate import GUARANTEED
from consensus.outcome import Outcome
from consensus.rules import named
from consensus.rules.counting import Ballots, Circumstances, PositiveShare
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings, selection_faults
from consensus.rules.registry import RULES, Rule, evaluate

HALF = PositiveShare(numerator=1, denominator=2)
TOPICS = Question(
    options=tuple(Option(id=f"t{number}", cost=30) for number in range(10)),
    capacity=150,
)
BLOC = tuple(f"t{number}" for number in range(5))
REST = tuple(f"t{number}" for number in range(5, 10))
BALLOTS = {f"m{voter}": ApprovalBallot(approves=BLOC if voter < 6 else REST) for voter in range(10)}
MEMBERS: dict[str, tuple[str, ...]] = dict.fromkeys(BALLOTS, ())


def chosen(outcome: Outcome) -> list[str]:
    assert outcome.selection is not None
    return [entry.option for entry in outcome.selection.chosen]


def test_every_rule_for_approvals_stands_side_by_side() -> None:
    compared = compare(TOPICS, BALLOTS, MEMBERS)
    assert [entry.settings for entry in compared] == [
        EqualSharesSettings(completion=()),
        EqualSharesSettings(),
        EqualSharesSettings(completion=("raised-shares", "most-approved")),
        EqualSharesSettings(completion=("phragmen",)),
        PhragmenSettings(),
        PhragmenSettings(when_full="skip", completion=()),
        ApprovalSettings(),
    ]
    for entry in compared:
        assert entry.outcome == evaluate(TOPICS, entry.settings, BALLOTS, MEMBERS)


def test_each_has_its_certificate() -> None:
    fair = {
        entry.settings.rule: all(finding.holds for finding in entry.certificate.findings)
        for entry in compare(TOPICS, BALLOTS, MEMBERS)
        if entry.certificate
    }
    assert fair == {"equal-shares": True, "phragmen": True, "approval": False}


def test_all_are_held_with_the_ties_and_the_quorum_of_the_round() -> None:
    like = ApprovalSettings(ties="lot", quorum=HALF)
    compared = compare(TOPICS, BALLOTS, MEMBERS, Circumstances(lot=b"seed"), like=like)
    for entry in compared:
        assert entry.outcome.quorum_needed == 5
        assert entry.outcome.selection is not None
        assert entry.outcome.selection.lot == b"seed".hex()
    with pytest.raises(ValueError, match="no lot"):
        compare(TOPICS, BALLOTS, MEMBERS, like=like)


def test_without_a_quorum_nothing_is_selected_and_nothing_certified() -> None:
    many = dict.fromkeys([f"m{voter}" for voter in range(30)], ())
    for entry in compare(TOPICS, BALLOTS, many, like=ApprovalSettings(quorum=HALF)):
        assert (entry.outcome.status, entry.certificate) == ("no_quorum", None)


def test_votes_on_one_text_are_compared_by_majority() -> None:
    ballots = {f"m{voter}": ChoiceBallot(choice="yes" if voter < 6 else "no") for voter in range(10)}
    text = Question(options=(Option(id="text"),))
    compared = compare(text, ballots, dict.fromkeys(ballots, ()), ballot_form="choice")
    majorities = compared[:3]
    assert [entry.settings for entry in majorities] == [
        named.simple_majority(),
        named.two_thirds_present_and_voting(),
        named.absolute_majority(),
    ]
    assert [entry.outcome.status for entry in majorities] == ["adopted", "not_adopted", "adopted"]
    assert all(entry.certificate is None for entry in compared)


def test_what_cannot_be_held_on_the_question_is_left_out() -> None:
    compared = compare(TOPICS, {}, MEMBERS, ballot_form="choice")
    assert not [entry for entry in compared if entry.settings.rule == "threshold"]


def test_a_rule_joins_by_being_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(*_: object) -> Outcome:
        return evaluate(TOPICS, ApprovalSettings(), {}, MEMBERS)

    ranked = Rule(PhragmenSettings, "ranking", selection_faults, empty)
    monkeypatch.setattr(comparison, "RULES", MappingProxyType({**RULES, "newcomer": ranked}))
    assert applicable_rules("ranking") == (PhragmenSettings(),)
    assert applicable_rules("smoke signals") == ()


@pytest.mark.parametrize(
    ("costs", "capacity", "approvals"),
    [
        ((10, 10, 10), 20, ["abc"] * 30),
        ((10, 10, 10), 10, ["abc"]),
        ((0, 0, 10), 10, ["ab", "c", "abc"]),
        ((10**9, 10**9 - 1, 1), 10**9, ["a", "bc", "bc"]),
        ((5, 5, 5), 10, ["ab", "bc", "ca"]),
        ((5, 5, 5), 10, ["ab", "", ""]),
        ((5, 5, 5), 10, []),
    ],
)
def test_extremes_are_compared_like_others(costs: tuple[int, ...], capacity: int, approvals: list[str]) -> None:
    options = tuple(Option(id=name, cost=cost) for name, cost in zip("abc", costs, strict=True))
    question = Question(options=options, capacity=capacity)
    ballots = {f"m{at}": ApprovalBallot(approves=tuple(sorted(letters))) for at, letters in enumerate(approvals)}
    compared = compare(question, ballots, dict.fromkeys([*ballots, "silent"], ()))
    assert len(compared) == 7
    for entry in compared:
        if entry.certificate is not None:
            held = {finding.axiom for finding in entry.certificate.findings if finding.holds}
            assert held >= GUARANTEED[entry.settings.rule]
        assert (entry.certificate is None) == (not approvals)


@pytest.mark.parametrize("ballots", [{}, {"m0": ApprovalBallot(approves=())}])
def test_nobody_approving_anything_is_fair(ballots: dict[str, ApprovalBallot]) -> None:
    for entry in compare(TOPICS, ballots, MEMBERS):
        assert entry.outcome.selection is None or chosen(entry.outcome) == []
        assert entry.certificate is None or all(finding.holds for finding in entry.certificate.findings)


def test_who_is_voted_for_by_proxy_belongs_to_its_group() -> None:
    """Four members agree on what plain counting leaves out, three of them by proxy."""
    ballots: Ballots = {
        **{f"m{voter}": ApprovalBallot(approves=BLOC) for voter in range(6)},
        "m6": ApprovalBallot(approves=REST),
        **{f"m{voter}": ProxyBallot(holder="m6") for voter in (7, 8, 9)},
    }
    three = Circumstances(proxies_per_holder=3)
    certificate = weighed(TOPICS, ApprovalSettings(), ballots, MEMBERS, three).certificate
    assert certificate is not None
    assert certificate.voters == 10
    assert {finding.witness.members for finding in certificate.findings if finding.witness} == {
        ("m6", "m7", "m8", "m9")
    }
