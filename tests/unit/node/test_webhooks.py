"""Webhooks against a real receiver: signed, tried again, switched off, and for heads and operators alone."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer

from node.happened import Told
from node.outside import Outside
from node.storage import hooks as store
from node.storage.database import Database
from node.webhooks import AGAIN_AFTER_MS, FAILING_MAX_MS, TEST, Webhooks, deliveries
from tests.support.hand_clock import HandClock
from tests.support.told_accounts import ME
from web.ports import Account, Refused, Role
from web.webhooks_port import HOOK_EVENTS, HOOKS_MAX, HookView


def somebody(role: Role, member: str = ME) -> Account:
    return Account("anna", "Anna", member, frozenset({role}), None)


HEAD = somebody("head")


@dataclass
class Receiver:
    """A member's own system: what it got, and what it answers next."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: aioweb.Request) -> aioweb.Response:
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return aioweb.Response(status=self.answers.pop(0) if self.answers else 204)


@dataclass
class Side:
    """Webhooks over a store, with a receiver."""

    database: Database
    clock: HandClock
    webhooks: Webhooks
    receiver: Receiver

    async def happens(self, *told: Told) -> None:
        found = await self.database.read(store.hooks)
        made = deliveries(found, told, self.clock.now())
        await self.database.write(lambda c: store.enqueue(c, made))

    async def only(self) -> HookView:
        (found,) = await self.webhooks.all(HEAD)
        return found


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    async with _side(tmp_path) as made:
        yield made


@asynccontextmanager
async def _side(where: Path) -> AsyncIterator[Side]:
    database, clock, receiver = Database(where / "store.sqlite3"), HandClock(), Receiver()
    await database.open()
    app = aioweb.Application()
    app.router.add_post("/in", receiver.take)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("/in"))
    outside = Outside(allow_local=True)
    try:
        yield Side(database, clock, Webhooks(database, outside, clock, ME, allow_local=True), receiver)
    finally:
        await outside.close()
        await server.close()
        await database.close()


async def test_a_message_is_signed_as_standard_webhooks_describes(side: Side) -> None:
    _, secret = await side.webhooks.add(HEAD, side.receiver.url, ("round.opened",))
    await side.happens(Told("round:1", "round.opened", {"round": "1"}), Told("agenda:1", "agenda.published", {}))
    await side.webhooks.work()
    ((headers, body),) = side.receiver.got
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(side.clock.now() // 1000)
    assert headers["content-type"] == "application/json"
    assert json.loads(body) | {"timestamp": ""} == {"type": "round.opened", "timestamp": "", "data": {"round": "1"}}
    assert [(each.state, each.status) for each in (await side.only()).deliveries] == [("delivered", 204)]


async def test_a_failed_message_is_sent_again_with_the_same_id(side: Side) -> None:
    await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)
    side.receiver.answers = [500, 429]
    await side.happens(Told("round:1", "round.opened", {}))
    for again in (0, *AGAIN_AFTER_MS[:2]):
        side.clock.advance(again)
        await side.webhooks.work()
        await side.webhooks.work()
    assert len(side.receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in side.receiver.got}) == 1
    found = await side.only()
    assert found.failing_since is None
    assert [(each.state, each.tries) for each in found.deliveries] == [("delivered", 3)]


