"""Submitting a proposal, and endorsing, positions and erasure on its page."""

import pytest

from tests.support.web_backend import MemoryBackend
from tests.unit.web.conftest import Site
from web.ports import ProposalInput, Refused

FORM = [
    ("track", "long"),
    ("lang", "zh"),
    ("title", "  A shared\n test "),
    ("body", "First.\r\n\r\nSecond.\x00"),
    ("minutes", "25"),
    ("goals", "6"),
    ("goals", "3"),
]


def own(backend: MemoryBackend) -> str:
    return next(key for key, view in backend.all_proposals.items() if view.summary.member == backend.me)


def foreign(backend: MemoryBackend) -> str:
    return next(key for key, view in backend.all_proposals.items() if view.summary.member != backend.me)


async def test_a_proposal_is_signed_as_typed(site: Site) -> None:
    site.sign_in("delegate")
    seen = await site.send("/proposals/new", FORM)
    assert seen.status == 303
    assert site.backend.calls[0][2] == ProposalInput("long", "zh", "A shared test", "First.\n\nSecond.", "", (3, 6), 25)
    assert (await site.get(seen.location)).status == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("title", ""), "Give the proposal a title."),
        (("title", "x" * 201), "Shorten the title to 200 characters."),
        (("body", " \n "), "Write the text of the proposal."),
        (("lang", "xx"), "Choose the language of the text."),
        (("track", "medium"), "Choose a track."),
        (("minutes", "0"), "Give a whole number of minutes from 1 to 600."),
        (("minutes", "ten"), "Give a whole number of minutes from 1 to 600."),
        (("track", "short"), "Say why it cannot wait; the short-term track asks for it."),
    ],
)
async def test_what_is_wrong_is_said_twice_and_the_rest_kept(site: Site, change: tuple[str, str], words: str) -> None:
    site.sign_in("delegate")
    fields = [*(pair for pair in FORM if pair[0] != change[0]), change]
    seen = await site.send("/proposals/new", fields)
    assert seen.status == 422
    assert seen.text.count(words) == 2, "in the box on top and at the field"
    assert f'href="#field-{change[0]}"' in seen.text or change == ("track", "short")
    assert "Nothing has been sent." in seen.text
    assert seen.page.faults == []
    assert site.backend.calls == []
    assert 'value="25"' in seen.text or change[0] == "minutes"


async def test_goals_are_confirmed_or_denied(site: Site) -> None:
    site.sign_in("delegate")
    without = [pair for pair in FORM if pair[0] != "goals"]
    assert (await site.send("/proposals/new", without)).status == 422
    assert (await site.send("/proposals/new", [*without, ("no_goal", "1")])).status == 303
    assert site.backend.calls[0][2].goals == ()


@pytest.mark.parametrize("goal", ["0", "18", "x"])
async def test_a_goal_that_does_not_exist_is_refused(site: Site, goal: str) -> None:
    site.sign_in("delegate")
    assert (await site.send("/proposals/new", [*FORM, ("goals", goal)])).status == 422


async def test_suggestions_without_a_script(site: Site) -> None:
    site.sign_in("delegate")
    fields = [
        *(pair for pair in FORM if pair[0] not in {"goals", "body"}),
        ("body", "Wells hold too much fluoride. " * 3),
        ("action", "suggest"),
    ]
    seen = await site.send("/proposals/new", fields)
    assert seen.status == 200
    assert "Suggested from your text. You decide." in seen.text
    assert "close to target 6.1" in seen.text
    assert 'name="goals" value="6" checked' in seen.text
    assert 'name="goals" value="9">' in seen.text
    assert "Already proposed?" in seen.text
    assert "Wells hold too much fluoride." in seen.text
    assert seen.page.faults == []
    assert site.backend.calls == []


async def test_what_can_be_joined_instead_is_another_member_s(site: Site) -> None:
    fields = {"body": "Wells hold too much fluoride. " * 3}
    similar = next(iter(site.backend.all_proposals.values())).summary
    site.sign_in("delegate")
    assert similar.member == site.backend.me
    seen = await site.send("/proposals/suggest", fields)
    assert f"/proposals/{similar.id}" in seen.text
    assert "#endorsed" not in seen.text, "nobody endorses a proposal of their own"
    site.backend.me = site.backend.all_members[9].id
    site.sign_in("delegate")
    seen = await site.send("/proposals/suggest", fields)
    assert f'href="/proposals/{similar.id}#endorsed"' in seen.text
    assert 'id="endorsed"' in (await site.get(f"/proposals/{similar.id}")).text


