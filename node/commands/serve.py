"""comitia serve: run a node until it is told to stop."""

import asyncio
import errno
import logging
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web as aioweb

from node import config as configuration
from node import keystore
from node.app import Node, load_identity, running_node
from node.clock import SystemClock
from node.commands import output, passphrases
from node.config import Layout, NodeConfig
from node.files import FileError
from node.first_run import SET_UP_PATH
from node.logs import LogTail, logging_to
from node.storelock import hold_store
from protocol.errors import LocalError

_LOG = logging.getLogger(__name__)
_SHUTDOWN_SECONDS = 2.0


class PortError(LocalError):
    """The address can't be listened on."""


def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The node's data directory.")],
    *,
    passphrase_file: passphrases.NodePassphraseFile = None,
) -> None:
    """Run a node: pages for people, sync with other nodes, and the teller's work where its member is one."""
    layout = Layout(directory)
    config = configuration.load_config(directory)
    if not layout.charter.exists():
        raise FileError(f"{directory} has not joined a federation: comitia join {directory} --charter FILE")
    secret = passphrases.existing(passphrase_file or config.passphrase_file, "the node's keys", "--passphrase-file")
    keys = keystore.read_node_keys(layout.keys, secret, with_teller=config.is_teller)
    with logging_to(config.log.level, config.log.format) as tail, hold_store(layout.directory):
        asyncio.run(_serve(layout, config, keys, tail))


async def _serve(layout: Layout, config: NodeConfig, keys: keystore.NodeKeys, tail: LogTail) -> None:
    identity = load_identity(layout, keys, is_teller=config.is_teller)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_node(layout, config, identity, SystemClock(), tail) as node:
        runner = aioweb.AppRunner(node.app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await _listen(runner, config)
            _LOG.info("%s serves %s at %s", identity.me, identity.file.federation[:12], _address(runner))
            await _offer_set_up(node, config.public_url or _address(runner))
            await stop.wait()
            _LOG.info("stopping")
        finally:
            await _close(node, runner)


async def _offer_set_up(node: Node, address: str) -> None:
    """Print a one-time link for the first account of a node that has none."""
    token = await node.accounts.first_run.new_link()
    if token is not None:
        output.remark(
            "This node has no account yet. Open this link to set it up; it is good once, and until the next start:"
        )
        output.remark(f"{address}{SET_UP_PATH}{token}")


async def _close(node: Node, runner: aioweb.AppRunner) -> None:
    await node.peers.stop()
    with suppress(TimeoutError):
        async with asyncio.timeout(2 * _SHUTDOWN_SECONDS):
            await runner.cleanup()


async def _listen(runner: aioweb.AppRunner, config: NodeConfig) -> None:
    host, port = config.listen.host, config.listen.port
    try:
        await aioweb.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortError(f"port {port} on {host} is taken: set another in node.toml, section listen") from error
        raise PortError(f"{host}:{port} can't be listened on: {error.strerror}") from error


def _address(runner: aioweb.AppRunner) -> str:
    return configuration.http_address(*runner.addresses[0][:2])
