import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import keys, limits, notes
from protocol.errors import LocalError
from protocol.ids import FederationId, MemberId
from protocol.notes import Checkpoint, Note, NoteError, VerifierKey
from tests.support.builders import hash_of, signing_key

TIME = 1_700_000_000
KEY = signing_key("cosigner")
NAMED = VerifierKey("teller/alpha", bytes.fromhex(KEY.key))
CHECKPOINT = Checkpoint(FederationId(hash_of("federation")), 42, bytes.fromhex(hash_of("root")))

# From golang.org/x/mod, sumdb/note/note_test.go.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
# From transparency-dev/formats, note/note_cosigv1_test.go.
COSIGNATURE_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
COSIGNATURE = "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=="
# From C2SP tlog-cosignature: a log's own signature, which is of no type that is known here, and a witness's.
C2SP_NOTE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
""".encode()  # noqa: E501 - published


def cosigned(*names: str, time: int = TIME) -> Note:
    return Note(CHECKPOINT.text, tuple(notes.cosign(CHECKPOINT, name, KEY, time) for name in names))


@pytest.mark.parametrize("line", [GO_KEY, COSIGNATURE_KEY])
def test_published_verifier_keys_are_read_and_written(line: str) -> None:
    assert notes.parse_verifier_key(line).line == line


def test_the_published_note_holds_under_its_key() -> None:
    key = notes.parse_verifier_key(GO_KEY)
    note = notes.parse_note(f"{GO_TEXT}\n{GO_LINE}\n".encode())
    assert note.text == GO_TEXT
    assert notes.is_by(note.signatures[0], key)
    assert keys.is_valid_signature(key.public, note.text.encode(), note.signatures[0].data)


def test_the_published_note_with_a_witness_is_read_and_written() -> None:
    note = notes.parse_note(C2SP_NOTE)
    assert [line.name for line in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(note.signatures[1].data[:8], "big") == 1679315147
    assert note.to_bytes() == C2SP_NOTE


def test_the_published_cosignature_has_its_time() -> None:
    line = notes.parse_signature(f"— some.example {COSIGNATURE}")
    assert int.from_bytes(line.data[:8], "big") == 1727964367
    assert len(line.data) == 8 + keys.SIGNATURE_BYTES


# SPEC 11.7: "a key's id is the first 4 bytes of SHA-256 of its name, a newline, the byte 4 and the key"
def test_a_tellers_key_is_named_after_the_member() -> None:
    key = notes.teller_key(MemberId("alpha"), KEY.key)
    assert key == NAMED
    assert notes.parse_verifier_key(key.line) == key


@pytest.mark.parametrize("at", range(0, 120, 3))
def test_a_verifier_key_with_another_character_is_refused(at: int) -> None:
    line = NAMED.line
    at %= len(line)
    with pytest.raises(NoteError):
        notes.parse_verifier_key(line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1 :])


@pytest.mark.parametrize(
    "line",
    ["", "a", "a+b", "a+12345678+", "+12345678+BAAA", f"{'n' * 400}+12345678+BAAA", "a b+00000000+BAAA"],
)
def test_what_is_no_verifier_key_is_refused(line: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_verifier_key(line)


# SPEC 11.6: "followed by the checkpoint's text"
def test_a_cosignature_signs_its_time_and_the_whole_text() -> None:
    line = notes.cosign(CHECKPOINT, NAMED.name, KEY, TIME)
    message = f"cosignature/v1\ntime {TIME}\n{CHECKPOINT.text}".encode()
    assert keys.is_valid_signature(NAMED.public, message, line.data[8:])
    assert notes.cosigned_at(CHECKPOINT, line, NAMED) == TIME


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(CHECKPOINT, size=43),
        dataclasses.replace(CHECKPOINT, root=bytes(32)),
        dataclasses.replace(CHECKPOINT, federation=FederationId(hash_of("another"))),
    ],
)
def test_a_cosignature_holds_for_its_checkpoint_alone(other: Checkpoint) -> None:
    assert notes.cosigned_at(other, notes.cosign(CHECKPOINT, NAMED.name, KEY, TIME), NAMED) is None


def test_a_cosignature_with_another_time_name_key_or_length_does_not_hold() -> None:
    line = notes.cosign(CHECKPOINT, NAMED.name, KEY, TIME)
    later = dataclasses.replace(line, data=(TIME + 1).to_bytes(8, "big") + line.data[8:])
    beyond = dataclasses.replace(line, data=b"\xff" * 8 + line.data[8:])
    for spoilt in (later, beyond, dataclasses.replace(line, name="teller/beta"), dataclasses.replace(line, data=b"")):
        assert notes.cosigned_at(CHECKPOINT, spoilt, NAMED) is None


# SPEC 11.5: "whose lines are the origin, the size in decimal and the root in base64"
def test_a_checkpoint_is_read_and_written() -> None:
    origin, size, root, rest = CHECKPOINT.text.split("\n")
    assert origin == f"comitia/{CHECKPOINT.federation}"
    assert (size, rest) == ("42", "")
    assert notes.decode_base64(root) == CHECKPOINT.root
    assert notes.parse_checkpoint(CHECKPOINT.text) == CHECKPOINT


ROOT = notes.encode_base64(bytes(32))
ORIGIN = f"comitia/{hash_of('federation')}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n1\n{ROOT}",
        f"{ORIGIN}\n1\n{ROOT}\nmore\n",
        f"{ORIGIN}\n01\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n9007199254740992\n{ROOT}\n",
        f"{ORIGIN}\n٣\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT[:-4]}\n",
        f"{ORIGIN}\n1\n{ROOT} \n",
        f"{ORIGIN.upper()}\n1\n{ROOT}\n",
        f"example.com/log\n1\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_checkpoint(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"text\n\nno dash AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAA",
        b"text\n\n\xe2\x80\x94 a AAAA\n",
        b"text\n\n\xe2\x80\x94 a  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAB=\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAAA\n",
        b"te\rxt\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a\xc2\xa0b AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        notes.parse_note(data)


def test_a_note_over_a_limit_is_refused() -> None:
    with pytest.raises(NoteError, match="over the limit"):
        notes.parse_note(b"x" * (limits.NOTE_BYTES_MAX + 1))
    line = GO_LINE.encode() + b"\n"
    notes.parse_note(b"text\n\n" + line * limits.NOTE_SIGNATURES_MAX)
    with pytest.raises(NoteError, match="at most"):
        notes.parse_note(b"text\n\n" + line * (limits.NOTE_SIGNATURES_MAX + 1))


@given(st.binary(max_size=200))
def test_bytes_that_are_read_as_a_note_are_written_the_same(data: bytes) -> None:
    whole = C2SP_NOTE[: len(C2SP_NOTE) - len(data)] + data
    try:
        note = notes.parse_note(whole)
    except NoteError:
        return
    assert note.to_bytes() == whole


# SPEC 11.8: "lines of others are passed over"
def test_cosigners_are_those_asked_for_and_strangers_are_passed_over() -> None:
    other = VerifierKey("teller/beta", NAMED.public)
    note = cosigned("teller/alpha", "witness.example", "teller/alpha")
    assert notes.cosigners(note, CHECKPOINT, [NAMED, other]) == {"teller/alpha": TIME}


def test_a_line_of_a_known_key_that_does_not_hold_spoils_the_note() -> None:
    note = cosigned("teller/alpha")
    with pytest.raises(NoteError, match="teller/alpha does not hold"):
        notes.cosigners(note, dataclasses.replace(CHECKPOINT, size=43), [NAMED])


def test_nobody_cosigns_under_a_name_that_cannot_be_written() -> None:
    with pytest.raises(LocalError):
        notes.cosign(CHECKPOINT, "a name", KEY, TIME)
    with pytest.raises(LocalError):
        notes.cosign(CHECKPOINT, "name", KEY, -1)
