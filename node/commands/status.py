"""comitia status: how far a running node is."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from node import config
from node.commands import output
from node.config import Layout
from node.founding import readable_fingerprint
from protocol.errors import LocalError
from protocol.ids import FederationId

_SECONDS = 10
_STATUS = "/federation/v1/status"


class NotReachedError(LocalError):
    """The node doesn't answer, or what answers is no node."""


def run(
    node: Annotated[str, typer.Argument(metavar="DIR|URL", help="A node's data directory, or its address.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Ask a running node how far it is: register, peers, rounds, agenda."""
    address = _address(node)
    found = asyncio.run(_ask(address))
    output.show(found, _lines(address, found), as_json=as_json)


def _address(node: str) -> str:
    if node.startswith(("http://", "https://")):
        return node.rstrip("/")
    directory = Path(node)
    settings = config.load_config(directory)
    if not Layout(directory).charter.exists():
        raise NotReachedError(f"{directory} has not joined a federation: comitia join {directory} --charter FILE")
    host = "127.0.0.1" if settings.listen.host in {"0.0.0.0", "::"} else settings.listen.host  # noqa: S104 - compared
    return f"http://{host}:{settings.listen.port}"


async def _ask(address: str) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(address + _STATUS) as response:
            found = await response.json()
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotReachedError(
            f"no node answers at {address}: start it with comitia serve, or check the address"
        ) from error
    if not isinstance(found, dict) or "federation" not in found:
        raise NotReachedError(f"what answers at {address} is not a node of Comitia")
    return found


def _lines(address: str, found: dict[str, Any]) -> list[str]:
    agenda = found["agenda"]
    lines = [
        f"{found['member']} at {address}, version {found['version']}",
        f"Federation   {readable_fingerprint(FederationId(found['federation']))}",
        f"Register     height {found['height']}",
        f"Events       {found['events']}",
        f"Peers        {', '.join(found['peers']) or 'none connected'}",
    ]
    lines += [f"Round {r['number']:<6} {r['track']}-term, {r['rule']}: {r['state']}" for r in found["rounds"]]
    lines.append(
        f"Agenda       version {agenda['version']}, certified at height {agenda['height']}"
        if agenda
        else "Agenda       none yet"
    )
    if found["halted"]:
        lines.append(f"HALTED       {found['halted']}")
    return lines
