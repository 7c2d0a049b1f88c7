"""Hostile requests: bodies, parameters, headers and tokens that nobody means well with."""

import asyncio
import json

import pytest

from tests.support.api_asker import Asker
from tests.support.web_content import round_numbered
from tests.unit.web.conftest import MakeAsker
from web.respond import SESSION_COOKIE

GOOD = {"track": "long", "lang": "en", "title": "T", "body": "B", "minutes": 10, "goals": [1]}
KIND = "application/json"


def with_(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable"),
        (b"{", "unreadable"),
        (b"\xff\xfe{\x00}\x00", "unreadable"),
        (b"\xef\xbb\xbf{}", "unreadable"),
        (b"[" * 50_000 + b"]" * 50_000, "unreadable"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "unreadable"),
        (b'{"title": "a", "title": "b"}', "unreadable"),
        (b'{"goals": [{"x": 1, "x": 2}]}', "unreadable"),
        (b'{"minutes": NaN}', "unreadable"),
        (b'{"minutes": -Infinity}', "unreadable"),
        (b'{"minutes": 1' + b"0" * 100_000 + b"}", "unreadable"),
        (b"[]", "invalid-request"),
        (b"null", "invalid-request"),
        (b'"x"', "invalid-request"),
        (with_(minutes=10**400), "invalid-request"),
        (with_(minutes=1.5), "invalid-request"),
        (with_(minutes=True), "invalid-request"),
        (with_(minutes="10"), "invalid-request"),
        (with_(goals=[0]), "invalid-request"),
        (with_(goals=list(range(1, 18)) * 2), "invalid-request"),
        (with_(goals={"1": 2}), "invalid-request"),
        (with_(track="LONG"), "invalid-request"),
        (with_(lang="xx"), "invalid-request"),
        (with_(title=""), "invalid-request"),
        (with_(title=" \n\t\u0001\u200a "), "invalid-request"),
        (with_(title="x" * 201), "invalid-request"),
        (with_(title=None), "invalid-request"),
        (with_(unknown=1), "invalid-request"),
        (with_(body="\ud800"), "invalid-request"),
        (with_(merges=["x"]), "invalid-request"),
        (with_(merges=["a" * 64] * 33), "invalid-request"),
        (with_(merges=["a" * 64]), "not-fitting"),
        (with_(track="short"), "not-fitting"),
        (b" " * (256 * 1024) + with_(), "too-large"),
        (with_(body="x" * 1024 * 1024), "too-large"),
    ],
)
async def test_bodies_that_are_no_proposal(asker: Asker, body: bytes, code: str) -> None:
    sender = asker.with_token("propose")
    heard = await sender.ask("POST", "/proposals", body, Content_Type=KIND)
    assert heard.code == code
    assert heard.status in (400, 413, 422)
    assert asker.backend.calls == []


async def test_faults_are_told_by_their_places(asker: Asker) -> None:
    body = with_(minutes=0, goals=[1, 99], **{"a/b~c": 1})
    heard = await asker.with_token("propose").ask("POST", "/proposals", body, Content_Type=KIND)
    assert {place["at"] for place in heard.json["places"]} == {"/minutes", "/goals/1", "/a~1b~0c"}
    assert all(place["where"] == "body" and place["detail"] for place in heard.json["places"])


async def test_a_body_with_a_thousand_faults_is_answered_briefly(asker: Asker) -> None:
    body = json.dumps({**GOOD, **{f"f{number}" + "x" * 100: 1 for number in range(1_000)}}).encode()
    heard = await asker.with_token("propose").ask("POST", "/proposals", body, Content_Type=KIND)
    assert len(heard.json["places"]) == 20
    assert len(heard.body) < 10_000


async def test_no_word_of_a_request_comes_back_as_markup(asker: Asker) -> None:
    heard = await asker.get("/proposals?%3Cscript%3Ealert(1)%3C/script%3E=1&track=%3Cb%3E")
    assert heard.code == "invalid-request"
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonx",
        "application/json; charset=nonsense",
        ";;",
        "application/octet-stream",
    ],
)
async def test_bodies_not_declared_as_json(asker: Asker, kind: str) -> None:
    heard = await asker.with_token("propose").ask("POST", "/proposals", with_(), Content_Type=kind)
    assert heard.code == "content-type"
    assert asker.backend.calls == []


@pytest.mark.parametrize(
    "query",
    ["per_page=1&per_page=2", "track=medium", "track=", "goal=0", "goal=18", "goal=6.0", "goal=%D9%A6", "unknown=1",
     "page=2", "stage=" + "x" * 41, "stage=%00", "group=" + "x" * 41, "member=A%20B", "proposal=" + "a" * 64],
)  # fmt: skip
async def test_parameters_that_are_none(asker: Asker, query: str) -> None:
    heard = await asker.get(f"/proposals?{query}")
    assert heard.code == "invalid-request"
    assert heard.json["places"][0]["where"] == "query"


@pytest.mark.parametrize(
    "day", ["0", "2026-13-01", "2026-02-30", "20260101", "2026-01-01T00:00:00Z", "٢٠٢٦-٠١-٠١", "-1"]
)
async def test_days_that_are_none(asker: Asker, day: str) -> None:
    assert (await asker.get(f"/explorer/goals?since={day}")).code == "invalid-request"


