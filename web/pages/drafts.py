"""Keeping what somebody types: by a script a second after the last key, by a plain button without one."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from web.drafted import sent_form, typed_pairs
from web.drafts_port import Draft, DraftOutdatedError, Written
from web.errors import DraftNewerError, UnreadableError
from web.forms import Fields
from web.once import ONCE
from web.pages.route import Route
from web.ports import Refused
from web.refusals import refusal_status, refusal_words
from web.respond import account_with, backend_of, form_fields, go, visit_of

_SCRIPT: Final = "application/json"


async def keep(request: aioweb.Request) -> aioweb.Response:
    """Keep a draft. A script gets JSON: the version and the time, or why it was not kept."""
    account = account_with(request)
    fields = await form_fields(request)
    form, written = _form_of(fields), _written(fields)
    is_script = _SCRIPT in request.headers.get("Accept", "")
    try:
        draft = await backend_of(request).drafts.keep(account, form, typed_pairs(fields), written)
    except DraftOutdatedError as error:
        if not is_script:
            raise DraftNewerError from error
        return aioweb.json_response(_state(request, error.current), status=409)
    except Refused as refused:
        if not is_script:
            raise
        words = refusal_words(visit_of(request).language, refused)
        return aioweb.json_response({"refused": f"{words.happened} {words.remedy}"}, status=refusal_status(refused))
    if is_script:
        return aioweb.json_response({"taken": True} if draft is None else _state(request, draft))
    return go(request, form)


async def discard(request: aioweb.Request) -> aioweb.Response:
    """Forget a draft, and lead back to the form or to the list that it was discarded from."""
    account = account_with(request)
    fields = await form_fields(request)
    form = _form_of(fields)
    await backend_of(request).drafts.discard(account, form)
    return go(request, "/yours" if fields.get("back") == "yours" else form)


async def sent(request: aioweb.Request) -> aioweb.Response:
    """Tell a script whether a form was taken whose answer never came, and where it led."""
    account = account_with(request)
    once = request.query.get("once", "")
    if not ONCE.fullmatch(once):
        raise UnreadableError
    found = await backend_of(request).sent_forms.find(account, [once])
    return aioweb.json_response({"location": None if found is None else found.location})


def _state(request: aioweb.Request, draft: Draft) -> Mapping[str, object]:
    return {"version": draft.version, "saved": visit_of(request).language.moment(draft.saved)}


def _form_of(fields: Fields) -> str:
    form = sent_form(fields, "")
    if not form:
        raise UnreadableError
    return form


def _written(fields: Fields) -> Written:
    tab, once, version = (fields.get(name, "") for name in ("draft_tab", "once", "draft_version"))
    is_number = version.isascii() and version.isdecimal() and len(version) < 10
    if not (ONCE.fullmatch(tab) and ONCE.fullmatch(once) and is_number):
        raise UnreadableError
    return Written(tab, once, int(version))


ROUTES: Final = (
    Route("POST", "/drafts", keep),
    Route("POST", "/drafts/discard", discard),
    Route("GET", "/drafts/sent", sent),
)
