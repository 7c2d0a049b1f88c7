"""Drafts and taken forms in a store: what is kept, for whom, how much, how long, and what never overwrites what."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.drafts import Drafts, SentForms
from node.storage.database import Database
from tests.support.hand_clock import HandClock
from web.drafts_port import (
    DRAFT_BYTES_MAX,
    DRAFT_LASTS_MS,
    DRAFTS_MAX,
    SENT_FORMS_MAX,
    SENT_LASTS_MS,
    DraftOutdatedError,
    Written,
)
from web.ports import Account, Refused

ME = Account("me", "Me", "member", frozenset({"delegate"}), None)
OTHER = Account("other", "Other", "member", frozenset({"delegate"}), None)
FORM = "/proposals/new"
TAB, SECOND = "a" * 20, "b" * 20
ONCE = "o" * 20


class Kept:
    """A store with its drafts and forms."""

    def __init__(self, database: Database) -> None:
        self.clock = HandClock()
        self.drafts = Drafts(database, self.clock)
        self.sent = SentForms(database, self.clock)

    async def keep(self, text: str, tab: str = TAB, base: int = 0, form: str = FORM, once: str = ONCE) -> int:
        draft = await self.drafts.keep(
            ME, form, (("body", text), ("goals", "3"), ("goals", "6")), Written(tab, once, base)
        )
        return draft.version if draft else -1


@pytest_asyncio.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    database = Database(tmp_path / "store.sqlite3")
    await database.open()
    yield Kept(database)
    await database.close()


async def test_a_draft_is_kept_for_its_account_alone(kept: Kept) -> None:
    assert await kept.keep("first") == 1
    found = await kept.drafts.find(ME, FORM)
    assert found is not None
    assert found.fields == (("body", "first"), ("goals", "3"), ("goals", "6"))
    assert (found.form, found.once, found.saved) == (FORM, ONCE, kept.clock.now())
    assert await kept.drafts.find(OTHER, FORM) is None
    await kept.drafts.discard(OTHER, FORM)
    assert await kept.drafts.find(ME, FORM) is not None
    await kept.drafts.discard(ME, FORM)
    assert await kept.drafts.kept(ME) == ()


async def test_a_second_tab_overwrites_nothing_that_it_has_not_seen(kept: Kept) -> None:
    await kept.keep("first")
    assert await kept.keep("second", base=0) == 2, "the same tab need not know what its last save came to"
    with pytest.raises(DraftOutdatedError) as outdated:
        await kept.keep("older", tab=SECOND, base=1)
    assert outdated.value.current.version == 2
    found = await kept.drafts.find(ME, FORM)
    assert found is not None
    assert found.fields[0] == ("body", "second")
    assert await kept.keep("seen", tab=SECOND, base=2) == 3


async def test_drafts_are_bounded_in_number_and_size_and_none_is_dropped_for_another(kept: Kept) -> None:
    for number in range(DRAFTS_MAX):
        await kept.keep("text", form=f"/proposals/{number}")
    with pytest.raises(Refused, match="too-many-drafts"):
        await kept.keep("one more")
    assert len(await kept.drafts.kept(ME)) == DRAFTS_MAX
    assert await kept.keep("changed", form="/proposals/0") == 2
    with pytest.raises(Refused, match="draft-too-long"):
        await kept.keep("x" * DRAFT_BYTES_MAX, form="/proposals/0")


async def test_a_draft_goes_with_time_and_makes_room(kept: Kept) -> None:
    for number in range(DRAFTS_MAX):
        await kept.keep("text", form=f"/proposals/{number}")
    kept.clock.advance(DRAFT_LASTS_MS)
    assert await kept.drafts.kept(ME) == ()
    assert await kept.drafts.find(ME, "/proposals/0") is None
    assert await kept.keep("new") == 1


async def test_the_latest_draft_comes_first(kept: Kept) -> None:
    await kept.keep("old", form="/a")
    kept.clock.advance(1)
    await kept.keep("new", form="/b")
    assert [draft.form for draft in await kept.drafts.kept(ME)] == ["/b", "/a"]


async def test_nothing_is_kept_of_a_form_that_was_taken(kept: Kept) -> None:
    assert await kept.sent.begin(ME, ONCE, "digest", 2**53) is None
    assert await kept.keep("late") == -1
    assert await kept.drafts.find(ME, FORM) is None


async def test_a_form_begins_once(kept: Kept) -> None:
    assert await kept.sent.begin(ME, ONCE, "digest", 2**53) is None
    unfinished = await kept.sent.begin(ME, ONCE, "digest", 2**53)
    assert unfinished is not None
    assert unfinished.location is None
    await kept.sent.finish(ME, ONCE, "/there")
    known = await kept.sent.begin(ME, ONCE, "other", 2**53)
    assert known is not None
    assert (known.location, known.digest) == ("/there", "digest")
    assert await kept.sent.begin(OTHER, ONCE, "digest", 2**53) is None, "keys are an account's own"
    assert await kept.sent.find(ME, ["x" * 20, ONCE]) == known


async def test_a_form_that_was_not_taken_can_be_sent_again(kept: Kept) -> None:
    await kept.sent.begin(ME, ONCE, "digest", 2**53)
    await kept.sent.release(ME, ONCE)
    assert await kept.sent.begin(ME, ONCE, "digest", 2**53) is None


async def test_the_same_words_under_another_key_are_known_for_a_while(kept: Kept) -> None:
    await kept.sent.begin(ME, ONCE, "digest", 2**53)
    again = kept.clock.now()
    assert await kept.sent.begin(ME, "p" * 20, "digest", again) is None, "the first has led nowhere yet"
    await kept.sent.finish(ME, ONCE, "/there")
    known = await kept.sent.begin(ME, "q" * 20, "digest", again)
    assert known is not None
    assert known.location == "/there"
    assert await kept.sent.begin(ME, "r" * 20, "digest", again + 1) is None


async def test_taken_forms_are_forgotten_with_time_and_number(kept: Kept) -> None:
    await kept.sent.begin(ME, ONCE, "digest", 2**53)
    for number in range(SENT_FORMS_MAX + 1):
        kept.clock.advance(1)
        await kept.sent.begin(ME, f"{number:020}", "digest", 2**53)
    assert await kept.sent.find(ME, [ONCE]) is None
    assert await kept.sent.find(ME, [f"{SENT_FORMS_MAX:020}"]) is not None
    kept.clock.advance(SENT_LASTS_MS)
    assert await kept.sent.begin(ME, f"{SENT_FORMS_MAX:020}", "digest", 2**53) is None
