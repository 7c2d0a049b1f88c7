"""What anybody may read through the interface: everything that pages show, and nothing that they hide."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.api_asker import Asker
from tests.support.web_backend import MemoryBackend
from tests.support.web_content import DAY, NOW, round_numbered
from tests.unit.web.conftest import MakeAsker
from web.ports import TextView


async def test_the_federation_and_its_rules(asker: Asker) -> None:
    told = (await asker.get("/federation")).json
    assert told["node_member"] == asker.backend.me
    assert told["founded"] == "2025-10-20T14:02:00.000Z"
    assert [rules["track"] for rules in told["tracks"]] == ["long", "short"]
    assert told["tracks"][0]["procedures"]


async def test_members_come_with_what_they_did(asker: Asker) -> None:
    listed = (await asker.get("/members?per_page=200")).json
    assert listed["total"] == len(listed["items"]) == len(asker.backend.all_members)
    one = (await asker.get(f"/members/{asker.backend.me}")).json
    assert one in listed["items"]
    assert one["proposals"] == 10
    assert (await asker.get("/members/nobody")).code == "not-found"


async def test_a_proposal_has_its_whole_course(asker: Asker) -> None:
    busy = next(iter(asker.backend.all_proposals))
    told = (await asker.get(f"/proposals/{busy}")).json
    assert len(told["versions"]) == 2
    assert told["amendments"][0]["outcome"] == "declined"
    assert [each["answer"] for each in told["objections"]] == ["accommodated", None]
    assert [each["stance"] for each in told["positions"]].count("support") == 2
    assert told["steps"][0]["act"] == "submit"
    assert told["consultations"][0]["question"]["body"] == "Which ones?"
    assert told["text"]["state"] == "held"


async def test_an_erased_text_says_by_whom_and_why_and_nothing_else(asker: Asker) -> None:
    backend = asker.backend
    own = next(key for key, view in backend.all_proposals.items() if view.summary.member == backend.me)
    await backend.erase_text(backend.account("delegate"), own, "court-order")
    told = (await asker.get(f"/proposals/{own}")).json
    assert told["text"] == {
        "state": "erased", "lang": told["text"]["lang"], "title": "", "body": "", "urgency": "",
        "erased_by": backend.me, "erased_ground": "court-order", "erased_at": "2026-11-24T14:02:00.000Z",
    }  # fmt: skip
    assert told["entry"]["title"] == {"state": "erased", "lang": told["text"]["lang"], "text": ""}


async def test_a_missing_text_is_told_as_missing(asker: Asker) -> None:
    key, view = next(iter(asker.backend.all_proposals.items()))
    asker.backend.all_proposals[key] = replace(view, text=TextView("missing", "fr"))
    told = (await asker.get(f"/proposals/{key}")).json["text"]
    assert (told["state"], told["lang"], told["erased_by"], told["erased_at"]) == ("missing", "fr", None, None)


@pytest.mark.parametrize("wanted", ["track=short", "goal=6", "member=clearwater-basin", "group=A", "stage=consulting"])
async def test_proposals_are_filtered_as_on_the_pages(asker: Asker, wanted: str) -> None:
    found = (await asker.get(f"/proposals?per_page=200&{wanted}")).json
    every = (await asker.get("/proposals?per_page=200")).json
    name, _, value = wanted.partition("=")
    fits: dict[str, Callable[[Any], bool]] = {
        "track": lambda item: item["track"] == value,
        "goal": lambda item: int(value) in item["goals"],
        "member": lambda item: item["member"] == value,
        "group": lambda item: item["group"] == value,
        "stage": lambda item: item["stage"] == value,
    }
    assert found["items"] == [item for item in every["items"] if fits[name](item)]
    assert found["total"] == len(found["items"]) > 0


@pytest.mark.parametrize("number", [15, 16, 19])
async def test_running_results_are_never_told(asker: Asker, number: int) -> None:
    found = round_numbered(asker.backend, number)
    told = (await asker.get(f"/rounds/{found.summary.id}")).json
    is_open = found.summary.state == "open"
    assert (told["cast"] is None) == is_open
    assert (told["entry"]["cast"] is None) == is_open
    assert (told["tellers"] == []) == is_open
    assert told["outcome"] is None
    assert told["lot"] is None
    assert (await asker.get(f"/rounds/{found.summary.id}/roll-call")).code == "not-found"
    listed = {each["id"]: each for each in (await asker.get("/rounds")).json["items"]}
    assert listed[found.summary.id] == told["entry"]


async def test_how_many_have_voted_is_told_where_the_round_says_so(asker: Asker) -> None:
    found = round_numbered(asker.backend, 19)
    open_one = replace(found, spec=found.spec.model_copy(update={"hide_running": False}))
    asker.backend.all_rounds[found.summary.id] = open_one
    told = (await asker.get(f"/rounds/{found.summary.id}")).json
    assert told["cast"] == len(found.voted)
    assert not any(member in str(told) for member in found.voted if member not in str(told["opened"]))


async def test_the_ballot_of_this_node_s_member_is_not_for_everybody(asker: Asker) -> None:
    found = round_numbered(asker.backend, 20)
    account = asker.backend.account("delegate")
    before = (await asker.get(f"/rounds/{found.summary.id}")).body
    voter = asker.with_token("vote")
    sent = {"ballot": {"form": "choice", "choice": "no", "reason": "A secret reason."}, "mandate": True}
    assert (await voter.post(f"/rounds/{found.summary.id}/ballots", sent)).status == 201
    assert (await asker.get(f"/rounds/{found.summary.id}")).body == before
    assert (await asker.get(f"/rounds/{found.summary.id}/ballot")).code == "token-missing"
    assert account.member not in (await asker.get("/rounds")).body.decode()


async def test_a_certified_round_has_outcome_and_roll_call(asker: Asker) -> None:
    found = round_numbered(asker.backend, 18)
    assert found.outcome is not None
    told = (await asker.get(f"/rounds/{found.summary.id}")).json
    assert told["outcome"] == found.outcome.model_dump(mode="json")
    assert told["lot"] == found.lot
    assert told["closed"]["signers"]
    called = (await asker.get(f"/rounds/{found.summary.id}/roll-call?per_page=200")).json
    assert {each["member"]: each["ballot"]["choice"] for each in called["items"]} == {
        ballot.member: ballot.content.choice  # type: ignore[union-attr]
        for ballot in found.roll_call
    }


async def test_agendas_with_items_and_who_was_heard(asker: Asker) -> None:
    listed = (await asker.get("/agendas")).json
    assert [(each["version"], each["is_in_force"]) for each in listed["items"]] == [(2, True), (1, False)]
    in_force, second = await asker.get("/agendas/in-force"), await asker.get("/agendas/2")
    assert in_force.body == second.body
    assert second.json["short_term"][0]["number"] == "S1"
    assert sum(each["voted"] for each in second.json["long_term"][0]["support"]) > 0
    heard = (await asker.get("/agendas/2/fairness")).json
    assert heard["report"]["overall"]["members"] == len(asker.backend.all_members)
    assert (await asker.get("/agendas/3")).code == "not-found"


async def test_a_node_without_anything_answers_with_empty_lists(make_asker: MakeAsker) -> None:
    asker = await make_asker(MemoryBackend(is_empty=True))
    for path in ("/proposals", "/rounds", "/topics", "/groups", "/agendas"):
        told = (await asker.get(path)).json
        assert (told["items"], told["total"], told["next"]) == ([], 0, None)
    assert (await asker.get("/agendas/in-force")).code == "not-found"
    assert (await asker.get("/explorer/goals")).json["first"] is None


async def test_the_explorer_counts_what_its_filter_lets_through(asker: Asker) -> None:
    every = (await asker.get("/explorer/goals")).json
    water = (await asker.get("/explorer/goals?goal=6&since=1970-01-01&until=9999-12-31")).json
    assert water["total"] == every["by_goal"][5]["proposals"] > 0
    assert (await asker.get("/explorer/goals?until=1970-01-01")).json["total"] == 0
    assert (await asker.get("/explorer/goals?since=0001-01-01")).json["total"] == every["total"]
    voices = (await asker.get("/explorer/voices")).json
    assert [each["constituency"] for each in voices["items"]] == list(asker.backend.federation().constituencies)
    assert (await asker.get("/explorer/rising")).json["items"][0]["kind"] == "group"


async def test_days_of_the_explorer_are_whole_days_in_utc(asker: Asker) -> None:
    times = sorted(view.summary.time for view in asker.backend.all_proposals.values())
    assert times[0] == NOW - 50 * DAY
    only = (await asker.get("/explorer/goals?since=2026-10-05&until=2026-10-05")).json
    assert only["total"] == 1
    assert only["first"] == only["last"] == "2026-10-05T14:02:00.000Z"


async def test_a_search_marks_what_it_found(asker: Asker) -> None:
    found = (await asker.get("/search?q=water&per_page=200")).json
    assert found["by_meaning"]
    words = [piece for hit in found["items"] for piece in hit["excerpt"] if piece["is_match"]]
    assert {piece["text"].casefold() for piece in words} == {"water"}
    assert (await asker.get("/search?q=%01%20")).json["items"] == []
    assert (await asker.get("/search")).code == "invalid-request"


async def test_the_state_of_the_node_leaves_out_what_is_the_operator_s(asker: Asker) -> None:
    told = await asker.get("/node")
    assert told.json["nodes_connected"] == 3
    assert told.json["forked_keys"] == 1
    for hidden in ("127.0.0.1", "bytes", "refus", "connection refused", "disk"):
        assert hidden not in told.body.decode()


async def test_a_time_beyond_what_can_be_written_is_the_last_that_can(asker: Asker) -> None:
    found = round_numbered(asker.backend, 19)
    far = replace(found, summary=replace(found.summary, closes=2**53 - 1))
    asker.backend.all_rounds[found.summary.id] = far
    assert (await asker.get(f"/rounds/{found.summary.id}")).json["entry"]["closes"].startswith("9999-12-31T23:59:59")
