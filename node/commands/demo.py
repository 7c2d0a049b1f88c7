"""comitia demo: a whole federation on this machine, from proposals to a certified agenda."""

import asyncio
import json
import signal
import sys
from typing import Annotated

import typer

from node.clock import SystemClock
from node.commands import output
from node.demo import Plan, Stage, demonstration, summary
from node.demo_founding import SECRETARIAT

_VISITOR_SECONDS = 180
_ALONE_SECONDS = 6
_FAILED = 1


def run(
    *,
    once: Annotated[bool, typer.Option("--once", help="Without a visitor: play through, print, and end.")] = False,
    as_json: output.AsJson = False,
    members: Annotated[int, typer.Option(min=4, max=31, help="How many members.")] = 5,
    kill: Annotated[bool, typer.Option("--kill", help="Kill one teller's process while it seals.")] = False,
    port: Annotated[int, typer.Option(min=1024, max=65_000, help="The first of as many ports as members.")] = 8701,
    voting_seconds: Annotated[int, typer.Option(min=0, max=3600, help="How long both rounds last.")] = 0,
) -> None:
    """Found a federation of demonstration members, let it agree on an agenda, and show where to look."""
    seconds = voting_seconds or (_ALONE_SECONDS + members // 3 if once else _VISITOR_SECONDS)
    plan = Plan(members, port, seconds, kills_teller=kill, has_visitor=not once)
    is_equal = asyncio.run(_play(plan, as_json=as_json))
    if not is_equal:
        raise typer.Exit(_FAILED)


async def _play(plan: Plan, *, as_json: bool) -> bool:
    stop = asyncio.Event()
    main = asyncio.current_task()
    assert main is not None
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        main.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    say = output.remark if as_json else _say
    try:
        async with demonstration(plan, SystemClock(), say) as stage:
            found = await summary(stage)
            if as_json:
                print(json.dumps(found, ensure_ascii=False), flush=True)
            if plan.has_visitor:
                _show(stage)
                await stop.wait()
            agenda = found["agenda"]
            return isinstance(agenda, dict) and bool(agenda["is_equal"])
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        say("Stopped; nothing is left behind.")
        return True


def _say(line: str) -> None:
    print(line, flush=True)


def _show(stage: Stage) -> None:
    office = stage.seats[SECRETARIAT]
    print(f"\nThe agenda: {office.address}/")
    for seat in stage.seats:
        print(f"   {seat.address}/node  {seat.name}")
    print("Ctrl-C stops all nodes and removes what they stored.", flush=True)
    sys.stdout.flush()
