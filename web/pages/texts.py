"""One text by its hash: with its translations beside it, the form to translate it, and its erasure."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from web.discussion_port import Reading, TextPlace, TranslationInput
from web.errors import ForbiddenError, NotFoundError
from web.forms import ErasureForm, TranslationForm, Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.pages.route import Route
from web.ports import Refused, TextView
from web.readings import by_member, reading_of, text_languages, wants_original
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of

_PATH: Final = "/texts/{text:[0-9a-f]{64}}"
_PARTS: Final = ("title", "body", "urgency")


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a text and its translations; a translation with what it translates."""
    return page(request, "text.html", await _values(request, await _found(request)))


async def translation_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form to translate a text, one's member's earlier translation filled in."""
    found = await _translatable(request)
    wanted = _target(request, found)
    return page(request, "translate.html", await _form_values(request, found, await _before(request, found, wanted)))


async def translate(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign a translation and show it beside its original."""
    account = account_with(request, "delegate")
    found = await _translatable(request)
    typed = _complete(found.original, read(TranslationForm, await form_fields(request)))
    values = await _form_values(request, found, typed)
    if typed.form is None:
        return page(request, "translate.html", values, status=422)
    form = typed.form
    said = TranslationInput(form.lang, form.title, form.body, form.urgency)
    try:
        made = await backend_of(request).discussion.translate(account, found.original.hash, said)
    except Refused as refused:
        return refusal(request, refused, "translate.html", values)
    return go(request, f"/texts/{made}")


async def erasure_form(request: aioweb.Request) -> aioweb.Response:
    """Ask on what ground a text is to be erased."""
    found = await _erasable(request)
    return page(request, "erase_text.html", {**await _values(request, found), "typed": blank()})


async def erase(request: aioweb.Request) -> aioweb.StreamResponse:
    """Erase a text and lead to where it stood."""
    found = await _erasable(request)
    account = account_with(request, "delegate", "secretariat")
    typed = read(ErasureForm, await form_fields(request))
    values = {**await _values(request, found), "typed": typed}
    if typed.form is None:
        return page(request, "erase_text.html", values, status=422)
    try:
        await backend_of(request).discussion.erase(account, found.original.hash, typed.form.ground)
    except Refused as refused:
        return refusal(request, refused, "erase_text.html", values)
    return go(request, home_of(found.place) or f"/texts/{found.original.hash}")


def home_of(place: TextPlace) -> str:
    """Return the path of the page on which a text stands, or nothing if there is none."""
    if place.about == "proposal" and place.kind == "comment":
        return f"/proposals/{place.subject}/comments/{place.event}#c-{place.event}"
    return f"/{place.about}s/{place.subject}" if place.about else ""


async def _found(request: aioweb.Request) -> Reading:
    found = await reading_of(request, request.match_info["text"])
    if found is None:
        raise NotFoundError
    return found


async def _translatable(request: aioweb.Request) -> Reading:
    """Return a text that the reader may translate: one that is held and is no translation itself."""
    account_with(request, "delegate")
    found = await _found(request)
    if found.original.state != "held" or found.of is not None:
        raise NotFoundError
    return found


async def _erasable(request: aioweb.Request) -> Reading:
    account_with(request, "delegate", "secretariat")
    found = await _found(request)
    if not may_erase(request, found):
        raise ForbiddenError
    return found


def may_erase(request: aioweb.Request, found: Reading) -> bool:
    """Whether the reader may erase a text: a delegate of a member that named it, or the secretariat."""
    visit = visit_of(request)
    if visit.account is None or found.original.state == "erased" or not found.original.hash:
        return False
    return visit.has_role("secretariat") or (visit.has_role("delegate") and visit.account.member in found.named_by)


def _target(request: aioweb.Request, found: Reading) -> str:
    """Return the language to offer for a translation: the one asked for, else the page's, unless it is the text's."""
    original = found.original.lang.partition("-")[0]
    wishes = (request.query.get("into", ""), visit_of(request).language.code, *TEXT_LANGUAGES)
    return next(tag for tag in wishes if tag in TEXT_LANGUAGES and tag != original)


async def _before(request: aioweb.Request, found: Reading, wanted: str) -> Typed[Any]:
    visit = visit_of(request)
    mine = by_member(found.marks, visit.account.member if visit.account else "").get(wanted)
    earlier = None if mine is None else await backend_of(request).discussion.reading(mine.text, wanted)
    if earlier is None or earlier.original.state != "held":
        return blank({"lang": wanted})
    text = earlier.original
    return blank({"lang": wanted, "title": text.title, "body": text.body, "urgency": text.urgency})


def _complete(original: TextView, typed: Typed[TranslationForm]) -> Typed[TranslationForm]:
    """Return what was typed, with a fault at each part that the original has and the translation lacks."""
    lacking = {
        name: TranslationForm.MESSAGES[name]
        for name in _PARTS
        if getattr(original, name) and not typed.value(name).strip() and name not in typed.faults
    }
    if not lacking:
        return typed
    faults = {**typed.faults, **lacking}
    return Typed(typed.raw, typed.many, None, {name: faults[name] for name in ("lang", *_PARTS) if name in faults})


async def _values(request: aioweb.Request, found: Reading) -> Mapping[str, object]:
    return {
        "people": await people_of(request),
        "found": found,
        "home": home_of(found.place),
        "read_in": text_languages(found, shows_original=wants_original(request)),
        "reads_original": wants_original(request),
        "may_erase": may_erase(request, found),
        "may_translate": visit_of(request).has_role("delegate") and found.original.state == "held" and not found.of,
    }


async def _form_values(request: aioweb.Request, found: Reading, typed: Typed[Any]) -> Mapping[str, object]:
    original = found.original.lang.partition("-")[0]
    return {
        **await _values(request, found),
        "typed": typed,
        "text_languages": [tag for tag in TEXT_LANGUAGES if tag != original],
    }


ROUTES: Final = (
    Route("GET", _PATH, one),
    Route("GET", f"{_PATH}/translate", translation_form),
    Route("POST", f"{_PATH}/translate", translate),
    Route("GET", f"{_PATH}/erase", erasure_form),
    Route("POST", f"{_PATH}/erase", erase),
)
