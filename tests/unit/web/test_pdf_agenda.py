"""A published agenda as a printed document: everything of it, in the reader's language, with the document inside."""

import asyncio
import hashlib
from collections.abc import Iterator

import orjson
import pytest

from tests.support.printed import edition, opened, text_of
from web.editions.edition import Edition, Translation
from web.i18n import Language, Languages
from web.pdf.agenda import printed_agenda
from web.pdf.typeset import typeset

PUBLIC = "https://agenda.example.org"


def language(languages: Languages, code: str) -> Language:
    found = languages.find(code)
    assert found is not None
    return found


def composed(found: Edition, languages: Languages) -> str:
    """Return all words of the document in order."""
    document = printed_agenda([(found, language(languages, found.lang))], PUBLIC).encoded()
    return " ".join(_strings(orjson.loads(document)))


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for each in node if isinstance(node, list) else node.values():
            yield from _strings(each)


@pytest.fixture(scope="module")
def english(languages: Languages) -> tuple[Edition, bytes, str]:
    """The agenda in force in English: the edition, its PDF and the text in that."""
    found = asyncio.run(edition("en"))
    pdf = typeset(printed_agenda([(found, language(languages, "en"))], PUBLIC).encoded())
    return found, pdf, text_of(pdf)


def test_the_file_carries_the_certified_document_and_its_hash(english: tuple[Edition, bytes, str]) -> None:
    found, pdf, _ = english
    assert f"comitia-document:{found.document_sha256}".encode() in pdf
    taken_apart = opened(pdf)
    attached = taken_apart.attachments["agenda-document.json"].get_file().read_bytes()
    assert hashlib.sha256(attached).hexdigest() == found.document_sha256
    assert orjson.loads(attached) == found.document


def test_all_of_the_agenda_is_in_it(english: tuple[Edition, bytes, str]) -> None:
    found, _, text = english
    together = text.replace(" ", "")
    assert found.document_sha256 in together
    assert found.federation.id in together
    assert found.federation.tellers_fingerprint in together
    places = [text.index(f"{item.number}. {item.text.into('en').title}") for item in found.items]
    assert places == sorted(places)
    for item in found.items:
        assert item.decision.result in text
    for each in found.rounds:
        assert f"Round {each.number} – {each.rule_name}" in text
        assert all(" ".join(reason.split()) in text for reason in each.reasons[:1])
    for wanted in (
        f"Register height {found.height}",
        "Who was heard in this agenda",
        "Check it yourself",
        "All members",
    ):
        assert wanted in text
    assert found.changes is not None
    assert f"Changes since version {found.changes.since}" in text


def test_objections_stand_with_their_answers(english: tuple[Edition, bytes, str]) -> None:
    found, _, text = english
    objections = [each for item in found.items for source in item.sources for each in source.objections]
    assert objections
    assert text.count("Objections and their answers") == sum(
        any(source.objections for source in item.sources) for item in found.items
    )
    answered = next(each for each in objections if each.reply is not None)
    assert answered.reply is not None
    assert answered.reply.body in text


async def test_a_translation_stands_before_the_original_and_says_whose_it_is(languages: Languages) -> None:
    found = await edition("fr")
    item = found.items[0]
    translation = Translation(
        lang="fr",
        by=found.members[0].id,
        at=0,
        sha256="0" * 64,
        title="Titre traduit",
        body="Corps traduit.",
        urgency="",
    )
    text = item.text.model_copy(update={"lang": "en", "translations": (translation,)})
    changed = found.model_copy(update={"items": (item.model_copy(update={"text": text}), *found.items[1:])})
    read = composed(changed, languages)
    assert read.index("Titre traduit") < read.index("Corps traduit.") < read.index(item.text.body)
    assert found.name_of(found.members[0].id) in read[read.index("Titre traduit") : read.index("Corps traduit.")]


@pytest.mark.parametrize("state", ["erased", "missing"])
async def test_a_text_that_isn_t_held_is_said_not_to_be(languages: Languages, state: str) -> None:
    found = await edition("en")
    item = found.items[0]
    text = item.text.model_copy(update={"state": state, "title": "", "body": ""})
    changed = found.model_copy(update={"items": (item.model_copy(update={"text": text}), *found.items[1:])})
    read = composed(changed, languages)
    assert ("Text erased" if state == "erased" else "Text not yet here") in read
    assert item.text.title not in read[: read.index(found.items[1].text.title)]


async def test_several_languages_stand_in_one_file_each_in_its_own_part(languages: Languages) -> None:
    editions = [(await edition(code), language(languages, code)) for code in ("en", "zh", "ar")]
    made = printed_agenda(editions, PUBLIC)
    assert [(part.lang, part.dir) for part in made.parts] == [("en", "ltr"), ("zh", "ltr"), ("ar", "rtl")]
    assert len({part.running for part in made.parts}) == 3


def test_every_kind_of_round_has_its_table(english: tuple[Edition, bytes, str]) -> None:
    found, _, text = english
    kinds = {"selection" if each.outcome.selection else "vote" for each in found.rounds}
    assert kinds == {"selection", "vote"}
    for caption in ("Topics taken, in order", "Topics not taken", "Votes", "By constituency"):
        assert caption in text
    assert "Total 225" in text


def test_the_address_of_the_check_page_leads_there_with_the_fingerprint(english: tuple[Edition, bytes, str]) -> None:
    found, pdf, _ = english
    taken_apart = opened(pdf)
    led = {
        str(note.A.URI)
        for page in taken_apart.pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get("/A", {})
    }
    assert led == {f"{PUBLIC}/offline/check.html#fingerprint={found.federation.id}&lang=en"}
