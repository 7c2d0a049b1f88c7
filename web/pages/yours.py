"""What needs a member: where its people land after signing in, and the dates that everybody can read."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web as aioweb

from web.attention_port import Deadline, Need, NeedKind
from web.course_words import OFFERS
from web.deadline_words import deadline_words
from web.drafts_port import Draft
from web.i18n import Language
from web.marking import N_
from web.pages.route import Route
from web.respond import account_with, backend_of, page, people_of, visit_of

_ASKING: Final[tuple[NeedKind, ...]] = ("objection", "amendment", "consolidation", "reconfirm")
_LABEL_CHARACTERS_MAX = 80
_DATES_SHOWN = 6
_ACT: Final = re.compile(r"/proposals/[0-9a-f]{64}/acts/([a-z-]+)")
_TEXT_FIELDS: Final = ("title", "body", "reasons", "urgency", "text", "reply")


async def yours(request: aioweb.Request) -> aioweb.Response:
    """Answer with what waits for the reader's member, and the reader's drafts."""
    account = account_with(request)
    backend, language = backend_of(request), visit_of(request).language
    needs = await backend.attention.needs(account)
    dates = (await backend.attention.deadlines())[:_DATES_SHOWN]
    drafts = [(draft, *draft_words(language, draft)) for draft in await backend.drafts.kept(account)]
    values = {
        "groups": grouped(needs),
        "needs": needs,
        "drafts": drafts,
        "dates": dated(language, dates),
        "reminders": await backend.desk.reminders() if account.may_act_as("delegate") else (),
        "people": await people_of(request),
    }
    return page(request, "yours.html", values)


async def dates(request: aioweb.Request) -> aioweb.Response:
    """Answer with what ends or begins when, for anybody."""
    found = dated(visit_of(request).language, await backend_of(request).attention.deadlines())
    return page(request, "dates.html", {"dates": found, "people": await people_of(request)})


def grouped(needs: Sequence[Need]) -> Mapping[str, list[Need]]:
    """Return needs under the headings that they stand under."""
    groups: dict[str, list[Need]] = {name: [] for name in ("vote", "asking", "call", "reply", "talk", "own", "voted")}
    for need in needs:
        groups["asking" if need.kind in _ASKING else need.kind].append(need)
    return groups


def dated(language: Language, deadlines: Sequence[Deadline]) -> list[tuple[Deadline, str]]:
    """Return deadlines with what happens then in words."""
    return [(deadline, deadline_words(language, deadline)) for deadline in deadlines]


def draft_words(language: Language, draft: Draft) -> tuple[str, str]:
    """Return what kind of form a draft is of, and how what was typed begins."""
    fields = dict(draft.fields)
    text = next((fields[name].strip() for name in _TEXT_FIELDS if fields.get(name, "").strip()), "")
    line = text.splitlines()[0] if text else ""
    label = line if len(line) <= _LABEL_CHARACTERS_MAX else line[:_LABEL_CHARACTERS_MAX].rstrip() + "…"
    return _form_name(language, draft.form), label


def _form_name(language: Language, form: str) -> str:
    act = _ACT.match(form)
    if act and act[1] in OFFERS:
        return language.gettext(OFFERS[act[1]].button)
    if form.startswith("/proposals/new"):
        return language.gettext(N_("Submit a proposal"))
    if form.endswith("#position"):
        return language.gettext(N_("State your position"))
    return language.gettext(N_("A text"))


ROUTES: Final = (
    Route("GET", "/yours", yours),
    Route("GET", "/dates", dates),
)
