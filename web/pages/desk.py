"""The secretariat's desk: what waits, what runs, what a second person has to confirm, and the objection ledger."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from web.desk_views import Ledger, LedgerEntry
from web.desk_words import objection_states, objection_words, remark
from web.explorer_views import GroupView
from web.i18n import Language
from web.pages.asked import page_in, track_in
from web.pages.route import Route
from web.ports import Backend, Refused, RoundView
from web.present import People, iso, title_of
from web.respond import account_with, backend_of, go, page, people_of, refusal, visit_of
from web.rule_words import rule_name

_ID: Final = "{request:[0-9a-f]{32}}"
_SHOWN: Final = 3
STAGES: Final = {"scheduled": 0, "open": 0, "sealing": 1, "deciding": 2, "stalled": 2, "certified": 4}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def desk(request: aioweb.Request) -> aioweb.Response:
    """Answer with the desk."""
    account_with(request, "secretariat")
    return page(request, "desk.html", await _desk_values(request))


async def confirm(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign what another account asked for."""
    account = account_with(request, "secretariat")
    try:
        kind = await backend_of(request).desk.requests.confirm(account, request.match_info["request"])
    except Refused as refused:
        return refusal(request, refused, "desk.html", await _desk_values(request))
    return go(request, f"/desk?done={kind}")


async def decline(request: aioweb.Request) -> aioweb.StreamResponse:
    """Do away with a request."""
    account = account_with(request, "secretariat")
    try:
        await backend_of(request).desk.requests.decline(account, request.match_info["request"])
    except Refused as refused:
        return refusal(request, refused, "desk.html", await _desk_values(request))
    return go(request, "/desk?done=declined")


async def _desk_values(request: aioweb.Request) -> Mapping[str, object]:
    backend, language = backend_of(request), visit_of(request).language
    account = account_with(request, "secretariat")
    people = await people_of(request)
    under_way = await backend.desk.rounds.running()
    running = under_way.rounds
    queue = await backend.desk.queues.screening()
    suggested = await suggested_groups(backend)
    return {
        "people": people,
        "done": request.query.get("done", ""),
        "queue": queue,
        "remarks": {each.proposal.id: remark(language, each) for each in queue.waiting},
        "urgent": sum(each.has_urgency for each in queue.waiting),
        "shown": _SHOWN,
        "suggested": suggested,
        "running": running,
        "rules": {found.summary.rule: rule_name(language, found.summary.rule) for found in running},
        "stages": {found.summary.id: STAGES[found.summary.state] for found in running},
        "turnout": {found.summary.id: _turnout(people, found) for found in running},
        "decided": under_way.decided,
        "agenda": await backend.agenda(),
        "approvals": await backend.desk.requests.waiting(account),
        "pending": await backend.desk.requests.pending(),
    }


def _turnout(people: People, found: RoundView) -> tuple[int, int]:
    return len(set(found.voted) & set(people.ids)), len(people)


async def suggested_groups(backend: Backend) -> list[GroupView]:
    """Return the groups whose proposals aren't all in a topic already, those with several proposals."""
    named = {proposal for topic in await backend.topics() for proposal in topic.proposals}
    return [group for group in await backend.groups() if len(group.proposals) > 1 and not set(group.proposals) <= named]


async def objections(request: aioweb.Request) -> aioweb.Response:
    """Answer with the objection ledger."""
    account_with(request, "secretariat")
    ledger = await _ledger(request, page_in(request))
    values = {
        "people": await people_of(request),
        "ledger": ledger,
        "counts": Counter(ledger.counts),
        "states": objection_states(visit_of(request).language),
        "chosen": request.query.get("state", ""),
        "track": track_in(request),
        "with_settled": _with_settled(request),
    }
    return page(request, "desk_objections.html", values)


async def objections_csv(request: aioweb.Request) -> aioweb.Response:
    """Answer with the objection ledger as a table for other programs."""
    account_with(request, "secretariat")
    entries = await _all_entries(request)
    people, language = await people_of(request), visit_of(request).language
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["proposal", "title", "objection", "member", "time", "state", "due", "reasons", "reply"])
    rows.writerows([[_cell(value) for value in _csv_row(entry, people, language)] for entry in entries])
    return aioweb.Response(
        body=("\ufeff" + table.getvalue()).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="objections.csv"'},
    )


def _csv_row(entry: LedgerEntry, people: People, language: Language) -> list[str]:
    objection = entry.objection
    return [
        entry.proposal.id,
        title_of(entry.proposal.title, language).text,
        objection.id,
        people.text_of(objection.member),
        iso(objection.time),
        objection_words(language, entry.state),
        "" if entry.due is None else iso(entry.due),
        objection.reasons.body,
        objection.reply.body if objection.reply else "",
    ]


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


async def _ledger(request: aioweb.Request, number: int) -> Ledger:
    return await backend_of(request).desk.queues.objections(
        with_settled=_with_settled(request),
        track=track_in(request),
        state=request.query.get("state", ""),
        page=number,
    )


async def _all_entries(request: aioweb.Request) -> list[LedgerEntry]:
    """Return what all pages of the ledger hold; each only once, though it may move while they are read."""
    first = await _ledger(request, 1)
    others = [await _ledger(request, number) for number in range(2, first.pages + 1)]
    return list({entry.objection.id: entry for ledger in (first, *others) for entry in ledger.entries}.values())


def _with_settled(request: aioweb.Request) -> bool:
    return request.query.get("all") == "1"


ROUTES: Final = (
    Route("GET", "/desk", desk),
    Route("POST", f"/desk/requests/{_ID}/confirm", confirm),
    Route("POST", f"/desk/requests/{_ID}/decline", decline),
    Route("GET", "/desk/objections", objections),
    Route("GET", "/desk/objections.csv", objections_csv),
)
