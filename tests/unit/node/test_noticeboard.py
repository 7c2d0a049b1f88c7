"""The ways in which notices reach accounts: addresses that are verified, feeds, and what is forgotten."""

import pytest

from node.digests import LINK_HOURS
from node.noticeboard import LINKS_PER_HOUR_MAX, Noticeboard
from tests.support.mail_box import part
from tests.support.told_accounts import ADDRESS, HOUR, ME, Place, proposal
from web.notices_port import NoticeChoices
from web.ports import Account, Refused


async def link(place: Place) -> str:
    """Return the token in the newest message."""
    text = part(place.messages[-1], "plain")
    return text.partition("/account/notices/address/")[2].split()[0]


async def test_nothing_goes_to_an_address_before_its_link_is_followed(place: Place) -> None:
    account = await place.account()
    await place.board.choose(account, NoticeChoices())
    await place.board.ask_address(account, f" {ADDRESS} ")
    place.happens(proposal(1))
    await place.look()
    assert [message["Subject"] for message in place.messages] == ["Confirm your e-mail address"]
    assert "List-Unsubscribe" not in place.messages[0]
    settings = await place.board.settings(account)
    assert (settings.address, settings.pending) == ("", ADDRESS)
    token = await link(place)
    assert await place.board.pending_address(token) == ADDRESS
    assert await place.board.confirm_address(token) == ADDRESS
    assert await place.board.confirm_address(token) is None, "a link works once"
    await place.look()
    assert len(place.messages) == 1, "what came up before isn't sent afterwards"
    place.happens(proposal(2))
    await place.look()
    assert len(place.messages) == 2


async def test_a_link_stops_working_after_a_day_and_when_another_is_asked_for(place: Place) -> None:
    account = await place.account()
    await place.board.ask_address(account, ADDRESS)
    await place.mailer.work()
    first = await link(place)
    await place.board.ask_address(account, "other@ocean.example")
    await place.mailer.work()
    second = await link(place)
    assert await place.board.confirm_address(first) is None
    place.clock.advance(LINK_HOURS * HOUR)
    assert await place.board.pending_address(second) is None
    assert await place.board.confirm_address(second) is None


async def test_links_are_not_mailed_without_end(place: Place) -> None:
    account = await place.account()
    for number in range(LINKS_PER_HOUR_MAX):
        await place.board.ask_address(account, f"a{number}@ocean.example")
        await place.mailer.work()
    with pytest.raises(Refused, match="mail-too-often"):
        await place.board.ask_address(account, ADDRESS)
    assert len(place.post.sent) == LINKS_PER_HOUR_MAX
    place.clock.advance(HOUR)
    await place.board.ask_address(account, ADDRESS)


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "a@", "@b", "a b@c.example", "a@b\r\nBcc: x@y.example", "a\n@b.example", "a@-b.example",
        "a@b..example", '"a b"@c.example', "a@[127.0.0.1]", "ä@b.example", "a@" + "b" * 300, "x" * 65 + "@b.example",
        "a@b@c.example,d", "<a@b.example>", "a@b.example, c@d.example",
    ],
)  # fmt: skip
async def test_what_is_no_address(place: Place, address: str) -> None:
    with pytest.raises(Refused, match="bad-mail-address"):
        await place.board.ask_address(await place.account(), address)
    await place.mailer.work()
    assert place.post.sent == []


async def test_a_domain_outside_ascii_is_written_as_dns_has_it(place: Place) -> None:
    account = await place.account()
    await place.board.ask_address(account, "buro@büro.example")
    assert (await place.board.settings(account)).pending == "buro@xn--bro-hoa.example"


async def test_a_node_without_a_mail_server_says_so(place: Place) -> None:
    board = Noticeboard(place.database, place.accounts, place.needs, place.clock, ME, None)
    account = await place.account()
    assert not (await board.settings(account)).can_mail
    assert not (await board.mail_status()).is_set_up
    with pytest.raises(Refused, match="no-mail"):
        await board.ask_address(account, ADDRESS)


async def test_an_address_is_forgotten_with_what_waits_for_it(place: Place) -> None:
    account = await place.subscribed(NoticeChoices())
    place.happens(proposal(1))
    await place.noticing.work()
    await place.board.forget_address(account)
    await place.mailer.work()
    assert place.post.sent == []
    assert (await place.board.settings(account)).address == ""


async def test_a_feed_s_address_can_be_replaced(place: Place) -> None:
    account = await place.account(lang="zh")
    assert (await place.board.settings(account)).feed == ""
    await place.board.new_feed(account)
    first = (await place.board.settings(account)).feed
    await place.board.new_feed(account)
    second = (await place.board.settings(account)).feed
    assert len(first) > 40
    assert await place.board.feed(first) is None
    found = await place.board.feed(second)
    assert found is not None
    assert (found.lang, found.notices) == ("zh", ())


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "%00", "\ud800"])
async def test_guessed_tokens_open_nothing(place: Place, token: str) -> None:
    await place.subscribed(NoticeChoices())
    assert await place.board.feed(token) is None
    assert await place.board.pending_address(token) is None
    assert await place.board.confirm_address(token) is None
    assert await place.board.is_subscribed(token) is None
    assert not await place.board.unsubscribe(token)


async def test_a_removed_account_leaves_nothing(place: Place) -> None:
    account = await place.subscribed(NoticeChoices())
    await place.board.new_feed(account)
    place.happens(proposal(1))
    await place.noticing.work()
    await place.accounts.remove(account.id)
    await place.mailer.work()
    assert place.post.sent == []
    await place.account()
    assert (await place.board.settings(account)).address == ""
    assert (await place.board.settings(account)).feed == ""


async def test_another_member_s_account_changes_nothing(place: Place) -> None:
    stranger = Account("office", "Office", "somebody-else", frozenset({"delegate"}), None)
    for change in (
        place.board.choose(stranger, NoticeChoices()),
        place.board.ask_address(stranger, ADDRESS),
        place.board.new_feed(stranger),
    ):
        with pytest.raises(Refused, match="foreign-member"):
            await change


@pytest.mark.parametrize(
    "choices", [NoticeChoices(zone="Mars/Olympus"), NoticeChoices(lead_ms=5), NoticeChoices(hour=24)]
)
async def test_choices_that_cannot_be(place: Place, choices: NoticeChoices) -> None:
    with pytest.raises(Refused):
        await place.board.choose(await place.account(), choices)
