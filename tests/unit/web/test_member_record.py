"""The member's record as a page and as files."""

import csv
import io
import json

from tests.unit.web.conftest import Site
from web import ports


async def test_the_record_shows_votes_proposals_endorsements_and_positions(site: Site) -> None:
    site.sign_in("head")
    own = ports.ProposalInput("short", "en", "=cmd()|'x'!A1", "Text.", "Now.", (3,), 10)
    await site.backend.submit(site.backend.account("head"), own)
    theirs = next(key for key, view in site.backend.all_proposals.items() if view.summary.member != site.backend.me)
    await site.backend.take_position(site.backend.account("head"), theirs, "conditional", "en", "If it rains.")
    seen = await site.get("/delegation/record")
    assert seen.page.faults == []
    assert "topics 2, 3, 5, 7, 8, 11" in seen.text
    assert "Which topics should the plenary take?" in seen.text
    assert "=cmd()|&#39;x&#39;!A1" in seen.text
    assert "Support with conditions" in seen.text


async def test_the_file_for_machines_holds_the_ballots_as_they_were_signed(site: Site) -> None:
    site.sign_in("head")
    seen = await site.get("/delegation/record.json")
    assert seen.headers["Content-Disposition"] == 'attachment; filename="record.json"'
    record = json.loads(seen.text)
    assert record["member"] == site.backend.me
    certified = [found for found in site.backend.all_rounds.values() if found.outcome is not None]
    assert {vote["round"] for vote in record["votes"]} == {found.summary.id for found in certified}
    vote = next(vote for vote in record["votes"] if vote["number"] == 18)
    assert vote["ballot"]["form"] == "choice"
    assert {deed["kind"] for deed in record["deeds"]} >= {"proposal", "endorsement"}


async def test_the_table_holds_no_formula_and_every_row(site: Site) -> None:
    site.sign_in("head")
    own = ports.ProposalInput("short", "en", "=cmd()|'x'!A1", "Text.", "Now.", (3,), 10)
    await site.backend.submit(site.backend.account("head"), own)
    seen = await site.get("/delegation/record.csv")
    assert seen.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(seen.text.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["kind", "id", "time", "title"]
    assert "'=cmd()|'x'!A1" in [row[3] for row in rows]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    record = await site.backend.record.read()
    assert len(rows) == 1 + len(record.votes) + len(record.deeds)


async def test_an_empty_record_says_so(empty_site: Site) -> None:
    empty_site.sign_in("head")
    text = (await empty_site.get("/delegation/record")).text
    for words in ("No round has been certified yet.", "has proposed nothing yet", "has taken no position yet"):
        assert words in text


async def test_the_record_is_paged(site: Site) -> None:
    site.sign_in("head")
    for number in range(60):
        made = ports.ProposalInput("long", "en", f"Proposal {number}", "Text.", "", (3,), 10)
        await site.backend.submit(site.backend.account("head"), made)
    first, second = await site.get("/delegation/record"), await site.get("/delegation/record?page=2")
    assert "Page 1 of 2" in first.text
    assert second.page.faults == []
    assert (await site.get("/delegation/record?page=99")).status == 200