async def test_a_webhook_that_fails_for_days_is_switched_off_until_somebody_switches_it_on(side: Side) -> None:
    hook, _ = await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)
    side.receiver.answers = [500] * 100
    for day in range(7):
        await side.happens(Told(f"round:{day}", "round.opened", {}))
        await side.webhooks.work()
        side.clock.advance(FAILING_MAX_MS // 5)
    found = await side.only()
    assert (found.is_on, found.off_reason) == (False, "failing")
    assert {each.state for each in found.deliveries} == {"failed"}
    side.receiver.answers = []
    await side.happens(Told("round:8", "round.opened", {}))
    count = len(side.receiver.got)
    await side.webhooks.work()
    assert len(side.receiver.got) == count
    await side.webhooks.resume(HEAD, hook)
    await side.happens(Told("round:9", "round.opened", {}))
    await side.webhooks.work()
    assert len(side.receiver.got) == count + 1


async def test_an_address_that_is_gone_is_not_called_again(side: Side) -> None:
    await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)
    side.receiver.answers = [410]
    await side.happens(Told("round:1", "round.opened", {}), Told("round:2", "round.opened", {}))
    await side.webhooks.work()
    assert len(side.receiver.got) == 1
    assert (await side.only()).off_reason == "gone"


async def test_a_test_can_be_sent(side: Side) -> None:
    hook, _ = await side.webhooks.add(HEAD, side.receiver.url, ("round.opened",))
    await side.webhooks.test(HEAD, hook)
    with pytest.raises(Refused, match="hook-busy"):
        await side.webhooks.test(HEAD, hook)
    await side.webhooks.work()
    assert json.loads(side.receiver.got[0][1])["type"] == TEST
    await side.webhooks.remove(HEAD, hook)
    assert await side.webhooks.all(HEAD) == ()
    for act in (side.webhooks.remove, side.webhooks.resume, side.webhooks.test):
        with pytest.raises(Refused, match="unknown-hook"):
            await act(HEAD, hook)


async def test_a_slow_webhook_keeps_no_other_waiting(side: Side) -> None:
    free = asyncio.Event()

    class Slow(Outside):
        async def post(self, url: str, body: bytes, headers: dict[str, str]):  # type: ignore[no-untyped-def]
            if url.endswith("slow"):
                await free.wait()
            else:
                free.set()
            return await super().post(side.receiver.url, body, headers)

    side.webhooks._outside = slow = Slow(allow_local=True)
    await side.webhooks.add(HEAD, side.receiver.url + "?slow", HOOK_EVENTS)
    await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)
    await side.happens(Told("round:1", "round.opened", {}))
    async with asyncio.timeout(5):
        await side.webhooks.work()
    await slow.close()
    assert len(side.receiver.got) == 2


async def test_what_waits_is_bounded(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WAITING_PER_HOOK_MAX", 3)
    await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)
    for number in range(5):
        side.clock.advance(1)
        await side.happens(Told(f"round:{number}", "round.opened", {"round": number}))
    await side.webhooks.work()
    assert [json.loads(body)["data"]["round"] for _, body in side.receiver.got] == [2, 3, 4]
    assert "too many were waiting" in {each.reason for each in (await side.only()).deliveries}


async def test_there_are_not_webhooks_without_end(side: Side) -> None:
    for number in range(HOOKS_MAX):
        await side.webhooks.add(HEAD, f"{side.receiver.url}?{number}", HOOK_EVENTS)
    with pytest.raises(Refused, match="hooks-full"):
        await side.webhooks.add(HEAD, side.receiver.url, HOOK_EVENTS)


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (somebody("delegate"), "not-head-or-operator"),
        (somebody("secretariat"), "not-head-or-operator"),
        (somebody("head", "other-member"), "foreign-member"),
    ],
)
async def test_webhooks_are_for_heads_and_operators_of_the_node_s_member(
    side: Side, account: Account, code: str
) -> None:
    for call in (side.webhooks.all(account), side.webhooks.add(account, side.receiver.url, HOOK_EVENTS)):
        with pytest.raises(Refused, match=code):
            await call
    assert await side.webhooks.all(somebody("operator")) == ()


async def test_an_address_inside_is_refused_when_it_is_typed(side: Side) -> None:
    strict = Webhooks(side.database, Outside(allow_local=False), side.clock, ME, allow_local=False)
    with pytest.raises(Refused, match="hook-address"):
        await strict.add(HEAD, side.receiver.url, HOOK_EVENTS)
