"""comitia archive: what is public is in it, the rest is not, and every node writes the same bytes."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from node import cli
from node.archive_papers import VERIFIERS
from node.archives import ArchiveError, agenda_path, chain_path, listing_path, text_path, write_archive
from node.config import Layout
from node.deliveries import Delivery
from node.files import FileError
from node.offline import offline_node
from protocol.canonical import sha256_hex
from protocol.events.consultation import Endorsement, Erasure
from protocol.events.tellers import Precommit
from protocol.ids import TextHash
from protocol.register import record_id
from tests.support.archived import checked, everything_said, files_of, node_with, silent
from tests.support.backed_up import directory_with_history
from tests.support.builders import document, receipt_body
from tests.support.hand_clock import HandClock
from tests.support.history import History, fill, make_directory, told, told_at_length


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    where = tmp_path_factory.mktemp("archives")
    directory, history = asyncio.run(directory_with_history(where / "node"))
    write_archive(directory, where / "archive", silent)
    return where, history


def test_an_archive_holds_and_says_what_is_in_it(pristine: tuple[Path, History]) -> None:
    where, history = pristine
    found = checked(where / "archive", history.federation.id)
    assert found.holds, found.fault
    assert (found.height, found.statements, found.chains, found.texts, found.agendas) == (5, 49, 8, 6, 1)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not here")
def test_its_manifest_is_what_sha256sum_checks(pristine: tuple[Path, History]) -> None:
    where, _ = pristine
    command = ["sha256sum", "--check", "--strict", "--quiet", "MANIFEST"]
    done = subprocess.run(command, cwd=where / "archive", capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_stand_alone_verifier_in_it_checks_it_with_nothing_of_ours(
    pristine: tuple[Path, History], tmp_path: Path
) -> None:
    where, history = pristine
    archive = shutil.copytree(where / "archive", tmp_path / "archive")
    assert sorted(path.name for path in (archive / "check").glob("*.py")) == sorted(VERIFIERS)
    command = [sys.executable, "-I", "check/verify_agenda.py", ".", "--fingerprint", history.federation.id]
    done = subprocess.run(command, cwd=archive, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "register.comitia-proof holds" in done.stdout
    (archive / "README.txt").write_text("changed")
    done = subprocess.run(command, cwd=archive, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "README.txt" in done.stderr


def test_each_statement_is_there_and_each_text_under_its_hash(pristine: tuple[Path, History]) -> None:
    where, history = pristine
    found = files_of(where / "archive")
    lines = [json.loads(line) for path in found if path.endswith(".jsonl") for line in found[path].splitlines()]
    signatures = {line["signatures"][0]["sig"] for line in lines if "signatures" in line}
    assert len(signatures) == len(history.events)
    for text in history.texts:
        assert found[text_path(sha256_hex(text))] == text
    assert found[agenda_path(1)] == history.texts[-1]


def test_readers_without_an_account_may_read_it_and_it_is_whole(pristine: tuple[Path, History]) -> None:
    where, _ = pristine
    assert not list(where.glob(".*"))
    for path in (where / "archive").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_nothing_of_the_node_itself_is_in_it(pristine: tuple[Path, History]) -> None:
    where, _ = pristine
    with_secrets = Layout(where / "node")
    everything = b"".join(files_of(where / "archive").values())
    for secret in (b"sqlite", b"accounts\x00", str(where).encode(), with_secrets.config.read_bytes()[:200]):
        assert secret.lower() not in everything.lower()


async def test_two_nodes_that_hold_the_same_write_the_same_bytes(tmp_path: Path) -> None:
    history = told()
    history.forks.clear()
    head = record_id(history.records[-1])
    history.say(3, Precommit(height=len(history.records), view=0, value=head), "teller")
    first = await node_with(tmp_path / "a", history)
    second = make_directory(tmp_path / "b", history.federation)
    async with offline_node(second, HandClock(), may_create=True) as node:
        for at in range(len(history.events) - 1, -1, -7):
            part = [event.envelope for event in history.events[max(0, at - 6) : at + 1]]
            await node.ledger.take(Delivery("history", part, []))
        await fill(node, history)
    write_archive(first, tmp_path / "first", silent)
    write_archive(second, tmp_path / "second", silent)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


async def test_a_node_that_was_given_other_votes_writes_the_same_certificates(tmp_path: Path) -> None:
    history = told()
    first = await node_with(tmp_path / "a", history)
    second = shutil.copytree(first, tmp_path / "b")
    write_archive(first, tmp_path / "first", silent)
    async with offline_node(second, HandClock()) as node:
        entry = await node.register.at(3)
        assert entry is not None
        value = json.loads(entry.data)
        value["votes"].reverse()
        data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        await node.database.write(lambda c: c.execute("UPDATE register SET certificate = $1 WHERE height = 3", data))
    write_archive(second, tmp_path / "second", silent)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


async def test_ballots_of_a_running_round_stay_out_and_nothing_betrays_who_voted(tmp_path: Path) -> None:
    history = History()
    proposal = history.propose(0, "Still open")
    round_id = history.open_round([proposal])
    before = history.say(1, Endorsement(proposal=proposal.id, endorses=True))
    ballot = history.vote(1, round_id, "o1")
    later = history.propose(1, "Said after voting")
    history.say(2, Endorsement(proposal=proposal.id, endorses=True))
    done = write_archive(await node_with(tmp_path / "node", history), tmp_path / "archive", silent)
    found = files_of(tmp_path / "archive")
    assert done.running == 1
    assert len(found[chain_path(before.event.key)].splitlines()) == 1
    everything = everything_said(tmp_path / "archive")
    assert round_id.encode() in everything
    assert ballot.id.encode() not in everything
    assert text_path(sha256_hex(history.texts[-1])) not in found, "a text would tell of what follows the ballot"
    assert later.id.encode() not in everything
    assert round_id in found["README.txt"].decode()
    assert checked(tmp_path / "archive").holds


async def test_what_tells_of_a_ballot_in_a_running_round_stays_out_wherever_it_stands(tmp_path: Path) -> None:
    history = History()
    proposal = history.propose(0, "Still open")
    history.propose(1, "To be erased")
    round_id = history.open_round([proposal])
    ballot = history.vote(1, round_id, "o1")
    history.say(2, receipt_body(round_id, [ballot.id]), "teller")
    history.say(1, Erasure(text=TextHash(sha256_hex(document("To be erased"))), ground="withdrawn-by-author"))
    history.fork(ballot, Endorsement(proposal=proposal.id, endorses=True))
    done = write_archive(await node_with(tmp_path / "node", history), tmp_path / "archive", silent)
    assert (done.running, done.erased, done.missing) == (1, 0, 1)
    assert ballot.id.encode() not in everything_said(tmp_path / "archive")
    assert (tmp_path / "archive" / "forks.jsonl").read_bytes() == b""
    found = checked(tmp_path / "archive")
    assert found.holds, found.fault


async def test_once_a_round_is_closed_its_ballots_are_there(tmp_path: Path) -> None:
    history = told_at_length()
    done = write_archive(await node_with(tmp_path / "node", history), tmp_path / "archive", silent)
    assert done.running == 0
    assert (tmp_path / "archive" / listing_path(sha256_hex(history.texts[-1]))).read_bytes() == history.texts[-1]
    assert checked(tmp_path / "archive").holds


async def test_an_erased_text_is_gone_and_it_is_said_by_whom(tmp_path: Path) -> None:
    history = told()
    digest = TextHash(sha256_hex(document("Reasons")))
    erasure = history.say(0, Erasure(text=digest, ground="court-order"))
    done = write_archive(await node_with(tmp_path / "node", history), tmp_path / "archive", silent)
    assert (done.texts, done.erased) == (5, 1)
    assert not (tmp_path / "archive" / text_path(digest)).exists()
    lines = map(json.loads, (tmp_path / "archive" / "texts.jsonl").read_text().splitlines())
    said = next(line for line in lines if line["hash"] == digest)
    by = history.federation.member(0).id
    assert said["erasures"] == [{"at": erasure.event.time, "by": by, "event": erasure.id, "ground": "court-order"}]
    assert checked(tmp_path / "archive").holds


def test_it_never_overwrites_and_says_what_is_wrong(pristine: tuple[Path, History], tmp_path: Path) -> None:
    where, _ = pristine
    with pytest.raises(ArchiveError, match="exists already and was not overwritten"):
        write_archive(where / "node", where / "archive", silent)
    with pytest.raises(FileError, match="has not joined a federation"):
        write_archive(tmp_path, tmp_path / "out", silent)
    with pytest.raises(ArchiveError, match="nothing was written"):
        write_archive(where / "node", tmp_path / "nowhere" / "out", silent)


def test_what_is_interrupted_leaves_nothing(pristine: tuple[Path, History], tmp_path: Path) -> None:
    where, _ = pristine

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_archive(where / "node", tmp_path / "out", stop)
    assert list(tmp_path.iterdir()) == []


async def test_it_is_of_one_moment_while_the_node_runs(tmp_path: Path) -> None:
    history = told()
    directory = await node_with(tmp_path / "node", history)
    async with offline_node(directory, HandClock()) as node:
        more = history.propose(3, "Meanwhile")
        await node.ledger.take(Delivery("history", [more.envelope], history.texts[-1:]))
        write_archive(directory, tmp_path / "archive", silent)
    assert checked(tmp_path / "archive").holds


def test_the_command_says_what_it_wrote(
    pristine: tuple[Path, History], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, history = pristine
    assert cli.run(["archive", str(where / "node"), str(tmp_path / "out"), "--json"]) == cli.OK
    said = json.loads(capsys.readouterr().out)
    assert (said["federation"], said["height"], said["texts"]) == (history.federation.id, 5, 6)
    assert said["manifest"] == hashlib.sha256((tmp_path / "out" / "MANIFEST").read_bytes()).hexdigest()
    assert cli.run(["archive", str(where / "node"), str(tmp_path / "out")]) == cli.FAILED
    assert "exists already" in capsys.readouterr().err
