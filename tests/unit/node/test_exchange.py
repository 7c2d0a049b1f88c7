"""Files between nodes: what one holds the other gets, and nothing that a hostile file holds does harm."""

import asyncio
import io
import json
import random
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from node import cli
from node.config import Layout
from node.deliveries import Delivery
from node.exchange import Exporter, Imported, Importer, Lack
from node.offline import OfflineNode, offline_node
from node.packet_files import PacketFileError, PacketReader
from node.storage import events as store
from node.storage import texts
from node.storelock import hold_store
from protocol import frames, limits
from protocol.canonical import sha256_hex
from protocol.envelope import Verified
from protocol.events.consultation import Endorsement, Erasure
from protocol.frames import Frame, FrameType
from protocol.ids import TextHash
from tests.support.builders import build_federation
from tests.support.hand_clock import HandClock
from tests.support.history import History, fill, make_directory, told, told_at_length

BYTES_MAX = 10_000_000


def nothing(done: int, total: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Source:
    """A history and the file that a node which holds it has exported."""

    history: History
    directory: Path
    file: bytes


def make_source(path: Path, history: History) -> Source:
    directory = make_directory(path, history.federation)

    async def make() -> bytes:
        async with offline_node(directory, HandClock(), may_create=True) as node:
            await fill(node, history)
            return await exported(node)

    return Source(history, directory, asyncio.run(make()))


async def exported(node: OfflineNode, lack: Lack | None = None) -> bytes:
    out = io.BytesIO()
    done = await Exporter(node, out, lack or Lack(), nothing).run()
    assert done.size == len(out.getvalue())
    return out.getvalue()


async def imported(node: OfflineNode, data: bytes) -> Imported:
    return await Importer(node, "file", nothing).run(io.BytesIO(data), len(data), BYTES_MAX)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return make_source(tmp_path_factory.mktemp("source") / "node", told())


@pytest.fixture
def fresh(tmp_path: Path, source: Source) -> Path:
    return make_directory(tmp_path / "fresh", source.history.federation)


async def state(node: OfflineNode) -> tuple[object, ...]:
    """Everything that two nodes in step have in common."""
    hashes = [row[0] for row in await node.database.read(lambda c: c.rows("SELECT hash FROM texts ORDER BY hash"))]
    held = await node.database.read(lambda c: texts.data_of(c, [str(digest) for digest in hashes]))
    forks = await node.database.read(store.forks)
    return node.ledger.frontier.digest, node.register.height, node.register.head, hashes, held, forks


def frames_in(source: Source) -> list[Frame]:
    reader = PacketReader(io.BytesIO(source.file), "events", source.history.federation.id, BYTES_MAX)
    return [frame for content in reader.packets() for frame in content]


def boundaries(data: bytes) -> list[int]:
    """Where the packets of a file begin, its end mark included."""
    at = data.index(b"\n") + 1
    found = []
    while at < len(data):
        found.append(at)
        at += 4 + int(struct.unpack_from(">I", data, at)[0])
    return found


def file_of(source: Source, *content: Frame) -> bytes:
    packet = frames.pack(content)
    return head_of(source) + struct.pack(">I", len(packet)) + packet + bytes(4)


def head_of(source: Source) -> bytes:
    return source.file[: source.file.index(b"\n") + 1]


async def test_a_node_that_imports_holds_what_the_other_holds(source: Source, fresh: Path) -> None:
    async with (
        offline_node(source.directory, HandClock()) as ours,
        offline_node(fresh, HandClock(), may_create=True) as theirs,
    ):
        done = await imported(theirs, source.file)

        assert not done.refused
        assert not done.deferred
        assert not done.damage
        assert (done.records, done.forks, done.texts) == (5, 1, len(source.history.texts))
        assert await state(theirs) == await state(ours)
        assert await exported(theirs) == source.file


async def test_the_ballot_of_a_forked_key_that_counted_comes_along(source: Source, fresh: Path) -> None:
    counted, other = source.history.forks[0]
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        await imported(node, source.file)
        assert await node.database.read(lambda c: store.is_stored(c, counted.id))
        assert not await node.database.read(lambda c: store.is_stored(c, other.id))


async def test_importing_again_changes_nothing(source: Source, fresh: Path) -> None:
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        first = await imported(node, source.file)
        before = await state(node)
        again = await imported(node, source.file)
        assert (again.events, again.texts, again.records, again.forks) == (0, 0, 0, 0)
        assert again.known == first.events + first.records
        assert await state(node) == before


async def test_long_listings_travel_too(tmp_path: Path) -> None:
    source = await asyncio.to_thread(make_source, tmp_path / "source", told_at_length())
    fresh = make_directory(tmp_path / "fresh", source.history.federation)
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await imported(node, source.file)
        assert done.texts == 2
        assert not done.refused


def test_the_order_in_a_file(source: Source) -> None:
    """Fork proofs, certificates, tellers' statements, ballots, proposals, the rest; each chain oldest first."""
    content = frames_in(source)
    kinds = [frame.type for frame in content]
    envelopes = [frames.parse_event(frame.body) for frame in content if frame.type is FrameType.EVENT]
    tellers = source.history.federation.ring.teller_keys
    chained = envelopes[:-1]

    assert kinds[:6] == [FrameType.FORK] + [FrameType.RECORD] * 5
    assert set(kinds[6:]) == {FrameType.EVENT, FrameType.TEXT}
    by_teller = [envelope.key in tellers for envelope in chained]
    assert by_teller == sorted(by_teller, reverse=True)
    assert [e.key for e in chained] == [
        key for key in dict.fromkeys(e.key for e in chained) for e in chained if e.key == key
    ]
    for key in {envelope.key for envelope in chained}:
        seqs = [envelope.seq for envelope in chained if envelope.key == key]
        assert seqs == list(range(len(seqs)))
    assert envelopes[-1].id == source.history.forks[0][0].id, "what stands beside the chains comes last"


def test_a_text_stands_behind_its_event(source: Source) -> None:
    content = frames_in(source)
    for at, frame in enumerate(content):
        if frame.type is FrameType.EVENT and frames.parse_event(frame.body).kind == "proposal":
            assert content[at + 1].type is FrameType.TEXT


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
async def test_since_a_frontier_only_what_is_lacking(share: float, source: Source, fresh: Path, tmp_path: Path) -> None:
    part = source.history.events[: int(share * len(source.history.events))]
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        await node.ledger.take(Delivery("part", [event.envelope for event in part], source.history.texts[:1]))
    assert await asyncio.to_thread(cli.run, ["export", str(fresh), "--frontier", str(tmp_path / "frontier")]) == cli.OK
    out = tmp_path / "out"
    command = ["export", str(source.directory), str(out), "--since-frontier", str(tmp_path / "frontier")]
    assert await asyncio.to_thread(cli.run, command) == cli.OK

    async with (
        offline_node(source.directory, HandClock()) as ours,
        offline_node(fresh, HandClock()) as theirs,
    ):
        done = await imported(theirs, out.read_bytes())
        assert not done.refused
        assert await state(theirs) == await state(ours)
    # What the other had is not in the file, except a forked branch, of which a frontier doesn't say how far it counts.
    assert done.known <= len(source.history.forks)


async def test_a_peer_on_another_branch_learns_of_the_fork(tmp_path: Path) -> None:
    """Each has one branch and no proof: the one that imports finds the fork."""
    history = History()
    first, second = (history.say(1, Endorsement(proposal=history.propose(0, "P").id, endorses=True)) for _ in range(2))
    writer = history.writer(1).branch(1)
    other = writer.write(Endorsement(proposal=history.events[0].id, endorses=False))
    ours = make_directory(tmp_path / "ours", history.federation)
    theirs = make_directory(tmp_path / "theirs", history.federation)
    async with (
        offline_node(ours, HandClock(), may_create=True) as a,
        offline_node(theirs, HandClock(), may_create=True) as b,
    ):
        await take(a, first, second)
        await take(b, first, other)
        heads = {entry.key: entry for entry in b.ledger.frontier.entries()}
        done = await imported(b, await exported(a, Lack(heads)))
        assert done.forks == 1
        assert b.ledger.frontier.head(first.event.key).fork_at == 1


async def take(node: OfflineNode, *events: Verified) -> None:
    report = await node.ledger.take(Delivery("test", [event.envelope for event in events]))
    assert len(report.accepted) == len(events)


async def test_an_erased_text_stays_erased(source: Source, fresh: Path) -> None:
    """Neither does an export bring an erased text, nor does an import bring it back."""
    text = source.history.texts[0]
    erasure = (
        source.history.writer(0)
        .branch(len(source.history.writer(0).events))
        .write(Erasure(text=TextHash(sha256_hex(text)), ground="abuse"))
    )
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        await imported(node, source.file)
        await take(node, erasure)
        before = await state(node)
        done = await imported(node, source.file)
        assert not done.refused
        assert await state(node) == before
        assert text not in [frame.body for frame in frames_of(await exported(node), node)]


def frames_of(data: bytes, node: OfflineNode) -> list[Frame]:
    packets = PacketReader(io.BytesIO(data), "events", node.federation, BYTES_MAX).packets()
    return [frame for content in packets for frame in content]


async def test_cut_at_any_place_what_came_before_is_kept(source: Source, tmp_path: Path) -> None:
    """Cut at any byte, the damage is said and what was whole is taken; the whole file later brings the rest."""
    begins = boundaries(source.file)
    seed = random.Random(1)
    cuts = {0, 1, len(head_of(source)) - 1, *begins, *(at + 3 for at in begins), len(source.file) - 1}
    cuts |= {seed.randrange(len(source.file)) for _ in range(20)}
    for cut in sorted(cuts):
        directory = make_directory(tmp_path / str(cut), source.history.federation)
        async with offline_node(directory, HandClock(), may_create=True) as node:
            if cut < len(head_of(source)):
                with pytest.raises(PacketFileError):
                    await imported(node, source.file[:cut])
                continue
            done = await imported(node, source.file[:cut])
            assert "cut short" in done.damage
            assert not done.refused
            whole = [at for at in begins if at <= cut]
            assert (done.events > 0) == (len(whole) > 3)


async def test_the_whole_file_brings_what_was_cut_off(source: Source, fresh: Path) -> None:
    middle = boundaries(source.file)[6]
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        part = await imported(node, source.file[:middle])
        rest = await imported(node, source.file)
        assert 0 < part.events < 48
        assert part.events + rest.events == 48


async def test_memory_stays_bounded_however_long_the_file(source: Source, fresh: Path) -> None:
    """Forty megabytes of text frames that nobody named, read with a few megabytes."""
    packet = frames.pack([Frame(FrameType.TEXT, random.Random(3).randbytes(60_000)) for _ in range(16)])
    path = fresh / "long"
    with path.open("wb") as out:
        out.write(head_of(source))
        for _ in range(40):
            out.write(struct.pack(">I", len(packet)) + packet)
        out.write(bytes(4))
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        tracemalloc.start()
        with path.open("rb") as file:
            done = await Importer(node, "file", nothing).run(file, path.stat().st_size, 100_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert done.refused == {"unwanted-text": 640}
    assert peak < 10_000_000


async def test_killed_while_importing(tmp_path: Path) -> None:
    """Killed at any moment it has stored what it had taken, and importing again brings the rest."""
    history = History()
    for member in range(4):
        for number in range(400):
            history.propose(member, f"{number} of {member}")
    source = await asyncio.to_thread(make_source, tmp_path / "source", history)
    (tmp_path / "file").write_bytes(source.file)
    fresh = make_directory(tmp_path / "fresh", history.federation)
    command = [sys.executable, "-m", "node", "import", str(fresh), str(tmp_path / "file")]
    stored = 0
    for after in (2, 5):
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        assert process.stderr is not None
        for _ in range(after):
            assert b"imported bytes" in await process.stderr.readline()
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        async with offline_node(fresh, HandClock()) as node:
            assert stored <= node.ledger.position
            assert node.ledger.position > 0
            stored = node.ledger.position
    async with (
        offline_node(source.directory, HandClock()) as ours,
        offline_node(fresh, HandClock()) as theirs,
    ):
        await imported(theirs, source.file)
        assert await state(theirs) == await state(ours)


async def test_a_changed_byte_does_no_harm(source: Source, tmp_path: Path) -> None:
    """Whatever byte is changed: nothing is stored that the sender didn't sign, and the node goes on."""
    seed = random.Random(2)
    directory = make_directory(tmp_path / "node", source.history.federation)
    genuine = {event.id for event in source.history.events}
    async with offline_node(directory, HandClock(), may_create=True) as node:
        for _ in range(60):
            data = bytearray(source.file)
            data[seed.randrange(len(head_of(source)), len(data))] ^= 1 << seed.randrange(8)
            await imported(node, bytes(data))
        stored = await node.database.read(lambda c: {str(row[0]) for row in c.rows("SELECT id FROM events")})
        assert stored <= genuine
        done = await imported(node, source.file)
        assert not done.damage
        assert not done.refused


def bomb() -> bytes:
    packet = b"\x01" + zlib.compress(bytes(60_000_000), 9)
    assert len(packet) < limits.PACKET_WIRE_BYTES_MAX
    return struct.pack(">I", len(packet)) + packet


HOSTILE: dict[str, tuple[Callable[[Source], bytes], str]] = {
    "inflates beyond the limit": (lambda s: head_of(s) + bomb(), "inflates beyond the limit"),
    "a length over the limit": (lambda s: head_of(s) + b"\xff\xff\xff\xff", "over the limit"),
    "an unknown form": (lambda s: head_of(s) + struct.pack(">I", 1) + b"\x07" + bytes(4), "unknown packet form"),
    "not deflated": (lambda s: head_of(s) + struct.pack(">I", 9) + b"\x01aaaaaaaa", "damaged packet"),
    "words of a conversation": (lambda s: file_of(s, Frame(FrameType.HELLO, b"{}")), "doesn't hold HELLO"),
    "an event cut short": (lambda s: file_of(s, Frame(FrameType.EVENT, b"\x06ballot")), "cut short"),
    "a fork cut short": (lambda s: file_of(s, Frame(FrameType.FORK, b"\x00")), "cut short"),
    "more behind its end": (lambda s: s.file + b"x", "goes on behind its end"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_is_read_up_to_the_damage(name: str, source: Source, fresh: Path) -> None:
    make, reason = HOSTILE[name]
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await imported(node, make(source))
        assert reason in done.damage


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a file of events"),
        (b"PK\x03\x04" * 1_000, "not a file of events"),
        (b"comitia events 2 " + b"0" * 64 + b"\n", "not a file of events"),
        (b"comitia events 1 " + b"0" * 64 + b"\n", "another federation"),
        (b"comitia frontier 1 " + b"0" * 64 + b"\n", "kind frontier"),
    ],
)
async def test_what_is_no_file_of_this_federation(line: bytes, reason: str, fresh: Path) -> None:
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        with pytest.raises(PacketFileError, match=reason):
            await imported(node, line + bytes(4))


async def test_a_text_over_the_limit_and_one_that_nobody_named(source: Source, fresh: Path) -> None:
    long = Frame(FrameType.TEXT, bytes(limits.TEXT_BYTES_MAX + 1))
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await imported(node, file_of(source, long, Frame(FrameType.TEXT, b"unheard of")))
        assert done.refused == {"oversize": 1, "unwanted-text": 1}


async def test_a_file_larger_than_allowed_is_not_read_on(source: Source, fresh: Path) -> None:
    bound = len(source.file) // 2
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await Importer(node, "file", nothing).run(io.BytesIO(source.file), len(source.file), bound)
        assert "import_bytes_max" in done.damage
        assert done.events > 0


async def test_records_that_come_too_early_are_put_off(source: Source, fresh: Path) -> None:
    late = Frame(FrameType.RECORD, source.history.certificates[1])
    bad = Frame(FrameType.RECORD, source.history.certificates[0][:-2] + b"0}")
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await imported(node, file_of(source, late, bad))
        assert done.deferred == {"orphan": 1}
        assert done.refused == {"bad-certificate": 1}


async def test_events_of_strangers_are_refused_with_the_reason(source: Source, fresh: Path) -> None:
    stranger = build_federation(members=2, seed=9).writer(0).write_proposals(1)[0]
    async with offline_node(fresh, HandClock(), may_create=True) as node:
        done = await imported(node, file_of(source, frames.event_frame(stranger.envelope)))
        assert done.refused == {"unknown-key": 1}
        assert "not on the roll" in done.reasons["unknown-key"]


def test_the_command_says_what_came_and_what_did_not(
    source: Source, fresh: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(source.file)
    assert cli.run(["import", str(fresh), str(tmp_path / "file")]) == cli.OK
    out, err = capfd.readouterr()
    assert out.count("\n") == 1
    assert "new: 48 events, 6 texts, 5 records, 1 fork proofs; known: 0; refused: 0; deferred: 0" in out
    assert "imported bytes" in err

    (tmp_path / "cut").write_bytes(source.file[:-1])
    assert cli.run(["import", str(fresh), str(tmp_path / "cut"), "--json"]) == cli.FAILED
    out, err = capfd.readouterr()
    assert json.loads(out)["known"] == 53
    assert "cut short" in json.loads(out)["damage"]
    assert "cut short" in err.splitlines()[-1]


def test_the_command_refuses_what_is_larger_than_allowed(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMITIA_IMPORT_BYTES_MAX", "1000")
    with (tmp_path / "file").open("wb") as file:
        file.truncate(1001)
    assert cli.run(["import", str(fresh), str(tmp_path / "file")]) == cli.FAILED
    assert "1001 bytes are over the limit of 1000" in capfd.readouterr().err
    assert not Layout(fresh).store.exists()


@pytest.mark.parametrize("words", [[], ["OUT", "--frontier", "F"], ["--frontier", "F", "--since-frontier", "G"]])
def test_export_of_nothing_or_two_things(words: list[str], source: Source, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["export", str(source.directory), *words]) == cli.FAILED
    assert "export writes either" in capfd.readouterr().err


def test_export_overwrites_nothing_and_leaves_nothing_half_done(source: Source, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert cli.run(["export", str(source.directory), str(out)]) == cli.FAILED
    assert out.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_damaged_frontier_file(source: Source, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = f"comitia frontier 1 {source.history.federation.id}\n".encode()
    for at, content in enumerate((Frame(FrameType.FRONTIER, b"x"), Frame(FrameType.WANT_RECORDS, b"[]"))):
        packet = frames.pack([content])
        (tmp_path / f"f{at}").write_bytes(line + struct.pack(">I", len(packet)) + packet + bytes(4))
        command = ["export", str(source.directory), str(tmp_path / "out"), "--since-frontier", str(tmp_path / f"f{at}")]
        assert cli.run(command) == cli.FAILED
        assert "frontier file is damaged" in capfd.readouterr().err
        assert not (tmp_path / "out").exists()


def test_no_two_processes_open_one_store(source: Source, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "node", "export", str(source.directory), str(tmp_path / "out")]
    with hold_store(source.directory):
        held = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    free = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (held.returncode, free.returncode) == (cli.FAILED, cli.OK)
    assert "is in use by process" in held.stderr
    assert (tmp_path / "out").read_bytes() == source.file


def test_a_node_that_has_not_joined_or_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.run(["export", str(tmp_path / "empty"), str(tmp_path / "out")]) == cli.FAILED
    assert "has not joined a federation" in capfd.readouterr().err
    joined = make_directory(tmp_path / "joined", build_federation())
    assert cli.run(["export", str(joined), str(tmp_path / "out")]) == cli.FAILED
    assert "holds no store" in capfd.readouterr().err
