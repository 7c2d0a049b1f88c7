"""How the interface speaks HTTP: tags, compression, methods, what is accepted, other sites, and limits."""

import gzip
from collections.abc import Awaitable, Callable

import pytest

from tests.support.api_asker import Asker
from tests.unit.web.conftest import MakeAsker
from web import ports
from web.ports import AgendaView, ProposalFilter, ProposalList

READABLE = (
    "/federation",
    "/members",
    "/node",
    "/agendas",
    "/proposals",
    "/rounds",
    "/topics",
    "/groups",
    "/openapi.json",
)


@pytest.mark.parametrize("path", READABLE)
async def test_every_answer_has_a_strong_tag_that_spares_the_body(asker: Asker, path: str) -> None:
    first = await asker.get(path)
    assert first.etag.startswith('"')
    again = await asker.get(path, If_None_Match=first.etag)
    assert (again.status, again.body, again.etag) == (304, b"", first.etag)
    assert (await asker.get(path, If_None_Match='"other"')).status == 200
    assert (await asker.get(path, If_None_Match=f'"x", {first.etag}')).status == 304
    assert (await asker.get(path, If_None_Match="*")).status == 304
    assert (await asker.get(path, If_None_Match="no tag at all")).status == 200


async def test_a_tag_changes_with_what_is_told(asker: Asker) -> None:
    before = await asker.get("/proposals")
    written = ports.ProposalInput("long", "en", "New", "Body", "", (1,), 10)
    await asker.backend.submit(asker.backend.account("delegate"), written)
    after = await asker.get("/proposals", If_None_Match=before.etag)
    assert after.status == 200
    assert after.etag != before.etag


async def test_compressed_bytes_have_a_tag_of_their_own(asker: Asker) -> None:
    plain = await asker.get("/proposals", Accept_Encoding="identity")
    async with asker.client.get(
        "/api/v1/proposals", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"}, auto_decompress=False
    ) as response:
        raw = await response.read()
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["ETag"] == plain.etag[:-1] + '-gzip"'
        assert "Accept-Encoding" in response.headers["Vary"]
    assert gzip.decompress(raw) == plain.body
    assert len(raw) * 3 < len(plain.body)
    assert (await asker.get("/proposals", If_None_Match=plain.etag[:-1] + '-gzip"')).status == 304
    assert "Content-Encoding" not in (await asker.get("/proposals", Accept_Encoding="gzip;q=0")).headers
    assert "Content-Encoding" not in (await asker.get("/agendas", Accept_Encoding="gzip")).headers


def counted(asker: Asker) -> list[ProposalFilter]:
    """Return a list that grows with each time the node is asked for proposals."""
    asked: list[ProposalFilter] = []
    answer: Callable[[ProposalFilter], Awaitable[ProposalList]] = asker.backend.proposals

    async def proposals(wanted: ProposalFilter) -> ProposalList:
        asked.append(wanted)
        return await answer(wanted)

    asker.backend.proposals = proposals  # type: ignore[method-assign]
    return asked


async def test_while_nothing_has_changed_the_node_is_not_asked_again(asker: Asker) -> None:
    asked, backend = counted(asker), asker.backend
    backend.known_revision = "a"
    first = await asker.get("/proposals")
    assert (await asker.get("/proposals", If_None_Match=first.etag)).status == 304
    assert (await asker.get("/proposals", Accept_Encoding="identity")).body == first.body
    assert len(asked) == 1
    await asker.get("/proposals?track=long")
    assert len(asked) == 2
    backend.known_revision = "b"
    await asker.get("/proposals")
    assert len(asked) == 3
    backend.clock += 1_000
    await asker.get("/proposals")
    assert len(asked) == 4


async def test_a_node_that_knows_no_revision_is_always_asked(asker: Asker) -> None:
    asked = counted(asker)
    await asker.get("/proposals")
    await asker.get("/proposals")
    assert len(asked) == 2


async def test_what_is_wrong_is_never_kept(asker: Asker) -> None:
    asker.backend.known_revision = "a"
    assert (await asker.get("/agendas/9")).status == 404
    in_force = await asker.backend.agenda()
    assert in_force is not None
    asker.backend.agendas.append(AgendaView(9, 1, in_force.document, in_force.certificate, (), (), (1, 2, 9)))
    assert (await asker.get("/agendas/9")).status == 200


async def test_a_list_is_asked_for_once_for_all_its_parts(asker: Asker) -> None:
    asker.backend.known_revision = "a"
    times = 0
    answer = asker.backend.members

    async def members() -> tuple[ports.MemberView, ...]:
        nonlocal times
        times += 1
        return await answer()

    asker.backend.members = members  # type: ignore[method-assign]
    first = (await asker.get("/members?per_page=3")).json
    await asker.get(f"/members?per_page=3&cursor={first['next']}")
    await asker.get(f"/members/{asker.backend.me}")
    assert times == 1


async def test_a_question_that_failed_is_asked_anew(asker: Asker) -> None:
    asker.backend.known_revision = "a"
    answer = asker.backend.members

    async def members() -> tuple[ports.MemberView, ...]:
        asker.backend.members = answer  # type: ignore[method-assign]
        raise OSError("the disk is gone")

    asker.backend.members = members  # type: ignore[method-assign]
    broken = await asker.get("/members")
    assert broken.code == "fault"
    assert b"disk is gone" not in broken.body
    assert (await asker.get("/members")).status == 200


