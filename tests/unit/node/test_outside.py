"""Calls go only to where a node may call."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web as aioweb
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from node.outside import Forbidden, Outside, check_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "198.18.0.1", "192.0.2.1",
    ],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://systems.example/x", "ftp://systems.example/", "https://", "https:///x", "//systems.example", "x",
        "https://127.0.0.1/x", "https://[::1]/", "https://localhost/x", "https://10.0.0.1:8443/", "https://u:p@x.example/",
        "https://x.example/#part", "https://x.example/a b", "https://x.example\r\n/", "https://x.example:99999/",
        "https://[fe80::1%25eth0]/", "https://x.example/" + "a" * 500, "https://bücher.example/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        check_url(url, allow_local=False)


def test_local_addresses_where_the_settings_allow_them() -> None:
    check_url("http://127.0.0.1:9/x", allow_local=True)
    check_url("https://10.0.0.1/x", allow_local=True)
    check_url("https://systems.example/x?y=1", allow_local=False)
    with pytest.raises(Forbidden, match="https"):
        check_url("http://10.0.0.1/x", allow_local=True)


class Fixed(AbstractResolver):
    """Answers every name with one address."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("169.254.169.254",)])
async def test_a_name_that_leads_inside_is_not_called(addresses: tuple[str, ...]) -> None:
    outside = Outside(allow_local=False, resolver=Fixed(*addresses))
    answer = await outside.post("https://inside.example/x", b"{}", {})
    await outside.close()
    assert (answer.status, answer.is_taken) == (None, False)
    assert "own network" in answer.reason


@asynccontextmanager
async def other_side(handler: Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]) -> AsyncIterator[str]:
    app = aioweb.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/in"))
    finally:
        await server.close()


async def test_a_redirect_is_not_followed() -> None:
    seen = []

    async def redirect(request: aioweb.Request) -> aioweb.StreamResponse:
        seen.append(request.path)
        return aioweb.Response(status=302, headers={"Location": "/elsewhere"})

    outside = Outside(allow_local=True)
    async with other_side(redirect) as url:
        answer = await outside.post(url, b"{}", {})
    await outside.close()
    assert (answer.status, answer.is_taken) == (302, False)
    assert seen == ["/in"]


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async def endless(request: aioweb.Request) -> aioweb.StreamResponse:
        response = aioweb.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except (ConnectionError, asyncio.CancelledError):
            pass
        return response

    outside = Outside(allow_local=True)
    async with other_side(endless) as url, asyncio.timeout(5):
        answer = await outside.post(url, b"{}", {})
    await outside.close()
    assert answer.is_taken


async def test_nobody_at_home() -> None:
    outside = Outside(allow_local=True)
    answer = await outside.post("http://127.0.0.1:1/x", b"{}", {})
    await outside.close()
    assert answer.status is None
    assert answer.reason
