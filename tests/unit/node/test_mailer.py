"""The outbox: what is sent, tried again, put off, given up, and what its operator sees of that."""

import pytest

from node.mail_server import InDoubt, PutOff, Rejected, Unreachable
from node.mailer import AGAIN_AFTER_MS, PAUSES_MS, UNREACHABLE_MAX_MS
from node.storage import mails
from node.storage.database import Connection
from tests.support.told_accounts import ADDRESS, HOUR, Place, proposal
from web.notices_port import NoticeChoices


async def subscribed_with_news(place: Place) -> None:
    await place.subscribed(NoticeChoices())
    place.happens(proposal(1))


async def test_a_message_is_sent_once(place: Place) -> None:
    await subscribed_with_news(place)
    for _ in range(3):
        await place.look()
    assert [address for address, _ in place.post.sent] == [ADDRESS]
    status = await place.board.mail_status()
    assert (status.waiting, status.sent_last_hour, status.last_sent) == (0, 1, place.clock.now())


async def test_a_message_that_is_put_off_comes_later(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.before.append(PutOff("451 greylisted"))
    await place.look()
    assert (await place.board.mail_status()).last_error == "451 greylisted"
    place.clock.advance(AGAIN_AFTER_MS[0] - 1)
    await place.look()
    assert place.post.sent == []
    place.clock.advance(1)
    await place.look()
    assert len(place.post.sent) == 1
    assert (await place.board.mail_status()).last_error == ""


async def test_a_message_that_is_put_off_for_ever_is_given_up_with_the_reason(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.before += [PutOff("452 mailbox full")] * (len(AGAIN_AFTER_MS) + 1)
    for again in (0, *AGAIN_AFTER_MS):
        place.clock.advance(again)
        await place.look()
    status = await place.board.mail_status()
    assert place.post.before == []
    assert [(each.account, each.reason) for each in status.failed] == [("office", "452 mailbox full")]
    assert status.waiting == 0


async def test_a_message_that_is_refused_is_given_up_at_once_and_the_account_sees_why(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.before.append(Rejected("550 no such user"))
    await place.look()
    account = (await place.accounts.all())[0]
    assert (await place.board.settings(account)).problem == "550 no such user"
    assert len((await place.board.mail_status()).failed) == 1
    place.happens(proposal(2))
    await place.look()
    assert (await place.board.settings(account)).problem == "", "the next one arrived"


async def test_a_server_that_cannot_be_used_is_left_alone_for_longer_and_longer(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.before += [Unreachable("connection refused")] * 3
    for pause in PAUSES_MS[:3]:
        await place.look()
        status = await place.board.mail_status()
        assert status.paused_until == place.clock.now() + pause
        await place.look()
        place.clock.advance(pause)
    await place.look()
    assert len(place.post.sent) == 1, "the message waited all the time"
    assert (await place.board.mail_status()).paused_until is None


async def test_a_message_does_not_wait_for_a_server_for_ever(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.before += [Unreachable("connection refused")] * 2
    await place.look()
    place.clock.advance(UNREACHABLE_MAX_MS)
    await place.look()
    assert [each.reason for each in (await place.board.mail_status()).failed] == ["connection refused"]


async def test_what_may_have_arrived_is_sent_once_more_and_no_further(place: Place) -> None:
    await subscribed_with_news(place)
    place.post.after += [InDoubt("the line was lost")] * 2
    for _ in range(4):
        await place.look()
        place.clock.advance(HOUR)
    assert len(place.post.sent) == 2
    failed = (await place.board.mail_status()).failed
    assert [each.reason for each in failed] == ["sending it was cut off, so it may have arrived"]


async def test_the_hour_s_limit_holds_and_addresses_are_verified_first(place: Place) -> None:
    place.mailer._rate = type(place.mailer._rate)("mail.example:587", 2)
    for name in ("anna", "berta", "carla"):
        await place.subscribed(NoticeChoices(), name)
    place.happens(proposal(1))
    newcomer = await place.account("dora")
    await place.noticing.work()
    await place.board.ask_address(newcomer, "dora@ocean.example")
    await place.mailer.work()
    assert [address for address, _ in place.post.sent] == ["dora@ocean.example", ADDRESS]
    place.clock.advance(HOUR - 1)
    await place.mailer.work()
    assert len(place.post.sent) == 2
    place.clock.advance(1)
    await place.mailer.work()
    assert len(place.post.sent) == 4


async def test_the_outbox_is_bounded_and_what_finds_no_room_comes_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "WAITING_MAX", 2)
    for name in ("anna", "berta", "carla"):
        await place.subscribed(NoticeChoices(), name)
    place.happens(proposal(1))
    await place.noticing.work()
    assert (await place.board.mail_status()).waiting == 2
    await place.look()
    await place.look()
    assert len(place.post.sent) == 3


async def test_a_message_that_was_unsubscribed_from_while_the_server_was_called_is_not_sent(place: Place) -> None:
    await subscribed_with_news(place)
    await place.noticing.work()
    unsubscribing = await place.database.read(_unsubscribing)

    class Slow(type(place.post)):  # type: ignore[misc]
        async def deliver(self, message: bytes, address: str, before_words: object) -> None:
            assert await place.board.unsubscribe(unsubscribing)
            await super().deliver(message, address, before_words)

    place.mailer._post = Slow()
    await place.mailer.work()
    assert place.mailer._post.sent == []


def _unsubscribing(connection: Connection) -> str:
    return str(connection.value("SELECT unsubscribe FROM notice_choices"))


async def test_what_was_sent_long_ago_is_forgotten(place: Place) -> None:
    await subscribed_with_news(place)
    await place.look()
    place.clock.advance(mails.SENT_KEPT_MS + 1)
    await place.look()
    assert await place.database.read(lambda c: c.value("SELECT count(*) FROM mails")) == 0
