"""From what happened to the messages and feeds of accounts."""

from dataclasses import replace

from node.happened import Told
from node.notices import Occurrence
from node.storage import hooks as hook_store
from node.storage import notices as store
from node.storage.hooks import Hook
from tests.support.mail_box import part
from tests.support.told_accounts import ADDRESS, DAY, HOUR, OTHER, Place, proposal, round_summary, vote
from web.notices_port import NoticeChoices


def parsed(place: Place) -> list[tuple[str, str]]:
    """Return subject and plain text of every message that was sent."""
    return [(message["Subject"], part(message, "plain")) for message in place.messages]


async def test_what_happened_before_an_account_chose_is_not_told(place: Place) -> None:
    place.happens(proposal(1))
    await place.look()
    await place.subscribed(NoticeChoices())
    place.happens(proposal(2))
    await place.look()
    assert [subject for subject, _ in parsed(place)] == [f"{OTHER} proposes: Title of {2:064x}"]


async def test_what_comes_together_comes_in_one_message(place: Place) -> None:
    await place.subscribed(NoticeChoices())
    place.happens(*(proposal(number) for number in range(8)))
    await place.look()
    ((subject, text),) = parsed(place)
    assert subject == f"{OTHER} proposes: Title of {0:064x} (and 7 more)"
    assert text.count("proposes") == 8


async def test_a_message_lists_fifty_and_counts_the_rest(place: Place) -> None:
    await place.subscribed(NoticeChoices())
    place.happens(*(proposal(number) for number in range(53)))
    await place.look()
    ((subject, text),) = parsed(place)
    assert subject.endswith("(and 52 more)")
    assert text.count("proposes") == 50
    assert "3 further notices are in your feed and on the pages." in text


async def test_a_daily_digest_waits_for_its_hour_and_brings_what_waits(place: Place) -> None:
    await place.subscribed(NoticeChoices(rhythm="daily", hour=8, zone="Asia/Kathmandu"))
    place.needs.waiting = [vote(round_summary(4, 0, place.clock.now() + 9 * DAY))]
    place.happens(proposal(1), proposal(2))
    await place.look()
    assert parsed(place) == []
    ways = await place.database.read(lambda c: store.ways(c, "account", "office"))
    assert ways is not None
    place.clock.now_ms = ways.recipient.next_digest - 1
    await place.look()
    assert parsed(place) == []
    place.clock.advance(1)
    await place.look()
    ((_, text),) = parsed(place)
    assert "2 notices" in text
    assert "What waits for your member" in text
    assert "Vote in round 4: \u2068Wells\u2069" in text
    assert "UTC+05:45" in text
    place.clock.advance(DAY)
    await place.look()
    assert len(parsed(place)) == 1, "nothing new, no message"


async def test_a_round_that_closes_before_the_digest_is_told_of_at_once(place: Place) -> None:
    await place.subscribed(NoticeChoices(rhythm="weekly", lead_ms=0))
    soon = round_summary(1, place.clock.now(), place.clock.now() + HOUR)
    late = round_summary(2, place.clock.now(), place.clock.now() + 30 * DAY)
    place.needs.waiting = [vote(soon), vote(late)]
    for found in (soon, late):
        place.happens(Occurrence(f"round:{found.id}", "round", found.id, until=found.closes))
    await place.look()
    assert [subject for subject, _ in parsed(place)] == ["Round 1 has opened: Wells"]


async def test_a_reminder_comes_once_and_only_without_a_ballot(place: Place) -> None:
    await place.subscribed(NoticeChoices(lead_ms=6 * HOUR))
    found = round_summary(7, place.clock.now(), place.clock.now() + DAY)
    place.needs.waiting = [vote(found)]
    await place.look()
    assert parsed(place) == []
    place.clock.advance(18 * HOUR)
    await place.look()
    await place.look()
    assert [subject for subject, _ in parsed(place)] == ["Your member has not voted in round 7: Wells"]
    assert "Closes in 6 hours" in parsed(place)[0][1]


