"""The addresses that a node dials: what the settings name, what the charter tells, and changing the former at work."""

import asyncio
from collections.abc import Callable, Iterable

import aiohttp

from node import config, files
from node.clock import Clock
from node.config import PEERS_MAX, ConfigError, Layout
from node.files import FileError
from node.neighbours import NotANodeError, ask
from node.peers import Peers
from protocol.ids import FederationId, MemberId
from web.operator_port import PeerSetting
from web.ports import Refused


class PeerBook:
    """The addresses of one node. What is added or removed stands in node.toml before it takes effect."""

    def __init__(
        self,
        *,
        layout: Layout,
        named: Iterable[str],
        peers: Peers,
        federation: FederationId,
        me: MemberId,
        clock: Clock,
    ) -> None:
        self._layout = layout
        self._named = dict.fromkeys(named)
        self._peers = peers
        self._federation = federation
        self._me = me
        self._clock = clock
        self._lock = asyncio.Lock()

    @property
    def settings(self) -> tuple[PeerSetting, ...]:
        """The addresses that are dialled, in the order in which they came."""
        may_change = not config.is_set_outside("peers")
        return tuple(
            PeerSetting(state.address, may_change and state.address in self._named)
            for state in self._peers.states
            if state.is_outbound
        )

    async def add(self, address: str) -> bool:
        """Dial another address; return whether a node of this federation answers there. Raises Refused."""
        try:
            wanted = config.as_address(address.strip())
        except ValueError as error:
            raise Refused("bad-address") from error
        async with self._lock:
            self._check_new(wanted)
            answers = await self._answers(wanted)
            self._write(lambda data: config.with_peers(self._layout.config, data, (wanted,)))
            self._named[wanted] = None
            self._peers.dial(wanted)
        return answers

    async def remove(self, address: str) -> None:
        """Dial an address no longer. Raises Refused."""
        async with self._lock:
            if address not in self._named:
                raise Refused("peer-not-named")
            self._check_outside()
            self._write(lambda data: config.without_peer(self._layout.config, data, address))
            del self._named[address]
            await self._peers.hang_up(address)

    def _check_new(self, wanted: str) -> None:
        self._check_outside()
        if any(setting.address == wanted for setting in self.settings):
            raise Refused("peer-known")
        if len(self._named) >= PEERS_MAX:
            raise Refused("peers-many", most=PEERS_MAX)

    def _check_outside(self) -> None:
        if config.is_set_outside("peers"):
            raise Refused("peers-outside")

    async def _answers(self, wanted: str) -> bool:
        """Return whether a node answers that may be dialled; one that doesn't answer yet may come. Raises Refused."""
        async with aiohttp.ClientSession() as http:
            try:
                about, _ = await ask(http, wanted, self._clock)
            except NotANodeError:
                return False
        if about.federation != self._federation:
            raise Refused("peer-foreign")
        if about.member == self._me:
            raise Refused("peer-own")
        return True

    def _write(self, edit: Callable[[bytes], bytes]) -> None:
        path = self._layout.config
        try:
            files.replace(path, edit(files.read_bounded(path, config.CONFIG_BYTES_MAX)))
        except (ConfigError, FileError) as error:
            raise Refused("settings-by-hand", detail=str(error)) from error
