"""JSON and JSON-LD: valid by their schema and by a processor, the same bytes, nothing hostile gets out."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pyld import jsonld

from tests.support.editions import HOSTILE, edition, hostile_backend, language, left, translated
from tests.support.web_backend import MemoryBackend
from web.editions.edition import Edition
from web.editions.json_form import SCHEMA_PATH, agenda_json, schema, schema_bytes
from web.editions.jsonld_form import CONTEXT, agenda_jsonld

VALIDATOR = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def linked(found: Edition) -> dict[str, Any]:
    return dict(json.loads(agenda_jsonld(found, language(found.lang).gettext)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(schema_bytes())["properties"]["$schema"]["const"] == SCHEMA_PATH


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("version", [1, 2])
async def test_an_agenda_follows_the_schema(lang: str, version: int) -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left()]
    found = await edition(backend, lang, version)
    data = agenda_json(found)
    assert data == agenda_json(await edition(backend, lang, version))
    VALIDATOR.validate(json.loads(data))


@pytest.mark.parametrize(
    ("path", "value"),
    [(("version",), 0), (("document_sha256",), "x"), (("drafted",), 5), (("items", 0, "goals", 0), 18), (("more",), 1)],
)
async def test_what_is_no_agenda_doesn_t_follow_the_schema(path: tuple[str | int, ...], value: object) -> None:
    data: Any = json.loads(agenda_json(await edition()))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        VALIDATOR.validate(data)


async def test_hostile_texts_are_text() -> None:
    found = await edition(hostile_backend())
    data = json.loads(agenda_json(found))
    VALIDATOR.validate(data)
    assert [item["text"]["title"] for item in data["items"] if item["track"] == "long"] == list(
        HOSTILE[: sum(item.track == "long" for item in found.items)]
    )
    expanded = jsonld.expand(linked(found))
    assert HOSTILE[0] in json.dumps(expanded, ensure_ascii=False)


async def test_every_key_of_the_linked_data_means_something() -> None:
    backend = MemoryBackend()
    backend.editions.all_left[2] = [left()]
    translated(backend, "Eau propre", "fr")

    def keys(value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(keys, value))
        return set(value).union(*map(keys, value.values())) if isinstance(value, dict) else set()

    found = linked(await edition(backend, "fr"))
    known = {key for key in CONTEXT if not key.startswith("@")} | {"@context", "@value", "@language"}
    assert keys({key: value for key, value in found.items() if key != "@context"}) <= known


async def test_items_stand_in_order_under_the_united_nations_goals() -> None:
    found = await edition()
    (agenda,) = jsonld.expand(linked(found))
    (items,) = [each["@list"] for each in agenda["http://purl.org/dc/terms/hasPart"]]
    assert [item["@id"] for item in items] == [item.id for item in found.items]
    goals = [goal["@id"] for goal in items[0]["http://purl.org/dc/terms/subject"]]
    assert goals == [f"http://metadata.un.org/sdg/{goal}" for goal in found.items[0].goals]
    assert agenda["@id"] == found.id
    assert agenda["http://purl.org/dc/terms/replaces"] == [{"@id": found.id.removesuffix("2") + "1"}]


async def test_a_translation_is_linked_with_whoever_signed_it() -> None:
    backend = MemoryBackend()
    original = translated(backend, "Eau propre", "fr")
    (item, *_) = linked(await edition(backend))["items"]
    assert item["title"] == {"@value": original.title, "@language": "en"}
    (translation,) = item["translations"]
    assert translation["title"] == {"@value": "Eau propre", "@language": "fr"}
    assert translation["translator"].endswith(f":member:{backend.all_members[2].id}")
