"""The register as a log in a running node: what a teller cosigns, what is collected, and what anybody is given."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web as aioweb
from aiohttp.test_utils import TestClient, TestServer

from node.app import Node, load_identity, running_node
from node.config import Layout, NodeConfig
from node.deliveries import Delivery
from node.files import PUBLIC, write_new
from node.keystore import NodeKeys
from node.storage import cosignatures
from node.storage import events as store
from protocol import notes, short_proof, tiles
from protocol.envelope import Verified, reopen_verified
from protocol.events.tellers import Cosignature
from tests.support.builders import build_federation, hash_of
from tests.support.certified import Tellers
from tests.support.hand_clock import HandClock
from tests.support.logged import LoggedRegister
from tests.support.small_node import small_node
from tests.support.until import until, until_answered

FEDERATION = build_federation(4)
LOG = "/federation/v1/log"
ME = FEDERATION.member(3)


@dataclass
class Running:
    """A node at work, and somebody who asks it."""

    node: Node
    client: "TestClient[aioweb.Request, aioweb.Application]"

    async def words(self) -> list[Cosignature]:
        """Return what this node's teller has said of the log, in its order."""
        stored = await self.node.ledger._database.read(lambda c: list(store.of_kind(c, "cosignature")))
        events = [reopen_verified(item.envelope).event for item in stored]
        return [e.body for e in events if e.key == ME.key("teller").key and isinstance(e.body, Cosignature)]

    async def until_said(self, height: int) -> None:
        async def is_said() -> bool:
            return any(word.height == height for word in await self.words())

        await until_answered(is_said, f"height {height} is cosigned")

    async def until_cosigned(self, size: int) -> None:
        log = self.node.log
        await until(lambda: log.cosigned is not None and log.cosigned.size == size, f"size {size} is cosigned")

    async def give(self, *events: Verified) -> None:
        await self.node.ledger.take(Delivery("test", [event.envelope for event in events]))

    async def asked(self, path: str) -> tuple[int, bytes]:
        response = await self.client.get(f"{LOG}/{path}")
        return response.status, await response.read()


class Stage:
    """The directory of the fourth teller's node, and what the other three certify and say."""

    def __init__(self, where: Path) -> None:
        self.layout = Layout(where)
        self.clock = HandClock()
        self.register = LoggedRegister(FEDERATION)
        self.others = Tellers(FEDERATION, 3)
        write_new(self.layout.charter, FEDERATION.file.to_bytes(), PUBLIC)

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        identity = load_identity(self.layout, NodeKeys(node=ME.node, teller=ME.teller), is_teller=True)
        config = NodeConfig(topics_worker=False, secure_cookies=False)
        async with (
            running_node(self.layout, config, identity, self.clock) as node,
            TestClient(TestServer(node.app)) as client,
        ):
            yield Running(node, client)

    async def grow(self, running: Running, records: int = 1) -> None:
        """Have the others certify further records, and hand those to the node."""
        for _ in range(records):
            certificate = self.others.certify(self.register.open(self.register.tree.size))
            await running.node.register.take("test", certificate)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


# SPEC 11.11: "A teller states its cosignature as an event (2.70) once the record at the height is in its register"
async def test_a_teller_cosigns_what_enters_its_register(stage: Stage) -> None:
    async with stage.start() as running:
        assert await running.words() == []
        await stage.grow(running)
        await running.until_said(1)
        (word,) = await running.words()
        checkpoint = stage.register.checkpoint()
        assert word.root == checkpoint.root.hex()
        key = notes.teller_key(ME.id, ME.key("teller").key)
        line = notes.cosignature_line(key, word.time, bytes.fromhex(word.signature))
        assert notes.cosigned_at(checkpoint, line, key) == stage.clock.now() // 1_000


async def test_of_several_records_at_once_only_the_last_is_cosigned(stage: Stage) -> None:
    async with stage.start() as running:
        await running.node.log.stop()
        await stage.grow(running, 5)
        await running.node.log.start()
        await running.until_said(5)
        assert [word.height for word in await running.words()] == [5]


# SPEC 11.12: "A teller never cosigns two roots for one height, and no height below one that it has cosigned"
async def test_a_teller_that_starts_again_says_nothing_twice(stage: Stage) -> None:
    async with stage.start() as running:
        await stage.grow(running)
        await running.until_said(1)
    stage.clock.advance(5_000)
    async with stage.start() as running:
        await running.node.log._cosign()
        assert [word.height for word in await running.words()] == [1]
        await stage.grow(running)
        await running.until_said(2)
        await running.node.log._cosign()
        assert [word.height for word in await running.words()] == [1, 2]


