"""The receipt of a ballot as a file, and checking one: the member's own by itself, anybody's pasted or opened."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from consensus.ballots import Ballot, Fault, parse_ballot
from consensus.receipts import Report
from web.errors import NotFoundError
from web.forms import ReceiptForm, Typed, blank, read
from web.pages.ballots import ballot_values, form_of, found_round, typed_of
from web.pages.route import Route
from web.ports import RoundView
from web.present import People
from web.receipt_words import conclusion_words, step_words
from web.respond import account_with, backend_of, form_fields, page, people_of, visit_of

_ID: Final = "{round:[0-9a-f]{64}}"


async def download(request: aioweb.Request) -> aioweb.Response:
    """Answer with the receipt file of the member's ballot."""
    account = account_with(request, "delegate")
    found = await found_round(request)
    data = await backend_of(request).receipts.file(account, found.summary.id)
    if data is None:
        raise NotFoundError
    name = f"receipt-round-{found.summary.number}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return aioweb.Response(body=data, content_type="application/json", headers=headers)


async def own(request: aioweb.Request) -> aioweb.Response:
    """Answer with what became of the member's own ballot, and a form for any other receipt."""
    found = await found_round(request)
    report = await _own_report(request, found)
    return page(request, "vote_check.html", await _values(request, found, blank(), report, is_own=True))


async def given(request: aioweb.Request) -> aioweb.Response:
    """Check the receipt file that was pasted or opened."""
    found = await found_round(request)
    typed = read(ReceiptForm, await form_fields(request))
    if typed.form is None:
        return page(request, "vote_check.html", await _values(request, found, typed, None, is_own=False), status=422)
    data = typed.form.receipt.strip().encode(errors="replace")
    report = await backend_of(request).receipts.check(found.summary.id, data)
    return page(request, "vote_check.html", await _values(request, found, typed, report, is_own=False))


async def _own_report(request: aioweb.Request, found: RoundView) -> Report | None:
    visit = visit_of(request)
    if visit.account is None or not visit.has_role("delegate"):
        return None
    receipts = backend_of(request).receipts
    data = await receipts.file(visit.account, found.summary.id)
    return None if data is None else await receipts.check(found.summary.id, data)


async def _values(
    request: aioweb.Request, found: RoundView, typed: Typed[Any], report: Report | None, *, is_own: bool
) -> Mapping[str, object]:
    language, people = visit_of(request).language, await people_of(request)
    content = None if report is None else _content(report)
    if content is not None and content.form not in (form_of(found), "proxy"):
        content = None
    shown = await ballot_values(request, found, typed_of(content))
    return {
        **shown,
        "typed": typed,
        "people": people,
        "report": report,
        "is_own": is_own,
        "content": content,
        "conclusion": None if report is None else conclusion_words(language, report),
        "steps": [] if report is None else [step_words(language, step, people.text_of) for step in report.steps],
        "accused": () if report is None else _accused(people, report),
    }


def _accused(people: People, report: Report) -> list[str]:
    return people.names(report.accused)


def _content(report: Report) -> Ballot | None:
    """Return what the ballot says if it can be read: as it was counted, or as it was cast."""
    if report.counted_as is not None:
        return report.counted_as
    content = None if report.content is None else parse_ballot(report.content)
    return None if isinstance(content, Fault) else content


ROUTES: Final = (
    Route("GET", f"/rounds/{_ID}/receipt.json", download),
    Route("GET", f"/rounds/{_ID}/check", own),
    Route("POST", f"/rounds/{_ID}/check", given),
)
