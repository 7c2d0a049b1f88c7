"""Calls to addresses that people typed: only to where this node may call, found out at the moment of the call.

A name is resolved once and the very addresses that were checked are connected to, so that an answer which changes
between the two gains nothing. No redirects, no proxies of the environment, short time-outs, bounded answers.
"""

import asyncio
import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from protocol.errors import ComitiaError
from web.webhooks_port import URL_CHARACTERS_MAX

ANSWER_BYTES_MAX: Final = 16 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5, sock_read=10)
_REASON_CHARACTERS_MAX: Final = 200
_EMBEDDING: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""Networks whose addresses stand for IPv4 addresses, through which a translator would reach them."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(ComitiaError):
    """An address where this node does not call. One line that says why."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet: not this machine, its network, or a special purpose."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _EMBEDDING):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.is_global and not address.is_multicast


def check_url(url: str, *, allow_local: bool) -> None:
    """Check an address as far as that goes without calling it. Raises Forbidden."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Forbidden("it is no address") from error
    is_odd = not url.isascii() or not url.isprintable() or any(char in url for char in ' \\"<>')
    if is_odd or len(url) > URL_CHARACTERS_MAX or not host or parts.username is not None or parts.fragment:
        raise Forbidden("it is no address of the form https://host/path")
    literal = _literal(host)
    is_loopback = host == "localhost" or (literal is not None and literal.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_local and is_loopback):
        raise Forbidden("it does not begin with https://")
    if not allow_local and (host == "localhost" or (literal is not None and not is_public(literal))):
        raise Forbidden("it leads into this node's own network")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


class GuardedResolver(AbstractResolver):
    """Resolves names to public addresses alone."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises OSError if one of them isn't public, or if there is none."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(ipaddress.ip_address(each["host"].partition("%")[0])) for each in found):
            raise OSError(errno.EACCES, "its name leads into this node's own network")
        return found

    async def close(self) -> None:
        """Let go of what resolving takes."""
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or none and why."""

    status: int | None
    reason: str

    @property
    def is_taken(self) -> bool:
        """Whether the other side took the message."""
        return self.status is not None and 200 <= self.status < 300


class Outside:
    """Calls other systems. One for a node; to be closed."""

    def __init__(self, *, allow_local: bool, resolver: AbstractResolver | None = None) -> None:
        self._allow_local = allow_local
        self._resolver = resolver
        self._http: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Post to an address; never raises for what the other side does."""
        try:
            check_url(url, allow_local=self._allow_local)
            async with self._session().post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.content.read(ANSWER_BYTES_MAX)
                return Answer(response.status, _line(response.reason or ""))
        except Forbidden as error:
            return Answer(None, str(error))
        except TimeoutError:
            return Answer(None, "it did not answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _line(error))

    async def close(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            inner = self._resolver or ThreadedResolver(asyncio.get_running_loop())
            resolver = inner if self._allow_local else GuardedResolver(inner)
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True, limit=8)
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=8_190,
                max_field_size=8_190,
            )
        return self._http


def _line(error: object) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())
    return words[:_REASON_CHARACTERS_MAX] or type(error).__name__