async def test_a_few_words_are_too_few_and_what_is_found_is_said_in_a_sentence(site: Site) -> None:
    site.sign_in("delegate")
    assert "once there are a few more words" in (await site.send("/proposals/suggest", {"body": "Wells"})).text
    seen = await site.send("/proposals/suggest", {"body": "水井中的氟含量过高，需要共同的检测方案。"})
    assert 'data-sentence="Suggested goals: 3, 6. Similar proposals: 1."' in seen.text


async def test_a_goal_that_was_taken_away_is_not_ticked_again(site: Site) -> None:
    site.sign_in("delegate")
    fields = [("body", "Wells hold too much fluoride. " * 3), ("offered", "3"), ("offered", "6"), ("goals", "3")]
    seen = await site.send("/proposals/suggest", fields)
    assert 'name="goals" value="3" checked' in seen.text
    assert 'name="goals" value="6">' in seen.text


async def test_without_the_topic_module_one_chooses(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.is_suggesting = False
    seen = await site.send("/proposals/suggest", {"body": "Wells hold too much fluoride. " * 3})
    assert "Choose the goals yourself." in seen.text


async def test_a_refusal_keeps_what_was_typed(site: Site) -> None:
    site.sign_in("delegate")
    site.backend.refuse = Refused("disk-full")
    seen = await site.send("/proposals/new", FORM)
    assert seen.status == 507
    assert "no space left" in seen.text
    assert "Second." in seen.text
    assert 'name="goals" value="6" checked' in seen.text


async def test_only_delegates_submit(site: Site) -> None:
    assert (await site.get("/proposals/new")).location == "/sign-in"
    site.sign_in("operator")
    assert (await site.get("/proposals/new")).status == 403
    assert (await site.send("/proposals/new", FORM)).status == 403


async def test_endorsing_and_taking_it_back(site: Site) -> None:
    site.sign_in("delegate")
    proposal = foreign(site.backend)
    assert "Endorse as co-sponsor" in (await site.get(f"/proposals/{proposal}")).text
    assert (await site.send(f"/proposals/{proposal}/endorse", {"endorses": "1"})).status == 303
    assert "Take the endorsement back" in (await site.get(f"/proposals/{proposal}")).text
    await site.send(f"/proposals/{proposal}/endorse", {"endorses": "0"})
    assert [call[3] for call in site.backend.calls] == [True, False]
    assert (await site.send(f"/proposals/{proposal}/endorse", {"endorses": "perhaps"})).status == 422


async def test_one_s_own_proposal_has_no_endorse_button(site: Site) -> None:
    site.sign_in("delegate")
    assert "Endorse as co-sponsor" not in (await site.get(f"/proposals/{own(site.backend)}")).text


async def test_a_position_needs_reasons(site: Site) -> None:
    site.sign_in("delegate")
    path = f"/proposals/{foreign(site.backend)}"
    seen = await site.send(path + "/position", {"stance": "objection", "lang": "en", "reasons": ""})
    assert seen.status == 422
    assert 'value="objection" checked' in seen.text
    assert seen.page.faults == []
    seen = await site.send(path + "/position", {"stance": "objection", "lang": "ar", "reasons": "سبب"})
    assert seen.status == 303
    assert "سبب" in (await site.get(path)).text


async def test_objections_come_first(site: Site) -> None:
    text = (await site.get(f"/proposals/{next(iter(site.backend.all_proposals))}")).text
    places = [text.index(f"<strong>{name}</strong>") for name in ("Objection", "Concern", "Support with conditions")]
    assert places == sorted(places)


async def test_erasing_one_s_own_text(site: Site) -> None:
    site.sign_in("delegate")
    path = f"/proposals/{own(site.backend)}"
    assert (await site.send(path + "/erase", {"ground": "abuse"})).status == 422, "it must be confirmed"
    assert (await site.send(path + "/erase", {"ground": "personal-data", "sure": "yes"})).status == 303
    seen = await site.get(path)
    assert "Text erased" in seen.text
    assert "Ground: personal data." in seen.text
    assert (await site.get(path + "/erase")).status == 403, "it can't be erased twice"


async def test_another_member_s_text_is_not_erased(site: Site) -> None:
    path = f"/proposals/{foreign(site.backend)}/erase"
    site.sign_in("delegate")
    assert (await site.get(path)).status == 403
    assert (await site.send(path, {"ground": "abuse", "sure": "yes"})).status == 403
    assert site.backend.calls == []
    site.sign_in("secretariat")
    assert (await site.get(path)).status == 200
