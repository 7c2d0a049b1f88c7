"""Selections: ties and lots, blank and invalid ballots, quorum, completion, hand-made extremes."""

import pytest

from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, Option, Question
from consensus.outcome import Outcome, Price, Selection, explain
from consensus.rules.counting import Ballots, Circumstances, PositiveShare
from consensus.rules.proportional import ApprovalSettings, EqualSharesSettings, PhragmenSettings
from consensus.rules.registry import RuleSettings, draft_faults, evaluate, parse_settings
from consensus.ties import by_lot


def ask(capacity: int, **costs: int) -> Question:
    return Question(options=tuple(Option(id=name, cost=cost) for name, cost in costs.items()), capacity=capacity)


def hold(
    question: Question, settings: RuleSettings, *approvals: str, lot: bytes | None = None, absent: int = 0
) -> Outcome:
    """The outcome when each voter approves the topics whose one-letter ids are written together."""
    ballots = {f"m{voter}": ApprovalBallot(approves=tuple(sorted(letters))) for voter, letters in enumerate(approvals)}
    electorate = {f"m{voter}": () for voter in range(len(approvals) + absent)}
    return evaluate(question, settings, ballots, electorate, Circumstances(lot=lot))


def selection_of(outcome: Outcome) -> Selection:
    assert outcome.selection is not None
    return outcome.selection


def chosen(outcome: Outcome) -> list[str]:
    return [entry.option for entry in selection_of(outcome).chosen]


def test_ties_go_where_the_settings_say() -> None:
    question = ask(10, z=10, a=10, k=10)
    assert chosen(hold(question, EqualSharesSettings(ties="oldest"), "akz")) == ["z"]
    assert chosen(hold(question, EqualSharesSettings(ties="id"), "akz")) == ["a"]
    for number in range(6):
        seed = bytes([number])
        drawn = hold(question, EqualSharesSettings(ties="lot"), "akz", lot=seed)
        assert chosen(drawn) == [by_lot(question.option_ids, seed)[0]]
        assert selection_of(drawn).lot == seed.hex()


def test_a_tie_is_on_record() -> None:
    entry = selection_of(hold(ask(10, z=10, a=10, k=10), EqualSharesSettings(), "akz")).chosen[0]
    assert (entry.tied, entry.tied_with) == (2, ("a", "k"))
    counted = selection_of(hold(ask(10, z=10, a=10, k=10), ApprovalSettings(), "akz")).chosen[0]
    assert (counted.tied, counted.tied_with) == (2, ("a", "k"))


def test_approval_counting_breaks_ties_where_the_settings_say() -> None:
    question = ask(10, z=10, a=10, k=10)
    assert chosen(hold(question, ApprovalSettings(ties="oldest"), "akz")) == ["z"]
    assert chosen(hold(question, ApprovalSettings(ties="id"), "akz")) == ["a"]


def test_what_does_not_fit_is_no_rival_in_a_tie() -> None:
    first, second = selection_of(hold(ask(10, a=4, b=6, c=7), ApprovalSettings(), "abc")).chosen
    assert (first.option, first.tied_with) == ("a", ("b", "c"))
    assert (second.option, second.tied) == ("b", 0)


def test_a_tie_by_lot_without_a_lot_is_an_error() -> None:
    with pytest.raises(ValueError, match="no lot"):
        hold(ask(10, a=10), EqualSharesSettings(ties="lot"), "a")


LEVEL = ("abc", "abc")
"""Two members to whom three topics are equally dear."""


