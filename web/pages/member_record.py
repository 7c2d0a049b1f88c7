"""The record of this node's member: how it voted, what it proposed, endorsed and took positions on."""

import csv
import io
from typing import Final

from aiohttp import web as aioweb

from web.pages.asked import page_in
from web.pages.route import Route
from web.present import title_of
from web.record_words import STANCES, as_json, as_rows, ballot_words
from web.respond import backend_of, page, people_of, visit_of
from web.round_words import round_name
from web.signing_in import session_of

_PER_PAGE = 50


async def shown(request: aioweb.Request) -> aioweb.Response:
    """Answer with the record, a page of each list at a time."""
    session_of(request, "head")
    language, people = visit_of(request).language, await people_of(request)
    record = await backend_of(request).record.read()
    current = page_in(request)
    part = slice((current - 1) * _PER_PAGE, current * _PER_PAGE)
    lists = {kind: record.of_kind(kind) for kind in ("proposal", "endorsement", "position")}
    longest = max(len(record.votes), *(len(deeds) for deeds in lists.values()))
    values = {
        "people": people,
        "counts": {"votes": len(record.votes), **{kind: len(deeds) for kind, deeds in lists.items()}},
        "votes": [
            (vote, round_name(language, vote.round.summary), ballot_words(language, vote, people))
            for vote in record.votes[part]
        ],
        "lists": {
            kind: [(deed, title_of(deed.text, language)) for deed in deeds[part]] for kind, deeds in lists.items()
        },
        "stances": STANCES,
        "page_number": current,
        "pages": max(1, -(-longest // _PER_PAGE)),
    }
    return page(request, "member_record.html", values)


async def json_file(request: aioweb.Request) -> aioweb.Response:
    """Answer with the whole record for machines."""
    session_of(request, "head")
    federation = visit_of(request).federation
    record = await backend_of(request).record.read()
    response = aioweb.json_response(as_json(record, federation.me, federation.id))
    response.headers["Content-Disposition"] = 'attachment; filename="record.json"'
    return response


async def csv_file(request: aioweb.Request) -> aioweb.Response:
    """Answer with the whole record for a spreadsheet; it begins with the mark by which those tell the encoding."""
    session_of(request, "head")
    language, people = visit_of(request).language, await people_of(request)
    written = io.StringIO()
    csv.writer(written).writerows(as_rows(language, await backend_of(request).record.read(), people))
    response = aioweb.Response(body=written.getvalue().encode("utf-8-sig"), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="record.csv"'
    return response


ROUTES: Final = (
    Route("GET", "/delegation/record", shown),
    Route("GET", "/delegation/record.json", json_file),
    Route("GET", "/delegation/record.csv", csv_file),
)
