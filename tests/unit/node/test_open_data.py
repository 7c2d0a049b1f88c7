"""comitia dump: tables that say what is public, nothing of a running round, no erased text, and no formula."""

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pabutools.election.pabulib import parse_pabulib

from consensus.ballots import ApprovalBallot
from node import cli
from node.archives import ArchiveError
from node.offline import offline_node
from node.open_data import write_dump
from node.tally.reading import read_case
from protocol.canonical import sha256_hex
from protocol.events.consultation import Endorsement, Erasure
from protocol.events.rounds import Ballot
from protocol.ids import TextHash
from tests.support.archived import node_with, silent
from tests.support.builders import EPOCH_MS, document
from tests.support.hand_clock import HandClock
from tests.support.history import History, told
from web.open_data_tables import TABLES

NOW = EPOCH_MS + 60_000


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    where = tmp_path_factory.mktemp("open-data")
    history = told()
    write_dump(asyncio.run(node_with(where / "node", history)), where / "dump", NOW, silent)
    return where / "dump", history


def rows(dump: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (dump / f"{table}.jsonl").read_text("utf-8").splitlines()]


def cells(dump: Path, table: str) -> list[dict[str, str]]:
    with (dump / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_table_has_its_columns_in_both_forms(pristine: tuple[Path, History]) -> None:
    dump, _ = pristine
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert rows(dump, table.name), table.name
        for row, cell in zip(rows(dump, table.name), cells(dump, table.name), strict=True):
            assert list(row) == list(cell) == names
            for column in table.columns:
                assert written(row[column.name]) == cell[column.name], (table.name, column.name)


def written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value))
        case dict():
            return json.dumps(value, separators=(",", ":"))
        case _:
            return str(value)


def test_the_tables_say_what_was_said(pristine: tuple[Path, History]) -> None:
    dump, history = pristine
    said = {event.id: event.event for event in history.events}
    assert [row["title"] for row in rows(dump, "proposals")] == [f"Proposal of {n}" for n in range(4)]
    assert all(said[row["proposal"]].member == row["member"] for row in rows(dump, "proposals"))
    assert [row["status"] for row in rows(dump, "rounds")] == ["selected", "selected"]
    assert [row["place"] for row in rows(dump, "options")] == [1, 2, None, None, 1]
    ballots = rows(dump, "ballots")
    assert len(ballots) == 8
    for ballot in ballots:
        body = said[ballot["event"]].body
        assert isinstance(body, Ballot)
        assert ballot["content"] == body.content
        assert ballot["is_counted"]
    assert [row["number"] for row in rows(dump, "agenda_items")] == ["1", "2"]
    closes = [record.body for record in history.records if record.kind == "close"]
    assert [row["hash"] for row in rows(dump, "outcomes")] == [close.outcome for close in closes]


def test_its_description_fits_its_files(pristine: tuple[Path, History]) -> None:
    dump, history = pristine
    package = json.loads((dump / "datapackage.json").read_text())
    assert package["federation"] == history.federation.id
    for resource in package["resources"]:
        data = (dump / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(data), f"sha256:{sha256_hex(data)}")
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"]["primaryKey"]) <= set(names)
        table = next(table for table in TABLES if resource["path"].startswith(f"{table.name}."))
        keys = [tuple(row[name] for name in table.key) for row in rows(dump, table.name)]
        assert len(set(keys)) == len(keys)


def test_closed_rounds_are_there_for_researchers_with_the_members_as_voters(pristine: tuple[Path, History]) -> None:
    dump, history = pristine
    (path,) = (dump / "rounds").glob("round-1-*.pb")
    case = read_case(path.name, path.read_bytes())
    assert list(case.ballots.values()) == [ApprovalBallot(approves=("o1", "o2"))] * 4
    instance, profile = parse_pabulib(str(path))
    assert (instance.budget_limit, len(instance), len(profile)) == (20, 4, 4)
    assert {ballot.meta["voter_id"] for ballot in profile} == {member.id for member in history.federation.members}
    (path,) = (dump / "rounds").glob("round-1-*.cat")
    assert read_case(path.name, path.read_bytes(), 2).names["1"] == "Proposal of 0"


async def test_nothing_is_said_of_a_running_round_but_its_question(tmp_path: Path) -> None:
    history = History()
    proposal = history.propose(0, "Still open")
    round_id = history.open_round([proposal])
    ballot = history.vote(1, round_id, "o1")
    later = history.say(1, Endorsement(proposal=proposal.id, endorses=True))
    write_dump(await node_with(tmp_path / "node", history), tmp_path / "dump", NOW, silent)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "dump").rglob("*") if path.is_file())
    assert ballot.id.encode() not in everything
    assert [row["event"] for row in rows(tmp_path / "dump", "endorsements")] == [later.id]
    (found,) = rows(tmp_path / "dump", "rounds")
    assert [found[name] for name in ("round", "closed_height", "ballots", "status", "lot")] == [round_id, *[None] * 4]
    assert rows(tmp_path / "dump", "options")[0]["is_adopted"] is None
    assert not (tmp_path / "dump" / "rounds").exists()


async def test_an_erased_text_and_one_that_is_not_here_are_said_to_be_so(tmp_path: Path) -> None:
    history = told()
    history.say(0, Erasure(text=TextHash(sha256_hex(document("Reasons"))), ground="abuse"))
    history.texts.remove(document("Proposal of 2"))
    write_dump(await node_with(tmp_path / "node", history), tmp_path / "dump", NOW, silent)
    (position,) = rows(tmp_path / "dump", "positions")
    assert (position["text_state"], position["reasons"]) == ("erased", "")
    assert [row["text_state"] for row in rows(tmp_path / "dump", "proposals")] == ["held", "held", "missing", "held"]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "dump").rglob("*") if path.is_file())
    assert b"Proposal of 2" not in everything


async def test_no_text_becomes_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    history = History()
    for title in ('=HYPERLINK("http://x")', "+1", "-1", "@x", "|x", " =1", "plain"):
        history.propose(0, title)
    write_dump(await node_with(tmp_path / "node", history), tmp_path / "dump", NOW, silent)
    found = [row["title"] for row in cells(tmp_path / "dump", "proposals")]
    assert found == ['\'=HYPERLINK("http://x")', "'+1", "'-1", "'@x", "'|x", "' =1", "plain"]
    assert rows(tmp_path / "dump", "proposals")[1]["title"] == "+1", "JSON lines have it as it is"


async def test_it_is_of_one_moment_while_the_node_runs_and_never_overwrites(tmp_path: Path) -> None:
    directory = await node_with(tmp_path / "node", told())
    async with offline_node(directory, HandClock()):
        write_dump(directory, tmp_path / "dump", NOW, silent)
    with pytest.raises(ArchiveError, match="exists already"):
        write_dump(directory, tmp_path / "dump", NOW, silent)


async def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = await node_with(tmp_path / "node", told())
    assert cli.run(["dump", str(directory), str(tmp_path / "dump"), "--json"]) == cli.OK
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"]["proposals"], said["rows"]["ballots"], said["rounds"]) == (4, 8, 4)
    assert cli.run(["dump", str(tmp_path), str(tmp_path / "other")]) == cli.FAILED
    assert "has not joined a federation" in capsys.readouterr().err