@pytest.mark.parametrize("kind", [EqualSharesSettings, ApprovalSettings])
def test_the_chairs_ballot_breaks_ties_then_age(kind: type[EqualSharesSettings] | type[ApprovalSettings]) -> None:
    question = ask(20, a=10, b=10, c=10)
    ballots: Ballots = {
        "m0": ApprovalBallot(approves=("a", "b")),
        "m1": ApprovalBallot(approves=("c",)),
        "chair": ApprovalBallot(approves=("c",)),
        "m2": ApprovalBallot(approves=("a", "b")),
    }
    electorate = dict.fromkeys(ballots, ())
    outcome = evaluate(question, kind(ties="chair", chair="chair"), ballots, electorate)
    assert selection_of(outcome).chosen[0].option == "c"
    assert (selection_of(outcome).chair, selection_of(outcome).tie_order) == ("chair", "chair")
    assert "one that chair, the chair's member, approves was taken first" in explain(outcome)
    assert selection_of(evaluate(question, kind(), ballots, electorate)).chosen[0].option == "a"


@pytest.mark.parametrize(
    "of_chair",
    [None, ChoiceBallot(choice="yes"), ApprovalBallot(approves=("c", "x")), Fault("not_a_ballot", "x")],
)
def test_without_a_ballot_of_the_chair_that_counts_the_oldest_wins(
    of_chair: ApprovalBallot | ChoiceBallot | Fault | None,
) -> None:
    ballots: Ballots = {f"m{at}": ApprovalBallot(approves=tuple(letters)) for at, letters in enumerate(LEVEL)}
    sent = ballots if of_chair is None else {**ballots, "chair": of_chair}
    electorate: dict[str, tuple[str, ...]] = dict.fromkeys(("m0", "m1", "chair"), ())
    settings = ApprovalSettings(ties="chair", chair="chair")
    outcome = evaluate(ask(20, a=10, b=10, c=10), settings, sent, electorate)
    assert chosen(outcome) == ["a", "b"]
    assert selection_of(outcome).chair is None
    assert "as the chair's member had no ballot that counts, the oldest was taken first" in explain(outcome)


def test_a_chair_that_may_not_vote_or_is_not_named_is_refused_when_drafted() -> None:
    question = ask(10, a=10)
    for settings in (EqualSharesSettings(ties="chair", chair="x"), ApprovalSettings(ties="chair", chair="x")):
        assert [fault.code for fault in draft_faults(question, settings, {"m": ()})] == ["chair_not_entitled"]
        assert draft_faults(question, settings, {"x": ()}) == ()
    for value in ({"rule": "approval", "ties": "chair"}, {"rule": "equal-shares", "chair": "m"}):
        assert isinstance(parse_settings(value), Fault)


def test_blank_ballots_take_part_and_hold_no_share() -> None:
    outcome = hold(ask(10, a=10), EqualSharesSettings(quorum=PositiveShare(numerator=1, denominator=1)), "a", "", "")
    assert chosen(outcome) == ["a"]
    assert (outcome.counts.abstain, outcome.counts.in_favour, outcome.quorum_present) == (2, 1, 3)
    assert selection_of(outcome).chosen[0].how == "shares"


def test_a_missed_quorum_selects_nothing() -> None:
    quorum = PositiveShare(numerator=1, denominator=2)
    for settings in (EqualSharesSettings(quorum=quorum), ApprovalSettings(quorum=quorum)):
        outcome = hold(ask(10, a=10), settings, "a", absent=2)
        assert (outcome.status, outcome.selection) == ("no_quorum", None)
        assert "topics remain open" in explain(outcome)


def test_ballots_that_cannot_be_counted_are_listed_by_reason() -> None:
    ballots: Ballots = {
        "m0": ApprovalBallot(approves=("a",)),
        "m1": ApprovalBallot(approves=("a", "x")),
        "m2": ChoiceBallot(choice="yes"),
        "m3": Fault("not_a_ballot", "form"),
        "stranger": ApprovalBallot(approves=("b",)),
    }
    electorate: dict[str, tuple[str, ...]] = {f"m{number}": () for number in range(6)}
    circumstances = Circumstances(present=frozenset({"m0", "m5", "stranger"}))
    outcome = evaluate(ask(10, a=10, b=10), ApprovalSettings(), ballots, electorate, circumstances)
    assert {entry.code: entry.count for entry in outcome.uncounted} == {
        "not_a_ballot": 1,
        "not_entitled": 1,
        "unknown_option": 1,
        "wrong_form": 1,
    }
    counts = outcome.counts
    assert (counts.entitled, counts.present, counts.cast, counts.valid) == (6, 5, 4, 1)
    assert chosen(outcome) == ["a"]