@pytest.mark.parametrize("id_", ["x", "A" * 64, "a" * 63, "a" * 65, "%00" * 64, "..", "a" * 64 + "%0A"])
async def test_ids_that_are_none(asker: Asker, id_: str) -> None:
    for path in ("proposals", "rounds", "topics"):
        heard = await asker.get(f"/{path}/{id_}")
        assert heard.status in (400, 404)
        assert heard.code in ("invalid-request", "not-found")


async def test_a_parameter_of_the_path_is_not_given_again_as_a_query(asker: Asker) -> None:
    proposal = next(iter(asker.backend.all_proposals))
    assert (await asker.get(f"/proposals/{proposal}?proposal={'a' * 64}")).code == "invalid-request"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer " + "x" * 5_000,
     "Bearer comitia_x\u00e9", "comitia_x", "Bearer comitia_" + "0" * 43],
)  # fmt: skip
async def test_tokens_that_are_none_are_all_told_the_same(asker: Asker, header: str) -> None:
    for path in ("/me", "/proposals"):
        heard = await asker.get(path, Authorization=header)
        assert heard.code == "token-unknown"
        assert heard.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_two_tokens_are_none(asker: Asker) -> None:
    token = asker.with_token("vote").token
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    async with asker.client.get("/api/v1/me", headers=headers) as response:
        assert response.status in (400, 401)


async def test_a_cookie_is_nothing_here(make_asker: MakeAsker) -> None:
    asker = await make_asker()
    secret = asker.backend.sign_in(asker.backend.account("head"))
    for path in ("/me", "/open-rounds"):
        heard = await asker.get(path, Cookie=f"{SESSION_COOKIE}={secret}")
        assert heard.code == "token-missing"
    sent = await asker.post("/proposals", GOOD, Cookie=f"{SESSION_COOKIE}={secret}")
    assert sent.code == "token-missing"
    assert asker.backend.calls == []


@pytest.mark.parametrize("header", ["Idempotency-Key", "Accept", "If-None-Match", "Authorization", "Content-Type"])
async def test_a_header_can_not_smuggle_another_in(asker: Asker, header: str) -> None:
    """The answer never repeats a header of the request; a bare line end ends the conversation."""
    reader, writer = await asyncio.open_connection("127.0.0.1", asker.client.port)
    lines = (
        f"POST /api/v1/proposals HTTP/1.1\r\nHost: x\r\n{header}: a\rX-Evil: 1\nX-Evil: 2\r\nContent-Length: 0\r\n\r\n"
    )
    writer.write(lines.encode())
    answer = await reader.read(65_536)
    writer.close()
    assert b"Evil" not in answer.partition(b"\r\n\r\n")[0]
    assert answer.split(b" ")[1] in (b"400", b"401")


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 129])
async def test_keys_that_are_none(asker: Asker, key: str) -> None:
    heard = await asker.with_token("propose").post("/proposals", GOOD, Idempotency_Key=key)
    assert heard.code == "invalid-request"
    assert heard.json["places"][0] | {"detail": ""} == {"where": "header", "at": "Idempotency-Key", "detail": ""}
    assert asker.backend.calls == []


@pytest.mark.parametrize(
    ("ballot", "code"),
    [
        ({"form": "choice", "choice": "maybe"}, "invalid-request"),
        ({"choice": "yes"}, "invalid-request"),
        ({"form": "none"}, "invalid-request"),
        ({"form": "choice", "choice": "yes", "reason": "x" * 2_001}, "invalid-request"),
        ({"form": "approval", "approves": ["b", "a"]}, "not-fitting"),
        ({"form": "approval", "approves": ["a", "a"]}, "not-fitting"),
        ({"form": "ranked", "tiers": [[]]}, "not-fitting"),
        ({"form": "ranked", "tiers": [["a"], ["a"]]}, "not-fitting"),
        ({"form": "score", "scores": {"i": {"a": 101}}}, "invalid-request"),
        ({"form": "score", "scores": {"i": {"a b": 1}}}, "invalid-request"),
        ({"form": "score", "scores": {"i": {}}}, "invalid-request"),
        ({"form": "score", "scores": {"i": {"a": True}}}, "invalid-request"),
    ],
)
async def test_ballots_that_are_none(asker: Asker, ballot: object, code: str) -> None:
    found = round_numbered(asker.backend, 20).summary.id
    voter = asker.with_token("vote")
    assert (await voter.post(f"/rounds/{found}/ballots", {"ballot": ballot, "mandate": True})).code == code
    assert asker.backend.calls == []


async def test_a_ballot_needs_its_mandate(asker: Asker) -> None:
    found = round_numbered(asker.backend, 20).summary.id
    ballot = {"form": "choice", "choice": "yes"}
    for sent in ({"ballot": ballot}, {"ballot": ballot, "mandate": False}, {"ballot": ballot, "mandate": "yes"}):
        assert (await asker.with_token("vote").post(f"/rounds/{found}/ballots", sent)).code == "invalid-request"
    assert asker.backend.calls == []
