"""Opening a round in steps: kind, what stands in it, dates and settings, preview, sign.

What was typed is kept for the account from step to step and back; nothing is signed before the last one.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb
from multidict import MultiDict

from consensus.ballots import Fault
from consensus.rules.registry import parse_settings
from protocol.events.consultation import Track
from protocol.policy import TrackPolicy
from web.constituencies import shown
from web.course_words import PROCEDURES, procedure_name
from web.desk_forms import DatesForm, KindForm, SubjectsForm
from web.desk_views import Drafts, RoundPlan, SubjectChoice
from web.desk_words import blocked_words
from web.forms import ROUND_DAYS_MAX, Fields, Form, Typed, blank, read
from web.i18n import Language
from web.pages.route import Route
from web.ports import Account, Refused, RoundInput
from web.present import People
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.rule_words import RuleWords, rule_words, settings_words

_DRAFT: Final = "round"
_STEPS: Final = ("", "/subjects", "/dates", "/preview")
_FORMS: Final[tuple[type[Form], ...]] = (KindForm, SubjectsForm, DatesForm)
_TEMPLATES: Final = ("desk_round_kind.html", "desk_round_subjects.html", "desk_round_dates.html")
_START: Final[Drafts] = {"track": ("long",), "procedure": ("prioritisation",), "duration": ("7",), "unit": ("days",)}
_DAY_MS: Final = 86_400_000
_UNITS: Final = (("days", _DAY_MS), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000))


async def kind(request: aioweb.Request) -> aioweb.Response:
    """Answer with the first step."""
    return await _show(request, 0)


async def subjects(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer with the second step."""
    return await _show(request, 1)


