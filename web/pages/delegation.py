"""Looking after accounts: the head of delegation under /delegation, the operator under /node/accounts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web as aioweb

from web import keys
from web.account_forms import PersonForm, RevokeForm
from web.accounts_port import NewPerson, PersonView
from web.errors import NotFoundError
from web.forms import Typed, blank, read
from web.pages.asked import page_in
from web.pages.route import Handler, Route
from web.ports import Refused, Role, RoundSummary
from web.respond import backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.signing_in import again_first, session_of

_PERSON: Final = "{person:[a-z0-9-]{1,64}}"
_Inner = Callable[[aioweb.Request, "Office"], Awaitable[aioweb.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Office:
    """Who looks after accounts, and under which address."""

    role: Role
    base: str
    roles: frozenset[Role]
    """Whose accounts stand there, and which roles are given there, as far as the holder may give them."""


HEAD: Final = Office("head", "/delegation", frozenset({"delegate", "head"}))
OPERATOR: Final = Office("operator", "/node/accounts", frozenset({"delegate", "head", "secretariat", "operator"}))


async def overview(request: aioweb.Request, office: Office) -> aioweb.Response:
    """List the accounts that one looks after, what may be done about proxies, and the trail of changes."""
    return await _overview(request, office)


async def _overview(request: aioweb.Request, office: Office, refused: Refused | None = None) -> aioweb.Response:
    session = session_of(request, office.role)
    backend = backend_of(request)
    delegation = backend.accounts.delegation
    asked = page_in(request)
    changes, pages = await delegation.changes(session.account, asked)
    rounds = await backend.rounds() if office is HEAD else ()
    values = {
        "people": await people_of(request),
        "office": office,
        "persons": [
            person for person in await delegation.people(session.account) if office.roles & person.account.roles
        ],
        "changes": changes,
        "page_number": asked,
        "pages": pages,
        "proxies": await _proxies(request, rounds),
        "session": session,
    }
    if refused is not None:
        return refusal(request, refused, "delegation.html", values)
    return page(request, "delegation.html", values)


async def _proxies(request: aioweb.Request, rounds: tuple[RoundSummary, ...]) -> list[tuple[RoundSummary, str]]:
    """Return the open rounds in which a proxy may be given, with the member that votes for this one if any does."""
    found = []
    for summary in rounds:
        view = await backend_of(request).round(summary.id) if summary.state == "open" else None
        if view is not None and view.spec.proxies_per_holder > 0:
            content = view.my_ballot.content if view.my_ballot else None
            found.append((summary, getattr(content, "holder", None) or ""))
    return found


async def form(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Show the form for a new account."""
    session_of(request, office.role)
    return again_first(request) or page(request, "accredit.html", await _form_values(request, office, blank()))


async def accredit(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Make an account; show its one-time link, this once."""
    session = session_of(request, office.role)
    typed = read(PersonForm, await form_fields(request))
    values = await _form_values(request, office, typed)
    if typed.form is None:
        return page(request, "accredit.html", values, status=422)
    filled = typed.form
    person = NewPerson(filled.id, filled.name, frozenset(filled.roles), filled.lang or None, filled.sign_on)
    delegation = backend_of(request).accounts.delegation
    try:
        token = await delegation.accredit(session, person)
    except Refused as refused:
        return refusal(request, refused, "accredit.html", values)
    return await _link_page(request, office, person.name, token, is_new=True)


async def _form_values(request: aioweb.Request, office: Office, typed: Typed[Any]) -> dict[str, object]:
    accounts = backend_of(request).accounts
    session = session_of(request, office.role)
    return {
        "people": await people_of(request),
        "office": office,
        "typed": typed,
        "roles": [role for role in accounts.delegation.may_give(session.account) if role in office.roles],
        "sign_on": accounts.single_sign_on.label,
    }


async def one(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Show what can be done about an account."""
    person = await _found(request, office)
    return again_first(request) or page(request, "delegate.html", await _person_values(request, office, person))


async def invite(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Make a new link for an account; show it, this once."""
    person = await _found(request, office)
    session = session_of(request, office.role)
    removes = (await form_fields(request)).get("removes_means") == "yes"
    delegation = backend_of(request).accounts.delegation
    try:
        token = await delegation.invite(session, person.account.id, removes_means=removes)
    except Refused as refused:
        return refusal(request, refused, "delegate.html", await _person_values(request, office, person))
    return await _link_page(request, office, person.account.name, token, is_new=False)


async def ask_revoke(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Ask once more before an account is revoked."""
    person = await _found(request, office)
    return again_first(request) or page(request, "revoke.html", await _person_values(request, office, person))


async def revoke(request: aioweb.Request, office: Office) -> aioweb.Response:
    """Revoke an account."""
    person = await _found(request, office)
    session = session_of(request, office.role)
    typed = read(RevokeForm, await form_fields(request))
    values = {**await _person_values(request, office, person), "typed": typed}
    if typed.form is None:
        return page(request, "revoke.html", values, status=422)
    try:
        await backend_of(request).accounts.delegation.revoke(session, person.account.id)
    except Refused as refused:
        return refusal(request, refused, "revoke.html", values)
    return go(request, office.base)


async def _found(request: aioweb.Request, office: Office) -> PersonView:
    session = session_of(request, office.role)
    persons = await backend_of(request).accounts.delegation.people(session.account)
    wanted = request.match_info["person"]
    found = next((each for each in persons if each.account.id == wanted and office.roles & each.account.roles), None)
    if found is None:
        raise NotFoundError
    return found


async def _person_values(request: aioweb.Request, office: Office, person: PersonView) -> Mapping[str, object]:
    is_own = visit_of(request).account == person.account
    values = {"people": await people_of(request), "office": office, "person": person, "typed": blank()}
    return {**values, "is_own": is_own}


async def _link_page(
    request: aioweb.Request, office: Office, name: str, token: str, *, is_new: bool
) -> aioweb.Response:
    address = f"{request.app[keys.SETTINGS].base_url}/sign-in/{token}"
    values = {"people": await people_of(request), "office": office, "person_name": name}
    values = {**values, "address": address, "is_new": is_new}
    return page(request, "invitation.html", values)


def _for(inner: _Inner, office: Office) -> Handler:
    """Return a page as the holders of one office have it."""

    async def handler(request: aioweb.Request) -> aioweb.StreamResponse:
        return await inner(request, office)

    return handler


_PAGES: Final[tuple[tuple[str, str, _Inner], ...]] = (
    ("GET", "", overview),
    ("GET", "/new", form),
    ("POST", "/new", accredit),
    ("GET", f"/people/{_PERSON}", one),
    ("POST", f"/people/{_PERSON}/link", invite),
    ("GET", f"/people/{_PERSON}/revoke", ask_revoke),
    ("POST", f"/people/{_PERSON}/revoke", revoke),
)
ROUTES: Final = tuple(
    Route(method, office.base + path, _for(inner, office))
    for office in (HEAD, OPERATOR)
    for method, path, inner in _PAGES
)
