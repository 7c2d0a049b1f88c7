"""comitia status: what it says of a real node, and of everything that is none."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer

from node import cli, config
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.commands import status
from node.config import Layout, Listen, NodeConfig, local_address
from node.founding import readable_fingerprint
from node.keystore import NodeKeys
from node.offline import offline_node
from tests.support.hand_clock import HandClock
from tests.support.history import fill, make_directory, told
from tests.support.until import until

Ask = Callable[..., Awaitable[tuple[int, str, str]]]

ANSWER = {
    "member": "aa",
    "version": "9.9",
    "federation": "ab" * 32,
    "height": 3,
    "events": 7,
    "peers": ["bb", "cc"],
    "rounds": [{"number": 2, "track": "short", "rule": "threshold", "state": "stalled"}],
    "agenda": None,
    "halted": "two records are certified at height 2",
    "more": "said by a later version",
}


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    async def call(*words: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(cli.run, ["status", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@asynccontextmanager
async def answering(data: bytes, status_code: int = 200) -> AsyncIterator[str]:
    """Run something that gives this answer; yield its address."""

    async def answer(request: aioweb.Request) -> aioweb.Response:
        return aioweb.Response(body=data, status=status_code, content_type="application/json")

    app = aioweb.Application()
    app.router.add_get("/federation/v1/status", answer)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def test_a_running_node_says_how_far_it_is(tmp_path: Path, ask: Ask) -> None:
    history = told()
    directory = make_directory(tmp_path / "node", history.federation)
    async with offline_node(directory, HandClock(), may_create=True) as stopped:
        await fill(stopped, history)
    member, layout = history.federation.member(0), Layout(directory)
    identity = load_identity(layout, NodeKeys(member.node, member.teller), is_teller=True)
    async with running_node(layout, NodeConfig(topics_worker=False), identity, SystemClock()) as node:
        server = TestServer(node.app)
        await server.start_server()
        try:
            url = str(server.make_url("/"))
            chain = history.writer(0, "teller")
            await until(lambda: node.ledger.frontier.head(chain.key).length > chain.length, "the log is cosigned")
            code, out, err = await ask(url)
            as_json = await ask(url, "--json")
            text = layout.config.read_text()
            layout.config.write_text(text.replace("port = 8700", f"port = {server.port}"))
            by_directory = await ask(str(directory))
        finally:
            await server.close()
        events = node.ledger.position
    assert (code, err) == (cli.OK, "")
    assert out.splitlines()[0].startswith("member-001 at http://127.0.0.1:")
    assert f"Federation   {readable_fingerprint(history.federation.id)}\n" in out
    assert "Register     height 5\n" in out
    assert f"Events       {events}\n" in out
    assert "Peers        none connected\n" in out
    assert "Round 1      long-term, equal-shares: certified\n" in out
    assert "Round 2      long-term, equal-shares: certified\n" in out
    assert "Agenda       version 1, certified at height 5\n" in out
    assert "HALTED" not in out
    assert as_json[0] == cli.OK
    assert json.loads(as_json[1])["federation"] == history.federation.id
    assert by_directory[:2] == (cli.OK, out)


async def test_peers_a_stalled_round_and_a_halt_are_said(ask: Ask) -> None:
    async with answering(json.dumps(ANSWER).encode()) as address:
        code, out, _ = await ask(address)
    assert code == cli.OK
    assert out.splitlines()[0] == f"aa at {address}, version 9.9"
    assert "Peers        bb, cc\n" in out
    assert "Round 2      short-term, threshold: stalled\n" in out
    assert "Agenda       none yet\n" in out
    assert "HALTED       two records are certified at height 2\n" in out


async def test_what_a_stranger_says_does_not_move_the_terminal(ask: Ask) -> None:
    async with answering(json.dumps({**ANSWER, "member": "\x1b[2Jaa"}).encode()) as address:
        code, out, _ = await ask(address)
    assert code == cli.OK
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("data", "status_code"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"[]", 200),
        (b'{"federation": "x"}', 200),
        (json.dumps({**ANSWER, "federation": "xy"}).encode(), 200),
        (json.dumps({**ANSWER, "rounds": [None]}).encode(), 200),
        (json.dumps({**ANSWER, "height": "3"}).encode(), 200),
        (b"[" * 200_000, 200),
        (b'"' + b"x" * status.ANSWER_BYTES_MAX + b'"', 200),
        (b"not here", 404),
    ],
)
async def test_what_is_no_node_is_called_so(data: bytes, status_code: int, ask: Ask) -> None:
    async with answering(data, status_code) as address:
        code, out, err = await ask(address)
    assert (code, out) == (cli.FAILED, "")
    assert err == f"comitia: what answers at {address} is not a node of Comitia\n"


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://", "http://127.0.0.1:99999"])
async def test_a_node_that_does_not_answer_is_one_line_with_the_remedy(address: str, ask: Ask) -> None:
    code, out, err = await ask(address)
    assert (code, out) == (cli.FAILED, "")
    assert err.startswith("comitia: no node answers at http:")
    assert err.endswith("start it with comitia serve, or check the address\n")
    assert err.count("\n") == 1


async def test_a_node_that_keeps_silent_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    monkeypatch.setattr(status, "SECONDS", 0.2)
    let_go = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        try:
            async with asyncio.timeout(4):
                code, _, err = await ask(f"http://127.0.0.1:{port}")
        finally:
            let_go.set()
    assert code == cli.FAILED
    assert "no node answers" in err


async def test_a_directory_without_a_node_or_a_charter_says_what_to_do(tmp_path: Path, ask: Ask) -> None:
    code, _, err = await ask(str(tmp_path))
    assert code == cli.FAILED
    assert f"comitia init {tmp_path}" in err
    Layout(tmp_path).config.write_bytes(config.new_config(public_url="", is_teller=True))
    code, _, err = await ask(str(tmp_path))
    assert code == cli.FAILED
    assert f"comitia join {tmp_path}" in err


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8700"),
        ("localhost", "http://localhost:8700"),
        ("0.0.0.0", "http://127.0.0.1:8700"),  # noqa: S104 - a setting that operators make
        ("::", "http://[::1]:8700"),
        ("fe80::1", "http://[fe80::1]:8700"),
    ],
)
def test_a_node_is_reached_where_it_listens(host: str, address: str) -> None:
    assert local_address(Listen(host=host)) == address
