"""Acts on a proposal, each with a page of its own: what it does, the form that it needs, and its confirmation."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from consensus.lifecycle import OFFICE_ACTS
from web.course_words import OF_SOMETHING, OFFERS
from web.drafted import draft_box, restored, sent_form
from web.errors import ForbiddenError, NotFoundError
from web.forms import ActForm, Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.pages.route import Route
from web.ports import ActInput, ProposalView, Refused
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_PATH: Final = "/proposals/{proposal:[0-9a-f]{64}}/acts/{act:[a-z-]{2,20}}"
_EVENT: Final = re.compile(r"[0-9a-f]{64}")
_DAY_MS: Final = 86_400_000


async def form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form of an act, a text filled in as it stands."""
    proposal = await _allowed(request)
    typed, box = await restored(request, _address(request), ActForm, _filled_in(request, proposal))
    return page(request, "act.html", {**await _values(request, proposal, typed), "draft": box})


async def carry_out(request: aioweb.Request) -> aioweb.StreamResponse:
    """Carry an act out."""
    proposal = await _allowed(request)
    account = account_with(request, "delegate", "secretariat")
    fields = await form_fields(request)
    act = request.match_info["act"]
    typed = read(ActForm, _with(fields, act))
    box = draft_box(request, sent_form(fields, _address(request)), fields)
    values = {**await _values(request, proposal, typed), "draft": box}
    if typed.form is None:
        return page(request, "act.html", values, status=422)
    try:
        await backend_of(request).act(account, proposal.summary.id, _input(request, typed.form))
    except Refused as refused:
        return refusal(request, refused, "act.html", values)
    return go(request, f"/proposals/{proposal.summary.id}")


def acts_offered(request: aioweb.Request, proposal: ProposalView) -> list[str]:
    """Return the acts that the reader may carry out now on a proposal as a whole."""
    return [act for act in proposal.course.may if act in OFFERS and act not in OF_SOMETHING and _may(request, act)]


def acts_on_parts(request: aioweb.Request, proposal: ProposalView) -> frozenset[str]:
    """Return the acts that the reader may carry out now on amendments, objections and consolidated texts."""
    return frozenset(act for act in proposal.course.may if act in OF_SOMETHING and _may(request, act))


def _may(request: aioweb.Request, act: str) -> bool:
    return visit_of(request).has_role("secretariat" if act in OFFICE_ACTS else "delegate")


def _with(fields: Any, act: str) -> Any:
    changed = fields.copy()
    changed["act"] = act
    return changed


async def _allowed(request: aioweb.Request) -> ProposalView:
    """Return the proposal if this reader may carry out this act. Raises NotFoundError or ForbiddenError."""
    act = request.match_info["act"]
    account_with(request, "delegate", "secretariat")
    proposal = await backend_of(request).proposal(request.match_info["proposal"])
    if proposal is None or act not in OFFERS:
        raise NotFoundError
    if not _may(request, act):
        raise ForbiddenError
    return proposal


def _address(request: aioweb.Request) -> str:
    """Return the address that the draft of this form is kept under."""
    other = request.query.get("other", "")
    path = f"/proposals/{request.match_info['proposal']}/acts/{request.match_info['act']}"
    return f"{path}?other={other}" if _EVENT.fullmatch(other) else path


def _filled_in(request: aioweb.Request, proposal: ProposalView) -> Typed[Any]:
    raw = {"other": request.query.get("other", "")[:64], "days": "14"}
    if request.match_info["act"] in ("revise", "amend"):
        raw |= {
            "title": proposal.text.title,
            "body": proposal.text.body,
            "urgency": proposal.text.urgency,
            "lang": proposal.text.lang,
            "minutes": str(proposal.summary.minutes),
            "base": proposal.course.versions[-1].event,
        }
    return blank(raw)


def _input(request: aioweb.Request, form: ActForm) -> ActInput:
    return ActInput(
        act=form.act,
        lang=form.lang,
        reasons=form.reasons,
        title=form.title,
        body=form.body,
        urgency=form.urgency,
        minutes=form.minutes,
        base=form.base,
        other=form.other,
        answer=form.answer,
        until=backend_of(request).now() + form.days * _DAY_MS,
    )


async def _values(request: aioweb.Request, proposal: ProposalView, typed: Typed[Any]) -> Mapping[str, object]:
    act = request.match_info["act"]
    other = typed.value("other")
    course = proposal.course
    return {
        "people": await people_of(request),
        "proposal": proposal,
        "act": act,
        "offer": OFFERS[act],
        "typed": typed,
        "amendment": next((each for each in course.amendments if each.id == other), None),
        "objection": next((each for each in course.objections if each.id == other), None),
        "text_languages": TEXT_LANGUAGES,
    }


ROUTES: Final = (
    Route("GET", _PATH, form),
    Route("POST", _PATH, carry_out),
)
