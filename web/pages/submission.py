"""Submitting a proposal: the form, suggestions while one types or on demand, and the signed proposal."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from protocol import limits
from web.drafted import draft_box, restored, sent_form
from web.forms import (
    SUGGESTED_FROM_BYTES,
    SUGGESTED_FROM_CHARACTERS_MAX,
    Fields,
    ProposalForm,
    Typed,
    blank,
    goals_in,
    read,
)
from web.i18n import TEXT_LANGUAGES
from web.pages.asked import track_in
from web.pages.route import Route
from web.ports import ProposalSummary, Refused, Suggestion
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_EVENT = re.compile(r"[0-9a-f]{64}")


async def start(request: aioweb.Request) -> aioweb.Response:
    """Answer with an empty form."""
    account_with(request, "delegate")
    merges = tuple(each for each in request.query.getall("merges", ()) if _EVENT.fullmatch(each))
    track = track_in(request)
    typed = blank({"track": track} if track else {}, {"merges": merges})
    address = "/proposals/new" + ("?" + "&".join(f"merges={each}" for each in merges) if merges else "")
    typed, box = await restored(request, address, ProposalForm, typed)
    return page(request, "proposal_new.html", {**await _values(request, typed, None), "draft": box})


async def submit(request: aioweb.Request) -> aioweb.StreamResponse:
    """Take a proposal, or suggest goals for it where that was asked."""
    account = account_with(request, "delegate")
    fields = await form_fields(request)
    typed = read(ProposalForm, fields)
    kept = {"draft": draft_box(request, sent_form(fields, "/proposals/new"), fields)}
    if fields.get("action") == "suggest":
        unchecked: Typed[ProposalForm] = Typed(typed.raw, typed.many, None)
        values = await _values(request, unchecked, await _suggestion(request, fields))
        return page(request, "proposal_new.html", {**values, **kept})
    if typed.form is None:
        return page(request, "proposal_new.html", {**await _values(request, typed, None), **kept}, status=422)
    try:
        proposal = await backend_of(request).submit(account, typed.form.proposal())
    except Refused as refused:
        return refusal(request, refused, "proposal_new.html", {**await _values(request, typed, None), **kept})
    return go(request, f"/proposals/{proposal}")


async def suggest(request: aioweb.Request) -> aioweb.Response:
    """Answer a script with the part of the form that suggests goals and shows similar proposals."""
    visit_of(request).is_fragment = True
    account_with(request, "delegate")
    fields = await form_fields(request)
    typed = read(ProposalForm, fields)
    unchecked: Typed[ProposalForm] = Typed(typed.raw, typed.many, None)
    return page(request, "suggestions.html", await _values(request, unchecked, await _suggestion(request, fields)))


async def _suggestion(request: aioweb.Request, fields: Fields) -> Suggestion | None:
    text = _classified(fields.get("title", ""), fields.get("body", ""))
    if _is_short(text):
        return None
    lang = fields.get("lang")
    return await backend_of(request).suggest(text, lang if lang in TEXT_LANGUAGES else None)


def _classified(title: str, body: str) -> str:
    """Return what suggestions are drawn from."""
    return f"{title}\n\n{body}".strip()[:SUGGESTED_FROM_CHARACTERS_MAX]


def _is_short(text: str) -> bool:
    """Whether a text is too short to suggest anything. Bytes, because a Chinese character says as much as a word."""
    return len(text.encode()) < SUGGESTED_FROM_BYTES


async def _values(request: aioweb.Request, typed: Typed[Any], suggestion: Suggestion | None) -> Mapping[str, object]:
    offered_before = goals_in(typed.values("offered"))
    accepted = suggestion.accepted if suggestion else ()
    checked = set(goals_in(typed.values("goals"))) | (set(accepted) - set(offered_before))
    return {
        "people": await people_of(request),
        "typed": typed,
        "text_languages": TEXT_LANGUAGES,
        "suggestion": suggestion,
        "was_asked": bool(typed.value("body")),
        "is_short": bool(typed.value("body")) and _is_short(_classified(typed.value("title"), typed.value("body"))),
        "merged": await _merged(request, typed),
        "checked": sorted(checked),
        "offered": sorted({*offered_before, *accepted}),
    }


async def _merged(request: aioweb.Request, typed: Typed[Any]) -> list[ProposalSummary]:
    """Return the proposals that the text would consolidate."""
    wanted = typed.values("merges")[: limits.MERGED_PROPOSALS_MAX]
    found = [await backend_of(request).proposal(each) for each in wanted]
    return [view.summary for view in found if view is not None]


ROUTES: Final = (
    Route("GET", "/proposals/new", start),
    Route("POST", "/proposals/new", submit),
    Route("POST", "/proposals/suggest", suggest),
)
