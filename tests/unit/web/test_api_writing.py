"""What a token lets a system do: each scope for itself, checked anew at each use, and nothing twice."""

from dataclasses import replace
from typing import Any

import pytest

from consensus.ballots import ChoiceBallot, ProxyBallot, RankedBallot
from tests.support.api_asker import Asker
from tests.support.web_content import DAY, round_numbered
from web.ports import Refused
from web.refusals import REFUSAL_CODES, refusal_status
from web.tokens_port import SCOPES, Scope

PROPOSAL = {"track": "long", "lang": "fr", "title": " Un\ntitre ", "body": "Texte", "minutes": 10.0, "goals": [6, 3, 6]}


def writable(asker: Asker) -> dict[Scope, tuple[str, str, Any]]:
    """Return for each scope a request that needs it."""
    backend = asker.backend
    other = next(key for key, view in backend.all_proposals.items() if view.summary.member != backend.me)
    found = round_numbered(backend, 20).summary.id
    return {
        "read-member": ("GET", "/open-rounds", None),
        "propose": ("POST", "/proposals", PROPOSAL),
        "endorse": ("POST", f"/proposals/{other}/endorsements", {"endorses": True}),
        "position": ("POST", f"/proposals/{other}/positions", {"stance": "concern", "lang": "en", "reasons": "Why"}),
        "comment": ("POST", f"/proposals/{other}/comments", {"lang": "en", "body": "A question"}),
        "vote": ("POST", f"/rounds/{found}/ballots", {"ballot": {"form": "choice", "choice": "no"}, "mandate": True}),
    }


async def send(asker: Asker, request: tuple[str, str, Any], **headers: str) -> Any:
    method, path, value = request
    return await (asker.get(path) if method == "GET" else asker.post(path, value, **headers))


@pytest.mark.parametrize("scope", SCOPES)
async def test_each_scope_lets_one_thing_through(asker: Asker, scope: Scope) -> None:
    for wanted, request in writable(asker).items():
        heard = await send(asker.with_token(scope), request)
        if wanted == scope:
            assert heard.status == (200 if scope == "read-member" else 201)
        else:
            assert heard.code == "scope-missing"


@pytest.mark.parametrize("scope", SCOPES)
async def test_without_a_token_nothing_is_done(asker: Asker, scope: Scope) -> None:
    heard = await send(asker, writable(asker)[scope])
    assert heard.code == "token-missing"
    assert heard.headers["WWW-Authenticate"].startswith("Bearer ")
    assert asker.backend.calls == []


async def test_a_vote_takes_the_head_of_delegation_whoever_gave_the_scope(asker: Asker) -> None:
    fallen = asker.with_token(*SCOPES, roles=("delegate",))
    assert (await send(fallen, writable(asker)["vote"])).code == "role-lost"
    assert (await fallen.get("/me")).json["usable_scopes"] == [
        "read-member",
        "propose",
        "endorse",
        "position",
        "comment",
    ]
    nobody = asker.with_token(*SCOPES, roles=("operator",))
    for request in writable(asker).values():
        assert (await send(nobody, request)).code == "role-lost"
    assert asker.backend.calls == []


async def test_a_token_of_another_member_signs_nothing(asker: Asker) -> None:
    stranger = asker.with_token(*SCOPES, member=asker.backend.all_members[1].id)
    for scope in ("propose", "endorse", "position", "comment", "vote"):
        assert (await send(stranger, writable(asker)[scope])).code == "foreign-member"
    assert asker.backend.calls == []


async def test_expired_and_revoked_tokens_are_unknown(asker: Asker) -> None:
    mine = asker.with_token("propose")
    account, view = asker.backend.tokens.held[mine.token]
    assert (await mine.get("/me")).json["expires"] == "2026-12-24T14:02:00.000Z"
    asker.backend.clock += 30 * DAY
    assert (await mine.get("/me")).code == "token-unknown"
    asker.backend.clock -= 1
    assert (await mine.get("/me")).status == 200
    await asker.backend.tokens.revoke(account, view.id)
    assert (await mine.get("/me")).code == "token-unknown"
    assert (await mine.get("/proposals")).code == "token-unknown"


