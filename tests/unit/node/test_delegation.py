"""Who looks after which accounts, and what they may do with them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from node import account_changes
from node.account_changes import CHANGES_MAX, CONSOLE
from node.accounts import ACCOUNTS_MAX, LINKS_MAX
from node.delegation import Delegation
from tests.support.account_desk import AccountDesk, account_desk
from web.accounts_port import Arrival, NewPerson
from web.ports import FRESH_MS, Account, Refused, Role, Session

ME = "member-001"


def person(id_: str, *roles: Role, sign_on: str = "") -> NewPerson:
    return NewPerson(id_, id_.capitalize(), frozenset(roles), None, sign_on)


@dataclass
class Office:
    """A delegation at a desk, with a head and an operator who have just signed in."""

    desk: AccountDesk
    delegation: Delegation
    head: Session
    operator: Session

    async def signed_in(self, account: str) -> Session:
        token = await self.desk.accounts.invite(account)
        return await self.desk.session_of(await self.desk.sessions.redeem(token, Arrival()))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with account_desk(tmp_path / "store.sqlite3") as desk:
        delegation = Delegation(desk.database, desk.clock, ME, has_secretariat=True, sign_on_claim="email")
        found = Office(desk, delegation, None, None)  # type: ignore[arg-type]
        for name, role in (("head", "head"), ("operator", "operator")):
            await desk.accounts.add(name, name.capitalize(), ME, frozenset({role}))  # type: ignore[arg-type]
            setattr(found, name, await found.signed_in(name))
        yield found


@pytest.mark.parametrize(
    ("roles", "given"),
    [
        ({"head"}, {"delegate"}),
        ({"operator"}, {"delegate", "head", "operator", "secretariat"}),
        ({"delegate"}, set()),
        ({"secretariat"}, set()),
    ],
)
def test_who_may_give_which_role(office: Office, roles: set[Role], given: set[Role]) -> None:
    account = Account("x", "X", ME, frozenset(roles), None)
    assert set(office.delegation.may_give(account)) == given
    assert office.delegation.may_give(replace(account, member="another")) == ()


def test_the_secretariat_s_role_is_given_only_where_the_member_holds_the_office(office: Office) -> None:
    plain = Delegation(office.desk.database, office.desk.clock, ME, has_secretariat=False)
    assert "secretariat" not in plain.may_give(office.operator.account)


async def test_a_head_accredits_a_delegate(office: Office) -> None:
    token = await office.delegation.accredit(office.head, person("bo", "delegate"))
    link = await office.desk.sessions.link(token)
    assert link is not None
    assert (link.account.id, link.invited_by, link.has_means) == ("bo", "Head", False)
    assert link.account.member == ME
    people = await office.delegation.people(office.head.account)
    assert [each.account.id for each in people] == ["bo"], "neither the head itself nor who has other roles"
    changes, pages = await office.delegation.changes(office.head.account, 1)
    assert [(change.by, change.what, change.account) for change in changes[:2]] == [
        ("Head", "invited", "bo"),
        ("Head", "added", "bo"),
    ]
    assert pages == 1


@pytest.mark.parametrize("roles", [(), ("head",), ("operator",), ("delegate", "secretariat")])
async def test_a_head_gives_no_other_role(office: Office, roles: tuple[Role, ...]) -> None:
    with pytest.raises(Refused, match="role-not-yours"):
        await office.delegation.accredit(office.head, person("bo", *roles))
    assert await office.desk.count("accounts") == 3


async def test_another_member_s_head_is_refused_everything(office: Office) -> None:
    stranger = replace(office.head, account=replace(office.head.account, member="member-002"))
    for call in (
        office.delegation.people(stranger.account),
        office.delegation.changes(stranger.account, 1),
        office.delegation.accredit(stranger, person("bo", "delegate")),
        office.delegation.invite(stranger, "ada", removes_means=False),
        office.delegation.revoke(stranger, "ada"),
    ):
        with pytest.raises(Refused, match="foreign-member"):
            await call


async def test_a_delegate_is_refused_everything(office: Office) -> None:
    await office.desk.accounts.add("bo", "Bo", ME, frozenset({"delegate"}))
    bo = await office.signed_in("bo")
    for call in (office.delegation.people(bo.account), office.delegation.revoke(bo, "ada")):
        with pytest.raises(Refused, match="role-not-yours"):
            await call


async def test_changes_take_a_fresh_sign_in(office: Office) -> None:
    await office.desk.accounts.add("bo", "Bo", ME, frozenset({"delegate"}))
    office.desk.clock.advance(FRESH_MS + 1)
    for call in (
        office.delegation.accredit(office.head, person("cy", "delegate")),
        office.delegation.invite(office.head, "bo", removes_means=False),
        office.delegation.revoke(office.head, "bo"),
    ):
        with pytest.raises(Refused, match="stale-sign-in"):
            await call
    assert len(await office.delegation.people(office.head.account)) == 1


async def test_what_is_taken_or_cannot_be_is_refused(office: Office) -> None:
    await office.delegation.accredit(office.operator, person("bo", "delegate", sign_on=" Bo@Institute.example "))
    for wrong, code in (
        (person("bo", "delegate"), "account-exists"),
        (NewPerson("c d", "C", frozenset({"delegate"}), None), "account-invalid"),
        (NewPerson("cy", "\x00", frozenset({"delegate"}), None), "account-invalid"),
        (NewPerson("cy", "Cy", frozenset({"delegate"}), "../x"), "account-invalid"),
        (person("cy", "delegate", sign_on="x" * 300), "account-invalid"),
        (person("cy", "delegate", sign_on="bo@institute.example"), "sign-on-taken"),
    ):
        with pytest.raises(Refused, match=code):
            await office.delegation.accredit(office.operator, wrong)
    plain = Delegation(office.desk.database, office.desk.clock, ME, has_secretariat=True)
    with pytest.raises(Refused, match="no-sign-on"):
        await plain.accredit(office.operator, person("cy", "delegate", sign_on="cy"))


async def test_nobody_changes_their_own_account_or_one_above(office: Office) -> None:
    for session, other, code in (
        (office.operator, "operator", "own-account"),
        (office.head, "operator", "account-not-yours"),
        (office.head, "ada", "account-not-yours"),
        (office.operator, "nobody", "account-gone"),
    ):
        for call in (
            office.delegation.revoke(session, other),
            office.delegation.invite(session, other, removes_means=True),
        ):
            with pytest.raises(Refused, match=code):
                await call
    assert await office.desk.count("accounts") == 3


async def test_recovery_keeps_or_removes_the_old_means_and_says_so(office: Office) -> None:
    await office.desk.accounts.add("bo", "Bo", ME, frozenset({"delegate"}))
    bo = await office.signed_in("bo")
    await office.desk.database.write(
        lambda c: c.execute("INSERT INTO passkeys VALUES ('k', 'bo', $1, 0, 'Key', 0, NULL)", b"")
    )
    await office.delegation.invite(office.head, "bo", removes_means=False)
    assert await office.desk.count("passkeys") == 1
    told = await office.desk.sessions.notice(bo.account)
    assert told is not None
    assert (told.by, told.at) == ("Head", office.desk.clock.now())

    token = await office.delegation.invite(office.head, "bo", removes_means=True)
    assert await office.desk.count("passkeys") == 0
    signed_in = await office.desk.sessions.redeem(token, Arrival())
    assert signed_in is not None
    assert (signed_in.has_notice, signed_in.has_means) == (True, False)
    await office.desk.sessions.note_read(bo.account)
    assert await office.desk.sessions.notice(bo.account) is None


async def test_removing_means_ends_sessions_and_older_links(office: Office) -> None:
    await office.desk.accounts.add("bo", "Bo", ME, frozenset({"delegate"}))
    old = await office.desk.accounts.invite("bo")
    secret = await office.desk.redeem(await office.desk.accounts.invite("bo"))
    assert secret is not None
    await office.delegation.invite(office.head, "bo", removes_means=True)
    assert await office.desk.sessions.session(secret) is None
    ended = await office.desk.sessions.ended(secret)
    assert ended is not None
    assert (ended.why, ended.by) == ("recovered", "Head")
    assert await office.desk.redeem(old) is None


async def test_who_is_revoked_learns_by_whom(office: Office) -> None:
    await office.desk.accounts.add("bo", "Bo", ME, frozenset({"delegate"}))
    secret = await office.desk.redeem(await office.desk.accounts.invite("bo"))
    assert secret is not None
    assert await office.desk.sessions.ended(secret) is None
    await office.delegation.revoke(office.head, "bo")
    assert await office.desk.sessions.session(secret) is None
    ended = await office.desk.sessions.ended(secret)
    assert ended is not None
    assert (ended.why, ended.by, ended.at) == ("revoked", "Head", office.desk.clock.now())
    assert await office.desk.sessions.ended("guessed") is None
    office.desk.clock.advance(40 * 86_400_000)
    assert await office.desk.sessions.ended(secret) is None, "it isn't remembered for ever"


async def test_links_and_accounts_and_the_trail_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [await office.desk.accounts.invite("ada") for _ in range(LINKS_MAX + 2)]
    assert await office.desk.count("links") == LINKS_MAX
    assert await office.desk.sessions.link(tokens[-1]) is not None
    monkeypatch.setattr("node.accounts.ACCOUNTS_MAX", 3)
    with pytest.raises(Refused, match="account-invalid"):
        await office.delegation.accredit(office.operator, person("dee", "delegate"))
    assert ACCOUNTS_MAX > 100
    monkeypatch.setattr(account_changes, "CHANGES_MAX", 5)
    ada = (await office.desk.accounts.all())[0]
    for _ in range(9):
        await office.desk.database.write(lambda c: account_changes.note(c, 1, CONSOLE, "invited", ada))
    assert await office.desk.count("account_changes") == 5
    assert CHANGES_MAX > 1_000


async def test_the_trail_is_paged(office: Office) -> None:
    ada = (await office.desk.accounts.all())[0]
    for at in range(account_changes.PER_PAGE):
        await office.desk.database.write(lambda c, at=at: account_changes.note(c, at, CONSOLE, "invited", ada))  # type: ignore[misc]
    first, pages = await office.delegation.changes(office.operator.account, 1)
    second, _ = await office.delegation.changes(office.operator.account, 2)
    assert (len(first), pages) == (account_changes.PER_PAGE, 2)
    assert first[0].at == account_changes.PER_PAGE - 1
    assert second
