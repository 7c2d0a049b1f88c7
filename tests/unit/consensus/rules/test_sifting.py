"""Who took part: valid, blank, faulty and foreign ballots, silent members, the lot, and ballots too large to send."""

import pytest

from consensus.ballots import ApprovalBallot, Ballot, Fault, Option, Question, RankedBallot
from consensus.rules.counting import Ballots, Circumstances, PositiveShare, TieSettings
from consensus.rules.ranked import SchulzeSettings
from consensus.rules.registry import evaluate
from consensus.rules.sifting import sift, size_faults, tie_break

QUESTION = Question(options=(Option(id="b"), Option(id="a")))
BALLOTS: Ballots = {
    "m0": RankedBallot(tiers=(("a",),)),
    "m1": RankedBallot(tiers=()),
    "m2": RankedBallot(tiers=(("a",), ("z",))),
    "m3": ApprovalBallot(approves=("a",)),
    "m4": Fault("not_a_ballot", "form"),
    "stranger": RankedBallot(tiers=(("b",),)),
}
ELECTORATE = {f"m{number}": () for number in range(8)}
PRESENT = Circumstances(present=frozenset({"m0", "m5", "stranger"}))


def test_every_ballot_is_counted_or_accounted_for() -> None:
    outcome = evaluate(QUESTION, SchulzeSettings(), BALLOTS, ELECTORATE, PRESENT)
    counts = outcome.counts
    assert (counts.entitled, counts.present, counts.cast, counts.valid) == (8, 6, 5, 2)
    assert (counts.in_favour, counts.abstain, counts.base) == (1, 1, 1)
    assert {entry.code: entry.count for entry in outcome.uncounted} == {
        "not_a_ballot": 1,
        "not_entitled": 1,
        "unknown_option": 1,
        "wrong_form": 1,
    }
    assert outcome.ranking is not None
    assert outcome.ranking.winner == "a"


@pytest.mark.parametrize(("numerator", "status"), [(6, "selected"), (7, "no_quorum")])
def test_the_quorum_counts_who_took_part(numerator: int, status: str) -> None:
    settings = SchulzeSettings(quorum=PositiveShare(numerator=numerator, denominator=8))
    outcome = evaluate(QUESTION, settings, BALLOTS, ELECTORATE, PRESENT)
    assert outcome.status == status
    assert (outcome.ranking is None) == (status == "no_quorum")


def test_equal_answers_are_one_group() -> None:
    def first_of(ballot: Ballot | Fault) -> str | Fault:
        return ballot if isinstance(ballot, Fault) else ballot.form

    sifted = sift(BALLOTS, ELECTORATE, PRESENT, first_of)
    assert sifted.answers == {"ranked": 3, "approval": 1}
    sifted.leave_out(["approval"], "odd")
    assert (sifted.answers, sifted.faults) == ({"ranked": 3}, {"not_a_ballot": 1, "odd": 1})


def test_a_tie_is_broken_in_the_order_of_the_settings() -> None:
    assert tie_break(TieSettings(), QUESTION, Circumstances(lot=b"x"), None).ranks == (0, 1)
    assert tie_break(TieSettings(ties="id"), QUESTION, Circumstances(), None).ranks == (1, 0)
    assert tie_break(TieSettings(), QUESTION, Circumstances(lot=b"x"), None).lot is None
    assert tie_break(TieSettings(ties="lot"), QUESTION, Circumstances(lot=b"x"), None).lot == b"x".hex()
    with pytest.raises(ValueError, match="no lot"):
        tie_break(TieSettings(ties="lot"), QUESTION, Circumstances(), None)


def test_a_ballot_that_could_not_be_sent_is_a_fault() -> None:
    small = RankedBallot(tiers=tuple((f"o{number}",) for number in range(300)))
    large = RankedBallot(tiers=tuple((f"o{number:060d}",) for number in range(300)))
    assert size_faults(small) == ()
    assert [fault.code for fault in size_faults(large)] == ["ballot_too_large"]
