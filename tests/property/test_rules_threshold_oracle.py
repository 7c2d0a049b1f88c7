"""The threshold rule against the definition in fractions, its axioms, and two thirds exactly at every size."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consensus.ballots import ChoiceBallot, Option, Question
from consensus.outcome import Outcome
from consensus.rules.counting import Circumstances, PositiveShare, Share
from consensus.rules.named import two_thirds_present_and_voting
from consensus.rules.registry import evaluate
from consensus.rules.threshold import Concurrent, MemberWeight, ThresholdSettings, Weighted

TEXT = Question(options=(Option(id="text"),))
REGIONS = ("east", "north", "south")
Vote = str
"""yes, no, unreasoned (a no without a reason), abstain, silent (present without a ballot) or absent."""
VOTES = ("yes", "no", "unreasoned", "abstain", "silent", "absent")


def ratios() -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(1, 12).flatmap(lambda below: st.tuples(st.integers(1, below), st.just(below)))


@st.composite
def settings(draw: st.DrawFn) -> ThresholdSettings:
    base = draw(st.sampled_from(("cast", "valid", "yes+no", "present", "entitled")))
    policies = ["excluded", "quorum_only"] + (["against"] if base != "yes+no" else [])
    threshold = draw(ratios())
    strict = threshold[0] != threshold[1] and draw(st.booleans())
    quorum, ceiling = draw(st.none() | ratios()), draw(st.none() | ratios())
    return ThresholdSettings.model_validate(
        {
            "base": base,
            "threshold": _share(threshold),
            "strict": strict,
            "quorum": _share(quorum),
            "abstentions": draw(st.sampled_from(policies)),
            "reasons_required": draw(st.booleans()),
            "max_against": _share(ceiling),
            "min_in_favour": draw(st.none() | st.integers(1, 4)),
            "concurrent": draw(st.none() | _concurrent()),
        }
    )


def _share(ratio: tuple[int, int] | None) -> dict[str, int] | None:
    return None if ratio is None else {"numerator": ratio[0], "denominator": ratio[1]}


def _concurrent() -> st.SearchStrategy[dict[str, object]]:
    names = st.lists(st.sampled_from(REGIONS), min_size=1, unique=True)
    return st.builds(
        lambda names, ratio: {
            "constituencies": names,
            "threshold": _share(ratio),
            "strict": ratio[0] != ratio[1],
        },
        names,
        ratios(),
    )


members = st.lists(
    st.tuples(st.sampled_from(("yes", "yes", "yes", *VOTES)), st.sets(st.sampled_from(REGIONS))), max_size=14
)


def hold(settings: ThresholdSettings, held: list[tuple[Vote, set[str]]]) -> Outcome:
    """The outcome when members vote so."""
    names = [f"m{number}" for number in range(len(held))]
    electorate = {name: tuple(sorted(regions)) for name, (_, regions) in zip(names, held, strict=True)}
    ballots = {
        name: _ballot(vote) for name, (vote, _) in zip(names, held, strict=True) if vote not in ("silent", "absent")
    }
    present = frozenset(name for name, (vote, _) in zip(names, held, strict=True) if vote == "silent")
    return evaluate(TEXT, settings, ballots, electorate, Circumstances(present=present))


def _ballot(vote: Vote) -> ChoiceBallot:
    if vote == "unreasoned":
        return ChoiceBallot(choice="no")
    reason = "It costs too much." if vote == "no" else None
    return ChoiceBallot.model_validate({"choice": vote, "reason": reason})


def dumb_status(settings: ThresholdSettings, held: list[tuple[Vote, set[str]]]) -> str:
    """The definition, one clause after the other, in fractions."""
    votes = [vote for vote, _ in held]
    takes_part = [vote for vote in votes if vote != "absent"]
    if settings.abstentions == "excluded":
        takes_part = [vote for vote in takes_part if vote != "abstain"]
    if not takes_part:
        return "no_quorum"
    if settings.quorum and Fraction(len(takes_part), len(votes)) < _fraction(settings.quorum):
        return "no_quorum"
    base = in_base(settings, votes)
    against = [vote for vote in base if vote in against_votes(settings)]
    adopted = (
        dumb_reaches(settings.threshold, settings.strict, settings, votes)
        and (settings.max_against is None or Fraction(len(against)) <= _fraction(settings.max_against) * len(base))
        and (settings.min_in_favour is None or votes.count("yes") >= settings.min_in_favour)
        and all(
            dumb_reaches(
                settings.concurrent.threshold,
                settings.concurrent.strict,
                settings,
                [vote for vote, regions in held if region in regions],
            )
            for region in (settings.concurrent.constituencies if settings.concurrent else ())
            if settings.concurrent
        )
    )
    return "adopted" if adopted else "not_adopted"


def dumb_reaches(share: Share, strict: bool, settings: ThresholdSettings, votes: list[Vote]) -> bool:
    base = in_base(settings, votes)
    if not base or "yes" not in votes:
        return False
    reached = Fraction(votes.count("yes"), len(base))
    return reached > _fraction(share) if strict else reached >= _fraction(share)


def against_votes(settings: ThresholdSettings) -> set[str]:
    against = {"no"} if settings.reasons_required else {"no", "unreasoned"}
    return against | ({"abstain"} if settings.abstentions == "against" else set())


def in_base(settings: ThresholdSettings, votes: list[Vote]) -> list[Vote]:
    valid = {"yes", "no"} | (set() if settings.reasons_required else {"unreasoned"})
    abstainers = {"abstain"} if settings.abstentions == "against" else set()
    kinds = {
        "yes+no": valid,
        "valid": valid | abstainers,
        "cast": valid | abstainers | {"unreasoned"},
        "present": valid | abstainers | {"unreasoned", "silent"},
        "entitled": set(VOTES),
    }[settings.base]
    return [vote for vote in votes if vote in kinds]


def _fraction(share: Share) -> Fraction:
    return Fraction(share.numerator, share.denominator)


@hypothesis_settings(max_examples=400)
@given(settings(), members)
def test_agrees_with_the_definition(settings: ThresholdSettings, held: list[tuple[Vote, set[str]]]) -> None:
    outcome = hold(settings, held)
    assert outcome.status == dumb_status(settings, held)
    assert outcome.counts.base == len(in_base(settings, [vote for vote, _ in held]))


@given(settings(), members, st.randoms(use_true_random=False))
def test_neither_names_nor_order_matter(
    settings: ThresholdSettings, held: list[tuple[Vote, set[str]]], rng: random.Random
) -> None:
    shuffled = list(held)
    rng.shuffle(shuffled)
    assert hold(settings, shuffled) == hold(settings, held)


@given(settings(), members.filter(bool), st.data())
def test_a_vote_more_in_favour_never_undoes_adoption(
    settings: ThresholdSettings, held: list[tuple[Vote, set[str]]], data: st.DataObject
) -> None:
    changed = data.draw(st.integers(0, len(held) - 1))
    converted = [*held[:changed], ("yes", held[changed][1]), *held[changed + 1 :]]
    if hold(settings, held).status == "adopted":
        assert hold(settings, converted).status == "adopted"


@given(settings(), members)
def test_margins_say_how_near_it_was(settings: ThresholdSettings, held: list[tuple[Vote, set[str]]]) -> None:
    outcome = hold(settings, held)
    assert outcome.margin == outcome.counts.in_favour - outcome.needed
    for condition in outcome.conditions:
        assert condition.is_met == (condition.margin >= 0)
    if outcome.status != "no_quorum":
        assert (outcome.status == "adopted") == all(condition.is_met for condition in outcome.conditions)


@pytest.mark.parametrize("block", range(10))
def test_two_thirds_are_exact_at_every_size(block: int) -> None:
    settings = two_thirds_present_and_voting()
    for voters in range(block * 30 + 1, block * 30 + 31):
        enough = next(yes for yes in range(voters + 1) if 3 * yes >= 2 * voters)
        for in_favour, status in ((enough, "adopted"), (enough - 1, "not_adopted")):
            held: list[tuple[Vote, set[str]]] = [
                ("yes" if number < in_favour else "no", set()) for number in range(voters)
            ]
            assert hold(settings, held).status == status, f"{in_favour} of {voters}"


@given(ratios(), st.integers(0, 5_000))
def test_least_and_most_are_the_exact_bounds(ratio: tuple[int, int], base: int) -> None:
    share = PositiveShare(numerator=ratio[0], denominator=ratio[1])
    asked = _fraction(share) * base
    assert share.least_of(base) - 1 < asked <= share.least_of(base)
    assert share.least_of(base, is_strict=True) - 1 <= asked < share.least_of(base, is_strict=True)
    assert share.most_of(base) <= asked < share.most_of(base) + 1


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 9)), min_size=1, max_size=12),
    st.none() | st.integers(1, 5),
)
def test_weights_agree_with_the_definition(held: list[tuple[bool, int]], blocking_minority: int | None) -> None:
    weighted = Weighted(
        weights=tuple(MemberWeight(member=f"m{number}", weight=weight) for number, (_, weight) in enumerate(held)),
        threshold=PositiveShare(numerator=65, denominator=100),
        strict=False,
        blocking_minority=blocking_minority,
    )
    settings = ThresholdSettings(
        base="entitled", threshold=Share(numerator=55, denominator=100), strict=False, weighted=weighted
    )
    outcome = hold(settings, [("yes" if yes else "no", set()) for yes, _ in held])
    heads = sum(yes for yes, _ in held)
    for_it = sum(weight for yes, weight in held if yes)
    total = sum(weight for _, weight in held)
    by_weight = Fraction(for_it, total) >= Fraction(65, 100)
    waived = blocking_minority is not None and len(held) - heads < blocking_minority
    adopted = Fraction(heads, len(held)) >= Fraction(55, 100) and (by_weight or waived)
    assert (outcome.status == "adopted") == adopted
    assert outcome.weights is not None
    assert (outcome.weights.in_favour, outcome.weights.entitled) == (for_it, total)


def test_a_constituency_without_members_is_not_carried() -> None:
    concurrent = Concurrent(constituencies=("east",), threshold=Share(numerator=1, denominator=2), strict=True)
    settings = ThresholdSettings(
        base="yes+no", threshold=Share(numerator=1, denominator=2), strict=True, concurrent=concurrent
    )
    assert hold(settings, [("yes", {"north"})]).status == "not_adopted"
