"""comitia witness: follow a federation's register from outside, and cosign it."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web as aioweb

from node import files
from node.clock import SystemClock
from node.commands import output
from node.founding import parse_fingerprint
from node.logs import logging_to
from node.storelock import hold_store
from node.witness.asking import new_session
from node.witness.following import Following, checked_addresses
from node.witness.keeping import Keeper, WitnessError
from node.witness.telling import create_app, page
from protocol.errors import LocalError

_STOP_SECONDS = 2.0


class NotWellError(LocalError):
    """A node that was asked once doesn't show what was cosigned."""


def run(  # noqa: PLR0913 - each is an option of the command
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The witness's directory; made if absent.")],
    *,
    node: Annotated[list[str], typer.Option(metavar="URL", help="A node to follow; give several.")],
    fingerprint: Annotated[str, typer.Option(metavar="HEX", help="The federation's fingerprint, or its tellers'.")],
    name: Annotated[str, typer.Option(help="The name to cosign under, such as library.example/witness.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Ask each node once, print how it is, and stop.")] = False,
    host: Annotated[str, typer.Option(help="The address to be asked at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to be asked at; 0 for a free one.")] = 8790,
    every: Annotated[float, typer.Option(min=0.1, max=86_400, help="Seconds between two questions to a node.")] = 30.0,
) -> None:
    """Follow a federation's register by its public addresses, cosign what continues it, and publish what doesn't.

    Needs no node and no membership. With --once, exit code 1 unless every node shows what was cosigned.
    """
    known, addresses = parse_fingerprint(fingerprint), checked_addresses(node)
    files.make_private_directory(directory)
    with logging_to("info", "text"), hold_store(directory):
        keeper = Keeper(directory, SystemClock())
        keeper.open_key(name)
        if keeper.open_charter(known):
            keeper.open_log()
        output.remark(f"key {keeper.key.line}")
        asyncio.run(_work(keeper, addresses, known, None if once else (host, port), every))


async def _work(
    keeper: Keeper, addresses: list[str], fingerprint: str, listen: tuple[str, int] | None, every: float
) -> None:
    async with new_session() as http:
        following = Following(keeper, http, addresses, fingerprint, SystemClock())
        if listen is None:
            await _ask_once(keeper, following)
        else:
            await _serve(keeper, following, listen, every)


async def _ask_once(keeper: Keeper, following: Following) -> None:
    if await following.begin():
        await following.ask_all()
    output.show({}, page(keeper, following.nodes), as_json=False)
    if not all(each.is_well for each in following.nodes):
        raise NotWellError("not every node shows what was cosigned; see above")


async def _serve(keeper: Keeper, following: Following, listen: tuple[str, int], every: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        runner = aioweb.AppRunner(create_app(keeper, following), access_log=None, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await aioweb.TCPSite(runner, *listen).start()
        except OSError as error:
            raise WitnessError(f"{listen[0]}:{listen[1]} can't be listened on: {error.strerror}") from error
        output.remark(f"witness at http://{runner.addresses[0][0]}:{runner.addresses[0][1]}")
        task = asyncio.create_task(following.run(every), name="witness")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        for each in (task, stopping):
            each.cancel()
            with suppress(asyncio.CancelledError):
                await each
