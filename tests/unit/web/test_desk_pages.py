"""The secretariat's desk: its overview, who may see it, second persons, and the objection ledger."""

import csv
import io

import pytest

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
