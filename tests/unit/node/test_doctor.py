"""comitia doctor: each planted fault is found, said in the right words with its remedy, and decides the exit code."""

import asyncio
import json
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from node import cli, doctor_lines, keystore
from node.app import load_identity, running_node
from node.clock import SystemClock
from node.config import Layout, Listen, NodeConfig
from node.diagnosis import Check
from node.doctor import verdict
from node.keystore import NodeKeys
from node.storelock import hold_store
from protocol.keys import SigningKey
from tests.support.backed_up import SECRET, directory_with_history, lock_keys
from tests.support.builders import build_federation
from tests.support.free_ports import free_port
from tests.support.history import History

Found = dict[str, dict[str, str]]
Examine = Callable[..., Awaitable[tuple[int, Found]]]


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    async def call(directory: Path, *words: str) -> tuple[int, Found]:
        code = await asyncio.to_thread(cli.run, ["doctor", str(directory), "--json", *words])
        value = json.loads(capsys.readouterr().out)
        return code, {check["name"]: check for check in value["checks"]}

    return call


@pytest.fixture
async def sick(tmp_path: Path) -> tuple[Path, History]:
    """Return a node's directory in which nothing is wrong yet."""
    directory, history = await directory_with_history(tmp_path / "node")
    lock_keys(directory, history, SECRET)
    settle(directory, free_port(1))
    return directory, history


def settle(directory: Path, port: int, more: str = "") -> None:
    lines = f'passphrase_file = "passphrase"\npublic_url = "http://127.0.0.1:{port}"\nsecure_cookies = false\n{more}'
    Layout(directory).config.write_text(f"{lines}[listen]\nport = {port}\n")


async def test_where_nothing_is_wrong_it_says_so(sick: tuple[Path, History], examine: Examine) -> None:
    code, found = await examine(sick[0])
    assert code == cli.OK
    assert {name for name, check in found.items() if check["state"] == "fail"} == set()
    assert found["keys"]["said"] == "they open and are member-001's on the roll (node and teller)"
    assert found["store"]["said"].startswith("whole, ")
    assert found["backup"]["state"] == found["peers"]["state"] == "warn"


async def test_a_line_for_people_holds_the_remedy_and_the_last_one_the_verdict(
    sick: tuple[Path, History], capsys: pytest.CaptureFixture[str]
) -> None:
    code = await asyncio.to_thread(cli.run, ["doctor", str(sick[0])])
    lines = capsys.readouterr().out.splitlines()
    assert code == cli.OK
    assert lines[0].startswith("ok    settings ")
    assert any(line.startswith("WARN  backup") and f"comitia backup {sick[0]}" in line for line in lines)
    assert lines[-1] == "It works; see the warnings."


def open_key(directory: Path) -> None:
    (directory / "keys/node.pem.age").chmod(0o644)


def open_directory(directory: Path) -> None:
    directory.chmod(0o755)


def open_passphrase(directory: Path) -> None:
    (directory / "passphrase").chmod(0o640)


def no_passphrase(directory: Path) -> None:
    (directory / "passphrase").unlink()


def wrong_passphrase(directory: Path) -> None:
    (directory / "passphrase").write_text(keystore.new_identity())


def wrong_key(directory: Path) -> None:
    (directory / "keys/node.pem.age").unlink()
    content = keystore.encrypt(SigningKey(b"x" * 32), SECRET)
    keystore.write_key(directory / "keys", "node", content)


def no_key(directory: Path) -> None:
    (directory / "keys/node.pem.age").unlink()


def no_charter(directory: Path) -> None:
    (directory / "charter.json").unlink()


def other_charter(directory: Path) -> None:
    Layout(directory).charter.write_bytes(build_federation(4, seed=99).file.to_bytes())


def hurt_charter(directory: Path) -> None:
    path = Layout(directory).charter
    path.write_bytes(path.read_bytes()[:-40])


def hurt_store(directory: Path) -> None:
    path = Layout(directory).store
    data = bytearray(path.read_bytes())
    for at in range(5 * 4_096, len(data)):
        data[at] ^= 0xA5
    path.write_bytes(data)


def newer_store(directory: Path) -> None:
    with closing(sqlite3.connect(Layout(directory).store)) as raw:
        raw.execute("INSERT INTO schema_version (steps) VALUES (99)")
        raw.commit()


def no_tls(directory: Path) -> None:
    settle(directory, 8_700)
    path = Layout(directory).config
    path.write_text(path.read_text().replace("127.0.0.1", "node.example"))


def plain_cookies(directory: Path) -> None:
    path = Layout(directory).config
    path.write_text(path.read_text().replace("http://", "https://"))


def no_setting(directory: Path) -> None:
    settle(directory, 8_700, "colour = 1\n")


