"""A witness as somebody outside runs it: real processes, killed without a word, beside real and lying nodes."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from node.demo_content import load_demo_content
from node.demo_people import Person
from protocol import notes, short_proof, split_view
from protocol.charter import parse_file
from protocol.notes import Checkpoint, Note
from tests.support.builders import build_federation
from tests.support.fake_log import bytes_instead, endless, fake_log
from tests.support.logged import LoggedRegister, logged
from tests.support.real_federation import RealFederation, real_federation
from tests.support.until import until_answered

pytestmark = pytest.mark.e2e

FED = build_federation(4)
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(_ROOT)}
_SECONDS = 60


def command(directory: Path, fingerprint: str, *addresses: str) -> list[str]:
    nodes = [part for address in addresses for part in ("--node", address)]
    return [sys.executable, "-m", "node", "witness", str(directory), "--fingerprint", fingerprint, *nodes]


async def once(directory: Path, fingerprint: str, *addresses: str) -> tuple[int, str]:
    """Have a witness ask each node once; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command(directory, fingerprint, *addresses), "--once",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=_ENVIRONMENT,
    )  # fmt: skip
    async with asyncio.timeout(_SECONDS):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


class Running:
    """A witness at work, and where it is asked."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, key: notes.VerifierKey) -> None:
        self.process = process
        self.address = address
        self.key = key

    async def asked(self, path: str) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as http, http.get(self.address + path) as response:
            return response.status, await response.read()

    async def checkpoint(self) -> tuple[Note, Checkpoint] | None:
        status, data = await self.asked("/checkpoint")
        if status != 200:
            return None
        note = notes.parse_note(data)
        return note, notes.parse_checkpoint(note.text)

    async def until_size(self, size: int) -> Note:
        async def is_there() -> bool:
            found = await self.checkpoint()
            return found is not None and found[1].size >= size

        await until_answered(is_there, f"size {size} is cosigned", _SECONDS)
        found = await self.checkpoint()
        assert found is not None
        return found[0]

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def witness(directory: Path, fingerprint: str, *addresses: str) -> AsyncIterator[Running]:
    """Run a witness until the block ends, then kill it."""
    process = await asyncio.create_subprocess_exec(
        *command(directory, fingerprint, *addresses), "--port", "0", "--every", "0.1",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=_ENVIRONMENT,
    )  # fmt: skip
    running: Running | None = None
    try:
        assert process.stderr is not None
        key, address = "", None
        async with asyncio.timeout(_SECONDS):
            while address is None:
                line = (await process.stderr.readline()).decode()
                assert line, "the witness ended"
                key = line.removeprefix("key ").strip() if line.startswith("key ") else key
                address = re.search(r"witness at (http://\S+)", line)
        running = Running(process, address[1], notes.parse_verifier_key(key))
        drain = asyncio.create_task(process.stderr.read())
        yield running
        await running.kill()
        await drain
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def own_line(note: Note, key: notes.VerifierKey) -> notes.SignatureLine:
    (line,) = [line for line in note.signatures if notes.is_by(line, key)]
    assert notes.cosigned_at(notes.parse_checkpoint(note.text), line, key) is not None
    return line


def other_past(common: int, more: int) -> LoggedRegister:
    register = logged(FED, common)
    for number in range(more):
        register.open(f"otherwise {number}")
    return register


async def test_a_killed_witness_stands_by_what_it_said_and_publishes_who_contradicts(tmp_path: Path) -> None:
    directory = tmp_path / "witness"
    async with fake_log(logged(FED, 3)) as log:
        async with witness(directory, FED.id, log.address) as first:
            said = own_line(await first.until_size(4), first.key)
        lying = other_past(2, 1)
        log.register = lying
        async with witness(directory, FED.id, log.address) as again:
            assert again.key == first.key
            note, checkpoint = await _checkpoint(again)
            assert own_line(note, again.key) == said
            assert checkpoint == logged(FED, 3).checkpoint()
            evidence = await _evidence(again)
            assert len(evidence) == 1
            tellers = short_proof.verifier_keys(lying.tellers)
            assert split_view.check(evidence[0], tellers, 3).larger
            log.register = logged(FED, 5)
            await again.until_size(6)
            assert len(await _evidence(again)) == 1


async def _checkpoint(running: Running) -> tuple[Note, Checkpoint]:
    found = await running.checkpoint()
    assert found is not None
    return found


async def _evidence(running: Running) -> list[bytes]:
    async def is_there() -> bool:
        return bool(json.loads((await running.asked("/evidence"))[1])["evidence"])

    await until_answered(is_there, "evidence is published", _SECONDS)
    found = json.loads((await running.asked("/evidence"))[1])["evidence"]
    return [json.dumps(each).encode() for each in found]


async def test_a_witness_killed_between_persisting_and_answering_says_the_same_later(tmp_path: Path) -> None:
    """Kill it the moment that its checkpoint is on the disk, over and over; it never says anything else of a size."""
    directory = tmp_path / "witness"
    state = directory / "checkpoint.json"
    said: dict[int, str] = {}
    async with fake_log(logged(FED, 1)) as log:
        for _ in range(3):
            size = log.register.tree.size
            async with witness(directory, FED.id, log.address) as running:

                async def is_kept(size: int = size) -> bool:
                    return state.exists() and _kept(state)[0] >= size

                await until_answered(is_kept, "the checkpoint is kept", _SECONDS)
                await running.kill()
            kept = _kept(state)
            assert said.setdefault(*kept) == kept[1]
            log.register.open(f"more {size}")
        log.instead["checkpoint"] = bytes_instead(b"", 503)
        async with witness(directory, FED.id, log.address) as running:
            note, checkpoint = await _checkpoint(running)
            assert said[checkpoint.size] == own_line(note, running.key).line


def _kept(state: Path) -> tuple[int, str]:
    note = notes.parse_note(json.loads(state.read_text())["note"].encode())
    return notes.parse_checkpoint(note.text).size, note.signatures[-1].line


async def test_asked_once_it_says_by_its_exit_code_whether_all_is_well(tmp_path: Path) -> None:
    directory = tmp_path / "witness"
    async with fake_log(logged(FED, 3)) as honest, fake_log(other_past(1, 2)) as lying, fake_log(logged(FED, 1)) as bad:
        bad.instead["checkpoint"] = endless
        code, out = await once(directory, FED.id, honest.address)
        assert (code, "cosigned    height 3" in out) == (0, True)
        code, out = await once(directory, FED.id, honest.address, lying.address)
        assert (code, "IT SHOWS ANOTHER PAST" in out, "1 split views" in out) == (1, True, True)
        code, out = await once(directory, FED.id, bad.address)
        assert (code, "longer than the limit" in out) == (1, True)
        code, out = await once(directory, "0" * 64, honest.address)
        assert (code, "not that of the fingerprint" in out) == (1, True)


async def test_a_real_federation_is_witnessed_and_its_records_are_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMITIA_TOPICS_WORKER", "false")
    async with real_federation(tmp_path / "federation", members=2) as federation:
        await open_a_round(federation)
        addresses = [seat.address for seat in federation.seats]
        file = parse_file(await fetch(f"{addresses[0]}/federation/v1/charter"))
        tellers = short_proof.tellers_of(file.verified().roll)
        fingerprint = short_proof.tellers_fingerprint(file.federation, tellers)
        async with witness(tmp_path / "witness", fingerprint, *addresses) as running:
            own_line(await running.until_size(3), running.key)
            proof = await until_proven(addresses[1], 2)
            checked = short_proof.check(proof, fingerprint)
            assert checked.record is not None
            assert checked.record.kind == "close"
            assert short_proof.check(proof, file.federation, charter=file).holds
            assert json.loads((await running.asked("/evidence"))[1]) == {"evidence": []}


async def open_a_round(federation: RealFederation) -> None:
    """Have a proposal made a topic, and a round on it asked for, which closes by itself."""
    seat = federation.seats[0]
    wanted = next(proposal for proposal in load_demo_content().proposals if proposal.track == "long")
    async with Person(seat.address) as delegate, Person(seat.address) as convener:
        await delegate.sign_in(seat.tokens["colleague"])
        await convener.sign_in(seat.tokens["convener"])
        proposal = await delegate.submit(wanted)
        await convener.name_topic(
            track="long", lang="en", title="Water", body="Clean.", minutes=10, goals=[6], proposals=[proposal]
        )
        status = json.loads(await fetch(f"{seat.address}/federation/v1/status"))
        topics = [topic["id"] for topic in status["topics"]]
        await convener.request_round("long", "prioritisation", topics, 3, 60)


async def fetch(address: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(address) as response:
        assert response.status == 200, address
        return await response.read()


async def until_proven(address: str, height: int) -> bytes:
    """Return the short proof of a record once a node has it."""
    path = f"{address}/federation/v1/log/proof/{height}"

    async def is_there() -> bool:
        async with aiohttp.ClientSession() as http, http.get(path) as response:
            return response.status == 200

    await until_answered(is_there, "the record is proven", _SECONDS)
    return await fetch(path)
