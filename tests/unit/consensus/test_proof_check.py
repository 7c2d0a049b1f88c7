"""Full proofs that hold, and forged ones: each is refused by the step that the corpus says."""

import pytest

from consensus.proof.check import check_full_proof
from tests.support.proof_corpus import Case, forged_cases, good_cases


def failing_step(case: Case) -> str:
    checked = check_full_proof(case.data, case.fingerprint)
    return "" if checked.failure is None else checked.failure.id


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
