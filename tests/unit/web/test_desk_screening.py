"""Screening: one after the other, what is similar beside it, acts with reasons."""

import pytest

from tests.unit.web.conftest import Site
from web.ports import ActInput, Refused


def first(site: Site) -> str:
    return min(site.backend.desk.waiting, key=lambda each: each.due).proposal.id


async def test_the_one_with_the_least_time_left_comes_first(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await site.get("/desk/screening")
    assert f'name="proposal" value="{first(site)}"' in seen.text
    assert "Side by side" in seen.text
    queue = seen.text.partition('<ol class="rows">')[2]
    places = [queue.index(f'/desk/screening?proposal={each.proposal.id}"') for each in site.backend.desk.waiting]
    assert places == sorted(places), "sorted by time left"


async def test_another_one_can_be_taken_first_and_compared_with_another(site: Site) -> None:
    site.sign_in("secretariat")
    wanted = site.backend.desk.waiting[-1].proposal.id
    other = site.backend.all_proposals[wanted].similar[1].id
    seen = await site.get(f"/desk/screening?proposal={wanted}&beside={other}")
    assert f'name="proposal" value="{wanted}"' in seen.text
    assert f'href="/proposals/{other}"' in seen.text
    assert (await site.get(f"/desk/screening?proposal={'0' * 64}")).status == 404


async def test_differences_are_marked_in_one_language(site: Site) -> None:
    site.sign_in("secretariat")
    views = site.backend.all_proposals
    english = [key for key, view in views.items() if view.text.lang == "en"]
    seen = await site.get(f"/desk/screening?proposal={english[0]}&beside={english[1]}")
    assert "<ins>" in seen.text
    assert "<del>" in seen.text
    chinese = next(key for key, view in views.items() if view.text.lang == "zh")
    seen = await site.get(f"/desk/screening?proposal={english[0]}&beside={chinese}")
    assert "<ins>" not in seen.text
    assert "differences are not marked" in seen.text


@pytest.mark.parametrize(
    ("fields", "act"),
    [
        ({"verdict": "admissible"}, ActInput(act="admissible")),
        ({"verdict": "return", "reasons": "Say who pays."}, ActInput(act="return", reasons="Say who pays.")),
        ({"verdict": "inadmissible", "reasons": "No science."}, ActInput(act="inadmissible", reasons="No science.")),
    ],
)
async def test_a_verdict_is_signed_and_the_next_one_comes(site: Site, fields: dict[str, str], act: ActInput) -> None:
    site.sign_in("secretariat")
    one = first(site)
    seen = await site.send("/desk/screening", {"proposal": one, "lang": "en", **fields}, "/desk/screening")
    assert seen.location == f"/desk/screening?after={one}&done={fields['verdict']}"
    assert site.backend.calls[0][2:] == (one, act)
    following = await site.get(seen.location)
    assert f'name="proposal" value="{one}"' not in following.text, "it is not shown again while lists follow"
    assert "Here is the next one." in following.text
    assert following.page.faults == []


async def test_a_repetition_goes_back_with_the_other_one_named(site: Site) -> None:
    site.sign_in("secretariat")
    one = first(site)
    other = site.backend.all_proposals[one].similar[0]
    fields = {"proposal": one, "verdict": "duplicate", "lang": "en", "other": f"https://node/proposals/{other.id}"}
    seen = await site.send("/desk/screening", {**fields, "reasons": "Both ask for wells."}, "/desk/screening")
    assert seen.status == 303
    act = site.backend.calls[0][3]
    assert act.act == "return"
    assert act.reasons.startswith(f"This repeats another proposal: {other.title} ({other.id}).")
    assert act.reasons.endswith("\n\nBoth ask for wells.")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose what becomes of the proposal."),
        ({"verdict": "return"}, "Give your reasons."),
        ({"verdict": "inadmissible", "reasons": " "}, "Give your reasons."),
        ({"verdict": "return", "reasons": "x" * 20_001}, "Shorten the reasons to 20,000 characters."),
        ({"verdict": "duplicate", "other": "the other one"}, "Name the other proposal by its address or identifier."),
    ],
)
async def test_what_is_missing_is_pointed_out(site: Site, fields: dict[str, str], message: str) -> None:
    site.sign_in("secretariat")
    one = first(site)
    seen = await site.send("/desk/screening", {"proposal": one, "lang": "en", **fields}, "/desk/screening")
    assert seen.status == 422
    assert message in seen.text
    assert f'name="proposal" value="{one}"' in seen.text
    assert site.backend.calls == []
    assert seen.page.faults == []


async def test_a_refusal_keeps_what_was_typed(site: Site) -> None:
    site.sign_in("secretariat")
    one = first(site)
    token = await site.token("/desk/screening", "/desk/screening")
    site.backend.refuse = Refused("not-now")
    fields = {"proposal": one, "verdict": "return", "reasons": "Kept as typed", "lang": "en", "csrf": token}
    seen = await site.post("/desk/screening", fields)
    assert seen.status == 409
    assert "Kept as typed" in seen.text


async def test_a_repetition_of_nothing_or_of_itself_is_refused(site: Site) -> None:
    site.sign_in("secretariat")
    one = first(site)
    for other, status in (("0" * 64, 404), (one, 422)):
        fields = {"proposal": one, "verdict": "duplicate", "lang": "en", "other": other}
        assert (await site.send("/desk/screening", fields, "/desk/screening")).status == status
    assert site.backend.calls == []


async def test_nothing_to_screen(empty_site: Site) -> None:
    empty_site.sign_in("secretariat")
    seen = await empty_site.get("/desk/screening")
    assert "Nothing waits for screening." in seen.text
    assert seen.page.faults == []
