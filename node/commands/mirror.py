"""comitia mirror: an archive served for reading alone."""

import asyncio
import errno
import signal
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web as aioweb

from node import config
from node.commands import output
from node.commands.progress import Meter
from node.mirrors import Mirror, open_mirror
from protocol.errors import LocalError

_SHUTDOWN_SECONDS = 5


class MirrorError(LocalError):
    """The archive can't be served. One line with the remedy."""


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="An archive that comitia archive has written.")],
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes a free one.")] = 8090,
) -> None:
    """Compare every file of an archive with its manifest, then serve it over HTTP until it is stopped.

    Put a proxy with TLS in front. Nothing is ever written, and only files that the manifest names are given out.
    """
    meter = Meter("compared files")
    mirror = open_mirror(directory, meter)
    meter.end()
    asyncio.run(_serve(mirror, host, port))


async def _serve(mirror: Mirror, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = aioweb.AppRunner(mirror.app(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        address = config.http_address(*runner.addresses[0][:2])
        output.remark(f"{mirror.federation[:12]} to register height {mirror.height} is served at {address}/")
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: aioweb.AppRunner, host: str, port: int) -> None:
    try:
        await aioweb.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise MirrorError(f"port {port} on {host} is taken: give another with --port") from error
        raise MirrorError(f"{host}:{port} can't be listened on: {error.strerror}") from error
