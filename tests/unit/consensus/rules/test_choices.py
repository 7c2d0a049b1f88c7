"""Votes of yes, no and abstain as counts."""

from consensus.ballots import ApprovalBallot, ChoiceBallot, Fault, Option, Question
from consensus.rules.choices import count_choices, no_base, tally_constituencies, tally_votes
from consensus.rules.counting import Ballots, Circumstances

TEXT = Question(options=(Option(id="text"),))
ELECTORATE: dict[str, tuple[str, ...]] = {
    "a": ("x",), "b": ("x", "y"), "c": (), "d": ("y",), "e": (), "f": (), "g": (),
}  # fmt: skip
BALLOTS: Ballots = {
    "a": ChoiceBallot(choice="yes"),
    "b": ChoiceBallot(choice="no"),
    "c": ChoiceBallot(choice="abstain"),
    "d": ApprovalBallot(approves=()),
    "e": Fault("not_a_ballot", "x"),
    "stranger": ChoiceBallot(choice="yes"),
}


def test_each_member_did_one_thing() -> None:
    present = Circumstances(present=frozenset({"f", "a", "stranger"}))
    votes, uncounted = count_choices(TEXT, BALLOTS, ELECTORATE, present, reasons_required=False)
    assert votes == {
        "a": "in_favour", "b": "against", "c": "abstain", "d": "spoiled", "e": "spoiled", "f": "silent", "g": "absent",
    }  # fmt: skip
    assert uncounted == {"wrong_form": 1, "not_a_ballot": 1, "not_entitled": 1}
    strict, why = count_choices(TEXT, BALLOTS, ELECTORATE, present, reasons_required=True)
    assert (strict["b"], why["reason_missing"]) == ("spoiled", 1)


def test_sums_in_heads_and_in_weight() -> None:
    votes, _ = count_choices(TEXT, BALLOTS, ELECTORATE, Circumstances(), reasons_required=False)
    heads = tally_votes(votes, lambda counts: counts.valid)
    assert (heads.entitled, heads.present, heads.cast, heads.valid, heads.base) == (7, 5, 5, 3, 3)
    weight = tally_votes(votes, no_base, lambda member: 10 if member == "a" else 1)
    assert (weight.in_favour, weight.against, weight.entitled, weight.base) == (10, 1, 16, 0)


def test_constituencies_ascend_and_hold_every_one_that_is_asked_for() -> None:
    votes, _ = count_choices(TEXT, BALLOTS, ELECTORATE, Circumstances(), reasons_required=False)
    tallies = tally_constituencies(votes, ELECTORATE, no_base, frozenset({"nowhere"}))
    assert [(entry.constituency, entry.tally.cast) for entry in tallies] == [("nowhere", 0), ("x", 2), ("y", 2)]
