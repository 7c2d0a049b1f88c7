"""One's own account: what one signs in with, where one is signed in, in which language."""

from typing import Any, Final

from aiohttp import web as aioweb

from web.account_forms import LanguageForm, PasskeyForm, PasswordForm
from web.accounts_port import SignedIn
from web.errors import UnreadableError
from web.forms import Typed, blank, read
from web.pages.route import Route
from web.password_rules import password_fault
from web.ports import Refused, Session
from web.qr_codes import qr_code
from web.refusals import refusal_status, refusal_words
from web.respond import (
    LANGUAGE_COOKIE,
    NEXT_COOKIE,
    TICKET_COOKIE,
    backend_of,
    cookie_of,
    form_fields,
    go,
    page,
    people_of,
    refusal,
    remove_cookie,
    set_cookie,
    visit_of,
)
from web.signing_in import (
    again_first,
    arrival_of,
    ceremony,
    check_rate,
    keep_session,
    session_of,
    to_sign_in_again,
)

_ID_CHARACTERS_MAX = 1_400


async def overview(request: aioweb.Request) -> aioweb.Response:
    """Show means, sessions, language, and what happened to the account."""
    return await _overview(request, session_of(request))


async def _overview(request: aioweb.Request, session: Session, refused: Refused | None = None) -> aioweb.Response:
    accounts = backend_of(request).accounts
    account = session.account
    values = {
        "people": await people_of(request),
        "means": await accounts.sessions.means(account),
        "sessions": await accounts.sessions.listed(account),
        "changes": await accounts.sessions.changes_of(account),
        "notice": await accounts.sessions.notice(account),
        "can_passkey": accounts.passkeys.is_possible,
        "sign_on": accounts.single_sign_on.label,
        "session": session,
        "typed": blank(),
    }
    if refused is not None:
        return refusal(request, refused, "account.html", values)
    return page(request, "account.html", values)


async def begin(request: aioweb.Request) -> aioweb.Response:
    """Let somebody who came by link choose what to sign in with from now on."""
    session = session_of(request)
    accounts = backend_of(request).accounts
    values = {
        "people": await people_of(request),
        "means": await accounts.sessions.means(session.account),
        "can_passkey": accounts.passkeys.is_possible,
        "sign_on": accounts.single_sign_on.label,
    }
    return page(request, "account_begin.html", values)


async def note_read(request: aioweb.Request) -> aioweb.Response:
    """Take the notice away once it was read."""
    await backend_of(request).accounts.sessions.note_read(session_of(request).account)
    return go(request, "/account")


async def speak(request: aioweb.Request) -> aioweb.Response:
    """Set the language of the account."""
    session = session_of(request)
    typed = read(LanguageForm, await form_fields(request))
    if typed.form is None:
        raise UnreadableError
    await backend_of(request).accounts.sessions.speak(session.account, typed.form.lang)
    response = aioweb.Response(status=303, headers={"Location": f"/{typed.form.lang}/account"})
    set_cookie(request, response, LANGUAGE_COOKIE, typed.form.lang, lasts=True)
    return response


async def end_session(request: aioweb.Request) -> aioweb.Response:
    """End another session."""
    session = session_of(request)
    fields = await form_fields(request)
    await backend_of(request).accounts.sessions.end(session, fields.get("id", "")[:_ID_CHARACTERS_MAX])
    return go(request, "/account")


async def end_other_sessions(request: aioweb.Request) -> aioweb.Response:
    """End all other sessions."""
    await backend_of(request).accounts.sessions.end_others(session_of(request))
    return go(request, "/account")


async def new_passkey(request: aioweb.Request) -> aioweb.Response:
    """Explain passkeys, with the button that makes one."""
    session = session_of(request)
    return await _first_means(request, session) or await _passkey_page(request, blank())


async def _passkey_page(
    request: aioweb.Request, typed: Typed[Any], refused: Refused | None = None, status: int = 200
) -> aioweb.Response:
    can = backend_of(request).accounts.passkeys.is_possible
    values = {"people": await people_of(request), "typed": typed, "can_passkey": can}
    if refused is not None:
        return refusal(request, refused, "account_passkey.html", values)
    return page(request, "account_passkey.html", values, status=status)


async def ask_new_passkey(request: aioweb.Request) -> aioweb.Response:
    """Answer with a challenge to make a passkey with; a refusal in words for the script to show."""
    session = session_of(request)
    try:
        return ceremony(request, await backend_of(request).accounts.passkeys.begin(session))
    except Refused as refused:
        words = refusal_words(visit_of(request).language, refused)
        return aioweb.json_response({"problem": f"{words.happened} {words.remedy}"}, status=refusal_status(refused))


async def add_passkey(request: aioweb.Request) -> aioweb.Response:
    """Keep a new passkey."""
    session = session_of(request)
    typed = read(PasskeyForm, await form_fields(request))
    if typed.form is None:
        return await _passkey_page(request, typed, status=422)
    passkeys = backend_of(request).accounts.passkeys
    ticket = cookie_of(request, TICKET_COOKIE)
    try:
        signed_in = await passkeys.add(session, ticket, typed.form.response, typed.form.name, arrival_of(request))
    except Refused as refused:
        return await _passkey_page(request, typed, refused)
    response = go(request, "/account")
    keep_session(request, response, signed_in)
    for name in (TICKET_COOKIE, NEXT_COOKIE):
        remove_cookie(request, response, name)
    return response


