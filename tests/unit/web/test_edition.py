"""An edition: what it gathers, that it is the same however often it is gathered, and what it says of texts."""

from dataclasses import replace

import pytest

from protocol import canonical
from protocol.canonical import sha256_hex
from tests.support.editions import edition, language, left, translated, with_texts
from tests.support.web_backend import MemoryBackend
from web import ports
from web.editions.edition import named
from web.editions.gathering import NotAllHereError, gather_edition
from web.editions.left_words import left_words


async def test_nothing_of_the_clock_or_of_the_asking_node_is_in_it() -> None:
    first, second = MemoryBackend(), MemoryBackend()
    second.clock += 90_000_000
    second.me = second.all_members[5].id
    assert (await edition(first)).model_dump_json() == (await edition(second)).model_dump_json()


async def test_its_document_has_the_hash_that_is_certified() -> None:
    found = await edition()
    assert sha256_hex(canonical.encode(found.document)) == found.document_sha256
    assert [each["number"] for each in found.document["items"]] == [item.number for item in found.items]  # type: ignore[index, union-attr, call-overload]


async def test_who_signed_is_for_pages_alone() -> None:
    found = await edition()
    assert found.certificate.signers
    assert "certificate" not in found.model_dump(mode="json")


async def test_an_agenda_of_which_a_part_is_missing_is_not_given_out() -> None:
    backend = MemoryBackend()
    backend.editions.is_complete = False
    with pytest.raises(NotAllHereError):
        await gather_edition(backend, 2, language("en"))


async def test_what_changed_since_the_version_before() -> None:
    assert (await edition(version=1)).changes is None
    changes = (await edition()).changes
    assert changes is not None
    assert (changes.since, changes.unchanged) == (1, 2)
    assert {each.what for each in changes.items} == {"added"}


async def test_a_text_stands_in_the_edition_s_language_or_as_it_was_written() -> None:
    backend = MemoryBackend()
    original = translated(backend, "Eau propre", "fr")
    found = (await edition(backend, "fr")).item("1").text
    assert (found.into("fr").title, found.into("fr").by) == ("Eau propre", backend.all_members[2].id)
    assert (found.into("ru").title, found.into("ru").lang, found.into("ru").by) == (original.title, "en", None)
    assert found.into("en-GB").title == original.title
    assert "1" not in (await edition(backend, "fr")).without_text
    assert "1" in (await edition(backend, "ru")).without_text


async def test_an_erased_text_says_so_and_nothing_else() -> None:
    gone = ports.TextView("erased", "en", erased_by="m", erased_ground="abuse", erased_at=86_400_000, hash="0" * 64)
    backend = with_texts(MemoryBackend(), gone)
    found = (await edition(backend)).item("1").text
    assert found.erased is not None
    assert (found.state, found.erased.ground, found.title) == ("erased", "abuse", "")


async def test_review_and_end_follow_from_the_charter() -> None:
    backend = MemoryBackend()
    backend.policy_changes = {"review_ms": 86_400_000, "sunset_ms": 3_600_000, "ratification": True}
    item = (await edition(backend)).items[0]
    assert item.review == item.adopted + 86_400_000
    assert item.end == item.adopted + 90_000_000
    assert item.is_ratified is False
    plain = (await edition()).items[0]
    assert (plain.review, plain.end, plain.is_ratified) == (None, None, None)


async def test_what_left_is_named_with_the_reason() -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left(), replace(left("Old"), why="sunset", round="")]
    first, second = (await edition(backend)).left
    assert (first.number, first.version, first.why, first.round) == ("S1", 1, "lapsed", left().round)
    assert first.words == left_words(language("en"), "lapsed")
    assert second.round is None


@pytest.mark.parametrize(
    ("names", "lang", "name"),
    [({"en": "A", "fr": "B"}, "fr", "B"), ({"en": "A"}, "fr", "A"), ({"sw": "C", "id": "D"}, "fr", "D")],
)
def test_a_name_is_in_the_language_else_in_english_else_the_first(names: dict[str, str], lang: str, name: str) -> None:
    assert named(names, lang) == name
