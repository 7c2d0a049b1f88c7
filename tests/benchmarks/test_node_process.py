"""Real processes against the limits that are stated as such: closing, memory, start-up."""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from node.clock import SystemClock
from node.demo_content import load_demo_content
from node.demo_founding import Pace, found
from tests.support.free_ports import free_port

_GRACE_MS = 1_000
_IDLE_BYTES_MAX = 200 * 1024 * 1024
_START_SECONDS_MAX = 2.0
_TRIES = 3


def closings(members: int) -> list[int]:
    """Return how long after the deadline and its grace each round of a demonstration was certified, in milliseconds."""
    options = ["--once", "--json", "--members", str(members), "--port", str(free_port(members))]
    done = subprocess.run(
        [sys.executable, "-m", "node", "demo", *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
        stdin=subprocess.DEVNULL,
    )
    rounds = json.loads(done.stdout)["rounds"]
    return [found["certified_after_deadline_ms"] - _GRACE_MS for found in rounds]


@pytest.mark.bench
def test_closing_with_five_tellers_takes_under_two_seconds_beyond_grace() -> None:
    took = closings(5)
    print(f"\nbeyond grace: {took} ms")
    assert max(took) < 2_000


@pytest.mark.soak
def test_closing_with_thirty_one_tellers_on_one_machine_takes_under_ten_seconds() -> None:
    took = closings(31)
    print(f"\nbeyond grace: {took} ms")
    assert max(took) < 10_000


def resident_bytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def is_answering(address: str) -> bool:
    try:
        with urlopen(address + "/health", timeout=5) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.bench
async def test_an_idle_node_is_small_and_starts_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port(4)
    pace = Pace(voting_ms=3_000, grace_ms=500)
    seats = await found(load_demo_content(), tmp_path, list(range(first, first + 4)), pace, SystemClock())
    monkeypatch.setenv("COMITIA_TOPICS_WORKER", "false")
    times, sizes = [], []
    for _ in range(_TRIES):
        began = time.perf_counter()
        command = [sys.executable, "-m", "node", "serve", str(seats[0].directory)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: ASYNC220
            while not is_answering(seats[0].address):
                assert process.poll() is None
            times.append(time.perf_counter() - began)
            sizes.append(resident_bytes(process.pid))
            process.terminate()
    print(f"\nstart-up {min(times):.2f} s, {max(sizes) / 2**20:.0f} MB resident")
    assert min(times) < _START_SECONDS_MAX
    assert max(sizes) < _IDLE_BYTES_MAX