async def test_a_proposal_is_checked_as_the_form_checks_it(asker: Asker) -> None:
    heard = await asker.with_token("propose").post("/proposals", PROPOSAL)
    assert heard.status == 201
    assert heard.headers["Location"] == heard.json["url"] == f"/api/v1/proposals/{heard.json['event']}"
    told = (await asker.get(heard.headers["Location"])).json
    assert told["text"]["title"] == "Un titre"
    assert told["entry"]["goals"] == [3, 6]
    assert told["entry"]["minutes"] == 10
    short = {**PROPOSAL, "track": "short"}
    refused = await asker.with_token("propose").post("/proposals", short)
    assert refused.json["places"] == [
        {"where": "body", "at": "/urgency", "detail": "Say why it cannot wait; the short-term track asks for it."}
    ]
    assert (await asker.with_token("propose").post("/proposals", {**PROPOSAL, "goals": []})).status == 201


async def test_an_endorsement_is_given_and_taken_back(asker: Asker) -> None:
    backend = asker.backend
    other = next(key for key, view in backend.all_proposals.items() if view.summary.member != backend.me)
    mine = asker.with_token("endorse", "read-member")
    given = await mine.post(f"/proposals/{other}/endorsements", {"endorses": True})
    assert len(given.json["event"]) == 64
    assert (await mine.get(f"/proposals/{other}/mine")).json["has_endorsed"]
    await mine.post(f"/proposals/{other}/endorsements", {"endorses": False})
    assert not (await mine.get(f"/proposals/{other}/mine")).json["has_endorsed"]


async def test_a_position_shows_as_one_s_own(asker: Asker) -> None:
    mine = asker.with_token("position", "read-member")
    method, path, value = writable(asker)["position"]
    assert (await send(mine, (method, path, value))).status == 201
    own = (await mine.get(path.removesuffix("positions") + "mine")).json
    assert own["stance"] == "concern"
    assert "endorse" in own["may"]


async def test_a_comment_is_answered_in_its_thread(asker: Asker) -> None:
    mine = asker.with_token("comment")
    _, path, value = writable(asker)["comment"]
    before = (await asker.get(path)).json["total"]
    first = await mine.post(path, value)
    reply = await mine.post(path, {"lang": "ar", "body": "جواب", "reply_to": first.json["event"]})
    told = (await asker.get(reply.headers["Location"])).json["items"][0]
    assert told["first"]["id"] == first.json["event"]
    assert [(each["level"], each["text"]["lang"]) for each in told["replies"]] == [(1, "ar")]
    listed = (await asker.get(path)).json
    assert listed["total"] == before + 2
    assert listed["items"][0]["first"]["text"]["body"] == "A question"
    assert (await mine.post(path, {**value, "reply_to": "0" * 64})).code == "unknown-comment"
    assert (await mine.post(path, {**value, "body": "x" * 5_001})).code == "invalid-request"
    assert (await asker.get(f"/proposals/{'0' * 64}/comments")).code == "not-found"
    elsewhere = next(iter(asker.backend.all_proposals))
    assert elsewhere not in path
    assert (await asker.get(f"/proposals/{elsewhere}/comments/{first.json['event']}")).code == "not-found"


async def test_threads_come_in_parts(asker: Asker) -> None:
    mine = asker.with_token("comment")
    _, path, value = writable(asker)["comment"]
    for number in range(12):
        asker.backend.clock += 1
        assert (await mine.post(path, {**value, "body": f"Thread {number}"})).status == 201
    first = await asker.get(path)
    assert len(first.json["items"]) == 10
    rest = (await asker.get(f"{path}?cursor={first.json['next']}")).json
    assert [each["first"]["text"]["body"] for each in rest["items"]][:2] == ["Thread 1", "Thread 0"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("number", "ballot", "content"),
    [
        (20, {"form": "choice", "choice": "no", "reason": "x"}, ChoiceBallot(choice="no", reason="x")),
        (20, {"form": "proxy", "holder": "amber-taiga"}, ProxyBallot(holder="amber-taiga")),
        (21, {"form": "ranked", "tiers": [["t2"], ["t1", "t3"]]}, RankedBallot(tiers=(("t2",), ("t1", "t3")))),
    ],
)
async def test_ballots_of_each_form_are_cast(asker: Asker, number: int, ballot: Any, content: object) -> None:
    found = round_numbered(asker.backend, number).summary.id
    mine = asker.with_token("vote", "read-member")
    heard = await mine.post(f"/rounds/{found}/ballots", {"ballot": ballot, "mandate": True})
    assert heard.status == 201
    assert asker.backend.calls[-1][3] == content
    asker.backend.receive(found, 5)
    told = (await mine.get(heard.headers["Location"])).json
    assert told["event"] == heard.json["event"]
    assert (len(told["received_by"]), told["receipts_needed"], told["is_certain"], told["is_counted"]) == (
        5,
        5,
        True,
        None,
    )
    mine_of = {each["entry"]["id"]: each["has_voted"] for each in (await mine.get("/open-rounds")).json["items"]}
    assert mine_of[found]
    assert not all(mine_of.values())


