"""The main job, as a newcomer runs it: real processes that talk over HTTP."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.free_ports import free_port

pytestmark = pytest.mark.e2e

_SECONDS = 240


def run_demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", "demo", *options],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def stores_in(directory: Path) -> list[Path]:
    return list(directory.glob("comitia-demo-*/*/store.sqlite3"))


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def check(found: dict[str, Any], members: int) -> None:
    quorum = (members + (members - 1) // 3) // 2 + 1
    assert len(found["members"]) == members
    assert len(set(found["events"].values())) == 1
    assert {r["track"] for r in found["rounds"]} == {"long", "short"}
    for round_ in found["rounds"]:
        assert round_["counted"] == members
        assert len(set(round_["signers"])) >= quorum
    assert found["rounds"][0]["outcome"]["status"] == "selected"
    assert found["rounds"][1]["outcome"]["status"] == "adopted"
    agenda = found["agenda"]
    assert agenda["is_equal"]
    assert len(agenda["hash_by_node"]) == members
    assert len(set(agenda["hash_by_node"].values())) == 1
    assert len(agenda["signers"]) >= quorum


def test_five_nodes_agree_on_an_agenda_though_a_teller_is_killed_while_sealing() -> None:
    done = run_demo("--once", "--json", "--kill", "--port", str(free_port(5)))
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout), 5)
    assert "has been killed while sealing" in done.stderr


def test_a_port_that_is_taken_is_said_in_one_sentence_with_the_remedy() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        done = run_demo("--once", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"comitia: port {port} is taken: choose others, for example --port {port + 1000}"
    ]


async def test_ctrl_c_stops_all_nodes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "node", "demo", "--port", str(free_port(5)),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(_SECONDS):
        while b"Sign in, read, and vote" not in await process.stdout.readline():
            assert process.returncode is None
        assert stores_in(tmp_path)
        process.send_signal(signal.SIGINT)
        said = (await process.stdout.read()).decode()
        assert await process.wait() == 0
    assert "nothing is left behind" in said
    assert not files_in(tmp_path)
