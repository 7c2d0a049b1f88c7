"""How a witness follows several nodes, and what it tells whoever asks."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from node.witness.asking import new_session
from node.witness.following import Following, checked_addresses
from node.witness.keeping import Keeper, WitnessError
from node.witness.telling import create_app
from protocol import notes, short_proof, split_view
from tests.support.builders import build_federation
from tests.support.fake_log import FakeLog, bytes_instead, fake_log
from tests.support.hand_clock import HandClock
from tests.support.logged import LoggedRegister, logged

FED = build_federation(4)


class Stage:
    """A witness with nodes to follow."""

    def __init__(self, where: Path, stack: AsyncExitStack) -> None:
        self.keeper = Keeper(where, HandClock())
        self.keeper.open_key("")
        self.stack = stack

    async def node(self, register: LoggedRegister) -> FakeLog:
        return await self.stack.enter_async_context(fake_log(register))

    async def following(self, *logs: FakeLog) -> Following:
        http = await self.stack.enter_async_context(new_session())
        return Following(self.keeper, http, [log.address for log in logs], FED.id, HandClock())

    async def asked(self, following: Following, path: str) -> tuple[int, str]:
        async with TestClient(TestServer(create_app(self.keeper, following))) as client:
            response = await client.get(path)
            return response.status, await response.text()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(tmp_path / "witness", stack)


def other() -> LoggedRegister:
    register = logged(FED, 1)
    register.open("another past")
    return register


async def test_the_charter_comes_from_the_first_node_that_has_the_right_one(stage: Stage) -> None:
    wrong, right = await stage.node(logged(build_federation(4, seed=1), 1)), await stage.node(logged(FED, 1))
    following = await stage.following(wrong, right)
    assert await following.begin()
    assert stage.keeper.file == FED.file
    assert "not that of the fingerprint" in following.nodes[0].words
    await following.ask_all()
    assert [node.is_well for node in following.nodes] == [False, True]


async def test_without_the_charter_nothing_begins(stage: Stage) -> None:
    log = await stage.node(logged(FED, 1))
    log.instead["charter"] = bytes_instead(b"garbage")
    assert not await (await stage.following(log)).begin()
    assert stage.keeper.file is None


async def test_one_bad_node_keeps_nobody_from_following_the_others(stage: Stage) -> None:
    bad, good = await stage.node(logged(FED, 2)), await stage.node(logged(FED, 3))
    bad.instead["checkpoint"] = bytes_instead(b"garbage")
    following = await stage.following(bad, good)
    await following.begin()
    await following.ask_all()
    assert (stage.keeper.size, [node.is_well for node in following.nodes]) == (4, [False, True])


async def test_a_node_that_goes_back_is_told_of(stage: Stage) -> None:
    log = await stage.node(logged(FED, 4))
    following = await stage.following(log)
    await following.begin()
    await following.ask(0)
    log.size = 3
    await following.ask(0)
    assert following.nodes[0].words == "it went back from size 5 to 3"
    assert not following.nodes[0].is_well
    assert stage.keeper.evidence == []


async def test_what_was_cosigned_and_evidence_can_be_asked_for(stage: Stage) -> None:
    honest, lying = await stage.node(logged(FED, 2)), await stage.node(other())
    following = await stage.following(honest, lying)
    assert (await stage.asked(following, "/checkpoint"))[0] == 404
    assert "nothing yet" in (await stage.asked(following, "/"))[1]
    await following.begin()
    await following.ask_all()
    note = notes.parse_note((await stage.asked(following, "/checkpoint"))[1].encode())
    checkpoint = notes.parse_checkpoint(note.text)
    assert checkpoint == honest.register.checkpoint()
    keys = [*short_proof.verifier_keys(honest.register.tellers), stage.keeper.key]
    assert len(notes.cosigners(note, checkpoint, keys)) == 5
    status, data = await stage.asked(following, "/evidence")
    assert status == 200
    text = data.removeprefix('{"evidence":[').removesuffix("]}")
    assert split_view.check(text.encode(), keys[:4], 3).source == lying.address
    front = (await stage.asked(following, "/"))[1]
    for words in (stage.keeper.key.line, FED.id, "height 2, at 2026-01-01", "1 split views", "IT SHOWS ANOTHER PAST"):
        assert words in front
    assert (await stage.asked(following, "/nowhere"))[0] == 404


@pytest.mark.parametrize("address", ["ftp://x", "", "http://" + "x" * 400, "http://a\nb"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(WitnessError):
        checked_addresses([address])
    assert checked_addresses(["https://a/", "https://a", "http://b"]) == ["https://a", "http://b"]