async def test_a_teller_whose_register_was_swapped_cosigns_no_more(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage.start() as running:
        await stage.grow(running)
        await running.until_said(1)
    async with small_node(FEDERATION, 3, stage.layout.store, stage.clock) as node:
        await node.database.write(lambda c: c.execute("DELETE FROM register"))
    stage.register = LoggedRegister(FEDERATION)
    stage.register.open("another past")
    async with stage.start() as running:
        await running.node.register.take("test", stage.others.certify(stage.register.records[0]))
        with caplog.at_level(logging.ERROR):
            await stage.grow(running)
            await until(lambda: "has cosigned another register" in caplog.text, "the teller says why")
        assert [word.height for word in await running.words()] == [1]


# SPEC 11.12: "a teller that sees conflicting certificates (6.32) cosigns no more"
async def test_a_teller_that_sees_two_certificates_for_one_height_cosigns_no_more(stage: Stage) -> None:
    async with stage.start() as running:
        running.node.register.conflict = b"another certificate"
        await stage.grow(running)
        await running.node.log._cosign()
        assert await running.words() == []
        running.node.register.conflict = None
        await running.node.log._cosign()
        assert [word.height for word in await running.words()] == [1]


# SPEC 11.8: "cosignatures that hold of q different tellers"
async def test_a_checkpoint_is_given_away_once_a_quorum_has_cosigned_it(stage: Stage) -> None:
    async with stage.start() as running:
        await stage.grow(running)
        await running.until_said(1)
        words = stage.others.cosign(stage.register, 2)
        await running.give(*chain_before(stage, words[0]))
        for path in ("checkpoint", "proof/1", "tile/0/000.p/2", "tile/entries/000.p/2"):
            assert (await running.asked(path))[0] == 404
        await running.give(*stage.others.events)
        await running.until_cosigned(2)
        status, data = await running.asked("checkpoint")
        note = notes.parse_note(data)
        assert status == 200
        assert notes.parse_checkpoint(note.text) == stage.register.checkpoint()
        keys = short_proof.verifier_keys(stage.register.tellers)
        assert set(notes.cosigners(note, stage.register.checkpoint(), keys)) == {key.name for key in keys}


def chain_before(stage: Stage, last: Verified) -> list[Verified]:
    return [event for event in stage.others.events if event.event.key == last.event.key]


async def test_a_short_proof_is_ready_for_each_height_and_holds(stage: Stage) -> None:
    async with stage.start() as running:
        await stage.grow(running, 3)
        stage.others.cosign(stage.register, 4)
        await running.give(*stage.others.events)
        await running.until_cosigned(4)
        fingerprint = running.node.log.tellers_fingerprint
        for height in (1, 2, 3):
            status, proof = await running.asked(f"proof/{height}")
            assert status == 200
            checked = short_proof.check(proof, fingerprint)
            assert checked.record == stage.register.records[height - 1]
        assert [(await running.asked(f"proof/{height}"))[0] for height in (0, 4)] == [404, 404]
        _, text = await running.asked("tellers")
        assert short_proof.tellers_fingerprint(FEDERATION.id, stage.register.tellers) == fingerprint
        assert text.decode() == short_proof.tellers_text(FEDERATION.id, stage.register.tellers)


async def test_the_log_is_served_as_tiles_and_bundles(stage: Stage) -> None:
    async with stage.start() as running:
        await stage.grow(running, 3)
        stage.others.cosign(stage.register, 4)
        await running.give(*stage.others.events)
        await running.until_cosigned(4)
        assert await running.asked("tile/0/000.p/4") == (200, stage.register.tree.subtrees(0, 0, 4))
        assert (await running.asked("tile/0/000.p/3"))[1] == stage.register.tree.subtrees(0, 0, 3)
        _, data = await running.asked("tile/entries/000.p/4")
        assert tiles.entries_in(data, 4) == [stage.register.leaf(height) for height in range(4)]
        for path in ("0/000", "0/000.p/5", "0/000.p/256", "0/001.p/1", "1/000.p/1", "0/x000/000.p/4", "00/000.p/4"):
            assert (await running.asked(f"tile/{path}"))[0] == 404
        assert (await running.asked("tile/entries/000.p/5"))[0] == 404
        response = await running.client.get(f"{LOG}/tile/0/000.p/4")
        assert "immutable" in response.headers["Cache-Control"]


async def test_words_on_records_that_are_not_here_yet_count_when_these_come(stage: Stage) -> None:
    certificates = [stage.others.certify(stage.register.open(number)) for number in range(3)]
    stage.others.cosign(stage.register, 4)
    async with stage.start() as running:
        await running.give(*stage.others.events)
        assert running.node.log.cosigned is None
        for certificate in certificates:
            await running.node.register.take("test", certificate)
        await running.until_cosigned(4)


async def test_what_a_quorum_has_cosigned_is_known_again_after_a_start(stage: Stage) -> None:
    async with stage.start() as running:
        await stage.grow(running, 2)
        stage.others.cosign(stage.register, 3)
        await running.give(*stage.others.events)
        await running.until_cosigned(3)
        await stage.grow(running)
    async with stage.start() as running:
        assert running.node.log.cosigned == stage.register.checkpoint(3)
        assert running.node.log.tree.root() == stage.register.tree.root()


# SPEC 11.13: "is stored like any event, but isn't counted; the receiver says so to its operator"
async def test_a_wrong_word_is_stored_told_of_and_not_counted(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async with stage.start() as running:
        await stage.grow(running)
        with caplog.at_level(logging.ERROR):
            stage.others.cosign(stage.register, 2, by=1, root=hash_of("another root"))
            stage.others.chains = [*stage.others.chains[1:], stage.others.chains[0]]
            stage.others.cosign(stage.register, 2, by=1)
            await running.give(*stage.others.events)
        await running.until_said(1)
        assert running.node.log.wrong == {FEDERATION.member(0).id: "its root is another one"}
        assert "cosignature of member-001 at height 1 is wrong" in caplog.text
        assert running.node.log.cosigned is None
        stored = await running.node.ledger._database.read(lambda c: cosignatures.at_height(c, 1))
        assert len(stored) == 3


async def test_a_word_with_a_signature_over_something_else_is_wrong(stage: Stage) -> None:
    signature = FEDERATION.member(0).key("teller").sign(b"something else").hex()
    stage.register.open()
    body = Cosignature(height=1, root=stage.register.checkpoint().root.hex(), time=1, signature=signature)
    certificate = stage.others.certify(stage.register.records[0])
    stage.others.chains[0].write(body)
    async with stage.start() as running:
        await running.node.register.take("test", certificate)
        await running.give(*stage.others.events)
        assert running.node.log.wrong == {FEDERATION.member(0).id: "its signature does not hold"}
