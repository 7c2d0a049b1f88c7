"""A running round from the office's side."""

import pytest

from tests.support.web_content import round_numbered
from tests.unit.web.conftest import Site
from web.desk_views import REMINDERS_MAX


def path(site: Site, number: int) -> str:
    return f"/desk/rounds/{round_numbered(site.backend, number).summary.id}"


async def test_turnout_absentees_and_tellers(site: Site) -> None:
    site.sign_in("secretariat")
    text = (await site.get(path(site, 20))).text
    assert "19 of 31 members have voted." in text
    assert "Not yet voted: 12" in text
    assert "Node last heard" in text
    assert text.count('class="turnout-line"') == 6, "five regions and all members"
    assert "They seal and decide after the close; 5 of them are needed." in text


async def test_who_has_not_voted_is_reminded_a_few_times_and_no_more(site: Site) -> None:
    site.sign_in("secretariat")
    address = path(site, 20)
    for left in range(REMINDERS_MAX, 0, -1):
        assert f"{left} reminder" in (await site.get(address)).text
        assert (await site.send(f"{address}/remind", {}, address)).location == f"{address}?done=reminded"
    text = (await site.get(address)).text
    assert "No reminder is left in this round." in text
    refused = await site.send(f"{address}/remind", {}, "/desk/screening")
    assert refused.status == 409
    assert "all the reminders that it can have" in refused.text
    assert refused.page.faults == []


async def test_a_delegate_reminds_nobody(site: Site) -> None:
    site.sign_in("delegate")
    assert (await site.send(f"{path(site, 20)}/remind", {}, "/proposals/new")).status == 403


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (16, "The round is stalled"),
        (15, "Enough have sealed. 5 signatures certify the outcome."),
        (18, "5 of 7 signatures certify the outcome."),
    ],
)
async def test_after_the_close_it_says_what_is_waited_for(site: Site, number: int, words: str) -> None:
    site.sign_in("secretariat")
    seen = await site.get(path(site, number))
    assert words in seen.text
    assert "/remind" not in seen.text, "nobody is reminded after the close"
    assert seen.page.faults == []


async def test_a_round_that_is_not_here(site: Site) -> None:
    site.sign_in("secretariat")
    assert (await site.get(f"/desk/rounds/{'0' * 64}")).status == 404
