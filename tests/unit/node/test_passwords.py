"""Passwords with one-time codes: what is taken, what is refused, and what an onlooker can't tell."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node import passwords as module
from node.attempts import ATTEMPTS_FREE, FIRST_WAIT_MS
from node.passwords import RECOVERY_CODES, Passwords
from node.pending import PENDING_VALID_MS
from tests.support.account_desk import AccountDesk, account_desk
from tests.support.totp import code_at
from tests.support.web_accounts import CHEAP
from web.accounts_port import Arrival
from web.ports import FRESH_MS, Refused, Session

PASSWORD = "seven maps of tidal rivers"  # noqa: S105
STEP_MS = 30_000


@dataclass
class Lock:
    """Passwords at a desk, and somebody who has just come by link and set one."""

    desk: AccountDesk
    passwords: Passwords
    session: Session
    key: str = ""
    codes: tuple[str, ...] = ()

    async def set(self, password: str = PASSWORD) -> None:
        draft = self.passwords.begin(self.session)
        signed_in, self.codes = await self.passwords.set(
            self.session, draft.ticket, password, code_at(draft.key, self.desk.clock.now()), Arrival()
        )
        self.key = draft.key
        self.session = await self.desk.session_of(signed_in)
        self.desk.clock.advance(2 * STEP_MS)

    @property
    def code(self) -> str:
        return code_at(self.key, self.desk.clock.now())

    async def enter(self, password: str = PASSWORD, code: str | None = None, account: str = "ada") -> Session:
        given = self.code if code is None else code
        return await self.desk.session_of(await self.passwords.sign_in(account, password, given, Arrival()))


@pytest.fixture
async def lock(tmp_path: Path) -> AsyncIterator[Lock]:
    async with account_desk(tmp_path / "store.sqlite3") as desk:
        passwords = Passwords(desk.database, desk.clock, "Alliance", ("Alliance of Rivers",), CHEAP)
        made = Lock(desk, passwords, await desk.session())
        await made.set()
        yield made


async def test_password_and_code_sign_in(lock: Lock) -> None:
    session = await lock.enter()
    assert (session.account.id, session.means) == ("ada", "password")
    kept = (await lock.desk.sessions.means(session.account)).password
    assert kept is not None
    assert (kept.used, kept.recovery_codes) == (lock.desk.clock.now(), RECOVERY_CODES)


async def test_spaces_in_a_code_and_around_a_name_do_not_matter(lock: Lock) -> None:
    assert (await lock.enter(code=f"{lock.code[:3]} {lock.code[3:]}", account=" ada ")).account.id == "ada"


@pytest.mark.parametrize(
    ("password", "code", "account"),
    [
        ("seven maps of tidal river", None, "ada"),
        (PASSWORD, "000000", "ada"),
        (PASSWORD, "", "ada"),
        (PASSWORD, "x" * 10_000, "ada"),
        (PASSWORD, None, "bo"),
        ("\ud800" * 20, None, "ada"),
        ("x" * 1_000_000, None, "ada"),
        (PASSWORD, None, "a" * 1_000_000),
        (PASSWORD, "\ud800", "\ud800"),
        (PASSWORD, "٠١٢٣٤٥", "ada"),
    ],
)
async def test_every_fault_gets_the_same_answer(lock: Lock, password: str, code: str | None, account: str) -> None:
    with pytest.raises(Refused) as caught:
        await lock.enter(password, code, account)
    assert (caught.value.code, caught.value.parameters) == ("wrong-credentials", {})


async def test_who_has_no_password_costs_as_much_as_who_has_one(lock: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    verify = module._verify

    def noted(given: bytes, expected: str) -> bool:
        compared.append(expected)
        return verify(given, expected)

    monkeypatch.setattr(module, "_verify", noted)
    for account in ("ada", "nobody"):
        with pytest.raises(Refused):
            await lock.enter("wrong password here", account=account)
    assert len(compared) == 2
    assert compared[0] != compared[1]


async def test_a_code_is_good_once(lock: Lock) -> None:
    code = lock.code
    await lock.enter(code=code)
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter(code=code)
    lock.desk.clock.advance(STEP_MS)
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter(code=code)
    await lock.enter()


async def test_an_older_code_is_refused_after_a_newer_one(lock: Lock) -> None:
    older = lock.code
    lock.desk.clock.advance(STEP_MS)
    await lock.enter()
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter(code=older)


async def test_the_code_of_the_set_up_does_not_sign_in(tmp_path: Path) -> None:
    async with account_desk(tmp_path / "store.sqlite3") as desk:
        made = Lock(desk, Passwords(desk.database, desk.clock, "A", (), CHEAP), await desk.session())
        await made.set()
        desk.clock.advance(-2 * STEP_MS)
        with pytest.raises(Refused, match="wrong-credentials"):
            await made.enter()


async def test_of_many_at_once_with_one_code_one_gets_in(lock: Lock) -> None:
    code = lock.code
    tries = (lock.passwords.sign_in("ada", PASSWORD, code, Arrival()) for _ in range(ATTEMPTS_FREE))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1


async def test_a_recovery_code_stands_in_for_a_code_once(lock: Lock) -> None:
    assert len(set(lock.codes)) == RECOVERY_CODES
    assert all(re.fullmatch(r"([0-9a-f]{5}-){3}[0-9a-f]{5}", code) for code in lock.codes)
    await lock.enter(code=lock.codes[3].upper().replace("-", " "))
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter(code=lock.codes[3])
    await lock.enter(code=lock.codes[4])
    assert await lock.desk.count("recovery_codes") == RECOVERY_CODES - 2


async def test_new_recovery_codes_replace_the_old(lock: Lock) -> None:
    old = lock.codes
    new = await lock.passwords.renew_codes(lock.session)
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter(code=old[0])
    await lock.enter(code=new[0])


async def test_neither_password_nor_codes_are_stored(lock: Lock) -> None:
    rows = await lock.desk.database.read(
        lambda c: [*c.rows("SELECT hash FROM passwords"), *c.rows("SELECT code_hash FROM recovery_codes")]
    )
    values = [str(row[0]) for row in rows]
    assert values[0].startswith("$argon2id$")
    assert not [value for value in values for code in (*lock.codes, PASSWORD) if code.replace("-", "") in value]


async def test_too_many_attempts_wait_longer_each_time(lock: Lock) -> None:
    waits = []
    for _ in range(ATTEMPTS_FREE):
        with pytest.raises(Refused, match="wrong-credentials"):
            await lock.enter("wrong password here")
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            await lock.enter()
        assert caught.value.code == "wait"
        waits.append(int(caught.value.parameters["wait_ms"]))
        lock.desk.clock.advance(waits[-1])
        with pytest.raises(Refused, match="wrong-credentials"):
            await lock.enter("wrong password here")
    assert waits == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]
    lock.desk.clock.advance(8 * FIRST_WAIT_MS)
    await lock.enter()
    await lock.enter(code=lock.codes[0])


async def test_names_without_an_account_have_to_wait_alike(lock: Lock) -> None:
    for _ in range(ATTEMPTS_FREE):
        with pytest.raises(Refused, match="wrong-credentials"):
            await lock.enter(account="nobody")
    with pytest.raises(Refused, match="wait"):
        await lock.enter(account="nobody")
    await lock.enter()


@pytest.mark.parametrize(
    "password", ["eleven char", "x" * 201, "aaaaaaaaaaaaaaa", "adaadaadaada", "Alliance-Rivers", "ada password"]
)
async def test_a_weak_password_is_not_kept(lock: Lock, password: str) -> None:
    with pytest.raises(Refused, match="weak-password"):
        await lock.set(password)
    await lock.enter()


async def test_a_draft_needs_its_code_and_its_owner(lock: Lock) -> None:
    draft = lock.passwords.begin(lock.session)
    with pytest.raises(Refused, match="wrong-code"):
        await lock.passwords.set(lock.session, draft.ticket, PASSWORD, "000000", Arrival())
    assert lock.passwords.draft(lock.session, draft.ticket) == draft, "so that the QR code can be shown once more"
    await lock.desk.accounts.add("bo", "Bo", "member-001", frozenset({"delegate"}))
    token = await lock.desk.accounts.invite("bo")
    bo = await lock.desk.session_of(await lock.desk.sessions.redeem(token, Arrival()))
    code = code_at(draft.key, lock.desk.clock.now())
    with pytest.raises(Refused, match="draft-expired"):
        await lock.passwords.set(bo, draft.ticket, PASSWORD, code, Arrival())
    assert lock.passwords.draft(bo, draft.ticket) is None
    lock.desk.clock.advance(PENDING_VALID_MS)
    with pytest.raises(Refused, match="draft-expired"):
        await lock.passwords.set(
            lock.session, draft.ticket, PASSWORD, code_at(draft.key, lock.desk.clock.now()), Arrival()
        )


async def test_changing_a_password_takes_a_fresh_sign_in(lock: Lock) -> None:
    lock.desk.clock.advance(FRESH_MS + 1)
    for change in (lock.set(), lock.passwords.renew_codes(lock.session), lock.passwords.remove(lock.session)):
        with pytest.raises(Refused, match="stale-sign-in"):
            await change
    lock.session = await lock.enter()
    await lock.set("another set of long words")
    await lock.enter("another set of long words")


async def test_the_only_means_is_not_removed(lock: Lock) -> None:
    with pytest.raises(Refused, match="last-means"):
        await lock.passwords.remove(lock.session)
    await lock.desk.database.write(
        lambda c: c.execute("INSERT INTO passkeys VALUES ('k', 'ada', $1, 0, 'Key', 0, NULL)", b"")
    )
    await lock.passwords.remove(lock.session)
    with pytest.raises(Refused, match="wrong-credentials"):
        await lock.enter()
    assert await lock.desk.count("recovery_codes") == 0
    with pytest.raises(Refused, match="no-password"):
        await lock.passwords.renew_codes(lock.session)