async def dates(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer with the third step."""
    return await _show(request, 2)


async def keep_kind(request: aioweb.Request) -> aioweb.StreamResponse:
    """Keep the first step."""
    return await _keep(request, 0)


async def keep_subjects(request: aioweb.Request) -> aioweb.StreamResponse:
    """Keep the second step."""
    return await _keep(request, 1)


async def keep_dates(request: aioweb.Request) -> aioweb.StreamResponse:
    """Keep the third step."""
    return await _keep(request, 2)


async def preview(request: aioweb.Request) -> aioweb.StreamResponse:
    """Answer with the round as it would be signed now, or with the step that something is missing at."""
    account = account_with(request, "secretariat")
    draft = await _draft(request, account)
    missing = next((at for at, model in enumerate(_FORMS) if _read(model, draft).form is None), None)
    if missing is not None:
        return go(request, f"/desk/round{_STEPS[missing]}")
    try:
        return page(request, "desk_round_preview.html", await _preview_values(request, draft))
    except Refused as refused:
        return refusal(request, refused, "desk_round_preview.html", await _refused_values(request, draft))


async def sign(request: aioweb.Request) -> aioweb.StreamResponse:
    """Sign the request, or have it wait for a second person."""
    account = account_with(request, "secretariat")
    draft = await _draft(request, account)
    wanted = _wanted(draft)
    if wanted is None:
        return go(request, "/desk/round/preview")
    try:
        signed = await backend_of(request).desk.requests.ask_round(account, wanted)
    except Refused as refused:
        return refusal(request, refused, "desk_round_preview.html", await _refused_values(request, draft))
    await backend_of(request).desk.requests.keep_draft(account, _DRAFT, {})
    return go(request, "/desk?done=round" if signed == "signed" else "/desk?done=waiting")


async def _show(request: aioweb.Request, step: int, typed: Typed[Any] | None = None) -> aioweb.Response:
    account = account_with(request, "secretariat")
    draft = await _draft(request, account)
    shown_now = typed or blank(*_raw(draft))
    values = {**await _values(request, draft, step), "typed": shown_now}
    return page(request, _TEMPLATES[step], values, status=422 if shown_now.faults else 200)


async def _keep(request: aioweb.Request, step: int) -> aioweb.StreamResponse:
    """Keep what was typed; go on if it is whole, and back in any case if that is asked for."""
    account = account_with(request, "secretariat")
    fields = await form_fields(request)
    draft = _with(await _draft(request, account), _FORMS[step], fields)
    await backend_of(request).desk.requests.keep_draft(account, _DRAFT, draft)
    if fields.get("go") == "back":
        return go(request, f"/desk/round{_STEPS[max(0, step - 1)]}" if step else "/desk")
    typed = _read(_FORMS[step], draft)
    if typed.form is None:
        return await _show(request, step, typed)
    return go(request, f"/desk/round{_STEPS[step + 1]}")


async def _draft(request: aioweb.Request, account: Account) -> Drafts:
    return await backend_of(request).desk.requests.draft(account, _DRAFT) or _START


def _with(draft: Drafts, model: type[Form], fields: Fields) -> Drafts:
    """Return a draft with the fields of one step as they were sent; a box that was left empty is empty."""
    sent = {name: tuple(str(value) for value in fields.getall(name, ())) for name in model.model_fields}
    kept = {"track", "procedure"} if model is SubjectsForm else set()
    return {**draft, **{name: values for name, values in sent.items() if name not in kept}}


def _raw(draft: Drafts) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    return {name: values[0] for name, values in draft.items() if values}, dict(draft)


def _read(model: type[Form], draft: Drafts) -> Typed[Any]:
    return read(model, MultiDict((name, value) for name, values in draft.items() for value in values))


def _wanted(draft: Drafts) -> RoundInput | None:
    asked, when = _read(SubjectsForm, draft).form, _read(DatesForm, draft).form
    if asked is None or when is None:
        return None
    return RoundInput(
        track=asked.track,
        procedure=asked.procedure,
        subjects=tuple(dict.fromkeys(asked.subjects)),
        closes_in_ms=when.closes_in_ms,
        capacity_minutes=when.capacity,
        hide_running=not when.shows_turnout,
        proxies_per_holder=when.proxies,
    )


async def _values(request: aioweb.Request, draft: Drafts, step: int) -> dict[str, object]:
    language, federation = visit_of(request).language, visit_of(request).federation
    people = await people_of(request)
    chosen = _read(KindForm, draft).form
    policy = None if chosen is None else federation.policies[chosen.track]
    values: dict[str, object] = {
        "people": people,
        "step": step + 1,
        "chosen": chosen,
        "procedure_choices": _procedures(language, federation.policies),
        "rule": None if chosen is None else _rule(language, federation.policies[chosen.track], chosen, len(people)),
    }
    if step == 1:
        found: tuple[SubjectChoice, ...] = ()
        if chosen is not None:
            found = await backend_of(request).desk.rounds.subjects(chosen.track, chosen.procedure)
        values |= {
            "may": [each for each in found if not each.blocked],
            "may_not": [(each, blocked_words(language, each)) for each in found if each.blocked],
        }
    if step == 2 and policy is not None and chosen is not None and chosen.procedure in policy.procedures:
        procedure = policy.procedures[chosen.procedure]
        values |= {
            "least": _in_units(language, procedure.voting_ms),
            "earliest": visit_of(request).now + procedure.voting_ms,
            "latest": visit_of(request).now + ROUND_DAYS_MAX * _DAY_MS,
            "capacity": policy.capacity_minutes,
            "proxies_max": procedure.proxies_per_holder,
        }
    return values


def _in_units(language: Language, milliseconds: int) -> str:
    """Return a duration in the largest unit that it is a whole number of."""
    for unit, length in _UNITS:
        if milliseconds % length == 0:
            count = milliseconds // length
            words = {
                "days": language.ngettext("%(num)d day", "%(num)d days", count),
                "hours": language.ngettext("%(num)d hour", "%(num)d hours", count),
                "minutes": language.ngettext("%(num)d minute", "%(num)d minutes", count),
                "seconds": language.ngettext("%(num)d second", "%(num)d seconds", count),
            }[unit]
            return words % {"num": count}
    return language.duration(milliseconds)


def _procedures(language: Language, policies: Mapping[Track, TrackPolicy]) -> list[tuple[str, str, str]]:
    return [
        (name, procedure_name(language, name), _tracks_with(language, policies, name))
        for name in PROCEDURES
        if any(name in policy.procedures for policy in policies.values())
    ]


def _tracks_with(language: Language, policies: Mapping[Track, TrackPolicy], name: str) -> str:
    names = {"long": language.gettext("long-term"), "short": language.gettext("short-term")}
    return language.listed([names[track] for track, policy in policies.items() if name in policy.procedures])


def _rule(language: Language, policy: TrackPolicy, chosen: KindForm, entitled: int) -> RuleWords | None:
    procedure = policy.procedures.get(chosen.procedure)
    settings = None if procedure is None else parse_settings(procedure.rule)
    if settings is None or isinstance(settings, Fault):
        return None
    return settings_words(language, settings, entitled, policy.capacity_minutes)


async def _preview_values(request: aioweb.Request, draft: Drafts) -> Mapping[str, object]:
    wanted = _wanted(draft)
    assert wanted is not None
    plan = await backend_of(request).desk.rounds.plan(wanted)
    people = await people_of(request)
    language = visit_of(request).language
    return {
        **await _refused_values(request, draft),
        "plan": plan,
        "rule": rule_words(language, plan.spec, len(people), people.text_of),
        "heard_now": _heard_now(plan, visit_of(request).now),
        "seats": _seats(people),
    }


async def _refused_values(request: aioweb.Request, draft: Drafts) -> dict[str, object]:
    wanted = _wanted(draft)
    return {
        "people": await people_of(request),
        "step": 4,
        "wanted": wanted,
        "plan": None,
        "needs_second": backend_of(request).desk.needs_second_person,
    }


_HEARD_WITHIN_MS: Final = 15 * 60_000


def _heard_now(plan: RoundPlan, now: int) -> list[str]:
    """Return the tellers whose nodes have been heard of lately."""
    return [
        teller.member
        for teller in plan.tellers
        if teller.last_heard is not None and now - teller.last_heard <= _HEARD_WITHIN_MS
    ]


def _seats(people: People) -> dict[str, int]:
    counts = people.by_constituency(people.ids)
    return {name: counts[name][1] for name in shown(counts)}


ROUTES: Final = (
    Route("GET", "/desk/round", kind),
    Route("POST", "/desk/round", keep_kind),
    Route("GET", "/desk/round/subjects", subjects),
    Route("POST", "/desk/round/subjects", keep_subjects),
    Route("GET", "/desk/round/dates", dates),
    Route("POST", "/desk/round/dates", keep_dates),
    Route("GET", "/desk/round/preview", preview),
    Route("POST", "/desk/round/preview", sign),
)
