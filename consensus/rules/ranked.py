"""Ranked rounds: which of several options comes first, by the Schulze method or by instant run-off.

A ballot without a single ranked option is an abstention: it counts for the quorum only. Levels between options are
put in order by the tie order, openly.
"""

from itertools import chain
from typing import Literal

from consensus.ballots import Fault, Question, RankedBallot
from consensus.outcome import (
    PAIRWISE_LISTED_MAX,
    TIED_LISTED_MAX,
    Duel,
    Lead,
    Outcome,
    PairwiseRow,
    Quotient,
    Ranked,
    Ranking,
    Runoff,
    Standing,
)
from consensus.rules import schulze
from consensus.rules.counting import (
    NOTHING_ELSE,
    Ballots,
    Circumstances,
    Electorate,
    PositiveShare,
    TieSettings,
    member_faults,
)
from consensus.rules.profile import Integers
from consensus.rules.ranked_reasons import ranked_reasons
from consensus.rules.rankings import Rankings, preferences, rankings_of, tiers_of
from consensus.rules.runoff import Elimination, eliminations
from consensus.rules.sifting import TieBreak, Tiers, sift, size_faults, taking_part, tie_break, unexplained


class SchulzeSettings(TieSettings):
    """The Schulze method with the strength of a comparison measured as said."""

    rule: Literal["schulze"] = "schulze"
    measure: schulze.Measure = "winning-votes"
    quorum: PositiveShare | None = None


class RunoffSettings(TieSettings):
    """Instant run-off; a vote whose best options are level is shared among them in equal parts."""

    rule: Literal["instant-runoff"] = "instant-runoff"
    quorum: PositiveShare | None = None


RankedSettings = SchulzeSettings | RunoffSettings


def ranked_faults(question: Question, settings: RankedSettings, electorate: Electorate) -> tuple[Fault, ...]:
    """Return why these settings can't rank the options of this question; nothing if they can."""
    faults = member_faults(settings.chair, "chair_not_entitled", electorate)
    if len(question.options) < 2:
        return (*faults, Fault("too_few_options", "A ranked round needs at least two options to choose between."))
    return (*faults, *size_faults(RankedBallot(tiers=tuple((option_id,) for option_id in question.option_ids))))


def evaluate_ranked(
    question: Question,
    settings: RankedSettings,
    ballots: Ballots,
    electorate: Electorate,
    circumstances: Circumstances = NOTHING_ELSE,
) -> Outcome:
    """Return the options in order. Raises ValueError if ties go by lot and none was drawn."""
    sifted = sift(ballots, electorate, circumstances, tiers_of)
    blank = sifted.answers.pop((), 0)
    rankings, unknown = rankings_of(question.option_ids, sifted.answers)
    sifted.leave_out(unknown, "unknown_option")
    outcome = unexplained(settings, taking_part(sifted, sifted.answers.total(), blank), electorate)
    ties = tie_break(settings, question, circumstances, _of_chair(question, settings.chair, ballots))
    ranking = _ranking(question.option_ids, settings, rankings, ties) if outcome.status == "selected" else None
    outcome = outcome.model_copy(update={"ranking": ranking})
    return outcome.model_copy(update={"reasons": ranked_reasons(outcome)})


def _of_chair(question: Question, chair: str | None, ballots: Ballots) -> Tiers | None:
    """Return the tiers of the ballot of the chair's member, if there is one that counts."""
    ballot = None if chair is None else ballots.get(chair)
    if not isinstance(ballot, RankedBallot):
        return None
    return ballot.tiers if set(question.option_ids).issuperset(chain.from_iterable(ballot.tiers)) else None


def _ranking(ids: tuple[str, ...], settings: RankedSettings, rankings: Rankings, ties: TieBreak) -> Ranking:
    empty = Ranking(
        winner=None,
        measure=settings.measure if isinstance(settings, SchulzeSettings) else None,
        tie_order=ties.order,
        lot=ties.lot,
        chair=ties.chair,
        order=(),
        lead=None,
        pairwise=(),
        runoffs=(),
    )
    if not len(rankings.weights):
        return empty
    if isinstance(settings, SchulzeSettings):
        return empty.model_copy(update=_by_schulze(ids, settings, rankings, ties))
    return empty.model_copy(update=_by_runoff(ids, eliminations(rankings, ties.ranks)))


