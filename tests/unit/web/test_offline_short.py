"""The stand-alone verifier of short proofs agrees with the project's own, on good proofs and on each changed byte."""

import pytest

from protocol import short_proof
from protocol.steps import Result
from tests.support.builders import build_federation
from tests.support.logged import LoggedRegister, logged
from tests.support.offline_verifier import offline_program

BY_SHAPE = ("record", "inclusion")
"""What a record's body may hold is known to the project alone; the program sees by the hashes that it was changed."""


@pytest.fixture(scope="module")
def register() -> LoggedRegister:
    return logged(build_federation(4), 5)


def outcome(steps: list[tuple[str, bool]]) -> str:
    return next((name for name, holds in steps if not holds), "")


def agreed(data: bytes, fingerprint: str, charter: bytes | None, file: object = None) -> str:
    ours = short_proof.check(data, fingerprint, charter=file).steps  # type: ignore[arg-type]
    taken, known = offline_program("verify_short_proof").check(data, fingerprint, charter)
    failing = "" if known is not None else str(taken[-1][0])
    due = outcome([(step.id, step.result is not Result.FAILED) for step in ours])
    assert failing == due or (due, failing) == BY_SHAPE, taken[-1]
    return failing


def test_good_proofs_hold_against_either_fingerprint(register: LoggedRegister) -> None:
    tellers = short_proof.tellers_fingerprint(register.federation.id, register.tellers)
    charter = register.federation.file
    for height in range(1, 6):
        assert agreed(register.proof(height), tellers, None) == ""
        assert agreed(register.proof(height), register.federation.id, charter.to_bytes(), charter) == ""
    assert agreed(register.proof(1), register.federation.id, None) == "fingerprint"
    other = build_federation(4, seed=9).file
    assert agreed(register.proof(1), register.federation.id, other.to_bytes(), other) == "fingerprint"


def test_each_changed_byte_is_refused_by_the_same_step(register: LoggedRegister) -> None:
    # SPEC 11.27: "A change of any byte of the file makes one of these steps fail"
    tellers = short_proof.tellers_fingerprint(register.federation.id, register.tellers)
    data = register.proof(3)
    steps = set()
    for at in range(0, len(data), 2):
        for byte in (data[at] ^ 1, data[at] ^ 0x20):
            steps.add(agreed(data[:at] + bytes([byte]) + data[at + 1 :], tellers, None))
    assert "" not in steps
    assert steps >= {"form", "fingerprint", "inclusion", "cosignatures"}
