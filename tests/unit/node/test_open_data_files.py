"""Open data of a running node: a table is made at most once a minute, but never holds a text that was erased."""

from pathlib import Path

from node.deliveries import Delivery
from node.offline import OfflineNode, offline_node
from node.open_data_files import MadeFile, OpenDataFiles
from protocol.canonical import sha256_hex
from protocol.events.consultation import Erasure
from protocol.ids import RecordId, TextHash
from protocol.register import record_id
from tests.support.archived import node_with
from tests.support.builders import document
from tests.support.hand_clock import HandClock
from tests.support.history import History, told


async def bytes_of(file: MadeFile) -> bytes:
    return b"".join([piece async for piece in file.pieces()])


async def said(node: OfflineNode, history: History, *texts: bytes) -> None:
    report = await node.ledger.take(Delivery("history", [history.events[-1].envelope], list(texts)))
    assert not report.refused


async def test_a_table_is_kept_for_a_minute_and_then_made_anew(tmp_path: Path) -> None:
    history, clock = told(), HandClock()
    directory = await node_with(tmp_path / "node", history)
    async with offline_node(directory, clock) as node:
        files = OpenDataFiles(node.database, history.federation.file, clock)
        first = await files.table("proposals", "jsonl")
        assert len((await bytes_of(first)).splitlines()) == 4
        assert (first.size, first.sha256) == (len(await bytes_of(first)), sha256_hex(await bytes_of(first)))
        history.propose(1, "One more")
        await said(node, history, history.texts[-1])
        assert await files.table("proposals", "jsonl") is first
        clock.advance(60_000)
        later = await files.table("proposals", "jsonl")
        assert len((await bytes_of(later)).splitlines()) == 5
        assert len((await bytes_of(first)).splitlines()) == 4, "who still reads the older one isn't disturbed"


async def test_an_erased_text_is_gone_at_once(tmp_path: Path) -> None:
    history, clock = told(), HandClock()
    directory = await node_with(tmp_path / "node", history)
    async with offline_node(directory, clock) as node:
        files = OpenDataFiles(node.database, history.federation.file, clock)
        assert b"Proposal of 2" in await bytes_of(await files.table("proposals", "csv"))
        history.say(0, Erasure(text=TextHash(sha256_hex(document("Proposal of 2"))), ground="court-order"))
        await said(node, history)
        assert b"Proposal of 2" not in await bytes_of(await files.table("proposals", "csv"))


async def test_a_round_s_files_are_there_once_it_is_closed(tmp_path: Path) -> None:
    history, clock = told(), HandClock()
    closed = record_id(history.records[0])
    running = history.open_round([history.propose(0, "Still open")], number=3)
    directory = await node_with(tmp_path / "node", history)
    async with offline_node(directory, clock) as node:
        files = OpenDataFiles(node.database, history.federation.file, clock)
        assert sorted(await files.round_files(closed)) == ["cat", "pb"]
        for other in (running, record_id(history.records[1]), RecordId("0" * 64)):
            assert await files.round_files(other) == {}


async def test_nothing_is_left_beside_the_store(tmp_path: Path) -> None:
    history, clock = told(), HandClock()
    directory = await node_with(tmp_path / "node", history)
    before = {path.name for path in directory.iterdir()}
    async with offline_node(directory, clock) as node:
        file = await OpenDataFiles(node.database, history.federation.file, clock).table("members", "csv")
        assert {path.name.partition("-")[0] for path in directory.iterdir()} <= before | {"store.sqlite3", "lock"}
        assert await bytes_of(file)
