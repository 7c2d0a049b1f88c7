import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from protocol import canonical, limits, merkle, notes, short_proof
from protocol.charter import CharterFile
from protocol.errors import LocalError
from protocol.notes import Note
from protocol.short_proof import ProofError
from protocol.steps import Result, failed
from tests.support.builders import build_federation, hash_of
from tests.support.logged import LoggedRegister, logged

FED = build_federation(7)
OTHER = build_federation(7, seed=1)
DOCUMENT = hash_of("document")


def built() -> LoggedRegister:
    register = logged(FED, 4)
    register.agenda(DOCUMENT)
    register.open("later")
    return register


REGISTER = built()
AGENDA = 5
PROOF = REGISTER.proof(AGENDA)
FINGERPRINT = short_proof.tellers_fingerprint(FED.id, REGISTER.tellers)
LINES = PROOF.decode().split("\n")
EXTRA: dict[str, Any] = canonical.decode(notes.decode_base64(LINES[1].removeprefix("extra ")))  # type: ignore[assignment]


def failing(data: bytes, fingerprint: str = FINGERPRINT, **given: Any) -> str | None:
    """Return the id of the step that fails, or None; and see that the others are told of in their order."""
    checked = short_proof.check(data, fingerprint, **given)
    assert tuple(step.id for step in checked.steps) == short_proof.STEPS
    step = failed(checked.steps)
    assert checked.holds == (step is None)
    return None if step is None else step.id


def with_extra(**changes: Any) -> bytes:
    value = canonical.encode({**EXTRA, **changes})
    return "\n".join([LINES[0], f"extra {notes.encode_base64(value)}", *LINES[2:]]).encode()


def with_line(at: int, line: str) -> bytes:
    return "\n".join([*LINES[:at], line, *LINES[at + 1 :]]).encode()


# SPEC 11.20: "a C2SP tlog-proof"
def test_a_proof_holds_against_the_tellers_fingerprint() -> None:
    checked = short_proof.check(PROOF, FINGERPRINT, document=DOCUMENT)
    assert [step.result for step in checked.steps] == [Result.OK] * 6
    assert checked.record == REGISTER.records[AGENDA - 1]
    assert checked.proof is not None
    assert checked.proof.signers == tuple(member for member, _ in REGISTER.tellers[:5])
    assert checked.proof.cosigned > 0


@pytest.mark.parametrize("height", range(1, 7))
def test_every_record_of_a_register_can_be_proven(height: int) -> None:
    assert failing(REGISTER.proof(height)) is None
    assert failing(REGISTER.proof(height, height + 1)) is None


# SPEC 11.24: "or the federation's identity, with the charter"
def test_a_proof_holds_against_the_federations_fingerprint_with_the_charter() -> None:
    assert failing(PROOF, FED.id, charter=FED.file) is None
    assert failing(PROOF, OTHER.id, charter=OTHER.file) == "fingerprint"
    assert failing(PROOF, FED.id, charter=OTHER.file) == "fingerprint"
    assert failing(PROOF, FED.id, charter=CharterFile(FED.file.payload, FED.file.signatures[1:])) == "fingerprint"
    assert failing(with_extra(tellers=EXTRA["tellers"][1:]), FED.id, charter=FED.file) == "fingerprint"


def test_a_federations_fingerprint_without_the_charter_says_what_is_missing() -> None:
    (step,) = [step for step in short_proof.check(PROOF, FED.id).steps if step.id == "fingerprint"]
    assert "give the charter too" in step.words


# SPEC 11.10: "of `comitia tellers v1`, the origin and the verifier keys of the tellers in the roll's order"
def test_the_tellers_fingerprint_covers_federation_names_keys_and_order() -> None:
    text = short_proof.tellers_text(FED.id, REGISTER.tellers)
    lines = text.split("\n")
    assert lines[:2] == ["comitia tellers v1", f"comitia/{FED.id}"]
    assert [notes.parse_verifier_key(line).name for line in lines[2:-1]] == [f"teller/{m}" for m, _ in REGISTER.tellers]
    assert hashlib.sha256(text.encode()).hexdigest() == FINGERPRINT


