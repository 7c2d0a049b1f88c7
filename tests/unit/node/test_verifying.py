"""comitia verify FILE: proofs and agenda files, explained step by step, with exit codes."""

import json
from pathlib import Path

import orjson
import pytest

from consensus.proof.steps import FULL_STEPS
from node import cli
from protocol import canonical, short_proof
from protocol.canonical import sha256_hex
from tests.support.builders import build_federation
from tests.support.logged import LoggedRegister, logged
from tests.support.proof_corpus import forged_cases
from tests.support.proof_shapes import one_round, small

FINGERPRINT = small().fingerprint


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    return written(tmp_path / "full.comitia-proof", small().data)


@pytest.fixture
def agenda(tmp_path: Path) -> Path:
    document = small().proof.agendas[1].document
    return written(tmp_path / "agenda.json", orjson.dumps({"document": document, "title": "Agenda"}))


def pdf_of(path: Path, digest: str) -> Path:
    return written(path, b"%PDF-1.7\n%\xe2\xe3\n<</Keywords (comitia-document:" + digest.encode() + b")>>\n")


def run(*arguments: object) -> int:
    return cli.run(["verify", *map(str, arguments)])


def test_a_full_proof_is_explained_step_by_step(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(proof, "--fingerprint", FINGERPRINT) == 0
    said = capsys.readouterr().out
    places = [said.index(f" {step}") for step in FULL_STEPS]
    assert places == sorted(places)
    assert "3 of 3 closed rounds were counted again" in said
    assert "As of height 8, 2026-01-01" in said
    assert "whether the register has grown since" in said


def test_closings_that_are_not_in_it_are_said_to_be_taken_on_trust(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # SPEC 12.31: "a verifier says how many they are"
    file = written(tmp_path / "round.comitia-proof", one_round().data)
    assert run(file, "--fingerprint", one_round().fingerprint) == 0
    assert "1 closings are taken on the certified word of a quorum" in capsys.readouterr().out


def test_machines_get_the_steps_and_the_failure(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(proof, "--fingerprint", "0" * 64, "--json") == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["ok"], value["failure"]) == (False, "fingerprint")
    assert [step["result"] for step in value["steps"]] == ["ok", "failed"]


def test_each_forged_proof_ends_with_exit_code_1_and_the_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for case in [each for each in forged_cases() if len(each.fingerprint) == 64][::6]:
        file = written(tmp_path / "forged.comitia-proof", case.data)
        assert run(file, "--fingerprint", case.fingerprint) == 1
        assert f"does not hold: step {case.step}: " in capsys.readouterr().err


@pytest.mark.parametrize("given", [[], ["--fingerprint", "12ab"], ["--fingerprint", "x" * 64]])
def test_a_file_needs_a_fingerprint(given: list[str], proof: Path) -> None:
    assert run(proof, *given) == 2


def test_a_fingerprint_may_be_grouped_as_pages_print_it(proof: Path) -> None:
    grouped = " ".join(FINGERPRINT[at : at + 4] for at in range(0, 64, 4)).upper()
    assert run(proof, "--fingerprint", grouped) == 0


def test_an_agenda_file_is_checked_with_its_full_proof(
    agenda: Path, proof: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(agenda, "--fingerprint", FINGERPRINT, "--proof", proof) == 0
    assert "document: the file is of the certified document of version 2" in capsys.readouterr().out
    written(agenda, orjson.dumps({"document": {"v": 1}}))
    assert run(agenda, "--fingerprint", FINGERPRINT, "--proof", proof) == 1
    assert "step document" in capsys.readouterr().err


def test_a_pdf_is_checked_by_the_hash_in_it(tmp_path: Path, proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = sha256_hex(canonical.encode(small().proof.agendas[0].document))
    assert run(pdf_of(tmp_path / "a.pdf", digest), "--fingerprint", FINGERPRINT, "--proof", proof) == 0
    assert "only as far as making it anew gives the same bytes" in capsys.readouterr().out
    assert run(pdf_of(tmp_path / "b.pdf", "0" * 64), "--fingerprint", FINGERPRINT, "--proof", proof) == 1
    assert "step document: the file is of document 0000" in capsys.readouterr().err


def test_an_agenda_file_alone_or_with_no_proof_is_refused(
    agenda: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(agenda, "--fingerprint", FINGERPRINT) == 1
    assert "add --proof FILE" in capsys.readouterr().err
    assert run(agenda, "--fingerprint", FINGERPRINT, "--proof", agenda) == 1
    assert run(written(tmp_path / "x", b"nothing"), "--fingerprint", FINGERPRINT) == 1
    assert run(tmp_path / "absent", "--fingerprint", FINGERPRINT) == 1


@pytest.fixture
def register() -> LoggedRegister:
    return logged(build_federation(4), 3)


def test_a_short_proof_is_checked_against_either_fingerprint(
    register: LoggedRegister, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "proof.tlog-proof", register.proof(2))
    charter = written(tmp_path / "charter.json", register.federation.file.to_bytes())
    tellers = short_proof.tellers_fingerprint(register.federation.id, register.tellers)
    assert run(file, "--fingerprint", tellers) == 0
    assert "Nothing was counted again" in capsys.readouterr().out
    assert run(file, "--fingerprint", register.federation.id, "--charter", charter) == 0
    capsys.readouterr()
    assert run(file, "--fingerprint", register.federation.id) == 1
    assert "step fingerprint" in capsys.readouterr().err


def test_an_agenda_file_is_checked_with_its_short_proof(
    register: LoggedRegister, agenda: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register.agenda(sha256_hex(canonical.encode(small().proof.agendas[1].document)))
    tellers = short_proof.tellers_fingerprint(register.federation.id, register.tellers)
    of_agenda = written(tmp_path / "a.tlog-proof", register.proof(4))
    assert run(agenda, "--fingerprint", tellers, "--proof", of_agenda) == 0
    capsys.readouterr()
    of_round = written(tmp_path / "b.tlog-proof", register.proof(1))
    assert run(agenda, "--fingerprint", tellers, "--proof", of_round) == 1
    assert "step document" in capsys.readouterr().err
