"""What a witness keeps: its key, its log, its evidence; whole after a stop at any moment."""

import os
from pathlib import Path

import pytest

from node import files
from node.files import FileError
from node.witness.keeping import Keeper, WitnessError
from protocol import merkle, notes, short_proof, split_view
from protocol.charter import CharterError
from protocol.ids import RecordId
from protocol.split_view import Cosigned
from tests.support.builders import build_federation, hash_of
from tests.support.hand_clock import HandClock
from tests.support.logged import LoggedRegister, logged

FED = build_federation(4)
TELLERS = short_proof.tellers_of(FED.roll)


def keeper_in(where: Path, name: str = "", fingerprint: str = FED.id) -> Keeper:
    keeper = Keeper(where, HandClock())
    keeper.open_key(name)
    if keeper.open_charter(fingerprint):
        keeper.open_log()
    else:
        keeper.keep_charter(FED.file.to_bytes(), fingerprint)
    return keeper


def advance(keeper: Keeper, register: LoggedRegister) -> None:
    checkpoint = register.checkpoint()
    leaves = [register.tree.subtree(0, height) for height in range(keeper.size, checkpoint.size)]
    keeper.advance(Cosigned(checkpoint, register.note()), leaves, RecordId(hash_of("last", checkpoint.size)))


def contradiction(word: str, source: str = "test") -> split_view.SplitView:
    one, other = logged(FED, 2), LoggedRegister(FED)
    other.open(word)
    other.open(word)
    shown = [Cosigned(register.checkpoint(), register.note()) for register in (one, other)]
    return split_view.evidence(shown[0], shown[1], other.tree.root(), (), found=1, source=source)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, again = keeper_in(tmp_path / "w"), keeper_in(tmp_path / "w")
    assert first.key == again.key
    assert first.name == f"witness/{first.key.public.hex()[:16]}"
    assert (tmp_path / "w" / "witness-key.json").stat().st_mode & 0o777 == 0o600
    assert keeper_in(tmp_path / "other").key != first.key


def test_a_name_is_kept_and_cannot_be_changed(tmp_path: Path) -> None:
    assert keeper_in(tmp_path / "w", "library.example/witness").name == "library.example/witness"
    assert keeper_in(tmp_path / "w").name == "library.example/witness"
    with pytest.raises(WitnessError, match="in another directory"):
        keeper_in(tmp_path / "w", "another")


@pytest.mark.parametrize("name", ["teller/alpha", "a name", "a+b", "x" * 400])
def test_a_name_that_nobody_may_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WitnessError):
        keeper_in(tmp_path / "w", name)
    assert not (tmp_path / "w" / "witness-key.json").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keeper_in(tmp_path / "w")
    (tmp_path / "w" / "witness-key.json").chmod(0o644)
    with pytest.raises(FileError, match="chmod 600"):
        keeper_in(tmp_path / "w")


def test_either_fingerprint_names_the_charter_and_no_other_does(tmp_path: Path) -> None:
    assert keeper_in(tmp_path / "a").file == FED.file
    fingerprint = short_proof.tellers_fingerprint(FED.id, TELLERS)
    assert keeper_in(tmp_path / "b", fingerprint=fingerprint).quorum == 3
    with pytest.raises(WitnessError, match="not that of the fingerprint"):
        keeper_in(tmp_path / "c", fingerprint=hash_of("another"))
    with pytest.raises(WitnessError, match="not that of the fingerprint"):
        keeper_in(tmp_path / "a", fingerprint=hash_of("another"))
    keeper = Keeper(tmp_path / "d", HandClock())
    keeper.open_key("")
    with pytest.raises(CharterError):
        keeper.keep_charter(b"garbage", FED.id)


# SPEC 11.36: "What a witness cosigns is on disk before anybody is told of it"
def test_a_log_is_taken_up_where_it_was_left_off(tmp_path: Path) -> None:
    keeper, register = keeper_in(tmp_path / "w"), logged(FED, 3)
    advance(keeper, register)
    register.open("more")
    advance(keeper, register)
    again = keeper_in(tmp_path / "w")
    assert (again.last, again.entry, again.size) == (keeper.last, keeper.entry, 5)
    assert again.tree.root() == register.tree.root()
    assert again.last is not None
    assert again.key.name in notes.cosigners(again.last.note, again.last.checkpoint, [again.key])


@pytest.mark.parametrize("written", [0, 32, 48, 64, 1_000])
def test_leaves_of_an_interrupted_step_do_no_harm(tmp_path: Path, written: int) -> None:
    keeper, register = keeper_in(tmp_path / "w"), logged(FED, 3)
    advance(keeper, register)
    with (tmp_path / "w" / "leaves").open("ab") as leaves:
        leaves.write(b"x" * written)
    again = keeper_in(tmp_path / "w")
    assert again.last == keeper.last
    register.open("more")
    register.open("and more")
    advance(again, register)
    assert keeper_in(tmp_path / "w").tree.root() == register.tree.root()


def test_a_stop_before_the_checkpoint_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, register = keeper_in(tmp_path / "w"), logged(FED, 3)
    advance(keeper, register)
    held = keeper.last

    def stop(*_: object) -> None:
        raise OSError("stopped")

    register.open("more")
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", stop)
        patched.setattr(files, "replace", stop)
        with pytest.raises(OSError, match="stopped"):
            advance(keeper, register)
    assert keeper.last == held
    assert keeper_in(tmp_path / "w").last == held


def test_what_does_not_fit_together_is_not_taken_up(tmp_path: Path) -> None:
    keeper = keeper_in(tmp_path / "w")
    advance(keeper, logged(FED, 3))
    leaves = tmp_path / "w" / "leaves"
    whole = leaves.read_bytes()
    for damaged in (whole[:-1], bytes(len(whole)), b""):
        leaves.write_bytes(damaged)
        with pytest.raises(WitnessError, match="does not fit together"):
            keeper_in(tmp_path / "w")
    leaves.write_bytes(whole)
    (tmp_path / "w" / "checkpoint.json").write_bytes(b"{")
    with pytest.raises(WitnessError, match=r"checkpoint\.json is damaged"):
        keeper_in(tmp_path / "w")


def test_evidence_is_kept_once_and_read_again(tmp_path: Path) -> None:
    keeper = keeper_in(tmp_path / "w")
    assert keeper.keep_evidence(contradiction("one"))
    assert not keeper.keep_evidence(contradiction("one", "elsewhere"))
    assert keeper.keep_evidence(contradiction("two"))
    advance(keeper, logged(FED, 1))
    again = keeper_in(tmp_path / "w")
    assert sorted(view.larger for view in again.evidence) == sorted(view.larger for view in keeper.evidence)
    for path in (tmp_path / "w").glob("evidence-*.json"):
        path.write_text("{}")
    with pytest.raises(WitnessError, match="is damaged"):
        keeper_in(tmp_path / "w")


def test_evidence_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.witness.keeping.EVIDENCE_MAX", 1)
    keeper = keeper_in(tmp_path / "w")
    assert keeper.keep_evidence(contradiction("one"))
    assert not keeper.keep_evidence(contradiction("two"))


def test_an_empty_log_has_no_checkpoint(tmp_path: Path) -> None:
    keeper = keeper_in(tmp_path / "w")
    assert (keeper.size, keeper.last, keeper.tree.root()) == (0, None, merkle.EMPTY_ROOT)