# SPEC 11.21: "the record's object, the tellers in the roll's order, each as a list of member and key, and the version"
def test_the_extra_data_are_canonical_and_exact() -> None:
    assert {
        "record": REGISTER.records[AGENDA - 1].model_dump(mode="json"),
        "tellers": [list(pair) for pair in REGISTER.tellers],
        "v": 1,
    } == EXTRA


# SPEC 11.3: "SHA-256 of the entry at a height is the id of what stands there"
def test_an_entrys_hash_is_its_id() -> None:
    assert hashlib.sha256(REGISTER.leaf(0)).hexdigest() == FED.id
    assert hashlib.sha256(REGISTER.leaf(1)).hexdigest() == REGISTER.records[1].prev


# SPEC 11.27: "A change of any byte of the file makes one of these steps fail"
@pytest.mark.parametrize("bit", [1, 0x20])
def test_every_byte_of_a_proof_matters(bit: int) -> None:
    for at in range(len(PROOF)):
        changed = PROOF[:at] + bytes([PROOF[at] ^ bit]) + PROOF[at + 1 :]
        assert failing(changed) is not None, f"byte {at} does not matter"


def test_a_byte_more_or_less_matters_wherever_it_is() -> None:
    for at in range(0, len(PROOF), 7):
        assert failing(PROOF[:at] + PROOF[at + 1 :]) is not None
        assert failing(PROOF[:at] + b"\n" + PROOF[at:]) is not None
    assert failing(PROOF + b"\n") == "form"


FORMS: dict[str, bytes] = {
    "empty": b"",
    "another header": with_line(0, "c2sp.org/tlog-proof@v2"),
    "no extra": "\n".join([LINES[0], *LINES[2:]]).encode(),
    "extra not canonical": with_line(1, "extra " + notes.encode_base64(b'{"v":1, "record":{}, "tellers":[]}')),
    "extra a list": with_line(1, "extra " + notes.encode_base64(b"[]")),
    "another version": with_extra(v=2),
    "a version that is true": with_extra(v=True),
    "a field more": with_extra(more=1),
    "record a string": with_extra(record="x"),
    "no tellers": with_extra(tellers=[]),
    "tellers out of order": with_extra(tellers=EXTRA["tellers"][::-1]),
    "a teller twice": with_extra(tellers=[EXTRA["tellers"][0], *EXTRA["tellers"]]),
    "a teller without a key": with_extra(tellers=[["alpha"]]),
    "a key in capitals": with_extra(tellers=[["alpha", "A" * 64]]),
    "a name with a space": with_extra(tellers=[["al pha", "a" * 64]]),
    "index with a zero before": with_line(2, "index 05"),
    "negative index": with_line(2, "index -5"),
    "a hash cut short": with_line(3, LINES[3][:-4]),
    "not a hash": with_line(3, "x" * 44),
    "too many hashes": "\n".join([*LINES[:3], *[LINES[3]] * 64, *LINES[6:]]).encode(),
    "another log": with_line(LINES.index("") + 1, "example.com/log"),
    "over the limit": PROOF + b"x" * limits.SHORT_PROOF_BYTES_MAX,
}


# SPEC 11.23: "`form`"
@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS.keys())
def test_what_is_not_written_as_a_proof_fails_the_first_step(data: bytes) -> None:
    assert failing(data) == "form"
    with pytest.raises(ProofError):
        short_proof.parse(data)


def test_tellers_of_another_roll_fail_the_fingerprint() -> None:
    tellers = [list(pair) for pair in short_proof.tellers_of(OTHER.roll)]
    assert failing(with_extra(tellers=tellers)) == "fingerprint"
    assert failing(PROOF, hash_of("another")) == "fingerprint"


RECORDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another height": lambda record: {**record, "height": AGENDA + 1},
    "another federation": lambda record: {**record, "federation": OTHER.id},
    "a field more": lambda record: {**record, "more": 1},
    "an unknown kind": lambda record: {**record, "kind": "roll"},
    "too long": lambda record: {**record, "more": "x" * limits.RECORD_BYTES_MAX},
}


# SPEC 11.25: "`record`"
@pytest.mark.parametrize("change", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_that_is_none_or_another_ones_fails_its_step(change: Callable[[dict[str, Any]], Any]) -> None:
    assert failing(with_extra(record=change(EXTRA["record"]))) == "record"


def test_a_record_with_other_words_is_not_included() -> None:
    body = {**EXTRA["record"]["body"], "size": 1}
    assert failing(with_extra(record={**EXTRA["record"], "body": body})) == "inclusion"


def test_a_path_of_another_record_or_size_fails_inclusion() -> None:
    assert failing(with_line(3, LINES[4])) == "inclusion"
    size = LINES.index("") + 2
    assert failing(with_line(size, "8")) in {"inclusion", "cosignatures"}


def resigned(note: Note) -> bytes:
    return PROOF.partition(b"\n\n")[0] + b"\n\n" + note.to_bytes()


# SPEC 11.22: "exactly q cosignatures of tellers, in the roll's order"
def test_cosignatures_that_are_too_few_too_many_twice_or_out_of_order_fail_their_step() -> None:
    note = REGISTER.note()
    lines = note.signatures
    for chosen in (
        lines[:4],
        lines[:6],
        (*lines[:4], lines[3]),
        (lines[0], *lines[:4]),
        lines[4::-1],
    ):
        assert failing(resigned(Note(note.text, chosen))) == "cosignatures"
    assert failing(resigned(Note(note.text, lines[2:]))) is None


def test_cosignatures_of_strangers_and_for_another_checkpoint_fail_their_step() -> None:
    note = REGISTER.note()
    stranger = logged(OTHER, 0).cosignatures(REGISTER.checkpoint())
    assert failing(resigned(Note(note.text, tuple(stranger.values())[:5]))) == "cosignatures"
    earlier = REGISTER.note(size=6).signatures[:5]
    assert failing(resigned(Note(note.text, earlier))) == "cosignatures"


# SPEC 11.26: "`document`"
def test_a_document_that_the_record_does_not_publish_fails_its_step() -> None:
    assert failing(PROOF, document=hash_of("another")) == "document"
    assert failing(REGISTER.proof(1), document=DOCUMENT) == "document"


def test_a_proof_is_not_made_without_a_quorum() -> None:
    checkpoint = REGISTER.checkpoint()
    path = REGISTER.tree.inclusion(AGENDA, checkpoint.size)
    with pytest.raises(LocalError, match="needs the cosignatures of 5 tellers, not 4"):
        short_proof.make(
            REGISTER.records[AGENDA - 1], path, checkpoint, REGISTER.cosignatures(checkpoint, 4), REGISTER.tellers
        )


@pytest.mark.parametrize(("tellers", "bytes_max"), [(7, 10_000), (67, 25_000)])
def test_a_proof_is_short(tellers: int, bytes_max: int) -> None:
    register = logged(build_federation(tellers), 3)
    register.agenda(DOCUMENT)
    for number in range(20):
        register.open(f"later {number}")
    proof = register.proof(4)
    assert len(proof) <= bytes_max
    assert failing(proof, short_proof.tellers_fingerprint(register.federation.id, register.tellers)) is None


@pytest.mark.parametrize(("tellers", "quorum"), [(1, 1), (2, 2), (4, 3), (6, 4), (7, 5), (67, 45)])
def test_a_quorum_is_that_of_agreement(tellers: int, quorum: int) -> None:
    assert short_proof.quorum_of(tellers) == quorum


def test_the_path_in_the_file_is_the_trees() -> None:
    assert short_proof.parse(PROOF).path == REGISTER.tree.inclusion(AGENDA, REGISTER.tree.size)
    assert merkle.leaf_hash(REGISTER.leaf(AGENDA)) == REGISTER.tree.subtree(0, AGENDA)
