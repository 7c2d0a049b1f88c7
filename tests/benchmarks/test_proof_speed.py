"""How long the full check of a proof takes beside the signature checks that it can't do without."""

from nacl import bindings

from consensus.proof.check import check_full_proof
from tests.support.large_rounds import seconds
from tests.support.offline_verifier import offline_program
from tests.support.proof_shapes import large

TIMES_THE_SIGNATURES_MAX = 12.0


def signatures_of_large() -> int:
    """Return how many signatures the proof of 200 members with 67 tellers holds, proofs of possession included."""
    proof = large().proof
    keys = sum(len(member["keys"]) for member in proof.charter["roll"]["members"])
    events = len(proof.votes) + sum(len(each.seals) + len(each.ballots) for each in proof.rounds) + len(proof.agendas)
    return len(proof.signatures) + keys + events


def test_checking_a_proof_costs_little_more_than_its_signatures() -> None:
    public, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    signed = bindings.crypto_sign(b"x" * 400, secret)
    count = signatures_of_large()
    alone = seconds(lambda: [bindings.crypto_sign_open(signed, public) for _ in range(count)], 3)
    data, fingerprint = large().data, large().fingerprint
    assert check_full_proof(data, fingerprint).failure is None
    whole = seconds(lambda: check_full_proof(data, fingerprint), 3)
    program = seconds(lambda: offline_program("verify_agenda").check(data, fingerprint), 3)
    print(f"{count} signatures {alone:.3f} s, verify {whole:.3f} s, stand-alone {program:.3f} s, {len(data)} bytes")
    assert whole < TIMES_THE_SIGNATURES_MAX * alone
    assert program < TIMES_THE_SIGNATURES_MAX * alone
