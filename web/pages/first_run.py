"""The first visit to a new member's node: which federation it has joined, who it is, and its first account."""

from typing import Any, Final

from aiohttp import web as aioweb

from web.account_forms import FirstPersonForm
from web.accounts_port import FirstRunView, NewPerson
from web.errors import PageError
from web.forms import Typed, blank, read
from web.marking import N_
from web.pages.route import Route
from web.ports import Refused
from web.respond import backend_of, form_fields, page, people_of, refusal
from web.signing_in import arrival_of, check_rate, enter

_TOKEN: Final = "{token:[A-Za-z0-9_-]{8,200}}"  # noqa: S105 - the form of one


class SetUpGoneError(PageError):
    """A set-up link that is no longer good."""

    status = 410
    title = N_("This link no longer works")
    happened = N_("The node has been set up, or it has been started anew since, which made a new link.")
    kept = N_("Nothing was changed.")
    remedy = N_("If you look after this node, take the link that it printed when it last started; otherwise sign in.")


async def show(request: aioweb.Request) -> aioweb.Response:
    """Show federation, member, connections, and the form for the first account."""
    return await _page(request, await _found(request), blank())


async def begin(request: aioweb.Request) -> aioweb.Response:
    """Make the first account and sign it in."""
    check_rate(request)
    found = await _found(request)
    typed = read(FirstPersonForm, await form_fields(request))
    if typed.form is None:
        return await _page(request, found, typed, status=422)
    form = typed.form
    person = NewPerson(form.id, form.name, frozenset(), form.lang or None)
    first_run = backend_of(request).accounts.first_run
    try:
        signed_in = await first_run.begin(request.match_info["token"], person, arrival_of(request))
    except Refused as refused:
        return refusal(request, refused, "set_up.html", await _values(request, found, typed))
    if signed_in is None:
        raise SetUpGoneError
    return enter(request, signed_in)


async def being_set_up(request: aioweb.Request) -> aioweb.Response | None:
    """Return the page that says that the node is being set up, while it has no account."""
    if not await backend_of(request).accounts.first_run.is_open():
        return None
    return page(request, "being_set_up.html", {"people": await people_of(request)})


async def _found(request: aioweb.Request) -> FirstRunView:
    found = await backend_of(request).accounts.first_run.view(request.match_info["token"])
    if found is None:
        raise SetUpGoneError
    return found


async def _values(request: aioweb.Request, found: FirstRunView, typed: Typed[Any]) -> dict[str, object]:
    status = await backend_of(request).status()
    return {"people": await people_of(request), "found": found, "typed": typed, "status": status}


async def _page(
    request: aioweb.Request, found: FirstRunView, typed: Typed[Any], *, status: int = 200
) -> aioweb.Response:
    return page(request, "set_up.html", await _values(request, found, typed), status=status)


ROUTES: Final = (
    Route("GET", f"/set-up/{_TOKEN}", show),
    Route("POST", f"/set-up/{_TOKEN}", begin),
)
