"""Lists in parts: nothing twice, nothing left out, whatever comes in meanwhile, and no cursor but those given out."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.api_asker import Asker
from tests.support.web_backend import MemoryBackend
from web import ports
from web.api.models.asked import Paged
from web.api.paging import anchor_in, cursor_after, part_of
from web.api.problems import Problem

LISTS = ("/members", "/proposals", "/rounds", "/topics", "/groups", "/agendas")


async def parts(asker: Asker, path: str, per_page: int) -> list[list[dict[str, object]]]:
    found = []
    address = f"{path}{'&' if '?' in path else '?'}per_page={per_page}"
    while address:
        heard = await asker.get(address)
        assert heard.status == 200, heard.body
        found.append(heard.json["items"])
        link = heard.headers.get("Link", "")
        assert bool(link) == (heard.json["next"] is not None)
        address = link.removeprefix("</api/v1").partition(">")[0] if link else ""
    return found


@pytest.mark.parametrize("path", LISTS)
async def test_the_parts_make_up_the_list(asker: Asker, path: str) -> None:
    whole = (await asker.get(f"{path}?per_page=200")).json
    found = await parts(asker, path, 3)
    assert [item for part in found for item in part] == whole["items"]
    assert len(whole["items"]) == whole["total"]
    assert all(len(part) == 3 for part in found[:-1])


@pytest.mark.parametrize("path", ["/search?q=water", "/proposals?track=long&goal=6"])
async def test_filters_and_searches_keep_through_the_parts(asker: Asker, path: str) -> None:
    whole = (await asker.get(f"{path}&per_page=200")).json["items"]
    assert [item for part in await parts(asker, path, 2) for item in part] == whole
    assert len(whole) > 4


async def test_what_comes_in_meanwhile_moves_no_part(asker: Asker) -> None:
    backend = asker.backend
    first = (await asker.get("/proposals?per_page=5")).json
    before = (await asker.get(f"/proposals?per_page=5&cursor={first['next']}")).json
    for number in range(7):
        backend.clock += 1
        written = ports.ProposalInput("long", "en", f"New {number}", "Body", "", (1,), 10)
        await backend.submit(backend.account("delegate"), written)
    after = (await asker.get(f"/proposals?per_page=5&cursor={first['next']}")).json
    assert after["items"] == before["items"]
    assert (await asker.get("/proposals?per_page=1")).json["items"][0]["title"]["text"] == "New 6"


@pytest.mark.parametrize(
    "cursor", ["x", "====", "%00", "é", "AAAAAAAAAAAA", "W10", base64.b64encode(b"x" * 300).decode()]
)
@pytest.mark.parametrize("path", ["/proposals?", "/members?", "/search?q=water&"])
async def test_no_cursor_but_those_given_out(asker: Asker, path: str, cursor: str) -> None:
    heard = await asker.get(f"{path}cursor={cursor}")
    assert heard.code == "bad-cursor"
    assert heard.json["places"][0]["at"] == "cursor"


async def test_a_cursor_belongs_to_its_list_and_its_filter(asker: Asker) -> None:
    cursor = (await asker.get("/proposals?per_page=1&track=long")).json["next"]
    assert (await asker.get(f"/proposals?per_page=9&track=long&cursor={cursor}")).status == 200
    for path in ("/proposals?", "/proposals?track=short&", "/members?", "/rounds?"):
        assert (await asker.get(f"{path}cursor={cursor}")).code == "bad-cursor"


@pytest.mark.parametrize("anchor", [(1, 2), ("x",), (), ({"a": 1},), (None,), (1.5, "a")])
async def test_a_cursor_with_its_check_but_another_shape_is_refused(anchor: tuple[object, ...]) -> None:
    """Whoever computes the check gains nothing: the anchor has to be of the list's kind."""
    cursor = cursor_after("rounds{}", anchor)  # type: ignore[arg-type]
    with pytest.raises(Problem, match="bad-cursor"):
        part_of([(1, "a"), (2, "b")], lambda item: item, "rounds", Paged(cursor=cursor))


@pytest.mark.parametrize("per_page", ["0", "-1", "201", "1e3", "1_0", "９", "999999999999999999999", "", "1.0"])
async def test_parts_have_bounds(asker: Asker, per_page: str) -> None:
    heard = await asker.get(f"/members?per_page={per_page}")
    assert heard.code == "invalid-request"
    assert heard.json["places"][0] | {"detail": ""} == {"where": "query", "at": "per_page", "detail": ""}


@given(
    st.lists(st.tuples(st.integers(-(2**53), 2**53), st.text(max_size=5)), unique=True), st.integers(1, 5), st.data()
)
def test_parts_of_any_list_in_any_order(items: list[tuple[int, str]], per_page: int, data: st.DataObject) -> None:
    found: list[tuple[int, str]] = []
    cursor = None
    while True:
        shown, cursor = part_of(
            data.draw(st.permutations(items)), lambda item: item, "n", Paged(per_page=per_page, cursor=cursor)
        )
        found += shown
        if cursor is None:
            break
        assert len(shown) == per_page
    assert found == sorted(items)


@given(st.lists(st.one_of(st.integers(-(2**53), 2**53), st.text()), max_size=3).map(tuple), st.text(max_size=20))
def test_an_anchor_comes_back_as_it_went(anchor: tuple[int | str, ...], scope: str) -> None:
    cursor = cursor_after(scope, anchor)
    assert anchor_in(scope, cursor) == anchor
    with pytest.raises(Problem):
        anchor_in(scope + "x", cursor)


async def test_a_list_that_shrinks_goes_on_after_what_is_gone(asker: Asker) -> None:
    cursor = (await asker.get("/topics?per_page=2")).json
    rest = (await asker.get(f"/topics?per_page=200&cursor={cursor['next']}")).json["items"]
    del asker.backend.all_topics[cursor["items"][-1]["id"]]
    assert (await asker.get(f"/topics?per_page=200&cursor={cursor['next']}")).json["items"] == rest
    assert isinstance(asker.backend, MemoryBackend)