async def remove_passkey(request: aioweb.Request) -> aioweb.Response:
    """Remove a passkey."""
    session = session_of(request)
    fields = await form_fields(request)
    passkey = fields.get("id", "")[:_ID_CHARACTERS_MAX]
    try:
        await backend_of(request).accounts.passkeys.remove(session, passkey)
    except Refused as refused:
        return await _refused_change(request, session, refused)
    return go(request, "/account")


async def new_password(request: aioweb.Request) -> aioweb.Response:
    """Show the QR code of new one-time codes, and the fields that set a password with them."""
    session = session_of(request)
    redirect = await _first_means(request, session)
    if redirect is not None:
        return redirect
    return await _password_page(request, session, blank())


async def _first_means(request: aioweb.Request, session: Session) -> aioweb.Response | None:
    """Return the way to sign in once more, unless the account has no means yet: any of its sessions may change that."""
    means = await backend_of(request).accounts.sessions.means(session.account)
    return again_first(request) if means.count else None


async def _password_page(
    request: aioweb.Request, session: Session, typed: Typed[Any], refused: Refused | None = None
) -> aioweb.Response:
    passwords = backend_of(request).accounts.passwords
    ticket = typed.value("ticket")
    draft = passwords.draft(session, ticket) or passwords.begin(session)
    values = {"people": await people_of(request), "typed": typed, "draft": draft, "qr": qr_code(draft.uri)}
    if refused is not None:
        return refusal(request, refused, "account_password.html", values)
    return page(request, "account_password.html", values, status=422 if typed.faults else 200)


async def set_password(request: aioweb.Request) -> aioweb.Response:
    """Set the password; show the recovery codes, this once."""
    check_rate(request)
    session = session_of(request)
    typed = _judged(request, session, read(PasswordForm, await form_fields(request)))
    if typed.form is None:
        return await _password_page(request, session, typed)
    passwords = backend_of(request).accounts.passwords
    form = typed.form
    try:
        signed_in, codes = await passwords.set(session, form.ticket, form.password, form.code, arrival_of(request))
    except Refused as refused:
        if refused.code == "wrong-code":
            return await _password_page(request, session, _with_fault(typed, "code", "code.wrong"))
        return await _password_page(request, session, typed, refused)
    return await _codes_page(request, codes, signed_in)


def _judged(request: aioweb.Request, session: Session, typed: Typed[PasswordForm]) -> Typed[PasswordForm]:
    """Return the form with the fault of a password that is too easily guessed."""
    account, federation = session.account, visit_of(request).federation
    if typed.form is None:
        return typed
    names = (account.id, account.name, account.member, *federation.names.values())
    fault = password_fault(typed.form.password, names)
    return typed if fault is None else _with_fault(typed, "password", f"password.{fault}")


def _with_fault(typed: Typed[PasswordForm], field: str, message: str) -> Typed[PasswordForm]:
    return Typed(typed.raw, typed.many, None, {field: PasswordForm.MESSAGES[message]})


async def renew_codes(request: aioweb.Request) -> aioweb.Response:
    """Replace the recovery codes; show the new ones, this once."""
    session = session_of(request)
    try:
        codes = await backend_of(request).accounts.passwords.renew_codes(session)
    except Refused as refused:
        return await _refused_change(request, session, refused)
    return await _codes_page(request, codes)


async def remove_password(request: aioweb.Request) -> aioweb.Response:
    """Remove the password."""
    session = session_of(request)
    try:
        await backend_of(request).accounts.passwords.remove(session)
    except Refused as refused:
        return await _refused_change(request, session, refused)
    return go(request, "/account")


async def _codes_page(
    request: aioweb.Request, codes: tuple[str, ...], signed_in: SignedIn | None = None
) -> aioweb.Response:
    response = page(request, "account_codes.html", {"people": await people_of(request), "codes": codes})
    if signed_in is not None:
        keep_session(request, response, signed_in)
        remove_cookie(request, response, NEXT_COOKIE)
    return response


async def _refused_change(request: aioweb.Request, session: Session, refused: Refused) -> aioweb.Response:
    """Return the way to sign in once more, or the account's page with the reason."""
    if refused.code != "stale-sign-in":
        return await _overview(request, session, refused)
    return to_sign_in_again(request, "/account")


ROUTES: Final = (
    Route("GET", "/account", overview),
    Route("GET", "/account/begin", begin),
    Route("POST", "/account/notice", note_read),
    Route("POST", "/account/language", speak),
    Route("POST", "/account/sessions/end", end_session),
    Route("POST", "/account/sessions/end-others", end_other_sessions),
    Route("GET", "/account/passkeys/new", new_passkey),
    Route("POST", "/account/passkeys/ask", ask_new_passkey),
    Route("POST", "/account/passkeys/new", add_passkey),
    Route("POST", "/account/passkeys/remove", remove_passkey),
    Route("GET", "/account/password", new_password),
    Route("POST", "/account/password", set_password),
    Route("POST", "/account/password/codes", renew_codes),
    Route("POST", "/account/password/remove", remove_password),
)
