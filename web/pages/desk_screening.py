"""Screening: one proposal at a time, what is similar beside it, the office's word, then the next one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web as aioweb

from web import keys
from web.desk_forms import ScreeningForm
from web.desk_views import Waiting
from web.desk_words import remark
from web.diffs import Piece, differences
from web.errors import NotFoundError
from web.forms import Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.marking import N_
from web.pages.route import Route
from web.ports import ActInput, ProposalView, Refused
from web.present import title_of_summary
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_DUPLICATE: Final = N_(
    "This repeats another proposal: %(title)s (%(id)s). Join it, or say that yours repeats it; or change your text so "
    "that it says something of its own."
)
_SIMILAR_MAX: Final = 5


async def queue(request: aioweb.Request) -> aioweb.Response:
    """Answer with the queue and the proposal to screen: the one that is named, or the first."""
    account_with(request, "secretariat")
    return page(request, "desk_screening.html", await _values(request, None))


async def screen(request: aioweb.Request) -> aioweb.StreamResponse:
    """Give the office's word on a proposal, and go on to the next one."""
    account = account_with(request, "secretariat")
    typed = read(ScreeningForm, await form_fields(request))
    if typed.form is None:
        return page(request, "desk_screening.html", await _values(request, typed), status=422)
    form = typed.form
    try:
        await backend_of(request).act(account, form.proposal, await _act(request, form))
    except Refused as refused:
        return refusal(request, refused, "desk_screening.html", await _values(request, typed))
    return go(request, f"/desk/screening?after={form.proposal}&done={form.verdict}")


async def _act(request: aioweb.Request, form: ScreeningForm) -> ActInput:
    """Return the act. A repetition goes back to its sponsor, who alone can say that it is one, with the other named."""
    if form.verdict != "duplicate":
        return ActInput(act=form.verdict, lang=form.lang, reasons=form.reasons)
    other = await backend_of(request).proposal(form.other)
    if other is None or form.other == form.proposal:
        raise Refused("unknown-proposal" if other is None else "not-itself")
    language = request.app[keys.LANGUAGES].find(form.lang)
    words = _DUPLICATE if language is None else language.gettext(_DUPLICATE)
    title = title_of_summary(other.summary, language or visit_of(request).language).text
    named = words % {"title": title, "id": form.other}
    lang = "en" if language is None else form.lang
    return ActInput(act="return", lang=lang, reasons="\n\n".join(filter(None, (named, form.reasons))))


async def _values(request: aioweb.Request, typed: Typed[Any] | None) -> Mapping[str, object]:
    """Return the queue and what is being screened. What has just been decided isn't shown again while lists follow."""
    backend, language = backend_of(request), visit_of(request).language
    found = await backend.desk.queues.screening()
    after = request.query.get("after", "")
    waiting = [each for each in found.waiting if each.proposal.id != after]
    wanted = request.query.get("proposal", "") if typed is None else typed.value("proposal")
    current = await _current(request, waiting, wanted)
    other = await _beside(request, current)
    return {
        "people": await people_of(request),
        "waiting": waiting,
        "remarks": {each.proposal.id: remark(language, each) for each in waiting},
        "lately": found.screened_lately,
        "screened": current,
        "entry": next((each for each in waiting if current and each.proposal.id == current.summary.id), None),
        "next_one": _next(waiting, current),
        "beside": other,
        "difference": _difference(current, other),
        "typed": typed or blank({"lang": language.code, "other": "" if other is None else other.summary.id}),
        "done": request.query.get("done", ""),
        "after": after,
        "similar": () if current is None else current.similar[:_SIMILAR_MAX],
        "text_languages": TEXT_LANGUAGES,
    }


async def _current(request: aioweb.Request, waiting: Sequence[Waiting], wanted: str) -> ProposalView | None:
    chosen = wanted or (waiting[0].proposal.id if waiting else "")
    if not chosen:
        return None
    found = await backend_of(request).proposal(chosen)
    if found is None:
        raise NotFoundError
    return found


async def _beside(request: aioweb.Request, current: ProposalView | None) -> ProposalView | None:
    """Return the similar proposal that is looked at beside it: the one that is named, or the most similar."""
    if current is None:
        return None
    named = request.query.get("beside", "")
    closest = current.similar[0].id if current.similar else ""
    other = named or closest
    return await backend_of(request).proposal(other) if other and other != current.summary.id else None


def _difference(current: ProposalView | None, other: ProposalView | None) -> tuple[Piece, ...] | None:
    """Return what differs from the other text, or None where two languages can't be compared word by word."""
    if current is None or other is None or not (current.text.state == other.text.state == "held"):
        return None
    return differences(other.text.body, current.text.body) if current.text.lang == other.text.lang else None


def _next(waiting: Sequence[Waiting], current: ProposalView | None) -> Waiting | None:
    places = [each.proposal.id for each in waiting]
    if current is None or current.summary.id not in places:
        return waiting[0] if waiting else None
    at = places.index(current.summary.id) + 1
    return waiting[at] if at < len(waiting) else (waiting[0] if len(waiting) > 1 else None)


ROUTES: Final = (
    Route("GET", "/desk/screening", queue),
    Route("POST", "/desk/screening", screen),
)
