"""The next agenda: what changes, its order, and asking for it."""

import pytest

from tests.unit.web.conftest import Seen, Site
from web.ports import Refused

PATH = "/desk/agenda"


def subjects(site: Site) -> list[str]:
    return [item.subject for item in site.backend.desk.due_items]


def ordered(site: Site, order: list[str] | None = None) -> list[tuple[str, str]]:
    return [("subject", each) for each in order or subjects(site)]


def turned(order: list[str], at: int) -> list[str]:
    """Return an order with two neighbours changed."""
    return [*order[:at], order[at + 1], order[at], *order[at + 2 :]]


async def arrange(site: Site, fields: list[tuple[str, str]]) -> Seen:
    return await site.send(f"{PATH}/order", fields, PATH)


def free(site: Site) -> int:
    """Return the place of the first item that may move down."""
    items = site.backend.desk.due_items
    return next(at for at, item in enumerate(items) if item.round != items[at + 1].round)


async def test_it_says_what_is_added_dropped_and_why(site: Site) -> None:
    site.sign_in("secretariat")
    text = (await site.get(PATH)).text
    assert text.count("<strong>new</strong>") == 2
    assert "Round 20 did not adopt it." in text
    assert "It was not ratified before the next long-term prioritisation." in text
    assert "It was not confirmed in time." in text
    assert "/agenda/2/fairness" in text
    assert 'href="/desk/try"' in text


async def test_an_item_moves_by_one_and_the_order_is_kept(site: Site) -> None:
    site.sign_in("secretariat")
    at = free(site)
    seen = await arrange(site, [*ordered(site), ("move", f"down:{subjects(site)[at]}")])
    assert seen.location == f"{PATH}?done=order&moved={subjects(site)[at]}"
    shown = await site.get(seen.location)
    places = [shown.text.index(f'name="subject" value="{each}"') for each in turned(subjects(site), at)]
    assert places == sorted(places)
    assert f"is now number {at + 2}." in shown.text
    back = await arrange(site, [*ordered(site), ("move", "default")])
    assert back.location == f"{PATH}?done=order"
    again = await site.get(PATH)
    places = [again.text.index(f'name="subject" value="{each}"') for each in subjects(site)]
    assert places == sorted(places)


async def test_places_are_typed_by_track_without_javascript(site: Site) -> None:
    site.sign_in("secretariat")
    items = site.backend.desk.due_items
    places = [str(at) for at in range(1, len(items) + 1)]
    last_long = max(at for at, item in enumerate(items) if item.track == "long")
    places[last_long], places[-1] = "1", "1"
    fields = [*ordered(site), *(("place", place) for place in places), ("move", "places")]
    assert (await arrange(site, fields)).location == f"{PATH}?done=order"
    kept = site.backend.desk.drafts[site.backend.account("secretariat").id, "agenda"]["order"]
    assert kept.index(items[last_long].subject) <= 1
    assert kept[-1] == items[-1].subject, "short-term items stay behind the long-term ones"


async def test_what_one_round_chose_keeps_its_order(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await arrange(site, ordered(site, turned(subjects(site), 0)))
    assert seen.status == 422
    assert "items that one round chose together keep their order" in seen.text
    assert seen.page.faults == []


@pytest.mark.parametrize("place", ["", "0", "x", "10000"])
async def test_a_place_that_is_none_is_pointed_out(site: Site, place: str) -> None:
    site.sign_in("secretariat")
    fields = [*ordered(site), *(("place", place) for _ in subjects(site)), ("move", "places")]
    seen = await arrange(site, fields)
    assert seen.status == 422
    assert "Give each item a place as a whole number from 1." in seen.text
    assert seen.page.faults == []


async def test_the_order_is_signed_only_where_it_is_not_that_of_adoption(site: Site) -> None:
    site.sign_in("secretariat")
    assert (await site.send(PATH, ordered(site), PATH)).location == "/desk?done=agenda"
    other = turned(subjects(site), free(site))
    assert (await site.send(PATH, ordered(site, other), PATH)).location == "/desk?done=agenda"
    assert [call[2] for call in site.backend.calls] == [None, tuple(other)]


async def test_a_draft_or_why_there_is_none(site: Site) -> None:
    site.sign_in("secretariat")
    token = await site.token(PATH, PATH)
    site.backend.refuse = Refused("nothing-new")
    seen = await site.post(PATH, [*ordered(site), ("csrf", token)])
    assert seen.status == 409
    assert "The agenda in force already holds every certified outcome." in seen.text


async def test_before_anything_is_certified(empty_site: Site) -> None:
    empty_site.sign_in("secretariat")
    seen = await empty_site.get(PATH)
    assert "There is no certified outcome that an agenda could be made of." in seen.text
    assert seen.page.faults == []


async def test_where_it_takes_two_the_agenda_waits(site: Site) -> None:
    site.sign_in("secretariat")
    site.backend.desk.needs_second_person = True
    assert "Ask a second person to confirm" in (await site.get(PATH)).text
    assert (await site.send(PATH, ordered(site), PATH)).location == "/desk?done=waiting"