def test_completion_is_declared() -> None:
    question = ask(60, a=50, b=30, c=30)
    without = hold(question, EqualSharesSettings(completion=()), "a", "bc", "b")
    assert (chosen(without), selection_of(without).unspent) == (["b"], 30)
    completed = hold(question, EqualSharesSettings(), "a", "bc", "b")
    assert [(entry.option, entry.how) for entry in selection_of(completed).chosen] == [
        ("b", "shares"),
        ("c", "most-approved"),
    ]


def test_shares_are_raised_as_far_as_that_fits() -> None:
    """Each of three holds 20 of 60; b takes 25 and c 26 only when all hold 26, which is 30 % more."""
    question = ask(60, a=9, b=25, c=26)
    assert chosen(hold(question, EqualSharesSettings(completion=()), "a", "b", "c")) == ["a"]
    raised = selection_of(hold(question, EqualSharesSettings(completion=("raised-shares",)), "a", "b", "c"))
    assert [(entry.option, entry.how) for entry in raised.chosen] == [
        ("a", "raised-shares"),
        ("b", "raised-shares"),
        ("c", "raised-shares"),
    ]
    assert (raised.raised, raised.unspent) == (30, 0)
    assert raised.chosen[2].price == Price(numerator=26, denominator=1, is_exact=True)


def test_shares_are_not_raised_where_that_would_overspend() -> None:
    outcome = hold(ask(59, a=9, b=25, c=26), EqualSharesSettings(completion=("raised-shares",)), "a", "b", "c")
    selection = selection_of(outcome)
    assert [entry.option for entry in selection.chosen] == ["a", "b"]
    assert selection.raised == 32
    assert "raised for all by 32 %" in explain(outcome)


def test_shares_are_at_most_doubled() -> None:
    question = ask(60, a=50, b=60, c=60, d=60)
    selection = selection_of(hold(question, EqualSharesSettings(completion=("raised-shares",)), *"abcd"))
    assert (selection.chosen, selection.raised) == ((), 100)


def test_completions_take_their_turns() -> None:
    """b and c are level in approvals; what b's supporters have left brings them nearer to it."""
    question = ask(100, a=60, c=40, b=40)
    ballots = ("ab", "ab", "ab", "b", "c", "c", "c", "c")
    by_approvals = selection_of(hold(question, EqualSharesSettings(), *ballots))
    by_phragmen = selection_of(hold(question, EqualSharesSettings(completion=("phragmen", "most-approved")), *ballots))
    assert [(entry.option, entry.how) for entry in by_approvals.chosen] == [("c", "shares"), ("b", "shares")]
    assert by_phragmen.chosen == by_approvals.chosen


def test_phragmen_ends_at_what_does_not_fit_or_passes_it_over() -> None:
    question = ask(60, a=40, b=30, c=20)
    ballots = ("a", "a", "b", "c")
    ended = hold(question, PhragmenSettings(completion=()), *ballots)
    assert [(entry.option, entry.how) for entry in selection_of(ended).chosen] == [("a", "phragmen"), ("c", "phragmen")]
    stopped = hold(ask(60, a=36, b=30, c=19), PhragmenSettings(completion=()), "a", "a", "b", "b", "c")
    assert chosen(stopped) == ["b"]
    assert {entry.option: entry.why for entry in selection_of(stopped).passed_over} == {
        "a": "no_room",
        "c": "not_reached",
    }
    passed = hold(ask(60, a=36, b=30, c=19), PhragmenSettings(when_full="skip", completion=()), "a", "a", "b", "b", "c")
    assert chosen(passed) == ["b", "c"]
    completed = selection_of(hold(ask(60, a=36, b=30, c=19), PhragmenSettings(), "a", "a", "b", "b", "c"))
    assert [entry.how for entry in completed.chosen] == ["phragmen", "most-approved"]