def _by_schulze(
    ids: tuple[str, ...], settings: SchulzeSettings, rankings: Rankings, ties: TieBreak
) -> dict[str, object]:
    counted = preferences(rankings)
    paths = schulze.strongest_paths(counted, settings.measure)
    places = schulze.complete_order(paths, ties.ranks)
    order = [place.option for place in places]
    closest = schulze.narrowest(counted, order)
    return {
        "winner": ids[order[0]],
        "order": tuple(_placed(ids, place, counted, closest.get(place.option)) for place in places),
        "lead": _lead(ids, order, paths),
        "pairwise": _pairwise(ids, order[:PAIRWISE_LISTED_MAX], counted, paths),
    }


def _placed(ids: tuple[str, ...], place: schulze.Place, counted: Integers, closest: int | None) -> Ranked:
    votes_for, votes_against = counted[place.option], counted[:, place.option]
    narrowest = None
    if closest is not None:
        pair = {"votes_for": int(votes_for[closest]), "votes_against": int(votes_against[closest])}
        narrowest = Duel(other=ids[closest], **pair)
    return Ranked(
        option=ids[place.option],
        wins=int((votes_for > votes_against).sum()),
        losses=int((votes_for < votes_against).sum()),
        narrowest=narrowest,
        level=len(place.level),
        level_with=tuple(ids[other] for other in place.level[:TIED_LISTED_MAX]),
        is_by_ties=place.is_by_ties,
    )


def _lead(ids: tuple[str, ...], order: list[int], paths: Integers) -> Lead | None:
    first, *others = order
    if not others:
        return None
    nearest = min(others, key=lambda other: int(paths[first, other] - paths[other, first]))
    return Lead(other=ids[nearest], path=int(paths[first, nearest]), back=int(paths[nearest, first]))


def _pairwise(ids: tuple[str, ...], first: list[int], counted: Integers, paths: Integers) -> tuple[PairwiseRow, ...]:
    return tuple(
        PairwiseRow(
            option=ids[option],
            votes=tuple(counted[option, first].tolist()),
            paths=tuple(paths[option, first].tolist()),
        )
        for option in first
    )


def _by_runoff(ids: tuple[str, ...], gone: tuple[Elimination, ...]) -> dict[str, object]:
    eliminated = {elimination.eliminated: elimination for elimination in gone}
    last = [option for option in range(len(ids)) if option not in eliminated]
    order = [*last, *reversed(eliminated)]
    return {
        "winner": ids[order[0]],
        "order": tuple(_survivor(ids, option, eliminated.get(option)) for option in order),
        "runoffs": tuple(_runoff(ids, elimination, order) for elimination in gone),
    }


def _survivor(ids: tuple[str, ...], option: int, elimination: Elimination | None) -> Ranked:
    """Return an option at its place: level with those that had as few votes when it was eliminated."""
    level = elimination.tied_with if elimination else ()
    return Ranked(
        option=ids[option],
        wins=0,
        losses=0,
        narrowest=None,
        level=len(level),
        level_with=tuple(ids[other] for other in level[:TIED_LISTED_MAX]),
        is_by_ties=len(level) > 0,
    )


def _runoff(ids: tuple[str, ...], elimination: Elimination, order: list[int]) -> Runoff:
    votes = elimination.votes
    by_votes = sorted((option for option in order if option in votes), key=lambda option: -votes[option])
    standings = [
        Standing(option=ids[option], votes=Quotient.of(votes[option])) for option in by_votes[:PAIRWISE_LISTED_MAX]
    ]
    return Runoff(
        continuing=elimination.continuing,
        exhausted=elimination.exhausted,
        standings=tuple(standings) if len(votes) <= PAIRWISE_LISTED_MAX else (),
        leader=standings[0],
        eliminated=Standing(option=ids[elimination.eliminated], votes=Quotient.of(votes[elimination.eliminated])),
        tied=len(elimination.tied_with),
        tied_with=tuple(ids[other] for other in elimination.tied_with[:TIED_LISTED_MAX]),
    )
