"""The secretariat's desk: its overview, who may see it, second persons, and the objection ledger."""

import csv
import io
from dataclasses import replace

import pytest

from node.desk_queues import LEDGER_PER_PAGE
from tests.support.web_content import digest
from tests.unit.web.conftest import Site
from web.desk_views import PendingView
from web.ports import Account, RoundInput

PATHS = [
    "/desk",
    "/desk/screening",
    "/desk/topics",
    "/desk/topics/new?group=A",
    "/desk/topics/split?group=A",
    "/desk/round",
    "/desk/round/subjects",
    "/desk/round/dates",
    "/desk/objections",
    "/desk/objections.csv",
    "/desk/agenda",
]


def colleague(site: Site) -> Account:
    return Account("colleague", "Convener", site.backend.me, frozenset({"secretariat"}), None)


async def ask(site: Site, account: Account) -> str:
    """Have an account ask for a round that waits for a second person; return the request's id."""
    site.backend.desk.needs_second_person = True
    wanted = RoundInput("long", "prioritisation", tuple(list(site.backend.all_topics)[:2]), 3_600_000)
    await site.backend.desk.requests.ask_round(account, wanted)
    return site.backend.desk.approvals[-1][1].id


@pytest.mark.parametrize("path", PATHS)
async def test_the_desk_is_the_secretariat_s(site: Site, path: str) -> None:
    assert (await site.get(path)).location == "/sign-in"
    site.sign_in("delegate", "operator")
    assert (await site.get(path)).status == 403
    site.sign_in("secretariat")
    assert (await site.get(path)).status == 200


@pytest.mark.parametrize(
    "path",
    ["/desk/screening", "/desk/topics/new", "/desk/round", "/desk/round/preview", "/desk/agenda", "/desk/agenda/order"],
)
async def test_forms_of_the_desk_are_the_secretariat_s(site: Site, path: str) -> None:
    site.sign_in("delegate")
    assert (await site.send(path, {}, "/proposals/new")).status == 403
    assert site.backend.calls == []


async def test_the_overview_says_what_waits_and_leads_there(site: Site) -> None:
    site.sign_in("secretariat")
    site.backend.desk.pending_views = [PendingView("1" * 64, "round", 24, site.backend.clock)]
    text = (await site.get("/desk")).text
    assert "4 proposals wait for screening. 1 of them is urgent. 7 rounds are running." in text
    assert "Round 24 has been asked for" in text
    for path in ("/desk/screening", "/desk/topics", "/desk/objections", "/desk/agenda", "/desk/try"):
        assert f'href="{path}"' in text
    assert 'href="/agenda/2/fairness"' in text


async def test_an_empty_desk_says_so(empty_site: Site) -> None:
    empty_site.sign_in("secretariat")
    text = (await empty_site.get("/desk")).text
    assert "Nothing waits for screening." in text
    assert "No round is running." in text


async def test_what_another_asked_for_can_be_confirmed_or_declined(site: Site) -> None:
    request = await ask(site, colleague(site))
    site.sign_in("secretariat")
    shown = await site.get("/desk")
    assert "Asked for by Convener" in shown.text
    seen = await site.send(f"/desk/requests/{request}/confirm", {}, "/desk")
    assert seen.location == "/desk?done=round"
    assert [call[0] for call in site.backend.calls] == ["request_round", "confirm"]
    assert site.backend.desk.approvals == []
    again = await site.send(f"/desk/requests/{request}/confirm", {}, "/desk/screening")
    assert again.status == 409
    assert "This request is no longer waiting" in again.text
    assert again.page.faults == []


async def test_what_one_asked_for_oneself_waits_for_somebody_else(site: Site) -> None:
    request = await ask(site, site.backend.account("secretariat"))
    site.sign_in("secretariat")
    shown = await site.get("/desk")
    assert "Confirm and sign" not in shown.text
    assert "Take it back" in shown.text
    refused = await site.send(f"/desk/requests/{request}/confirm", {}, "/desk")
    assert refused.status == 409
    assert "somebody else of the secretariat has to confirm it" in refused.text
    assert (await site.send(f"/desk/requests/{request}/decline", {}, "/desk")).location == "/desk?done=declined"
    assert site.backend.desk.approvals == []


async def test_the_ledger_filters_by_state_and_track(site: Site) -> None:
    site.sign_in("secretariat")
    whole = (await site.get("/desk/objections")).text
    for words in ("Reply due", "Waiting for a reply", "Addressed", "Accommodated", "Dismissed", "Lifted by its member"):
        assert f"<strong>{words}</strong>" in whole
    due = (await site.get("/desk/objections?state=due")).text
    assert "<strong>Reply due</strong>" in due
    assert "<strong>Dismissed</strong>" not in due
    assert "No objection is of this kind." in (await site.get("/desk/objections?state=sleeping")).text


async def test_the_ledger_is_paged_and_its_table_holds_all_pages(site: Site) -> None:
    site.sign_in("secretariat")
    (first, *others) = site.backend.desk.entries
    site.backend.desk.entries = [
        replace(first, objection=replace(first.objection, id=digest("many", at))) for at in range(2 * LEDGER_PER_PAGE)
    ] + others
    pages = [(await site.get(f"/desk/objections?page={number}")).text for number in (1, 2, 3)]
    assert [page.count('<div class="position-who">') for page in pages] == [LEDGER_PER_PAGE, LEDGER_PER_PAGE, 5]
    assert all(f"{2 * LEDGER_PER_PAGE + 5} objections." in page for page in pages)
    assert "Page 3 of 3" in (await site.get("/desk/objections?page=99")).text
    table = (await site.get("/desk/objections.csv")).text.removeprefix("\ufeff")
    assert len(list(csv.reader(io.StringIO(table)))) == 1 + 2 * LEDGER_PER_PAGE + 5


async def test_what_is_half_done_is_shown_with_the_way_to_finish_it(site: Site) -> None:
    site.sign_in("secretariat")
    topic = next(iter(site.backend.all_topics))
    path = f"/desk/topics/{topic}"
    assert "Half done" not in (await site.get("/desk/topics")).text
    site.backend.desk.is_half_done = True
    assert "Half done" in (await site.get("/desk/topics")).text
    seen = (await site.get(path)).text
    assert "2 of its proposals still stand here too" in seen
    assert "but that topic is still in force" in seen
    done = await site.send(f"{path}/finish", {"other": digest("other")}, path)
    assert done.location == f"{path}?done=finish"
    assert site.backend.calls[-1][0] == "finish_topic"
    refused = await site.send(f"{path}/finish", {"other": digest("other")}, path)
    assert refused.status == 409
    assert "Nothing about these two topics is half done any more." in refused.text


async def test_the_ledger_as_a_table_for_other_programs(site: Site) -> None:
    site.sign_in("secretariat")
    seen = await site.get("/desk/objections.csv?state=addressed")
    assert seen.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert seen.headers["Content-Disposition"] == 'attachment; filename="objections.csv"'
    rows = list(csv.reader(io.StringIO(seen.text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["proposal", "title", "objection"]
    assert len(rows) == 2
    assert rows[1][5] == "Addressed"
    assert rows[1][7].startswith("'="), "no spreadsheet takes a text for a formula"
