"""A published agenda as files on the site: addresses, types, tags, languages, and what the pages say of them."""

import hashlib
from dataclasses import replace

import pytest
from lxml import etree

from tests.support.editions import HOSTILE, edition, hostile_backend, language, left, text
from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import MakeSite, Seen, Site
from web import ports
from web.discussion_port import AgendaChanges, ItemView
from web.editions.calendar_form import agenda_calendar
from web.editions.forms import FORMS
from web.editions.kept_editions import KeptEditions
from web.kept_pages import KEPT

ATOM = "{http://www.w3.org/2005/Atom}"


def tag_of(seen: Seen) -> str:
    return next(value for name, value in seen.headers.items() if name.lower() == "etag")


def test_every_form_is_kept_for_everybody() -> None:
    assert {f"/agenda/{{version}}/{form.file}" for form in FORMS} < KEPT
    assert len({form.file_name(2, "fr") for form in FORMS}) == len(FORMS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.file)
async def test_a_file_has_its_type_its_name_and_a_strong_tag(make_site: MakeSite, form: object) -> None:
    found = next(each for each in FORMS if each == form)
    for signs_in in (False, True):
        site = await make_site()
        if signs_in:
            site.sign_in("delegate")
        path = f"/fr/agenda/2/{found.file}"
        seen = await site.get(path)
        assert seen.status == 200
        assert seen.headers["Content-Type"].partition(";")[0] == found.content_type
        assert f'filename="{found.file_name(2, "fr")}"' in seen.headers["Content-Disposition"]
        assert seen.headers["Content-Language"] == "fr"
        tag = tag_of(seen)
        assert not tag.startswith("W/")
        again = await site.get(path, **{"If-None-Match": tag})
        assert (again.status, again.text, tag_of(again)) == (304, "", tag)


async def test_an_address_without_a_language_is_english_whoever_asks(site: Site) -> None:
    french = await site.get("/agenda/2/agenda.json", **{"Accept-Language": "fr"})
    plain = await site.get("/en/agenda/2/agenda.json")
    assert french.text == plain.text


async def test_what_there_is_not_is_not_found(site: Site) -> None:
    for path in ("/agenda/9/agenda.json", "/agenda/0/items.csv", "/fr/agenda/2/agenda.exe", "/schemas/agenda-2.json"):
        assert (await site.get(path)).status == 404, path


async def test_while_a_part_is_missing_the_files_say_so(site: Site) -> None:
    site.backend.editions.is_complete = False
    seen = await site.get("/agenda/2/agenda.json")
    assert seen.status == 503
    assert "not all here yet" in seen.text


async def test_the_schema_stands_where_files_say(site: Site) -> None:
    seen = await site.get("/schemas/agenda-1.json")
    assert seen.headers["Content-Type"] == "application/schema+json"
    assert '"$id": "urn:comitia:schema:agenda:1"' in seen.text


async def test_the_page_lists_every_file_and_what_left(site: Site) -> None:
    site.backend.editions.all_left[2] = [left("Old pumps"), replace(left(), why="sunset", round="")]
    seen = await site.get("/fr/agenda/2")
    assert all(f'href="/fr/agenda/2/{form.file}"' in seen.text for form in FORMS)
    seen = await site.get("/agenda/2")
    assert "Old pumps" in seen.text
    assert "Lapsed: it was short-term" in seen.text
    assert "Ended by itself" in seen.text
    assert "Items that left the agenda" not in (await site.get("/agenda/1")).text


async def test_the_changes_page_shows_another_text_and_what_was_withdrawn(site: Site) -> None:
    new, old = text("Wells", "Dig ten wells."), text("Wells", "Dig two wells.")
    anew = ItemView("a" * 64, "topic", new, "1", "1", round="b" * 64, was=old)
    gone = ItemView("c" * 64, "topic", text("Pumps"), "2", "", "withdrawn", "d" * 64)
    site.backend.discussion.changes[1, 2] = AgendaChanges(1, 2, 0, (), (gone,), (), (anew,), 0)
    seen = await site.get("/agenda/2/changes")
    assert "<del>two</del><ins>ten</ins>" in seen.text
    assert "Withdrawn: its review did not confirm it." in seen.text


async def test_the_feed_encloses_the_files_and_tells_what_left(site: Site) -> None:
    site.backend.editions.all_left[2] = [left(HOSTILE[8]), replace(left("Older"), version=0)]
    root = etree.fromstring((await site.get("/fr/feeds/agenda.atom")).text.encode())
    entry = root.findall(f"{ATOM}entry")[0]
    enclosed = [each.get("href", "") for each in entry.findall(f"{ATOM}link") if each.get("rel") == "enclosure"]
    assert [each.rpartition("/fr")[2] for each in enclosed] == [f"/agenda/2/{form.file}" for form in FORMS]
    summary = entry.findtext(f"{ATOM}summary") or ""
    assert "zero" in summary
    assert "Older" not in summary


async def test_the_calendar_has_every_publication(site: Site) -> None:
    seen = await site.get("/calendar.ics")
    federation = site.backend.federation().id
    unfolded = seen.text.replace("\r\n ", "")
    for version in (1, 2):
        assert f"UID:urn:comitia:{federation}:agenda:{version}\r\n" in unfolded


async def test_an_agenda_s_calendar_has_its_reviews_and_ends() -> None:
    backend = hostile_backend(6)
    backend.policy_changes = {"review_ms": 86_400_000, "sunset_ms": 3_600_000}
    found = await edition(backend)
    data = agenda_calendar(found, language("en"), "http://localhost/en")
    assert data == agenda_calendar(found, language("en"), "http://localhost/en")
    lines = data.decode().replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == len(found.dates)
    assert lines.count("END:VCALENDAR") == 1
    assert sum(line.endswith(f":review:{found.items[0].subject}") for line in lines) == 1
    assert sum(line.endswith(f":end:{found.items[0].subject}") for line in lines) == 1
    assert all(len(line.encode()) <= 75 for line in data.decode().split("\r\n"))


class _Counting(MemoryBackend):
    """A backend that counts how often an agenda is asked for."""

    asked = 0

    async def agenda(self, version: int | None = None) -> ports.AgendaView | None:
        self.asked += 1
        return await super().agenda(version)


async def test_an_edition_is_gathered_anew_only_when_something_changed() -> None:
    backend, kept = _Counting(), KeptEditions()
    backend.known_revision = "one"
    first = await kept.of(backend, 2, language("en"))
    once = backend.asked
    assert await kept.of(backend, 2, language("en")) is first
    assert backend.asked == once
    await kept.of(backend, 2, language("fr"))
    backend.known_revision = "two"
    assert await kept.of(backend, 2, language("en")) == first
    assert backend.asked == 3 * once
    backend.known_revision = None
    await kept.of(backend, 2, language("en"))
    await kept.of(backend, 2, language("en"))
    assert backend.asked == 5 * once
    assert await kept.of(backend, 9, language("en")) is None


async def test_the_tag_is_of_the_bytes(site: Site) -> None:
    seen = await site.get("/agenda/2/items.csv")
    assert tag_of(seen).strip('"') == hashlib.sha256(seen.text.encode()).hexdigest()[:32]