def test_phragmen_breaks_ties_where_the_settings_say() -> None:
    question = ask(10, z=10, a=10, k=10)
    assert chosen(hold(question, PhragmenSettings(ties="oldest", when_full="skip"), "akz")) == ["z"]
    assert chosen(hold(question, PhragmenSettings(ties="id"), "akz")) == ["a"]
    entry = selection_of(hold(question, PhragmenSettings(), "akz")).chosen[0]
    assert (entry.tied, entry.tied_with) == (2, ("a", "k"))


def test_why_a_topic_was_passed_over() -> None:
    selection = selection_of(hold(ask(60, a=50, b=30, c=30, d=5), EqualSharesSettings(completion=()), "a", "bc", "b"))
    assert {entry.option: entry.why for entry in selection.passed_over} == {
        "a": "no_room",
        "c": "not_paid_for",
        "d": "no_supporters",
    }


@pytest.mark.parametrize(
    "settings",
    [
        EqualSharesSettings(),
        EqualSharesSettings(completion=("phragmen",)),
        EqualSharesSettings(completion=("raised-shares",)),
        PhragmenSettings(),
        PhragmenSettings(when_full="skip", completion=()),
        ApprovalSettings(),
    ],
)
def test_extremes(settings: RuleSettings) -> None:
    everybody = ("abc",) * 50
    assert chosen(hold(ask(30, a=10, b=10, c=10), settings, *everybody)) == ["a", "b", "c"]
    assert chosen(hold(ask(10, a=10, b=10, c=10), settings, "abc")) == ["a"]
    assert chosen(hold(ask(10, a=0, b=0, c=10), settings, "abc", "c")) in (["a", "b", "c"], ["c", "a", "b"])
    huge = 10**9
    assert chosen(hold(ask(huge, a=huge, b=huge - 1, c=1), settings, "bc", "bc")) in (["b", "c"], ["c", "b"])
    nobody = hold(ask(10, a=10), settings, "", "")
    assert (nobody.status, chosen(nobody)) == ("selected", [])
    assert "No topic is selected" in explain(nobody)
    assert hold(ask(10, a=10), settings).status == "no_quorum"


@pytest.mark.parametrize(
    "value",
    [
        {"rule": "equal-shares", "completion": ["most-approved", "most-approved"]},
        {"rule": "equal-shares", "completion": ["whatever"]},
        {"rule": "equal-shares", "ties": "coin"},
        {"rule": "equal-shares", "quorum": {"numerator": 2, "denominator": 1}},
        {"rule": "approval", "completion": []},
        {"rule": "equal-shares", "completion": ["most-approved", "raised-shares"]},
        {"rule": "phragmen", "completion": ["most-approved", "most-approved"]},
        {"rule": "phragmen", "completion": ["raised-shares"]},
        {"rule": "phragmen", "when_full": "guess"},
    ],
)
def test_settings_that_cannot_work_are_refused(value: object) -> None:
    assert isinstance(parse_settings(value), Fault)


def test_the_explanation_is_one_paragraph_that_a_layperson_can_read() -> None:
    outcome = hold(ask(60, a=50, b=30, c=30), EqualSharesSettings(), "a", "bc", "b", absent=1)
    assert explain(outcome) == (
        "Topics selected: 2 of 3, taking 60 of the 60 minutes there are. Of 4 entitled members 3 cast a ballot; "
        "ballots that approve at least one topic: 3. This rule asks for no quorum; members who took part: 3. Each of "
        "these ballots held the same share of the time, 20 minutes, and a topic was taken when its supporters could "
        "pay for it together, the cheapest per supporter first; topics taken so: 1. The time left over went to the "
        "topics with the most supporters that still fitted; topics added so: 1. The next topic, a (supporters: 1), "
        "needs 50 minutes, more than the 0 left."
    )
