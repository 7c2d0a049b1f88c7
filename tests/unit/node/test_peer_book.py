"""The addresses that a node dials: added and removed at work, checked, and kept in its settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer

from node import config
from node.config import PEERS_MAX, Layout
from node.neighbours import ABOUT_PATH, About
from node.peer_book import PeerBook
from protocol.ids import FederationId, MemberId
from tests.support.node_pair import Lab
from tests.support.small_node import SmallNode
from tests.support.until import until
from web.ports import Refused

NOBODY = "http://127.0.0.1:9"


class Desk:
    """A running node with a book of addresses."""

    def __init__(self, node: SmallNode, layout: Layout, lab: Lab, named: tuple[str, ...] = ()) -> None:
        self.node = node
        self.layout = layout
        self.lab = lab
        self.book = PeerBook(
            layout=layout,
            named=named,
            peers=node.peers,
            federation=lab.federation.id,
            me=node.member.id,
            clock=lab.clock,
        )

    def written(self) -> tuple[str, ...]:
        return config.load_config(self.layout.directory).peers

    async def answering(self, federation: str, member: str) -> str:
        """Run something that says whose node it is; return its address."""
        value = About(
            federation=FederationId(federation),
            member=MemberId(member),
            version="1",
            now=self.lab.clock.now(),
            height=0,
        )

        async def answer(_: aioweb.Request) -> aioweb.Response:
            return aioweb.Response(body=value.model_dump_json().encode())

        app = aioweb.Application()
        app.router.add_get(ABOUT_PATH, answer)
        server = TestServer(app)
        await server.start_server()
        self.lab.stack.push_async_callback(server.close)
        return str(server.make_url("")).rstrip("/")


@pytest_asyncio.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("node.peers._RETRY_SECONDS", (0.02,))
    async with AsyncExitStack() as stack:
        lab = Lab(tmp_path, stack)
        layout = Layout(tmp_path)
        layout.config.write_bytes(config.new_config(public_url="", is_teller=True))
        yield Desk(await lab.node(0), layout, lab)


async def test_an_address_is_written_down_and_dialled_at_once(desk: Desk) -> None:
    other = await desk.lab.node(1)
    assert await desk.book.add(f" {other.address}/ ") is False, "it says nothing of itself"
    assert desk.written() == (other.address,)
    await until(lambda: any(state.is_connected for state in desk.node.peers.states), "there is a line")
    assert [(each.address, each.is_removable) for each in desk.book.settings] == [(other.address, True)]
    await desk.book.remove(other.address)
    assert not desk.written()
    assert not desk.node.peers.states


async def test_whether_a_node_answers_there_is_told(desk: Desk) -> None:
    address = await desk.answering(desk.lab.federation.id, "member-002")
    assert await desk.book.add(address) is True
    assert await desk.book.add(NOBODY) is False


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "http://a b", "http://x/path", "http://x?y", 'http://x"', "http://" + "x" * 400, "x\ny"]
)
async def test_what_is_no_address_is_refused(desk: Desk, address: str) -> None:
    before = desk.layout.config.read_bytes()
    with pytest.raises(Refused, match="bad-address"):
        await desk.book.add(address)
    assert desk.layout.config.read_bytes() == before


async def test_another_federations_node_and_ones_own_are_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="peer-foreign"):
        await desk.book.add(await desk.answering("ab" * 32, "member-002"))
    with pytest.raises(Refused, match="peer-own"):
        await desk.book.add(await desk.answering(desk.lab.federation.id, desk.node.member.id))
    assert not desk.written()
    assert not desk.node.peers.states


async def test_one_that_is_dialled_already_and_one_too_many_are_refused(desk: Desk) -> None:
    await desk.book.add(NOBODY)
    with pytest.raises(Refused, match="peer-known"):
        await desk.book.add(NOBODY + "/")
    full = Desk(desk.node, desk.layout, desk.lab, tuple(f"http://h{at}" for at in range(PEERS_MAX)))
    with pytest.raises(Refused, match="peers-many"):
        await full.book.add("http://one-more")


async def test_only_what_the_settings_name_can_be_removed(desk: Desk) -> None:
    desk.node.peers.dial("http://127.0.0.1:10")
    assert [each.is_removable for each in desk.book.settings] == [False]
    with pytest.raises(Refused, match="peer-not-named"):
        await desk.book.remove("http://127.0.0.1:10")


async def test_the_environment_has_the_last_word(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.book.add(NOBODY)
    monkeypatch.setenv("COMITIA_PEERS", "[]")
    for attempt in (desk.book.add("http://127.0.0.1:10"), desk.book.remove(NOBODY)):
        with pytest.raises(Refused, match="peers-outside"):
            await attempt
    assert not desk.book.settings[0].is_removable


async def test_settings_that_take_a_person_are_left_alone_and_nothing_is_dialled(desk: Desk) -> None:
    desk.layout.config.write_text('peers = [\n  "http://z",\n]\n')
    with pytest.raises(Refused, match="settings-by-hand") as caught:
        await desk.book.add(NOBODY)
    assert "write into it: peers = " in str(caught.value.parameters["detail"])
    assert desk.node.peers.states == ()
