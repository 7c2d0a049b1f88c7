"""Full proofs that hold, and forged ones: each is refused by the step that the corpus says."""

import pytest

from consensus.proof.check import check_full_proof
from consensus.proof.steps import FULL_STEPS
from tests.support.proof_corpus import MUTATED_SHAPES, Case, changed_cases, forged_cases, good_cases
from tests.support.proof_shapes import one_round, small


@pytest.mark.parametrize("case", list(good_cases()), ids=lambda case: case.name)
def test_a_good_proof_holds(case: Case) -> None:
    checked = check_full_proof(case.data, case.fingerprint)
    assert checked.failure is None, checked.failure
    assert checked.proven is not None


@pytest.mark.parametrize("case", list(forged_cases()), ids=lambda case: case.name)
def test_a_forged_proof_is_refused_by_the_step_that_it_breaks(case: Case) -> None:
    checked = check_full_proof(case.data, case.fingerprint)
    assert checked.failure is not None
    assert checked.failure.id == case.step, checked.failure
    assert checked.failure.words


def test_the_steps_are_taken_in_the_order_of_the_specification() -> None:
    # SPEC 12.20: "`form`: the file is as 12.2 to 12.5, 12.8 and 12.9 say"
    # SPEC 12.21: "`fingerprint`: the identity (7.3) that follows from the charter's payload is the one"
    # SPEC 12.22: "`founders`: the charter is valid (part 7), with as many signatures as founders, all of which hold"
    # SPEC 12.23: "`chain`: each record has the fields of 6.20"
    # SPEC 12.24: "`certificate`: the votes hold (12.11) and are as 12.7 says"
    # SPEC 12.25: "`seals`, for each of `rounds`"
    # SPEC 12.26: "`inclusion`: the ballots included by 6.10 are as many as the record's `count`"
    # SPEC 12.27: "`ballots`: the ids of `ballots` are those of the included ballots"
    # SPEC 12.28: "`tally`: the round may be opened as specified"
    # SPEC 12.29: "`agenda`, for each of `agendas`"
    steps = check_full_proof(small().data, small().fingerprint).steps
    of_round = ["seals", "inclusion", "ballots", "tally"]
    first = list(FULL_STEPS)[:5]
    assert [step.id for step in steps] == [*first, *of_round * 3, "agenda", "agenda"]
    assert [step.subject for step in steps if step.id == "agenda"] == ["1", "2"]
    assert {step.subject for step in steps if step.id == "tally"} == {each.round for each in small().proof.rounds}


def test_every_kind_of_step_refuses_something_in_the_corpus() -> None:
    changed = {case.step for name in MUTATED_SHAPES for case in changed_cases(name, one_in=40)}
    assert changed | {case.step for case in forged_cases()} == set(FULL_STEPS)


@pytest.mark.parametrize("shape", MUTATED_SHAPES)
def test_each_changed_byte_is_refused_by_the_step_of_its_place(shape: str) -> None:
    # SPEC 12.30: "so does one in what it inflates to, packed anew under a right hash"
    for case in changed_cases(shape, one_in=7):
        failure = check_full_proof(case.data, case.fingerprint).failure
        assert failure is not None, case.name
        assert failure.id == case.step, (case.name, failure)


def test_height_and_time_are_those_of_the_newest_record() -> None:
    # SPEC 12.32: "A full proof says what the register held at height H, and when"
    proven = check_full_proof(one_round().data, one_round().fingerprint).proven
    assert proven is not None
    assert (proven.height, proven.signers) == (4, 3)
    assert proven.time_ms == sorted(vote.payload["time"] for vote in one_round().proof.votes)[1]
    assert len(proven.standing.closed) - len(proven.recounted) == 1