@pytest.mark.parametrize(
    ("plant", "name", "said", "remedy"),
    [
        (open_key, "permissions", "keys/node.pem.age is open to other users", "chmod 600 "),
        (open_directory, "permissions", " is open to other users", "chmod 700 "),
        (open_passphrase, "permissions", "passphrase is open to other users", "chmod 600 "),
        (no_passphrase, "keys", "passphrase: no such file", "give the passphrase"),
        (wrong_passphrase, "keys", "this passphrase does not open it", "give the passphrase"),
        (wrong_key, "keys", "is not on this charter's roll", "put the keys back"),
        (no_key, "keys", "holds no node key", "put your copy of keys/ back"),
        (no_charter, "charter", "has not joined a federation", "comitia join "),
        (other_charter, "keys", "is not on this charter's roll", "or the charter that they are on"),
        (other_charter, "store", "is of another federation", "its own directory"),
        (hurt_charter, "charter", "charter.json", "take a whole copy"),
        (hurt_store, "store", "store.sqlite3", "restore a backup"),
        (newer_store, "store", "was written by a newer version (schema 99)", "install that version"),
        (no_tls, "cookies", "people reach node.example without TLS", "put a proxy with TLS in front"),
        (plain_cookies, "cookies", "sessions may travel without TLS", "secure_cookies = true"),
        (no_setting, "settings", "colour", "is no setting"),
    ],
)
async def test_a_planted_fault_is_found_with_its_remedy(
    sick: tuple[Path, History], examine: Examine, plant: Callable[[Path], None], name: str, said: str, remedy: str
) -> None:
    plant(sick[0])
    code, found = await examine(sick[0])
    assert code == cli.FAILED
    assert found[name]["state"] == "fail"
    assert said in found[name]["said"]
    assert remedy in found[name]["remedy"]


async def test_a_port_that_something_else_holds_is_found(sick: tuple[Path, History], examine: Examine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        settle(sick[0], port)
        code, found = await examine(sick[0])
    assert code == cli.FAILED
    assert f"port {port} on 127.0.0.1 can't be listened on: address already in use" in found["port"]["said"]
    assert "section listen" in found["port"]["remedy"]


async def test_a_running_node_is_asked_by_its_addresses(sick: tuple[Path, History], examine: Examine) -> None:
    directory, history = sick
    layout, member = Layout(directory), history.federation.member(0)
    identity = load_identity(layout, NodeKeys(member.node, member.key("teller")), is_teller=True)
    with hold_store(directory):
        async with running_node(layout, NodeConfig(topics_worker=False), identity, SystemClock()) as node:
            server = TestServer(node.app)
            await server.start_server()
            try:
                settle(directory, server.port or 0, f'peers = ["http://127.0.0.1:{free_port(1)}"]\n')
                code, found = await examine(directory)
            finally:
                await server.close()
    assert code == cli.FAILED, "no peer answers"
    assert found["running"]["said"].startswith("member-001 answers at http://127.0.0.1:")
    assert found["address"]["state"] == found["sync"]["state"] == "ok"
    assert found["peers"]["said"].startswith("none of 1 other nodes answers")


async def test_a_process_that_holds_the_store_and_gives_no_answer_is_found(
    sick: tuple[Path, History], examine: Examine
) -> None:
    with hold_store(sick[0]):
        code, found = await examine(sick[0])
    assert code == cli.FAILED
    assert "gives no answer" in found["running"]["said"]


@pytest.mark.parametrize(
    ("offsets", "state", "words"),
    [
        ([], "skip", "can't be compared"),
        ([0, 400], "ok", "to within a second"),
        ([-5_000, -4_000, 10**9], "ok", "4.0 seconds ahead of 3 other nodes"),
        ([31_000], "warn", "31.0 seconds behind"),
        ([130_000, 140_000], "fail", "what one signs, the other refuses"),
    ],
)
def test_the_clock_is_compared_by_the_middle_word(offsets: list[int], state: str, words: str) -> None:
    check = doctor_lines._clock(offsets)
    assert check.state == state
    assert words in check.said


def test_any_free_port_needs_no_check() -> None:
    assert doctor_lines._port(Listen(port=0)).state == "ok"


def test_the_verdict_is_the_worst_of_all() -> None:
    states = {"ok": Check("a", "ok", ""), "warn": Check("b", "warn", "", "x"), "fail": Check("c", "fail", "", "x")}
    assert verdict([states["ok"], Check("d", "skip", "")]) == "well"
    assert verdict([states["ok"], states["warn"]]) == "warnings"
    assert verdict(list(states.values())) == "ill"


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser may give files away")
async def test_a_store_that_belongs_to_somebody_else_is_found(sick: tuple[Path, History], examine: Examine) -> None:
    os.chown(Layout(sick[0]).store, 65_534, 65_534)
    _, found = await examine(sick[0])
    assert found["owner"]["remedy"].startswith("chown -R ")
