"""Follows the nodes that a witness was given: asks each now and then, more rarely while it fails."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

import aiohttp

from node.clock import Clock
from node.witness.asking import LogClient
from node.witness.judging import Verdict, judge
from node.witness.keeping import Keeper, WitnessError
from protocol.errors import ComitiaError

_LOG = logging.getLogger(__name__)
_REST_SECONDS_MAX: Final = 900.0
_WORDS: Final = {
    Verdict.COSIGNED: "its checkpoint was cosigned",
    Verdict.CURRENT: "it shows what was cosigned last",
    Verdict.BEHIND: "it shows an earlier part of what was cosigned last",
    Verdict.SPLIT: "IT SHOWS ANOTHER PAST than was cosigned: see the evidence",
}


@dataclass(slots=True)
class Followed:
    """How following one node goes."""

    address: str
    words: str = "not asked yet"
    size: int = 0
    """Of the log that it showed last."""
    asked: int = 0
    """When, in milliseconds."""
    is_well: bool = False
    """Whether the last answer agreed with what was cosigned."""


class Following:
    """Follows nodes on behalf of one witness."""

    def __init__(
        self, keeper: Keeper, http: aiohttp.ClientSession, addresses: list[str], fingerprint: str, clock: Clock
    ) -> None:
        self.nodes = [Followed(address) for address in addresses]
        self._clients = [LogClient(http, address) for address in addresses]
        self._keeper = keeper
        self._fingerprint = fingerprint
        self._clock = clock

    async def begin(self) -> bool:
        """Get the charter from the first node that gives the right one, if it isn't kept; return whether it is here."""
        for node, client in zip(self.nodes, self._clients, strict=True):
            if self._keeper.file is not None:
                break
            try:
                self._keeper.keep_charter(await client.charter(), self._fingerprint)
            except ComitiaError as error:
                self._note(node, str(error), is_well=False)
        return self._keeper.file is not None

    async def ask_all(self) -> None:
        """Ask every node once, one after the other."""
        for place in range(len(self.nodes)):
            await self.ask(place)

    async def run(self, every_seconds: float) -> None:
        """Ask the nodes again and again, each at its own pace."""
        while True:
            if await self.begin():
                break
            await asyncio.sleep(every_seconds)
        await asyncio.gather(*(self._run_one(place, every_seconds) for place in range(len(self.nodes))))

    async def _run_one(self, place: int, every_seconds: float) -> None:
        rest = every_seconds
        while True:
            await self.ask(place)
            rest = every_seconds if self.nodes[place].is_well else min(2 * rest, max(_REST_SECONDS_MAX, every_seconds))
            await asyncio.sleep(rest)

    async def ask(self, place: int) -> None:
        """Ask a node for its checkpoint, and judge it."""
        node, before = self.nodes[place], self.nodes[place].size
        try:
            judged = await judge(self._keeper, self._clients[place], self._clock)
        except (ComitiaError, OSError) as error:
            self._note(node, str(error), is_well=False)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours over one node must not stop the following of others
            _LOG.exception("witness: %s could not be judged", node.address)
            self._note(node, f"the witness failed over it: {type(error).__name__}", is_well=False)
            return
        is_rollback = judged.verdict is Verdict.BEHIND and judged.size < before
        words = f"it went back from size {before} to {judged.size}" if is_rollback else _WORDS[judged.verdict]
        node.size = max(judged.size, before)
        self._note(node, words, is_well=judged.verdict is not Verdict.SPLIT and not is_rollback)

    def _note(self, node: Followed, words: str, *, is_well: bool) -> None:
        if words != node.words:
            _LOG.log(logging.INFO if is_well else logging.WARNING, "witness: %s: %s", node.address, words)
        node.words, node.is_well, node.asked = words, is_well, self._clock.now()


def checked_addresses(given: list[str]) -> list[str]:
    """Return nodes' addresses, each once. Raises WitnessError for what is none."""
    for address in given:
        if not address.startswith(("http://", "https://")) or len(address) > 300 or not address.isprintable():
            raise WitnessError(f"a node's address begins with https:// or http://: {address!r}")
    return list(dict.fromkeys(address.rstrip("/") for address in given))
