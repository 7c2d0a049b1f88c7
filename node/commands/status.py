"""comitia status: how far a running node is."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import orjson
import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from node import config
from node.commands import output
from node.config import Layout, local_address
from node.founding import readable_fingerprint
from protocol.errors import LocalError
from protocol.ids import FederationIdField

ANSWER_BYTES_MAX = 16 * 1024 * 1024
SECONDS = 10
_STATUS = "/federation/v1/status"


class NotReachedError(LocalError):
    """The node doesn't answer, or what answers is no node."""


class _Answer(BaseModel):
    """What is read of an answer; a node of another version may say more."""

    model_config = ConfigDict(strict=True, frozen=True)


class RoundLine(_Answer):
    """A round in a node's answer."""

    number: int
    track: str
    rule: str
    state: str


class AgendaLine(_Answer):
    """The published agenda in a node's answer."""

    version: int
    height: int


class StatusAnswer(_Answer):
    """How far a node says it is."""

    member: str
    version: str
    federation: FederationIdField
    height: int
    events: int
    peers: list[str]
    rounds: list[RoundLine]
    agenda: AgendaLine | None
    halted: str | None


def run(
    node: Annotated[str, typer.Argument(metavar="DIR|URL", help="A node's data directory, or its address.")],
    *,
    as_json: output.AsJson = False,
) -> None:
    """Ask a running node how far it is: register, peers, rounds, agenda."""
    address = _address(node)
    found, answer = asyncio.run(_ask(address))
    output.show(found, _lines(address, answer), as_json=as_json)


def _address(node: str) -> str:
    if node.startswith(("http://", "https://")):
        return node.rstrip("/")
    directory = Path(node)
    settings = config.load_config(directory)
    if not Layout(directory).charter.exists():
        raise NotReachedError(f"{directory} has not joined a federation: comitia join {directory} --charter FILE")
    return local_address(settings.listen)


async def _ask(address: str) -> tuple[dict[str, Any], StatusAnswer]:
    try:
        data = await _get(address + _STATUS)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        reason = f"no node answers at {address}: start it with comitia serve, or check the address"
        raise NotReachedError(reason) from error
    try:
        answer = StatusAnswer.model_validate_json(data)
        return orjson.loads(data), answer
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise NotReachedError(f"what answers at {address} is not a node of Comitia") from error


async def _get(url: str) -> bytes:
    """Return the answer, cut off at its limit."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
        data = bytearray()
        async for piece in response.content.iter_any():
            data += piece
            if len(data) > ANSWER_BYTES_MAX:
                break
        return bytes(data[:ANSWER_BYTES_MAX])


def _lines(address: str, found: StatusAnswer) -> list[str]:
    agenda = found.agenda
    lines = [
        f"{found.member} at {address}, version {found.version}",
        f"Federation   {readable_fingerprint(found.federation)}",
        f"Register     height {found.height}",
        f"Events       {found.events}",
        f"Peers        {', '.join(found.peers) or 'none connected'}",
    ]
    lines += [f"Round {each.number:<6} {each.track}-term, {each.rule}: {each.state}" for each in found.rounds]
    lines.append(
        f"Agenda       version {agenda.version}, certified at height {agenda.height}"
        if agenda
        else "Agenda       none yet"
    )
    if found.halted:
        lines.append(f"HALTED       {found.halted}")
    return lines