async def test_a_ballot_after_the_close_is_told_how_late_it_came(asker: Asker) -> None:
    found = round_numbered(asker.backend, 20)
    asker.backend.clock = found.summary.closes + 61_000
    mine = asker.backend.tokens.give(asker.backend.account("head"), "vote")
    heard = await send(Asker(asker.backend, asker.client, mine), writable(asker)["vote"])
    assert heard.code == "round-closed"
    assert heard.status == 409
    assert heard.json["parameters"] == {"late_ms": 61_000}
    assert "1 minute" in heard.json["detail"]


@pytest.mark.parametrize("code", sorted(REFUSAL_CODES))
async def test_every_refusal_of_the_node_has_a_problem_of_its_own(asker: Asker, code: str) -> None:
    asker.backend.refuse = Refused(code)
    heard = await asker.with_token("propose").post("/proposals", PROPOSAL)
    assert heard.code == code
    assert heard.status == refusal_status(Refused(code))
    assert heard.json["detail"]
    assert heard.json["remedy"]


async def test_suggestions_are_for_texts_that_say_something(asker: Asker) -> None:
    mine = asker.with_token("propose")
    told = (await mine.post("/suggestions", {"text": "Wells without fluoride for every village school."})).json
    assert [(goal["goal"], goal["is_accepted"]) for goal in told["goals"]] == [(6, True), (3, True), (9, False)]
    assert told["similar"][0]["likeness"] == 81
    assert (await mine.post("/suggestions", {"text": "Too short"})).code == "text-too-short"
    asker.backend.is_suggesting = False
    gone = await mine.post("/suggestions", {"text": "Wells without fluoride for every village school."})
    assert (gone.code, gone.status) == ("topics-unavailable", 503)


async def test_the_same_key_signs_nothing_twice(asker: Asker) -> None:
    mine = asker.with_token("propose")
    first = await mine.post("/proposals", PROPOSAL, Idempotency_Key="k1")
    again = await mine.post("/proposals", PROPOSAL, Idempotency_Key="k1")
    assert (again.status, again.body, again.headers["Location"]) == (201, first.body, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(asker.backend.calls) == 1
    other = await mine.post("/proposals", {**PROPOSAL, "title": "Other"}, Idempotency_Key="k1")
    assert (other.code, other.status) == ("key-reused", 422)
    assert (await mine.post("/proposals", PROPOSAL, Idempotency_Key="k2")).json != first.json


async def test_a_key_belongs_to_its_token(asker: Asker) -> None:
    for _ in range(2):
        await asker.with_token("propose").post("/proposals", PROPOSAL, Idempotency_Key="k")
    assert len(asker.backend.calls) == 2


async def test_what_was_refused_may_be_sent_again_with_its_key(asker: Asker) -> None:
    mine = asker.with_token("propose")
    asker.backend.refuse = Refused("disk-full")
    assert (await mine.post("/proposals", PROPOSAL, Idempotency_Key="k")).code == "disk-full"
    asker.backend.refuse = None
    assert (await mine.post("/proposals", PROPOSAL, Idempotency_Key="k")).status == 201


async def test_a_request_that_was_cut_off_is_not_carried_out_again(asker: Asker) -> None:
    mine = asker.with_token("propose")

    async def broken(*_: object) -> str:
        raise OSError("gone")

    answer = asker.backend.submit
    asker.backend.submit = broken  # type: ignore[method-assign, assignment]
    assert (await mine.post("/proposals", PROPOSAL, Idempotency_Key="k")).code == "fault"
    asker.backend.submit = answer  # type: ignore[method-assign]
    assert (await mine.post("/proposals", PROPOSAL, Idempotency_Key="k")).code == "key-in-use"
    assert asker.backend.calls == []


async def test_a_role_that_is_lost_is_lost_at_the_next_request(asker: Asker) -> None:
    mine = asker.with_token("vote")
    account, view = asker.backend.tokens.held[mine.token]
    assert (await send(mine, writable(asker)["vote"])).status == 201
    asker.backend.tokens.held[mine.token] = (replace(account, roles=frozenset({"delegate"})), view)
    assert (await send(mine, writable(asker)["vote"])).code == "role-lost"
