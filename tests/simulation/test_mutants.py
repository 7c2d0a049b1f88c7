"""Each part of the protocol that could be left out is missed: eight mutants, each caught for the right reason.

The same history is always played with the protocol as it is, which keeps every promise in it.
"""

from dataclasses import replace

from tests.simulation import mutants
from tests.simulation.design import HONEST, Design
from tests.simulation.promises import AGREEMENT, NO_BACKDATING, NOTHING_LOST, PROGRESS
from tests.simulation.runs import run_seed
from tests.simulation.scenario import draw
from tests.simulation.schedules import scattered_precommits, usurped_after_decision

SEEDS = 1_000
"""How far the search for a history that shows a mutant's fault goes; each is found within a fifth of that."""


def caught(design: Design, promise: str, tellers: tuple[int, ...]) -> tuple[int, int]:
    """Return the first seed, and its number of tellers, at which a mutant breaks a promise and the protocol none."""
    for seed in range(SEEDS):
        count = tellers[seed % len(tellers)]
        if promise in run_seed(seed, count, design).names:
            assert not run_seed(seed, count).broken
            return seed, count
    raise AssertionError(f"{SEEDS} histories and the mutant is not caught")


def test_first_vote_wins_without_certificates_stalls() -> None:
    seed, tellers = caught(mutants.FIRST_VOTE_WINS, PROGRESS, (4,))
    with_certificates = replace(mutants.FIRST_VOTE_WINS, shares_certificates=True)
    with_every_vote = Design(shares_certificates=False)
    assert run_seed(seed, tellers, mutants.FIRST_VOTE_WINS).names == {PROGRESS}
    assert not run_seed(seed, tellers, with_certificates).broken
    assert not run_seed(seed, tellers, with_every_vote).broken


def test_a_quorum_of_2f_plus_1_of_six_certifies_two_records() -> None:
    seed, tellers = caught(mutants.TWO_THIRDS, AGREEMENT, (6,))
    assert run_seed(seed, tellers, mutants.TWO_THIRDS).names == {AGREEMENT}


def test_the_union_of_seals_counts_a_backdated_ballot() -> None:
    seed, tellers = caught(mutants.UNION_OF_SEALS, NO_BACKDATING, (4, 7, 10))
    assert run_seed(seed, tellers, mutants.UNION_OF_SEALS).names == {NO_BACKDATING}


def test_the_intersection_of_seals_loses_a_timely_ballot() -> None:
    seed, tellers = caught(mutants.INTERSECTION_OF_SEALS, NOTHING_LOST, (4, 7, 10))
    assert run_seed(seed, tellers, mutants.INTERSECTION_OF_SEALS).names == {NOTHING_LOST}


def test_without_amplification_a_ballot_that_reached_f_plus_1_is_lost() -> None:
    seed, tellers = caught(mutants.NO_AMPLIFICATION, NOTHING_LOST, (4, 5, 6))
    assert run_seed(seed, tellers, mutants.NO_AMPLIFICATION).names == {NOTHING_LOST}
    assert draw(seed, tellers).is_gentle, "the grace time suffices for delivery"


def test_without_the_lock_rule_a_usurping_proposer_undoes_a_decision() -> None:
    first, second = usurped_after_decision(HONEST, restarted=False).values
    assert usurped_after_decision(HONEST, restarted=False).decided() == {0: first}
    assert usurped_after_decision(mutants.NO_LOCK_RULE, restarted=False).decided() == {0: first, 1: second, 3: second}


def test_without_the_sign_lock_restarted_tellers_undo_a_decision() -> None:
    first, second = usurped_after_decision(HONEST, restarted=True).values
    assert usurped_after_decision(HONEST, restarted=True).decided() == {0: first}
    undone = usurped_after_decision(mutants.DROPPED_SIGN_LOCK, restarted=True)
    assert undone.decided() == {0: first, 1: second, 3: second}


def test_precommits_of_different_views_added_up_certify_two_records() -> None:
    table = scattered_precommits(HONEST)
    first, second = table.values
    assert table.decided() == {0: second, 1: second}
    assert scattered_precommits(mutants.VIEWS_ADDED_UP).decided() == {0: second, 1: second, 3: first}