@pytest.mark.parametrize("path", READABLE)
async def test_head_is_get_without_the_body(asker: Asker, path: str) -> None:
    got, head = (
        await asker.get(path, Accept_Encoding="identity"),
        await asker.ask("HEAD", path, Accept_Encoding="identity"),
    )
    assert (head.status, head.body) == (200, b"")
    assert head.etag == got.etag
    assert head.headers["Content-Length"] == str(len(got.body))


async def test_methods_that_an_address_is_not_meant_for(asker: Asker) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "QUERY", "PROPFIND"):
        heard = await asker.ask(method, "/proposals")
        assert heard.code == "method-not-allowed"
        assert heard.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await asker.ask("POST", "/members")).headers["Allow"] == "GET, HEAD, OPTIONS"
    asked = await asker.ask("OPTIONS", "/suggestions")
    assert (asked.status, asked.headers["Allow"]) == (204, "OPTIONS, POST")


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1",
        "/api/v2/rounds",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1//members",
        "/api/v1/members/",
        "/api/v1/openapi.json/x",
        "/api/v1/..%2f..%2f",
    ],
)
async def test_there_is_no_page_under_the_interface(asker: Asker, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        heard = await asker.ask(method, path, Accept="text/html")
        assert heard.code == "not-found"
        assert b"<" not in heard.body
        assert "Set-Cookie" not in heard.headers


@pytest.mark.parametrize(
    ("accept", "is_taken"),
    [
        ("*/*", True), ("application/json", True), ("APPLICATION/JSON", True), ("application/*;q=0.1", True),
        ("text/html, */*;q=0.1", True), ("text/html", False), ("application/json;q=0, */*", False),
        ("application/json;q=x", False), ("application/xml", False), (";;;,,", False), ("", True),
    ],
)  # fmt: skip
async def test_there_is_json_and_nothing_else(asker: Asker, accept: str, is_taken: bool) -> None:
    heard = await asker.get("/agendas", Accept=accept)
    assert heard.status == (200 if is_taken else 406)
    assert is_taken or heard.code == "not-acceptable"


async def test_any_site_may_read_what_anybody_may_but_sends_no_credentials(asker: Asker) -> None:
    for path in ("/proposals", "/nothing"):
        heard = await asker.get(path, Origin="https://elsewhere.example")
        assert heard.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in heard.headers
    preflight = await asker.ask(
        "OPTIONS", "/proposals", Origin="https://elsewhere.example", Access_Control_Request_Method="POST"
    )
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "authorization" not in preflight.headers["Access-Control-Allow-Headers"].lower()
    private = await asker.with_token("read-member").get("/open-rounds", Origin="https://elsewhere.example")
    assert private.status == 200
    assert "Access-Control-Allow-Origin" not in private.headers


async def test_what_a_token_shows_is_for_no_shared_cache(asker: Asker) -> None:
    mine = asker.with_token("read-member")
    heard = await mine.get("/open-rounds")
    assert heard.headers["Cache-Control"] == "private, no-cache"
    assert (await mine.get("/open-rounds", If_None_Match=heard.etag)).status == 304
    assert (await asker.get("/rounds")).headers["Cache-Control"] == "public, no-cache"
    assert (await asker.get("/me")).headers["Cache-Control"] == "no-store"


async def test_answers_carry_the_protective_headers(asker: Asker) -> None:
    for path in ("/proposals", "/nothing", "/me"):
        heard = await asker.get(path)
        assert heard.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in heard.headers["Content-Security-Policy"]


async def test_a_minute_has_so_many_points_for_an_address(make_asker: MakeAsker) -> None:
    asker = await make_asker(api_points_per_minute=12, api_points_per_minute_of_token=20)
    first = await asker.get("/agendas")
    assert first.headers["RateLimit-Policy"] == '"minute";q=12;w=60'
    assert first.headers["RateLimit"] == '"minute";r=11;t=60'
    assert (await asker.get("/search?q=water")).headers["RateLimit"] == '"minute";r=1;t=60'
    asker.backend.clock += 20_000
    over = await asker.get("/search?q=water")
    assert over.code == "too-many-requests"
    assert over.headers["Retry-After"] == "40"
    assert (await asker.get("/agendas")).status == 200
    assert (await asker.get("/agendas")).status == 429
    assert (await asker.with_token("propose").get("/me")).headers["RateLimit-Policy"] == '"minute";q=20;w=60'
    asker.backend.clock += 40_000
    assert (await asker.get("/agendas")).status == 200


async def test_each_token_has_a_minute_of_its_own(make_asker: MakeAsker) -> None:
    asker = await make_asker(api_points_per_minute_of_token=2)
    one, other = asker.with_token("propose"), asker.with_token("propose")
    assert [(await one.get("/me")).status for _ in range(3)] == [200, 200, 429]
    assert (await other.get("/me")).status == 200


async def test_guessing_tokens_is_slow(make_asker: MakeAsker) -> None:
    asker = await make_asker(api_points_per_minute=25)
    asker.token = "comitia_" + "x" * 43
    assert [(await asker.get("/me")).status for _ in range(3)] == [401, 401, 429]
