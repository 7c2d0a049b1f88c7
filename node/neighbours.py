"""What the nodes that this one dials say of themselves: whose they are, which version, and what time it is there.

GET /federation/v1/about is asked of each once a minute. An answer is a stranger's word: bounded, checked for form, and
used for the operator alone.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Annotated

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.clock import Clock
from protocol.errors import LocalError
from protocol.ids import FederationIdField, MemberIdField
from web.operator_port import NeighbourView

ABOUT_PATH = "/federation/v1/about"
_ANSWER_BYTES_MAX = 4 * 1024
_SECONDS = 5.0
_EVERY_SECONDS = 60.0
_AT_ONCE = 8


class NotANodeError(LocalError):
    """Nobody answers at an address, or what answers is no node. One line that says why."""


class About(BaseModel):
    """A node's answer; one of another version may say more."""

    model_config = ConfigDict(frozen=True, strict=True)

    federation: FederationIdField
    member: MemberIdField
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+-]{1,40}\z")]
    now: Annotated[int, Field(ge=0, le=2**53)]
    """Milliseconds since 1970-01-01 UTC."""
    height: Annotated[int, Field(ge=0, le=2**53)]


async def ask(http: aiohttp.ClientSession, address: str, clock: Clock) -> tuple[About, int]:
    """Return what a node says of itself, and by how many milliseconds its clock is ahead. Raises NotANodeError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with http.get(
            address + ABOUT_PATH, timeout=aiohttp.ClientTimeout(total=_SECONDS), allow_redirects=False
        ) as response:
            data, status = await _bounded(response), response.status
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise NotANodeError(f"no answer: {type(error).__name__}: {error}"[:200]) from error
    travel_ms = int((loop.time() - began) * 1_000)
    try:
        about = About.model_validate_json(data)
    except ValidationError as error:
        raise NotANodeError(f"what answers (status {status}) is not a node of this version") from error
    return about, about.now + travel_ms // 2 - clock.now()


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Return an answer, cut off at its limit."""
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > _ANSWER_BYTES_MAX:
            break
    return bytes(data[:_ANSWER_BYTES_MAX])


class Neighbours:
    """Asks the dialled nodes once a minute, as a resource."""

    def __init__(self, addresses: Callable[[], Iterable[str]], clock: Clock) -> None:
        self._addresses = addresses
        self._clock = clock
        self._known: dict[str, NeighbourView] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def known(self) -> tuple[NeighbourView, ...]:
        """The latest answers, by address; of addresses that are still dialled."""
        dialled = set(self._addresses())
        return tuple(self._known[address] for address in sorted(self._known) if address in dialled)

    @property
    def offset_ms(self) -> int | None:
        """By how much the others' clocks are ahead of this node's: the middle one's word; None without any answer."""
        offsets = sorted(each.offset_ms for each in self.known)
        return offsets[len(offsets) // 2] if offsets else None

    async def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._run(), name="neighbours")

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask_all(self) -> None:
        """Ask every dialled node now, some at a time; keep what was known of those that don't answer out of it."""
        dialled = list(self._addresses())
        limit = asyncio.Semaphore(_AT_ONCE)
        async with aiohttp.ClientSession() as http:
            await asyncio.gather(*(self._ask_one(http, address, limit) for address in dialled))
        self._known = {address: view for address, view in self._known.items() if address in dialled}

    async def _ask_one(self, http: aiohttp.ClientSession, address: str, limit: asyncio.Semaphore) -> None:
        async with limit:
            try:
                about, offset = await ask(http, address, self._clock)
            except NotANodeError:
                self._known.pop(address, None)
                return
        self._known[address] = NeighbourView(address, about.member, about.version, offset, self._clock.now())

    async def _run(self) -> None:
        while True:
            await self.ask_all()
            await asyncio.sleep(_EVERY_SECONDS)