async def test_a_reminder_that_waits_is_not_sent_once_the_member_has_voted(place: Place) -> None:
    await place.subscribed(NoticeChoices(lead_ms=6 * HOUR))
    found = round_summary(7, place.clock.now(), place.clock.now() + HOUR)
    place.clock.advance(40 * 60_000)
    place.needs.waiting = [vote(found)]
    await place.noticing.work()
    place.needs.waiting = [vote(replace(found, mine=True))]
    await place.mailer.work()
    assert parsed(place) == []
    assert (await place.board.mail_status()).waiting == 0


async def test_nobody_is_told_after_unsubscribing_but_the_feed_goes_on(place: Place) -> None:
    account = await place.subscribed(NoticeChoices())
    await place.board.new_feed(account)
    place.happens(proposal(1))
    await place.noticing.work()
    ways = await place.database.read(lambda c: store.ways(c, "account", "office"))
    assert ways is not None
    assert ways.feed is not None
    assert await place.board.unsubscribe(ways.unsubscribe)
    await place.mailer.work()
    place.happens(proposal(2))
    await place.look()
    assert parsed(place) == []
    feed = await place.board.feed(ways.feed)
    assert feed is not None
    assert [notice.name for notice in feed.notices] == ["proposal:1", "proposal:2"]
    await place.board.resume(account)
    place.happens(proposal(3))
    await place.look()
    assert [subject for subject, _ in parsed(place)] == [f"{OTHER} proposes: Title of {3:064x}"]


async def test_a_message_is_in_the_account_s_language(place: Place) -> None:
    await place.subscribed(NoticeChoices(), lang="ar")
    place.happens(proposal(1))
    await place.look()
    (message,) = place.messages
    assert message["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in part(message, "html")
    assert "https://node.example/ar/proposals/" in part(message, "plain")
    assert message["From"].addresses[0].display_name == "التحالف"


async def test_a_message_carries_what_one_click_needs(place: Place) -> None:
    await place.subscribed(NoticeChoices())
    place.happens(proposal(1))
    await place.look()
    (message,) = place.messages
    ways = await place.database.read(lambda c: store.ways(c, "account", "office"))
    assert ways is not None
    assert message["List-Unsubscribe"] == f"<https://node.example/en/unsubscribe/{ways.unsubscribe}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["To"].addresses[0].addr_spec == ADDRESS
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@node.example>")
    assert message["Date"].datetime.timestamp() * 1000 == place.clock.now()


async def test_old_notices_are_forgotten_beyond_a_limit(place: Place) -> None:
    account = await place.account()
    await place.board.choose(account, NoticeChoices())
    place.script.at_a_time = 400
    place.happens(*(proposal(number) for number in range(store.KEPT_PER_ACCOUNT_MAX + 20)))
    await place.look()
    place.clock.advance(HOUR)
    place.happens(proposal(9_999))
    await place.look()
    kept = await place.database.read(lambda c: store.latest(c, "office", 9_999))
    assert len(kept) == store.KEPT_PER_ACCOUNT_MAX
    assert kept[0].occurrence.name == "proposal:9999"


async def test_webhooks_get_what_they_ask_for_once(place: Place) -> None:
    hook = Hook("a" * 16, "https://x.example", ("round.opened",), "whsec_", 0, True, "", None)
    await place.database.write(lambda c: hook_store.add(c, hook, 10))
    place.script.told = [Told("round:1", "round.opened", {"round": "1"}), Told("agenda:1", "agenda.published", {})]
    for _ in range(2):
        await place.look()
        await place.database.write(lambda c: c.execute("DELETE FROM meta WHERE name LIKE 'notices-%'"))
        place.script.told, told = [], place.script.told
        await place.database.write(place.noticing.begin)
        place.script.told = told
    kept = await place.database.read(lambda c: hook_store.latest(c, hook.id, 50))
    assert [each.event for each in kept] == ["round.opened"]
