"""Ranked rounds: settings, extremes, ties where the settings say, and bounds on what an outcome holds."""

from itertools import product

import pytest

from consensus.ballots import Fault, Option, Question, RankedBallot
from consensus.outcome import Outcome, Ranking, explain
from consensus.rules.counting import Circumstances
from consensus.rules.ranked import RankedSettings, RunoffSettings, SchulzeSettings
from consensus.rules.registry import draft_faults, evaluate, parse_settings
from consensus.ties import by_lot
from protocol import canonical

BOTH: tuple[RankedSettings, ...] = (SchulzeSettings(), RunoffSettings())


def hold(ids: str, settings: RankedSettings, *written: str, lot: bytes | None = None) -> Outcome:
    """The outcome when each voter ranks so: tiers apart by spaces, their options written together."""
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {
        f"m{voter}": RankedBallot(tiers=tuple(tuple(sorted(tier)) for tier in tiers.split()))
        for voter, tiers in enumerate(written)
    }
    return evaluate(question, settings, ballots, dict.fromkeys(ballots, ()) or {"m": ()}, Circumstances(lot=lot))


def ranking_of(outcome: Outcome) -> Ranking:
    assert outcome.ranking is not None
    return outcome.ranking


def order(outcome: Outcome) -> str:
    return "".join(entry.option for entry in ranking_of(outcome).order)


@pytest.mark.parametrize("settings", BOTH)
def test_one_voter_decides(settings: RankedSettings) -> None:
    assert order(hold("abcd", settings, "c a b d")) == "cabd"
    assert order(hold("abcd", settings, "d")) == "dabc"


@pytest.mark.parametrize("settings", BOTH)
def test_no_voters(settings: RankedSettings) -> None:
    nobody = hold("ab", settings)
    assert (nobody.status, nobody.ranking) == ("no_quorum", None)
    blank = hold("ab", settings, "", "")
    assert blank.status == "selected"
    assert (ranking_of(blank).winner, ranking_of(blank).order) == (None, ())
    assert "No option comes first" in explain(blank)


@pytest.mark.parametrize("settings", BOTH)
def test_everybody_level_goes_by_the_tie_order(settings: RankedSettings) -> None:
    outcome = hold("cab", settings, "abc", "abc")
    assert order(outcome) == "cab"
    assert ranking_of(outcome).order[0].level in (0, 2)
    assert "Times that options were exactly level and the oldest was put first: 2." in explain(outcome)


@pytest.mark.parametrize("kind", [SchulzeSettings, RunoffSettings])
def test_ties_go_where_the_settings_say(kind: type[SchulzeSettings] | type[RunoffSettings]) -> None:
    assert order(hold("zak", kind(ties="oldest"), "akz")) == "zak"
    assert order(hold("zak", kind(ties="id"), "akz")) == "akz"
    for number in range(6):
        seed = bytes([number])
        drawn = hold("zak", kind(ties="lot"), "akz", lot=seed)
        assert order(drawn) == "".join(by_lot("zak", seed))
        assert ranking_of(drawn).lot == seed.hex()


def test_the_measure_matters() -> None:
    """A cycle in which the comparison with the fewest ballots for it is not the one with the smallest majority."""
    ballots = ["a b"] * 5 + ["b c"] * 6 + ["c a"] * 6 + ["b a"] * 1 + ["c", "c", "b", "a", "a"]
    seen = {
        (winning, margins)
        for extra in product(("", "a b", "b c", "c a", "b a c", "a"), repeat=4)
        for winning, margins in [
            (
                order(hold("abc", SchulzeSettings(), *ballots, *extra)),
                order(hold("abc", SchulzeSettings(measure="margins"), *ballots, *extra)),
            )
        ]
    }
    assert any(winning != margins for winning, margins in seen)


def test_a_majority_favourite_that_few_put_first_loses_the_runoff_alone() -> None:
    """The option in the middle beats both others one against one and has the fewest first places."""
    ballots = ["l m r"] * 4 + ["r m l"] * 4 + ["m l r"] * 1
    assert order(hold("lmr", SchulzeSettings(), *ballots))[0] == "m"
    assert order(hold("lmr", RunoffSettings(), *ballots))[0] == "l"


def test_what_an_outcome_holds_is_bounded() -> None:
    ids = [f"o{number:03d}" for number in range(60)]
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {"m0": RankedBallot(tiers=(tuple(ids),))}
    for settings in BOTH:
        ranking = ranking_of(evaluate(question, settings, ballots, {"m0": ()}))
        assert len(ranking.order) == 60
        assert max(len(entry.level_with) for entry in ranking.order) == 8
        assert len(ranking.pairwise) in (0, 12)
        assert {len(row.votes) for row in ranking.pairwise} <= {12}
        assert [len(runoff.standings) for runoff in ranking.runoffs][-12:] in ([], [0, *range(12, 1, -1)])


def test_votes_shared_in_many_ways_stay_exact() -> None:
    """Sevenths, elevenths and more add up without rounding; what an outcome can't carry is flagged."""
    primes = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
    ids = [f"o{number:02d}" for number in range(50)]
    question = Question(options=tuple(Option(id=name) for name in ids))
    ballots = {f"m{size}": RankedBallot(tiers=(tuple(ids[:size]),)) for size in primes}
    ranking = ranking_of(evaluate(question, RunoffSettings(), ballots, dict.fromkeys(ballots, ())))
    assert ranking.winner == "o00"
    assert not ranking.runoffs[0].leader.votes.is_exact
    assert ranking.runoffs[-1].leader.votes.is_exact
    assert canonical.encode(ranking.model_dump(mode="json"))


def test_impossible_rounds_are_refused_when_drafted() -> None:
    one = Question(options=(Option(id="a"),))
    names = [f"o{number:060d}" for number in range(300)]
    large = Question(options=tuple(Option(id=name) for name in names))
    for settings in BOTH:
        assert [fault.code for fault in draft_faults(one, settings, {"m": ()})] == ["too_few_options"]
        assert [fault.code for fault in draft_faults(large, settings, {"m": ()})] == ["ballot_too_large"]


@pytest.mark.parametrize(
    "value",
    [
        {"rule": "schulze", "measure": "losing-votes"},
        {"rule": "schulze", "ties": "coin"},
        {"rule": "schulze", "quorum": {"numerator": 0, "denominator": 2}},
        {"rule": "instant-runoff", "measure": "margins"},
        {"rule": "instant-runoff", "quorum": {"numerator": 2, "denominator": 1}},
    ],
)
def test_settings_that_cannot_work_are_refused(value: object) -> None:
    assert isinstance(parse_settings(value), Fault)
