"""Published agendas for files, from a real node: what is certified, how it stands, what left and why."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from consensus.ballots import ApprovalBallot, ChoiceBallot
from protocol import canonical
from protocol.canonical import sha256_hex
from protocol.events.rounds import ProcedureName
from tests.support.builders import EQUAL_SHARES, SIMPLE_MAJORITY
from tests.support.until import until
from tests.unit.node.test_service import Desk as Place
from tests.unit.node.test_service import desk_with
from web.discussion_port import TranslationInput
from web.editions.edition import Edition
from web.editions.gathering import gather_edition
from web.i18n import load_languages
from web.ports import TopicInput


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with desk_with(tmp_path, EQUAL_SHARES, SIMPLE_MAJORITY) as place:
        yield place


async def decide(place: Place, subject: str, choice: str = "", procedure: ProcedureName = "prioritisation") -> str:
    """Hold a round about one subject; return its id."""
    found = await place.opened(subject, track="long", procedure=procedure)
    ballot = ChoiceBallot.model_validate({"choice": choice, "reason": "Said."}) if choice else None
    await place.service.cast(place.account("delegate"), found.id, ballot or ApprovalBallot(approves=("o1",)))
    await place.certified(found.id)
    return str(found.id)


async def publish(place: Place, version: int) -> None:
    assert await place.service.desk.requests.ask_agenda(place.account("secretariat"), None) == "signed"
    await until(lambda: version in place.node.teller.agendas, "the agenda is certified")


async def edition(place: Place, version: int, lang: str = "en") -> Edition:
    language = load_languages().find(lang)
    assert language is not None
    found = await gather_edition(place.service, version, language)
    assert found is not None
    return found


async def test_an_edition_holds_the_certified_document_and_what_explains_it(place: Place) -> None:
    one, two = await place.propose("One"), await place.propose("Two")
    decided = [await decide(place, each) for each in (one, two)]
    await publish(place, 1)
    found = await edition(place, 1)
    assert sha256_hex(canonical.encode(found.document)) == found.document_sha256
    assert (found.version, found.previous, found.changes, found.left) == (1, None, None, ())
    assert [item.text.title for item in found.items] == ["One", "Two"]
    assert [each.id for each in found.rounds] == decided
    assert [len(each.ballots) for each in found.rounds] == [1, 1]
    assert found.items[0].id == f"urn:comitia:{place.service.federation().id}:agenda:1:item:1"
    assert found.items[0].sources[0].id == one
    assert found.drafted > found.rounds[-1].closes
    assert found.federation.tellers_fingerprint == (await edition(place, 1, "ar")).federation.tellers_fingerprint
    assert len(found.federation.tellers_fingerprint) == 64
    assert await gather_edition(place.service, 2, load_languages().default) is None


async def test_what_left_says_why_for_good(place: Place) -> None:
    one, behind, three = [await place.propose(title) for title in ("One", "Behind", "Three")]
    wanted = TopicInput("long", "en", "Two", "About it.", (6,), 25, (behind,))
    two = await place.service.name_topic(place.account("secretariat"), wanted)
    for each in (one, two, three):
        await decide(place, each)
    await publish(place, 1)
    rejected = await decide(place, one, "no", "vote")
    await publish(place, 2)
    second = await edition(place, 2)
    assert [(each.text.title, each.number, each.version, each.why, each.round) for each in second.left] == [
        ("One", "1", 1, "rejected", rejected)
    ]
    assert second.changes is not None
    assert {(each.what, each.before, each.after) for each in second.changes.items} == {
        ("removed", "1", ""),
        ("moved", "2", "1"),
        ("moved", "3", "2"),
    }
    assert [each.version for each in second.history] == [1, 2]
    assert second.history[0].document_sha256 == second.document["previous"]
    assert (await edition(place, 1)).left == ()
    reviewed = await decide(place, two, "no", "review")
    await publish(place, 3)
    third = await edition(place, 3)
    assert [(each.text.title, each.version, each.why, each.round) for each in third.left] == [
        ("Two", 2, "withdrawn", reviewed),
        ("One", 1, "rejected", rejected),
    ]


async def test_texts_stand_in_every_language_that_they_have_and_say_when_they_are_erased(place: Place) -> None:
    one, two = await place.propose("One"), await place.propose("Two")
    for each in (one, two):
        await decide(place, each)
    await publish(place, 1)
    discussion, delegate = place.service.discussion, place.account("delegate")
    first, second = [item.text.sha256 for item in (await edition(place, 1)).items]
    await discussion.translate(delegate, first, TranslationInput("ar", "واحد", "نص", ""))
    await discussion.translate(delegate, first, TranslationInput("fr", "Un", "Texte", ""))
    await discussion.erase(delegate, second, "personal-data")
    found = await edition(place, 1, "ar")
    assert [each.lang for each in found.items[0].text.translations] == ["ar", "fr"]
    assert (found.items[0].text.into("ar").title, found.items[0].text.into("ru").title) == ("واحد", "One")
    assert found.without_text == ("2",)
    gone = found.items[1].text
    assert (gone.state, gone.title, gone.body, gone.translations) == ("erased", "", "", ())
    assert gone.erased is not None
    assert gone.erased.ground == "personal-data"
    assert sha256_hex(canonical.encode(found.document)) == found.document_sha256
