import json
from typing import Any

import pytest

from protocol import merkle, short_proof, split_view
from protocol.notes import NoteError
from protocol.split_view import Cosigned, EvidenceError, SplitView
from tests.support.builders import build_federation
from tests.support.logged import LoggedRegister, logged

FED = build_federation(4)
KEYS = short_proof.verifier_keys(short_proof.tellers_of(FED.roll))
ONE = logged(FED, 5)
OTHER = logged(FED, 2)
for word in ("another", "past", "than", "that"):
    OTHER.open(word)
QUORUM = 3


def cosigned(register: LoggedRegister, size: int, count: int | None = None) -> Cosigned:
    return Cosigned(register.checkpoint(size), register.note(size, count))


def made(smaller: int = 5, larger: int = 7) -> SplitView:
    path = OTHER.tree.consistency(smaller, larger)
    root = OTHER.tree.root(smaller)
    return split_view.evidence(cosigned(ONE, smaller), cosigned(OTHER, larger), root, path, found=1, source="test")


def data_of(view: SplitView, **changes: Any) -> bytes:
    return json.dumps(view.model_dump(mode="json") | changes).encode()


# SPEC 11.37: "if they have the same size and different roots, or if the one's root at the size of the other is another"
@pytest.mark.parametrize(("smaller", "larger"), [(4, 4), (4, 5), (5, 7), (6, 6)])
def test_two_checkpoints_that_contradict_are_evidence(smaller: int, larger: int) -> None:
    view = made(smaller, larger)
    assert split_view.check(data_of(view), KEYS, QUORUM) == view


@pytest.mark.parametrize(("smaller", "larger"), [(3, 3), (3, 7), (1, 6)])
def test_two_checkpoints_that_share_their_past_are_none(smaller: int, larger: int) -> None:
    with pytest.raises(EvidenceError, match="do not contradict"):
        split_view.check(data_of(made(smaller, larger)), KEYS, QUORUM)


def test_what_a_quorum_has_not_cosigned_is_no_evidence() -> None:
    few = OTHER.note(7, 2).to_bytes().decode()
    with pytest.raises(EvidenceError, match="2 tellers, 3 are needed"):
        split_view.check(data_of(made(), larger=few), KEYS, QUORUM)
    strangers = logged(build_federation(4, seed=1), 6).note().to_bytes().decode()
    with pytest.raises(EvidenceError, match="0 tellers"):
        split_view.check(data_of(made(), larger=strangers), KEYS, QUORUM)


@pytest.mark.parametrize(
    "changes",
    [
        {"other_root": merkle.EMPTY_ROOT.hex()},
        {"consistency": []},
        {"smaller": "no note"},
        {"format": "another"},
        {"v": 2},
        {"more": 1},
    ],
)
def test_evidence_that_was_changed_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        split_view.check(data_of(made(), **changes), KEYS, QUORUM)


def test_what_is_not_json_is_no_evidence() -> None:
    with pytest.raises(EvidenceError):
        split_view.check(b"{", KEYS, QUORUM)


def test_of_a_note_the_tellers_lines_are_kept_each_once() -> None:
    note = ONE.note()
    line = note.signatures[0]
    stranger = ONE.cosignatures(ONE.checkpoint())[FED.member(1).id].line.replace("teller/member-002", "witness.example")
    data = note.to_bytes() + f"{line.line}\n{stranger}\n".encode()
    assert split_view.read_cosigned(data, KEYS, QUORUM).note == note
    with pytest.raises(NoteError):
        split_view.read_cosigned(ONE.note(count=2).to_bytes(), KEYS, QUORUM)
