"""Feeds and the calendar: what stands in them, in which order and language, and that nothing in a text breaks them."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.web_backend import MemoryBackend
from tests.support.web_content import NOW, digest, round_numbered
from tests.unit.web.conftest import MakeSite, Seen, Site
from web.atom import Entry, Feed, atom_bytes
from web.followed import ENTRIES_MAX
from web.icalendar_text import LINE_OCTETS_MAX, escaped, folded
from web.ports import TextView
from web.present import Tongue

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FEEDS = ("agenda", "rounds", "proposals")
ADDRESS = "https://agenda.example.org"
HOSTILE = "]]></title><script>alert(1)</script>&\x00\x0b\ufffe"


def tree(seen: Seen) -> ET.Element:
    assert seen.status == 200
    return ET.fromstring(seen.text.encode())  # noqa: S314 - our own output


def entries(seen: Seen) -> list[ET.Element]:
    return tree(seen).findall(f"{ATOM}entry")


def said(element: ET.Element, tag: str) -> str:
    return element.findtext(f"{ATOM}{tag}") or ""


def link(element: ET.Element, rel: str) -> str:
    return next(found.get("href", "") for found in element.findall(f"{ATOM}link") if found.get("rel") == rel)


def entry_of(seen: Seen, kind: str, thing: str) -> ET.Element:
    return next(entry for entry in entries(seen) if said(entry, "id").endswith(f":{kind}:{thing}"))


def lines(seen: Seen) -> list[str]:
    return seen.text.replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed_has_all_that_atom_asks_for(make_site: MakeSite, name: str) -> None:
    site = await make_site(base_url=ADDRESS)
    seen = await site.get(f"/feeds/{name}.atom")
    feed = tree(seen)
    assert seen.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert feed.tag == f"{ATOM}feed"
    assert link(feed, "self") == f"{ADDRESS}/en/feeds/{name}.atom"
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    found = entries(seen)
    ids = [said(each, "id") for each in (feed, *found)]
    assert found
    assert len(set(ids)) == len(ids)
    assert all(each.startswith(f"urn:comitia:{digest('federation')}:") for each in ids)
    assert all(said(each, tag) for each in (feed, *found) for tag in ("title", "updated"))
    times = [said(each, "updated") for each in found]
    assert times == sorted(times, reverse=True)
    assert said(feed, "updated") == times[0]


@pytest.mark.parametrize("name", FEEDS)
async def test_every_link_leads_to_a_page(make_site: MakeSite, name: str) -> None:
    site = await make_site(base_url=ADDRESS)
    seen = await site.get(f"/zh/feeds/{name}.atom")
    for entry in (tree(seen), *entries(seen)):
        address = link(entry, "alternate")
        assert address.startswith(f"{ADDRESS}/zh")
        assert (await site.get(address.removeprefix(ADDRESS))).status == 200


@pytest.mark.parametrize("name", FEEDS)
async def test_ids_are_the_same_in_every_language(site: Site, name: str) -> None:
    english, arabic = await site.get(f"/feeds/{name}.atom"), await site.get(f"/feeds/{name}.atom?lang=ar")
    assert tree(arabic).get(LANG) == "ar"
    assert [said(entry, "id") for entry in entries(english)] == [said(entry, "id") for entry in entries(arabic)]
    assert said(tree(english), "title") != said(tree(arabic), "title")


@pytest.mark.parametrize("path", ["/feeds/agenda.atom", "/feeds/rounds.atom", "/feeds/proposals.atom", "/calendar.ics"])
async def test_what_is_known_is_not_sent_again(site: Site, path: str) -> None:
    first = await site.get(path)
    again = await site.get(path, **{"If-None-Match": first.headers["Etag"]})
    assert (again.status, again.text, again.headers["Etag"]) == (304, "", first.headers["Etag"])
    assert (await site.get(path, **{"If-None-Match": '"other"'})).status == 200
    assert (await site.get(f"/ru{path}", **{"If-None-Match": first.headers["Etag"]})).status == 200


async def test_a_new_proposal_comes_first_and_the_oldest_leaves(site: Site) -> None:
    view = next(iter(site.backend.all_proposals.values()))
    for place in range(ENTRIES_MAX + 1):
        summary = replace(view.summary, id=digest("new", place), time=NOW + place * 1000)
        site.backend.all_proposals[summary.id] = replace(view, summary=summary)
    found = entries(await site.get("/feeds/proposals.atom"))
    assert len(found) == ENTRIES_MAX
    assert said(found[0], "id").endswith(digest("new", ENTRIES_MAX))
    assert said(found[-1], "id").endswith(digest("new", 1))


async def test_a_feed_of_many_rounds_has_a_limit(site: Site) -> None:
    found = round_numbered(site.backend, 20)
    site.backend.agendas = []
    for place in range(ENTRIES_MAX * 5):
        summary = replace(found.summary, id=digest("round", place))
        site.backend.all_rounds[summary.id] = replace(found, summary=summary)
    assert len(entries(await site.get("/feeds/rounds.atom"))) == ENTRIES_MAX
    assert lines(await site.get("/calendar.ics")).count("BEGIN:VEVENT") == 200


async def test_a_text_keeps_its_language(site: Site) -> None:
    view = next(view for view in site.backend.all_proposals.values() if view.text.lang == "ar")
    site.backend.all_proposals = {view.summary.id: view}
    (entry,) = entries(await site.get("/feeds/proposals.atom"))
    title = entry.find(f"{ATOM}title")
    assert title is not None
    assert (title.text, title.get(LANG)) == (view.summary.title, "ar")
    assert said(entry, "summary").startswith("Proposed by ")


async def test_an_agenda_lists_its_items_in_their_languages(site: Site) -> None:
    agenda = site.backend.agendas[-1]
    entry = entry_of(await site.get("/feeds/agenda.atom"), "agenda", str(agenda.version))
    rows = [row for row in entry.iter() if row.tag.endswith("}li")]
    items = (*agenda.long, *agenda.short)
    assert [row.get(LANG) for row in rows] == [item.text.lang for item in items]
    assert ["".join(row.itertext()) for row in rows] == [item.text.title for item in items]


async def test_an_erased_text_never_appears(site: Site) -> None:
    key, view = next(iter(site.backend.all_proposals.items()))
    words = "What had to go"
    summary = replace(view.summary, title=words, text_state="erased", time=NOW)
    site.backend.all_proposals[key] = replace(view, summary=summary)
    open_round = round_numbered(site.backend, 19)
    gone = replace(open_round.summary, options=1, rule="simple-majority", first_title=TextView("erased", "en", words))
    site.backend.all_rounds[gone.id] = replace(open_round, summary=gone)
    agenda = site.backend.agendas[-1]
    item = replace(agenda.long[0], text=TextView("erased", "en", words))
    site.backend.agendas[-1] = replace(agenda, long=(item, *agenda.long[1:]))
    for path in (*(f"/feeds/{name}.atom" for name in FEEDS), "/calendar.ics"):
        text = "\n".join(lines(await site.get(path)))
        assert words not in text
        assert "Text erased" in text


async def test_markup_in_titles_stays_text(site: Site) -> None:
    key, view = next(iter(site.backend.all_proposals.items()))
    site.backend.all_proposals[key] = replace(view, summary=replace(view.summary, title=HOSTILE, time=NOW))
    seen = await site.get("/feeds/proposals.atom")
    assert "<script" not in seen.text
    assert said(entry_of(seen, "proposal", key), "title") == "]]></title><script>alert(1)</script>&"


@given(st.text())
def test_any_text_gives_well_formed_xml(text: str) -> None:
    ours = Tongue(text, "en")
    entry = Entry("urn:e", ours, NOW, "https://a.example/", ours, ours, {"t": text})
    written = atom_bytes(Feed("urn:f", "en", ours, NOW, "https://a.example/f", "https://a.example/", ours, [entry]))
    assert ET.fromstring(written).find(f"{ATOM}entry") is not None  # noqa: S314 - our own output


async def test_a_federation_without_anything_has_feeds_and_a_calendar(empty_site: Site) -> None:
    for name in FEEDS:
        seen = await empty_site.get(f"/feeds/{name}.atom")
        assert entries(seen) == []
        assert said(tree(seen), "updated")
    assert "BEGIN:VEVENT" not in (await empty_site.get("/calendar.ics")).text


async def test_the_calendar_has_every_round(make_site: MakeSite) -> None:
    site = await make_site(base_url=ADDRESS)
    seen = await site.get("/calendar.ics")
    assert seen.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert "\n" not in seen.text.replace("\r\n", "")
    assert all(len(line.encode()) <= LINE_OCTETS_MAX for line in seen.text.split("\r\n"))
    found = lines(seen)
    assert found[0] == "BEGIN:VCALENDAR"
    assert found[-2:] == ["END:VCALENDAR", ""]
    names = [f"round:{key}" for key in site.backend.all_rounds]
    names += [f"agenda:{agenda.version}" for agenda in site.backend.agendas]
    assert found.count("BEGIN:VEVENT") == found.count("END:VEVENT") == len(names)
    uids = [line for line in found if line.startswith("UID:")]
    assert set(uids) == {f"UID:urn:comitia:{digest('federation')}:{name}" for name in names}
    assert len(set(uids)) == len(uids)
    key = round_numbered(site.backend, 19).summary.id
    assert f"URL:{ADDRESS}/en/rounds/{key}" in found


async def test_an_event_has_the_round_s_times_in_utc(site: Site) -> None:
    found = round_numbered(site.backend, 19)
    summary = replace(found.summary, opens=NOW, closes=NOW + 90_000)
    site.backend.agendas, site.backend.all_rounds = [], {summary.id: replace(found, summary=summary)}
    seen = lines(await site.get("/calendar.ics"))
    assert "DTSTART:20261124T140200Z" in seen
    assert "DTEND:20261124T140330Z" in seen


async def test_a_title_cannot_add_a_property(site: Site) -> None:
    found = round_numbered(site.backend, 19)
    text = TextView("held", "en", "Rain; snow, \\ hail\r\nATTACH:https://elsewhere.example\x07")
    summary = replace(found.summary, options=1, rule="simple-majority", first_title=text)
    site.backend.agendas, site.backend.all_rounds = [], {summary.id: replace(found, summary=summary)}
    seen = lines(await site.get("/calendar.ics"))
    assert not [line for line in seen if line.startswith("ATTACH")]
    title = "Round 19 · Rain\\; snow\\, \\\\ hail\\nATTACH:https://elsewhere.example"
    assert f"SUMMARY;LANGUAGE=en:{title}" in seen


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_folding_tears_no_character_and_loses_nothing(text: str) -> None:
    written = folded(text)
    assert written.endswith(b"\r\n")
    parts = written[:-2].split(b"\r\n")
    assert all(len(part) <= LINE_OCTETS_MAX for part in parts)
    assert all(part.decode() for part in parts[1:])
    assert written.replace(b"\r\n ", b"")[:-2].decode() == text


@given(st.text(max_size=100))
def test_an_escaped_text_stands_on_one_line(text: str) -> None:
    assert len(escaped(text).encode().splitlines()) <= 1


async def test_every_page_names_the_feeds_and_one_page_explains_them(site: Site) -> None:
    front = (await site.get("/fr")).text
    for name in FEEDS:
        assert f'type="application/atom+xml" href="/fr/feeds/{name}.atom"' in front
    assert 'href="/fr/feeds"' in front
    seen = await site.get("/feeds")
    assert seen.page.faults == []
    for path in (*(f"/feeds/{name}.atom" for name in FEEDS), "/calendar.ics"):
        assert f'href="{path}"' in seen.text


async def test_an_empty_backend_and_a_full_one_have_the_same_feed_id(make_site: MakeSite) -> None:
    full, empty = await make_site(), await make_site(MemoryBackend(is_empty=True))
    first, second = [tree(await site.get("/feeds/rounds.atom")) for site in (full, empty)]
    assert said(first, "id") == said(second, "id")
