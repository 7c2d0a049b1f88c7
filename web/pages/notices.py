"""What an account is told of and by which ways; the links that messages bring; whether mail goes out."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from web import keys
from web.errors import NotFoundError, PageError, TooOftenError
from web.forms import Form, Typed, blank, read
from web.goals import GOALS
from web.marking import N_
from web.notice_forms import OWN_LANGUAGE, AddressForm, ChoicesForm
from web.notice_words import CHOICE_NAMES
from web.notices_port import CHOICES, LEADS_MS, NoticeSettings
from web.pages.route import Route
from web.ports import Refused
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.zones import zone_choices

_LINKED: Final = "{token:[A-Za-z0-9_-]{20,200}}"
_HERE: Final = "/account/notices"


class AddressLinkError(PageError):
    """A mailed link that is no longer good."""

    status = 410
    title = N_("This link no longer works")
    happened = N_(
        "A link that confirms an address works once and for a day. This one was used, or its time has passed."
    )
    kept = N_("Nothing was changed.")
    remedy = N_("Sign in and ask for a new link on your page of notices.")


async def show(request: aioweb.Request) -> aioweb.Response:
    """Show how notices reach the account."""
    return page(request, "notices.html", await _values(request))


async def choose(request: aioweb.Request) -> aioweb.Response:
    """Keep what the account wants."""
    account = account_with(request)
    typed = read(ChoicesForm, await form_fields(request))
    codes = {language.code for language in visit_of(request).offered}
    if typed.form is not None and typed.form.notice_lang not in codes | {OWN_LANGUAGE}:
        typed = Typed(typed.raw, typed.many, None, {"notice_lang": ChoicesForm.MESSAGES["notice_lang"]})
    if typed.form is None:
        return page(request, "notices.html", await _values(request, choices=typed), status=422)
    try:
        await backend_of(request).notices.choose(account, typed.form.choices)
    except Refused as refused:
        return refusal(request, refused, "notices.html", await _values(request, choices=typed))
    return go(request, f"{_HERE}?done=choices")


async def ask_address(request: aioweb.Request) -> aioweb.Response:
    """Have a link mailed to an address."""
    account = account_with(request)
    if not request.app[keys.SIGN_INS].allows(f"address {account.id}", backend_of(request).now()):
        raise TooOftenError
    typed = read(AddressForm, await form_fields(request))
    if typed.form is None:
        return page(request, "notices.html", await _values(request, address=typed), status=422)
    try:
        await backend_of(request).notices.ask_address(account, typed.form.address)
    except Refused as refused:
        return refusal(request, refused, "notices.html", await _values(request, address=typed))
    return go(request, f"{_HERE}?done=link")


async def forget_address(request: aioweb.Request) -> aioweb.Response:
    """Take the address away."""
    await backend_of(request).notices.forget_address(account_with(request))
    return go(request, f"{_HERE}?done=forgotten")


async def resume(request: aioweb.Request) -> aioweb.Response:
    """Send e-mail again."""
    await backend_of(request).notices.resume(account_with(request))
    return go(request, f"{_HERE}?done=resumed")


async def new_feed(request: aioweb.Request) -> aioweb.Response:
    """Make the private feed's address."""
    await backend_of(request).notices.new_feed(account_with(request))
    return go(request, f"{_HERE}?done=feed#feed")


async def show_address(request: aioweb.Request) -> aioweb.Response:
    """Show the button that confirms an address."""
    address = await backend_of(request).notices.pending_address(request.match_info["token"])
    if address is None:
        raise AddressLinkError
    return page(request, "notices_address.html", {"address": address, "is_done": False})


async def confirm_address(request: aioweb.Request) -> aioweb.Response:
    """Confirm an address."""
    address = await backend_of(request).notices.confirm_address(request.match_info["token"])
    if address is None:
        raise AddressLinkError
    return page(request, "notices_address.html", {"address": address, "is_done": True})


async def show_unsubscribe(request: aioweb.Request) -> aioweb.Response:
    """Show the button that unsubscribes: programs that follow links unsubscribe nobody."""
    is_subscribed = await backend_of(request).notices.is_subscribed(request.match_info["token"])
    if is_subscribed is None:
        raise NotFoundError
    return page(request, "unsubscribe.html", {"is_done": not is_subscribed})


async def unsubscribe(request: aioweb.Request) -> aioweb.Response:
    """Send no more e-mail: by a mailbox's one click (RFC 8058) or the button."""
    if not await backend_of(request).notices.unsubscribe(request.match_info["token"]):
        raise NotFoundError
    return page(request, "unsubscribe.html", {"is_done": True})


async def mail_status(request: aioweb.Request) -> aioweb.Response:
    """Show whether mail goes out."""
    account_with(request, "operator")
    return page(request, "mail_status.html", {"mail": await backend_of(request).notices.mail_status()})


async def _values(
    request: aioweb.Request, choices: Typed[Any] | None = None, address: Typed[Any] | None = None
) -> Mapping[str, object]:
    account = account_with(request)
    visit = visit_of(request)
    settings = await backend_of(request).notices.settings(account)
    return {
        "people": await people_of(request),
        "settings": settings,
        "choices": choices or _chosen(settings),
        "address": address or blank(),
        "choice_names": [(name, CHOICE_NAMES[name]) for name in CHOICES],
        "goals": GOALS,
        "leads": LEADS_MS,
        "zones": zone_choices(visit.language),
        "feed_root": f"{request.app[keys.SETTINGS].base_url}/feeds/yours",
        "has_hooks": account.may_act_as("head") or account.may_act_as("operator"),
        "done": visit.query.get("done", ""),
    }


def _chosen(settings: NoticeSettings) -> Typed[Form]:
    chosen = settings.choices
    raw = {
        "lead": str(chosen.lead_ms),
        "rhythm": chosen.rhythm,
        "hour": str(chosen.hour),
        "weekday": str(chosen.weekday),
        "zone": chosen.zone,
        "notice_lang": chosen.lang or OWN_LANGUAGE,
    }
    return blank(raw, {"kinds": tuple(sorted(chosen.kinds)), "goals": tuple(str(goal) for goal in chosen.goals)})


ROUTES: Final = (
    Route("GET", _HERE, show),
    Route("POST", f"{_HERE}/choices", choose),
    Route("POST", f"{_HERE}/address", ask_address),
    Route("POST", f"{_HERE}/address/forget", forget_address),
    Route("POST", f"{_HERE}/resume", resume),
    Route("POST", f"{_HERE}/feed", new_feed),
    Route("GET", f"{_HERE}/address/{_LINKED}", show_address),
    Route("POST", f"{_HERE}/address/{_LINKED}", confirm_address),
    Route("GET", f"/unsubscribe/{_LINKED}", show_unsubscribe),
    Route("POST", f"/unsubscribe/{_LINKED}", unsubscribe, is_by_address=True),
    Route("GET", "/node/mail", mail_status),
)
