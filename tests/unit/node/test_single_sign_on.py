"""Single sign-on against a provider that really runs: who gets in, and every way in which its word can be false."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from node.config import SingleSignOn as Settings
from node.oidc_provider import ANSWER_BYTES_MAX, KNOWN_FOR_MS, Provider
from node.pending import PENDING_VALID_MS
from node.single_sign_on import SingleSignOn
from tests.support.account_desk import AccountDesk, account_desk
from tests.support.free_ports import free_port
from tests.support.oidc_provider import (
    CLIENT,
    SECRET,
    Signer,
    SmallProvider,
    by_new_key,
    by_shared_secret,
    by_stranger,
    small_provider,
    unsigned,
)
from web.accounts_port import Arrival
from web.ports import Refused, Session

BASE = "https://comitia.institute.example"


@dataclass
class Gate:
    """Single sign-on at a desk, with the provider."""

    desk: AccountDesk
    provider: SmallProvider
    gate: SingleSignOn

    def settings(self, **more: Any) -> Settings:
        return Settings(issuer=self.provider.issuer, client_id=CLIENT, label="Institute account", **more)

    def opened(self, **more: Any) -> SingleSignOn:
        client = Provider(self.provider.issuer, CLIENT, SECRET, self.desk.clock)
        return SingleSignOn(self.desk.database, self.desk.clock, BASE, self.settings(**more), client)

    async def enter(self) -> Session:
        departure = await self.gate.depart()
        answer = self.provider.authorised(departure.address)
        return await self.desk.session_of(await self.gate.arrive(departure.ticket, answer, Arrival()))

    async def refused(self) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.enter()
        assert await self.desk.count("sessions") == 0
        return caught.value

    async def know(self, account: str, known_by: str) -> None:
        sql = "UPDATE accounts SET sign_on = $2 WHERE id = $1"
        await self.desk.database.write(lambda c: c.execute(sql, account, known_by))


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    async with account_desk(tmp_path / "store.sqlite3") as desk, small_provider(desk.clock) as provider:
        gate = Gate(desk, provider, None)  # type: ignore[arg-type]
        gate.gate = gate.opened()
        await gate.know("ada", "ada@institute.example")
        yield gate


async def test_whom_the_provider_knows_gets_in(gate: Gate) -> None:
    session = await gate.enter()
    assert (session.account.id, session.means) == ("ada", "single-sign-on")
    assert gate.gate.label == "Institute account"
    assert (await gate.desk.sessions.means(session.account)).sign_on == "ada@institute.example"


async def test_the_question_holds_what_the_protocol_asks(gate: Gate) -> None:
    departure = await gate.gate.depart()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(departure.address).query).items()}
    assert departure.address.startswith(f"{gate.provider.issuer}/authorize?")
    assert asked["redirect_uri"] == f"{BASE}/sign-in/single-sign-on/return"
    assert asked["scope"] == "openid email"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert departure.ticket not in departure.address


async def test_an_account_may_go_by_subject(gate: Gate) -> None:
    gate.gate = gate.opened(claim="sub")
    gate.provider.claims = {"email": None, "email_verified": None}
    await gate.know("ada", "s-1")
    assert (await gate.enter()).account.id == "ada"


async def test_nobody_gets_an_account_by_signing_on(gate: Gate) -> None:
    gate.provider.claims = {"email": "bo@institute.example"}
    refused = await gate.refused()
    assert (refused.code, refused.parameters) == ("sign-on-unknown", {"known_by": "bo@institute.example"})
    assert await gate.desk.count("accounts") == 1


async def test_an_account_without_a_name_there_is_nobody_s(gate: Gate) -> None:
    await gate.know("ada", "")
    gate.provider.claims = {"email": ""}
    assert (await gate.refused()).code == "sign-on-unknown"


async def test_an_address_given_to_somebody_else_opens_nothing(gate: Gate) -> None:
    await gate.enter()
    assert (await gate.enter()).account.id == "ada"
    before = await gate.desk.count("sessions")
    gate.provider.claims = {"sub": "s-2"}
    with pytest.raises(Refused, match="sign-on-unknown"):
        await gate.enter()
    assert await gate.desk.count("sessions") == before
    linked = await gate.desk.sessions.changes_of((await gate.desk.accounts.all())[0])
    assert [change.what for change in linked].count("sign-on-linked") == 1


async def test_two_accounts_of_one_name_are_nobody_s(gate: Gate) -> None:
    await gate.desk.accounts.add("bo", "Bo", "member-001", frozenset({"delegate"}))
    await gate.know("bo", "ada@institute.example")
    assert (await gate.refused()).code == "sign-on-unknown"


@pytest.mark.parametrize("verified", [None, False, "true", 1])
async def test_an_address_that_was_not_verified_is_refused(gate: Gate, verified: object) -> None:
    gate.provider.claims = {"email_verified": verified}
    assert (await gate.refused()).code == "sign-on-unverified"


@pytest.mark.parametrize("address", [None, 5, ["ada@institute.example"], "ada\x00"])
async def test_what_is_no_address_is_refused(gate: Gate, address: object) -> None:
    gate.provider.claims = {"email": address}
    assert (await gate.refused()).code == "sign-on-unverified"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "another-client"]}, "azp"),
        ({"azp": "another-client"}, "azp"),
        ({"nonce": "guessed"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": 1}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"iat": 10**11}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "s" * 256}, "sub"),
        ({"sub": "\x00"}, "sub"),
        ({"pad": "x" * 40_000}, "size"),
    ],
)
async def test_a_token_with_a_false_claim_is_refused(gate: Gate, claims: dict[str, object], reason: str) -> None:
    gate.provider.claims = claims
    refused = await gate.refused()
    assert (refused.code, refused.parameters) == ("sign-on-token", {"reason": reason})


async def test_more_audiences_are_taken_if_the_token_was_made_for_this_client(gate: Gate) -> None:
    gate.provider.claims = {"aud": [CLIENT, "another-client"], "azp": CLIENT}
    await gate.enter()


@pytest.mark.parametrize(
    "sign", [unsigned, by_shared_secret, by_stranger, by_new_key, lambda _: "x.y.z", lambda _: "", lambda _: "é" * 50]
)
async def test_a_token_without_the_provider_s_signature_is_refused(gate: Gate, sign: Signer) -> None:
    gate.provider.sign = sign
    refused = await gate.refused()
    assert (refused.code, refused.parameters) == ("sign-on-token", {"reason": "signature"})


async def test_a_new_key_of_the_provider_is_asked_for(gate: Gate) -> None:
    await gate.enter()
    gate.provider.has_new_key, gate.provider.sign = True, by_new_key
    gate.desk.clock.advance(60_000)
    await gate.enter()
    assert gate.provider.keys_asked == 2
    gate.provider.sign = by_stranger
    for _ in range(5):
        with pytest.raises(Refused, match="sign-on-token"):
            await gate.enter()
    assert gate.provider.keys_asked == 2, "false tokens don't make the node ask again and again"


async def test_a_wrong_state_is_refused(gate: Gate) -> None:
    departure = await gate.gate.depart()
    answer = gate.provider.authorised(departure.address)
    for state in ("guessed", "", "é"):
        departure = await gate.gate.depart()
        with pytest.raises(Refused, match="sign-on-state"):
            await gate.gate.arrive(departure.ticket, {**answer, "state": state}, Arrival())


async def test_another_browser_s_journey_is_refused(gate: Gate) -> None:
    """Login CSRF: somebody is to be signed on as the attacker, whose answer the attacker sends."""
    mine, other = await gate.gate.depart(), await gate.gate.depart()
    with pytest.raises(Refused, match="sign-on-state"):
        await gate.gate.arrive(mine.ticket, gate.provider.authorised(other.address), Arrival())
    with pytest.raises(Refused, match="sign-on-state"):
        await gate.gate.arrive("", gate.provider.authorised(other.address), Arrival())


async def test_an_answer_is_good_once_and_for_a_while(gate: Gate) -> None:
    departure = await gate.gate.depart()
    answer = gate.provider.authorised(departure.address)
    await gate.gate.arrive(departure.ticket, answer, Arrival())
    with pytest.raises(Refused, match="sign-on-state"):
        await gate.gate.arrive(departure.ticket, answer, Arrival())
    late = await gate.gate.depart()
    gate.desk.clock.advance(PENDING_VALID_MS)
    with pytest.raises(Refused, match="sign-on-state"):
        await gate.gate.arrive(late.ticket, gate.provider.authorised(late.address), Arrival())


async def test_a_code_that_was_used_before_is_refused(gate: Gate) -> None:
    first = await gate.gate.depart()
    answer = gate.provider.authorised(first.address)
    await gate.gate.arrive(first.ticket, answer, Arrival())
    second = await gate.gate.depart()
    state = gate.provider.authorised(second.address)["state"]
    with pytest.raises(Refused, match="sign-on-code"):
        await gate.gate.arrive(second.ticket, {**answer, "state": state}, Arrival())


async def test_a_stolen_code_is_of_no_use_without_its_verifier(gate: Gate) -> None:
    theirs, mine = await gate.gate.depart(), await gate.gate.depart()
    code = gate.provider.authorised(theirs.address)["code"]
    answer = gate.provider.authorised(mine.address)
    with pytest.raises(Refused, match="sign-on-code"):
        await gate.gate.arrive(mine.ticket, {**answer, "code": code}, Arrival())


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "access_denied"}, "sign-on-denied"),
        ({"iss": "https://elsewhere.example"}, "sign-on-token"),
        ({"code": ""}, "sign-on-code"),
        ({"code": "x" * 5_000}, "sign-on-code"),
    ],
)
async def test_an_answer_that_is_none_is_refused(gate: Gate, answer: dict[str, str], code: str) -> None:
    departure = await gate.gate.depart()
    told = gate.provider.authorised(departure.address)
    with pytest.raises(Refused, match=code):
        await gate.gate.arrive(departure.ticket, {**told, **answer}, Arrival())


@pytest.mark.parametrize(
    "answer", [b"", b"{", b"[]", b"{}", b'{"id_token": 5}', b"[" * 100_000, b" " * (ANSWER_BYTES_MAX + 1)]
)
async def test_a_provider_that_answers_nonsense_is_told_apart(gate: Gate, answer: bytes) -> None:
    gate.provider.answer = answer
    assert (await gate.refused()).code == "sign-on-unreachable"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ["x"]},
    ],
)
async def test_a_provider_that_describes_itself_falsely_is_refused(gate: Gate, metadata: dict[str, object]) -> None:
    gate.provider.metadata = metadata
    with pytest.raises(Refused, match="sign-on-unreachable"):
        await gate.gate.depart()


async def test_a_provider_that_takes_secrets_in_the_form_gets_them_there(gate: Gate) -> None:
    gate.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await gate.enter()


async def test_a_provider_is_asked_about_itself_once_an_hour(gate: Gate) -> None:
    await gate.enter()
    gate.provider.metadata = {"issuer": "https://elsewhere.example"}
    await gate.enter()
    gate.desk.clock.advance(KNOWN_FOR_MS)
    with pytest.raises(Refused, match="sign-on-unreachable"):
        await gate.enter()


async def test_no_provider_and_none_that_answers(gate: Gate) -> None:
    none = SingleSignOn(gate.desk.database, gate.desk.clock, BASE, Settings(), None)
    assert none.label == ""
    with pytest.raises(Refused, match="no-sign-on"):
        await none.depart()
    issuer = f"http://127.0.0.1:{free_port(1)}"
    silent = Provider(issuer, CLIENT, SECRET, gate.desk.clock)
    settings = Settings(issuer=issuer, client_id=CLIENT)
    with pytest.raises(Refused, match="sign-on-unreachable"):
        await SingleSignOn(gate.desk.database, gate.desk.clock, BASE, settings, silent).depart()
