"""Checking an archive: whatever is changed in one is found and named, however well the forger seals it anew."""

import asyncio
import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from node import cli
from node.archive_check import STEPS
from node.archives import TEXTS, write_archive
from protocol.canonical import sha256_hex
from protocol.events.consultation import Erasure
from protocol.ids import TextHash
from tests.support.archived import checked, cosign, node_with, seal_anew, silent
from tests.support.builders import build_federation, document
from tests.support.history import told


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("archive-check")
    history = told()
    history.say(0, Erasure(text=TextHash(sha256_hex(document("Proposal of 3"))), ground="abuse"))
    cosign(history)
    directory = asyncio.run(node_with(where / "node", history))
    write_archive(directory, where / "archive", silent)
    return where / "archive"


@pytest.fixture
def archive(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "archive")


def first(archive: Path, pattern: str) -> Path:
    return min(archive.glob(pattern))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


PLAIN = (
    "README.txt", "charter.json", "register/00000003.json", "chains/*.jsonl", "evidence.jsonl", "forks.jsonl",
    "texts.jsonl", "texts/*/*", "agendas/*", "specification/SPEC.md",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PLAIN)
def test_a_changed_file_of_each_kind_is_named(archive: Path, pattern: str) -> None:
    path = first(archive, pattern)
    flip(path)
    found = checked(archive)
    assert found.failed == "manifest"
    assert found.fault.startswith(str(path.relative_to(archive)))


@pytest.mark.parametrize("pattern", PLAIN)
def test_a_missing_file_of_each_kind_is_named(archive: Path, pattern: str) -> None:
    path = first(archive, pattern)
    path.unlink()
    found = checked(archive)
    assert found.failed == "manifest"
    assert found.fault == f"{path.relative_to(archive)}: no such file or directory"


def test_a_further_file_and_a_link_are_named(archive: Path) -> None:
    (archive / "chains" / "more.jsonl").write_bytes(b"")
    assert checked(archive).fault == "chains/more.jsonl is not in the manifest"
    (archive / "chains" / "more.jsonl").unlink()
    (archive / "chains" / "more").symlink_to("/etc")
    assert checked(archive).fault == "chains/more is not in the manifest"
    (archive / "chains" / "more").unlink()
    path = first(archive, "texts/*/*")
    path.rename(archive.parent / "moved")
    path.symlink_to(archive.parent / "moved")
    assert checked(archive).fault.startswith(f"{path.relative_to(archive)}: ")


def changed_line(path: Path, number: int, change: Callable[[dict[str, object]], object]) -> None:
    lines = path.read_bytes().splitlines()
    lines[number] = json.dumps(change(json.loads(lines[number]))).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")


def other_signature(value: dict[str, object]) -> dict[str, object]:
    return {**value, "signatures": [{**value["signatures"][0], "sig": base64.b64encode(bytes(64)).decode()}]}  # type: ignore[index]


def without_line(path: Path, number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[number]
    path.write_bytes(b"".join(lines))


def with_lines_swapped(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))


def longest_chain(archive: Path) -> Path:
    return max(archive.glob("chains/*"), key=lambda path: path.stat().st_size)


