"""Passkeys against an authenticator in software: what is taken, and every way in which an answer can be false."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.passkeys import PASSKEYS_MAX, Passkeys
from node.pending import PENDING_VALID_MS
from tests.support.account_desk import AccountDesk, account_desk
from tests.support.authenticator import SoftPasskey, encoded
from web.accounts_port import Arrival
from web.ports import FRESH_MS, Refused, Session

ORIGIN = "http://localhost:8080"


@dataclass
class Lock:
    """Passkeys at a desk, and somebody who has just come by link."""

    desk: AccountDesk
    passkeys: Passkeys
    session: Session

    async def add(self, passkey: SoftPasskey, name: str = "Laptop") -> None:
        begun = await self.passkeys.begin(self.session)
        signed_in = await self.passkeys.add(
            self.session, begun.ticket, passkey.made(begun.options), name, Arrival(replaces="")
        )
        self.session = await self.desk.session_of(signed_in)

    async def enter(self, passkey: SoftPasskey) -> Session:
        begun = self.passkeys.ask()
        signed_in = await self.passkeys.sign_in(begun.ticket, passkey.used(begun.options), Arrival("Firefox"))
        return await self.desk.session_of(signed_in)


@pytest.fixture
async def lock(tmp_path: Path) -> AsyncIterator[Lock]:
    async with account_desk(tmp_path / "store.sqlite3") as desk:
        yield Lock(desk, Passkeys(desk.database, desk.clock, ORIGIN, "Alliance"), await desk.session())


async def refused(code: str, lock: Lock, passkey: SoftPasskey) -> None:
    before = await lock.desk.count("sessions")
    with pytest.raises(Refused) as caught:
        await lock.enter(passkey)
    assert caught.value.code == code
    assert await lock.desk.count("sessions") == before


async def test_a_passkey_signs_in_again_and_again(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    for _ in range(2):
        session = await lock.enter(passkey)
        assert (session.account.id, session.means) == ("ada", "passkey")
    kept = (await lock.desk.sessions.means(session.account)).passkeys
    assert [(key.name, key.used) for key in kept] == [("Laptop", lock.desk.clock.now())]


async def test_options_ask_for_what_the_design_says(lock: Lock) -> None:
    options = json.loads((await lock.passkeys.begin(lock.session)).options)
    assert options["rp"] == {"id": "localhost", "name": "Alliance"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert options["attestation"] == "none"
    assert options["user"]["id"] != encoded(b"ada"), "the handle says nothing of the account"
    asked = json.loads(lock.passkeys.ask().options)
    assert asked["allowCredentials"] == [], "who signs in is for the authenticator to say"


async def test_an_authenticator_that_does_not_count_is_taken(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    for _ in range(2):
        passkey.count = -1
        await lock.enter(passkey)


async def test_a_count_that_does_not_grow_is_refused_and_noted(lock: Lock) -> None:
    passkey = SoftPasskey(count=7)
    await lock.add(passkey)
    await lock.enter(passkey)
    for count in (6, 7, -1):
        passkey.count = count
        await refused("passkey-cloned", lock, passkey)
    noted = await lock.desk.sessions.changes_of(lock.session.account)
    assert [change.what for change in noted][:3] == ["passkey-cloned"] * 3
    passkey.count = 8
    await lock.enter(passkey)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://localhost:8081"},
        {"origin": "https://localhost:8080"},
        {"host": "elsewhere"},
        {"flags": 0},
        {"handle": encoded(b"somebody else")},
    ],
)
async def test_an_answer_for_somewhere_or_somebody_else_is_refused(lock: Lock, change: dict[str, object]) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    for name, value in change.items():
        setattr(passkey, name, value)
    await refused("passkey-refused", lock, passkey)


async def test_another_key_s_signature_is_refused(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    passkey.key = SoftPasskey().key
    await refused("passkey-refused", lock, passkey)


async def test_an_unknown_passkey_is_refused(lock: Lock) -> None:
    await lock.add(SoftPasskey())
    await refused("passkey-unknown", lock, SoftPasskey())


async def test_a_challenge_is_good_once(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    begun = lock.passkeys.ask()
    answer = passkey.used(begun.options)
    await lock.passkeys.sign_in(begun.ticket, answer, Arrival())
    with pytest.raises(Refused, match="challenge-expired"):
        await lock.passkeys.sign_in(begun.ticket, answer, Arrival())


async def test_a_challenge_of_another_browser_is_refused(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    mine, other = lock.passkeys.ask(), lock.passkeys.ask()
    with pytest.raises(Refused, match="passkey-refused"):
        await lock.passkeys.sign_in(mine.ticket, passkey.used(other.options), Arrival())
    with pytest.raises(Refused, match="challenge-expired"):
        await lock.passkeys.sign_in("guessed", passkey.used(other.options), Arrival())


async def test_a_challenge_expires(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    begun = lock.passkeys.ask()
    lock.desk.clock.advance(PENDING_VALID_MS)
    with pytest.raises(Refused, match="challenge-expired"):
        await lock.passkeys.sign_in(begun.ticket, passkey.used(begun.options), Arrival())


async def test_a_challenge_to_make_one_is_none_to_sign_in_with(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    making = await lock.passkeys.begin(lock.session)
    with pytest.raises(Refused, match="challenge-expired"):
        await lock.passkeys.sign_in(making.ticket, passkey.used(making.options), Arrival())
    asking = lock.passkeys.ask()
    options = json.dumps({**json.loads(asking.options), "user": {"id": "AA"}})
    with pytest.raises(Refused, match="challenge-expired"):
        await lock.passkeys.add(lock.session, asking.ticket, SoftPasskey().made(options), "x", Arrival())


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"response": []}',
        '{"id": 5, "response": {}}',
        '{"id": "\\ud800", "response": {}}',
        "[" * 20_000,
        "x" * 40_000,
        '"\ud800"',
    ],
)
async def test_garbage_is_refused(lock: Lock, garbage: str) -> None:
    making = await lock.passkeys.begin(lock.session)
    with pytest.raises(Refused, match="passkey-"):
        await lock.passkeys.add(lock.session, making.ticket, garbage, "x", Arrival())
    with pytest.raises(Refused, match="passkey-"):
        await lock.passkeys.sign_in(lock.passkeys.ask().ticket, garbage, Arrival())
    assert await lock.desk.count("passkeys") == 0


async def test_a_passkey_belongs_to_one_account(lock: Lock) -> None:
    passkey = SoftPasskey()
    await lock.add(passkey)
    await lock.desk.accounts.add("bo", "Bo", "member-001", frozenset({"delegate"}))
    token = await lock.desk.accounts.invite("bo")
    bo = await lock.desk.session_of(await lock.desk.sessions.redeem(token, Arrival()))
    begun = await lock.passkeys.begin(bo)
    with pytest.raises(Refused, match="passkey-refused"):
        await lock.passkeys.add(bo, begun.ticket, passkey.made(begun.options), "stolen", Arrival())
    passkey.handle = json.loads((await lock.passkeys.begin(lock.session)).options)["user"]["id"]
    assert (await lock.enter(passkey)).account.id == "ada"


async def test_the_last_means_stays(lock: Lock) -> None:
    one, two = SoftPasskey(), SoftPasskey()
    await lock.add(one)
    with pytest.raises(Refused, match="last-means"):
        await lock.passkeys.remove(lock.session, encoded(one.id))
    await lock.add(two)
    await lock.passkeys.remove(lock.session, encoded(one.id))
    await refused("passkey-unknown", lock, one)
    await lock.enter(two)
    await lock.passkeys.remove(lock.session, "unknown")


async def test_changing_means_takes_a_fresh_sign_in(lock: Lock) -> None:
    lock.desk.clock.advance(FRESH_MS + 1)
    passkey = SoftPasskey()
    await lock.add(passkey)
    lock.desk.clock.advance(FRESH_MS + 1)
    with pytest.raises(Refused, match="stale-sign-in"):
        await lock.passkeys.begin(lock.session)
    with pytest.raises(Refused, match="stale-sign-in"):
        await lock.passkeys.remove(lock.session, encoded(passkey.id))


async def test_somebody_revoked_in_the_meantime_adds_nothing(lock: Lock) -> None:
    begun = await lock.passkeys.begin(lock.session)
    await lock.desk.accounts.remove("ada")
    with pytest.raises(Refused, match="account-gone"):
        await lock.passkeys.add(lock.session, begun.ticket, SoftPasskey().made(begun.options), "x", Arrival())
    assert await lock.desk.count("passkeys") == 0


async def test_passkeys_are_limited(lock: Lock) -> None:
    for _ in range(PASSKEYS_MAX):
        await lock.add(SoftPasskey())
    with pytest.raises(Refused, match="too-many-passkeys"):
        await lock.passkeys.begin(lock.session)


@pytest.mark.parametrize(
    ("address", "possible"),
    [
        ("https://comitia.institute.example", True),
        ("http://localhost:8700", True),
        ("http://comitia.institute.example", False),
        ("http://127.0.0.1:8700", False),
        ("https://[::1]:8700", False),
    ],
)
async def test_where_browsers_make_passkeys(lock: Lock, address: str, possible: bool) -> None:
    assert Passkeys(lock.desk.database, lock.desk.clock, address, "A").is_possible is possible
