"""Opening a round in steps, back and forth without loss."""

import pytest

from tests.unit.web.conftest import Seen, Site
from web.ports import Refused, RoundInput

START = "/desk/round"


async def keep(site: Site, step: str, fields: list[tuple[str, str]] | dict[str, str]) -> Seen:
    """Send one step."""
    return await site.send(f"/desk/round{step}", fields, START)


async def walked(site: Site, procedure: str, subjects: list[str], track: str = "long", **dates: str) -> Seen:
    """Go through the first three steps; return the answer to the last one that was taken."""
    site.sign_in("secretariat")
    seen = await keep(site, "", {"track": track, "procedure": procedure})
    assert seen.location == "/desk/round/subjects"
    seen = await keep(site, "/subjects", [("subjects", each) for each in subjects])
    if seen.status != 303:
        return seen
    assert seen.location == "/desk/round/dates"
    return await keep(site, "/dates", {"duration": "36", "unit": "hours", "capacity": "", "proxies": "", **dates})


async def test_a_round_is_asked_for_in_the_chosen_order(site: Site) -> None:
    subjects = list(site.backend.all_topics)[:3]
    assert (await walked(site, "prioritisation", subjects)).location == "/desk/round/preview"
    shown = await site.get("/desk/round/preview")
    assert "The question as members will see it" in shown.text
    assert "31 members of the roll in force, one vote each." in shown.text
    assert "4 of 7 are heard of now; 5 have to take part." in shown.text
    assert site.backend.calls == [], "nothing is signed before the last step"
    seen = await keep(site, "/preview", {})
    assert seen.location == "/desk?done=round"
    assert site.backend.calls[0][2] == RoundInput("long", "prioritisation", tuple(subjects), 36 * 3_600_000)
    assert (await site.get("/desk/round/preview")).location == "/desk/round/subjects", "the next one starts anew"


async def test_going_back_loses_nothing(site: Site) -> None:
    subjects = list(site.backend.all_topics)[:3]
    await walked(site, "prioritisation", subjects)
    back = await keep(site, "/dates", {"duration": "9", "unit": "days", "capacity": "55", "go": "back"})
    assert back.location == "/desk/round/subjects"
    text = (await site.get("/desk/round/subjects")).text
    assert all(f'value="{each}" checked' in text for each in subjects)
    dates = (await site.get("/desk/round/dates")).text
    assert 'value="9"' in dates
    assert 'value="55"' in dates
    half = await keep(site, "/dates", {"duration": "soon", "unit": "days", "go": "back"})
    assert half.location == "/desk/round/subjects", "one may go back from what isn't whole"
    assert 'value="soon"' in (await site.get("/desk/round/dates")).text


async def test_a_step_that_is_not_whole_is_where_one_is_led(site: Site) -> None:
    site.sign_in("secretariat")
    assert (await site.get("/desk/round/preview")).location == "/desk/round/subjects"
    assert (await keep(site, "/preview", {})).location == "/desk/round/preview"
    assert site.backend.calls == []


async def test_only_kinds_of_rounds_that_there_are_can_be_asked_for(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await keep(site, "", {"track": "short", "procedure": "tombola"})
    assert seen.status == 422
    assert "Choose what the round is for." in seen.text
    assert seen.page.faults == []


@pytest.mark.parametrize(
    ("procedure", "count", "message"),
    [
        ("vote", 2, "Such a round asks about exactly one text. Choose one."),
        ("alternatives", 1, "A choice between alternatives needs at least two texts or topics."),
        ("prioritisation", 0, "Choose at least one text or topic."),
    ],
)
async def test_what_does_not_fit_the_kind_is_pointed_out(site: Site, procedure: str, count: int, message: str) -> None:
    seen = await walked(site, procedure, list(site.backend.all_topics)[:count])
    assert seen.status == 422
    assert message in seen.text
    assert seen.text.count(" checked>") == count, "what was ticked is kept"
    assert seen.page.faults == []


async def test_what_may_not_stand_in_it_says_why(site: Site) -> None:
    site.sign_in("secretariat")
    chosen = [key for key, view in site.backend.all_proposals.items() if view.summary.track == "long"]
    for subject, why in zip(chosen, ("notice", "consent", "amending", "text", "stage"), strict=False):
        site.backend.desk.blocked[subject] = why
    text = (await site.get("/desk/round/subjects")).text
    for words in (
        "Its notice runs until 3 December 2026",
        "A call for consent comes first.",
        "Members are voting on an",
    ):
        assert words in text
    assert not any(f'value="{subject}"' in text for subject in chosen[:5])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("proxies", "-1", "Give a whole number from 0 to 20."),
        ("proxies", "many", "Give a whole number from 0 to 20."),
        ("capacity", "0.5", "as a whole number from 1 to 100,000."),
        ("duration", "0", "Give a whole number of 1 or more."),
        ("duration", "999999", "A round lasts at most 400 days."),
        ("unit", "moons", "Choose a unit of time."),
    ],
)
async def test_dates_that_cannot_be_are_pointed_out(site: Site, field: str, value: str, message: str) -> None:
    seen = await walked(site, "prioritisation", list(site.backend.all_topics)[:2], **{field: value})
    assert seen.status == 422
    assert message in seen.text
    assert seen.page.faults == []


async def test_proxies_and_open_turnout_are_asked_for(site: Site) -> None:
    subject = next(key for key, view in site.backend.all_proposals.items() if view.summary.track == "short")
    await walked(site, "vote", [subject], "short", proxies="2", shows_turnout="yes")
    await keep(site, "/preview", {})
    wanted = site.backend.calls[0][2]
    assert (wanted.procedure, wanted.proxies_per_holder, wanted.hide_running) == ("vote", 2, False)


async def test_a_round_that_cannot_be_opened_says_why_and_keeps_what_was_chosen(site: Site) -> None:
    subjects = list(site.backend.all_topics)[:2]
    await walked(site, "prioritisation", subjects)
    site.backend.refuse = Refused("rule-impossible", detail="No entitled member belongs to the constituency moon.")
    seen = await site.get("/desk/round/preview")
    assert seen.status == 422
    assert "No entitled member belongs to the constituency moon." in seen.text
    assert seen.page.faults == []
    assert subjects[0] in (await site.get("/desk/round/subjects")).text


async def test_where_it_takes_two_the_request_waits(site: Site) -> None:
    site.backend.desk.needs_second_person = True
    await walked(site, "prioritisation", list(site.backend.all_topics)[:2])
    assert "Ask a second person to confirm" in (await site.get("/desk/round/preview")).text
    assert (await keep(site, "/preview", {})).location == "/desk?done=waiting"
    assert len(site.backend.desk.approvals) == 1