FORGERIES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a signature": (lambda a: changed_line(longest_chain(a), 1, other_signature), "chains", "line 2: bad-signature"),
    "a statement left out": (lambda a: without_line(longest_chain(a), 1), "chains", "does not follow"),
    "statements swapped": (lambda a: with_lines_swapped(longest_chain(a)), "chains", "does not follow"),
    "a chain under another key": (
        lambda a: longest_chain(a).rename(a / "chains" / f"{'0' * 64}.jsonl"), "chains", "does not follow",
    ),
    "an empty chain": (lambda a: longest_chain(a).write_bytes(b""), "chains", "an empty chain"),
    "no JSON": (lambda a: (a / "evidence.jsonl").write_bytes(b"{\n"), "chains", "not a line of JSON"),
    "a proof of no fork": (
        lambda a: changed_line(a / "forks.jsonl", 0, lambda v: {**v, "second": v["first"]}), "chains", "forks.jsonl",
    ),
    "a record left out": (lambda a: (a / "register/00000002.json").unlink(), "register", "00000002.json is missing"),
    "records swapped": (
        lambda a: (a / "register/00000003.json").write_bytes((a / "register/00000001.json").read_bytes()),
        "register", "due is 3",
    ),
    "a record of the wrong kind": (lambda a: flip(a / "register/00000001.json"), "register", "register/00000001.json"),
    "no charter": (lambda a: (a / "charter.json").unlink(), "charter", "charter.json is missing"),
    "a text": (lambda a: flip(first(a, "texts/*/*")), "texts", "not the text that its name says"),
    "a text that nobody lists": (
        lambda a: first(a, "texts/*/*").with_name("a" * 64).write_bytes(b"x"), "texts", "says something else",
    ),
    "a text left out": (lambda a: first(a, "texts/*/*").unlink(), "texts", "held in a file that is here"),
    "an agenda": (lambda a: flip(a / "agendas/agenda-1.json"), "agendas", "not the document that the register names"),
    "a checkpoint": (lambda a: flip(a / "log/checkpoint"), "log", "log/checkpoint"),
    "no checkpoint": (lambda a: (a / "log/checkpoint").unlink(), "log", "log/checkpoint is missing"),
    "a checkpoint without cosignatures": (
        lambda a: (a / "log/checkpoint").write_bytes(
            b"".join((a / "log/checkpoint").read_bytes().splitlines(keepends=True)[:-2])
        ),
        "log", "too few",
    ),
    "the tellers": (lambda a: flip(a / "log/tellers"), "log", "not the tellers of the charter"),
    "a tile": (lambda a: flip(first(a, "log/tile/0/*/*")), "log", "log/tile/0/000.p/6: not what follows"),
    "entries": (lambda a: flip(first(a, "log/tile/entries/*/*")), "log", "not what follows from the register"),
    "a tile too many": (lambda a: (a / "log/tile/0/001").write_bytes(b"x"), "log", "other files than its checkpoint"),
    "a full proof": (lambda a: flip(a / "proofs/register.comitia-proof"), "proofs", "register.comitia-proof: step"),
    "an agenda's proof": (
        lambda a: (a / "proofs/register.comitia-proof").write_bytes(
            (a / "proofs/agenda-1.comitia-proof").read_bytes()[:-1]
        ),
        "proofs", "step form",
    ),
    "a short proof": (lambda a: flip(a / "proofs/agenda-1.tlog-proof"), "proofs", "agenda-1.tlog-proof: step"),
    "an agenda too many": (
        lambda a: (a / "agendas/agenda-2.json").write_bytes(b"{}"), "agendas", "that the register doesn't name",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_found_although_the_manifest_was_made_anew(archive: Path, name: str) -> None:
    forge, step, words = FORGERIES[name]
    forge(archive)
    seal_anew(archive)
    found = checked(archive)
    assert found.failed == step, found.fault
    assert words in found.fault


def test_a_text_can_not_be_passed_off_as_erased(archive: Path) -> None:
    held = first(archive, "texts/*/*")
    lines = [json.loads(line) for line in (archive / TEXTS).read_text().splitlines()]
    erased = next(line for line in lines if line["state"] == "erased")
    for line in lines:
        if line["hash"] == held.name:
            line |= {"state": "erased", "erasures": erased["erasures"]}
            del line["path"]
    (archive / TEXTS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    held.unlink()
    seal_anew(archive)
    assert "no statement here erases the text" in checked(archive).fault


def test_another_federation_is_refused(archive: Path) -> None:
    found = checked(archive, "0" * 64)
    assert found.failed == "charter"
    assert "not the one that was asked for" in found.fault
    other = build_federation(members=2)
    (archive / "charter.json").write_bytes(other.file.to_bytes())
    seal_anew(archive)
    assert checked(archive).failed == "register"


async def test_a_certificate_by_too_few_tellers_is_refused(archive: Path) -> None:
    path = archive / "register/00000001.json"
    value = json.loads(path.read_bytes())
    value["votes"] = value["votes"][:-1]
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    seal_anew(archive)
    assert "votes, 3 are needed" in checked(archive).fault
    value["votes"] = [*value["votes"], value["votes"][0]]
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    seal_anew(archive)
    assert "more than one vote" in checked(archive).fault


MANIFESTS = {
    "a path out of it": b"%s  ../charter.json\n",
    "an absolute path": b"%s  /etc/passwd\n",
    "a hidden file": b"%s  texts/../../x\n",
    "itself": b"%s  MANIFEST\n",
    "another form": b"%s *charter.json\n",
    "twice": b"%s  charter.json\n%s  charter.json\n",
    "no end": b"%s  charter.json",
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_hostile_manifest_is_refused(archive: Path, name: str) -> None:
    (archive / "MANIFEST").write_bytes(MANIFESTS[name].replace(b"%s", b"0" * 64))
    found = checked(archive)
    assert found.failed == "manifest"
    assert "MANIFEST, line" in found.fault


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    assert checked(tmp_path).fault == "MANIFEST: no such file or directory"
    assert checked(tmp_path / "nowhere").failed == "manifest"


def test_the_command_takes_an_archive(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    federation = told().federation.id
    assert cli.run(["verify", str(archive), "--fingerprint", federation, "--json"]) == cli.OK
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["federation"], list(said["steps"])) == (True, federation, list(STEPS))
    flip(archive / "README.txt")
    assert cli.run(["verify", str(archive), "--fingerprint", federation]) == cli.FAILED
    shown = capsys.readouterr()
    assert "step manifest: README.txt has changed" in shown.err
    assert "failed  manifest" in shown.out
    assert cli.run(["verify", str(archive), "--fingerprint", "xyz"]) == cli.USAGE
