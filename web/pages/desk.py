"""The secretariat's desk: running rounds, suggested topics, opening a round, drafting the agenda."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web as aioweb

from consensus.ballots import Fault
from consensus.rules.registry import parse_settings
from protocol.events.consultation import Track
from protocol.policy import TrackPolicy
from web.constituencies import shown
from web.course_words import PROCEDURES, procedure_name
from web.explorer_views import GroupView
from web.forms import RoundForm, TopicForm, Typed, blank, read
from web.i18n import TEXT_LANGUAGES, Language
from web.pages.route import Route
from web.ports import (
    AmendmentView,
    Backend,
    ProposalFilter,
    ProposalSummary,
    Refused,
    RoundInput,
    RoundView,
    TopicInput,
    TopicView,
)
from web.present import People
from web.respond import account_with, backend_of, form_fields, go, page, people_of, refusal, visit_of
from web.rule_words import RuleWords, rule_kind, settings_words

_CANDIDATES_MAX = 500
_STAGES: Final = {"scheduled": 0, "open": 0, "sealing": 1, "deciding": 2, "stalled": 2, "certified": 4}


async def desk(request: aioweb.Request) -> aioweb.Response:
    """Answer with the desk."""
    account_with(request, "secretariat")
    return page(request, "desk.html", await _desk_values(request))


async def draft_agenda(request: aioweb.Request) -> aioweb.StreamResponse:
    """Draft the next agenda and ask the tellers to certify it."""
    account = account_with(request, "secretariat")
    try:
        await backend_of(request).draft_agenda(account)
    except Refused as refused:
        return refusal(request, refused, "desk.html", await _desk_values(request))
    return go(request, "/desk?done=agenda")


async def topic_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that makes a topic of a group, filled in from the group."""
    account_with(request, "secretariat")
    backend = backend_of(request)
    asked = request.query.get("group", "")
    group = next((group for group in await backend.groups() if group.id == asked), None)
    return page(request, "desk_topic.html", await _topic_values(request, await _from_group(request, group)))


async def name_topic(request: aioweb.Request) -> aioweb.StreamResponse:
    """Name a topic."""
    account = account_with(request, "secretariat")
    typed = read(TopicForm, await form_fields(request))
    values = await _topic_values(request, typed)
    if typed.form is None:
        return page(request, "desk_topic.html", values, status=422)
    form = typed.form
    topic = TopicInput(
        track=form.track,
        lang=form.lang,
        title=form.title,
        body=form.body,
        goals=form.goals,
        minutes=form.minutes,
        proposals=tuple(sorted(set(form.proposals))),
    )
    try:
        await backend_of(request).name_topic(account, topic)
    except Refused as refused:
        return refusal(request, refused, "desk_topic.html", values)
    return go(request, "/desk?done=topic")


async def round_form(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form that opens a round."""
    account_with(request, "secretariat")
    return page(request, "desk_round.html", await _round_values(request, blank({"duration": "7", "unit": "days"})))


async def request_round(request: aioweb.Request) -> aioweb.StreamResponse:
    """Ask the tellers to open a round."""
    account = account_with(request, "secretariat")
    typed = read(RoundForm, await form_fields(request))
    values = await _round_values(request, typed)
    if typed.form is None:
        return page(request, "desk_round.html", values, status=422)
    form = typed.form
    wanted = RoundInput(
        track=form.track,
        procedure=form.procedure,
        subjects=tuple(dict.fromkeys(form.subjects)),
        closes_in_ms=form.closes_in_ms,
        capacity_minutes=form.capacity,
        proxies_per_holder=form.proxies,
    )
    try:
        await backend_of(request).request_round(account, wanted)
    except Refused as refused:
        return refusal(request, refused, "desk_round.html", values)
    return go(request, "/desk?done=round")


async def _desk_values(request: aioweb.Request) -> Mapping[str, object]:
    backend = backend_of(request)
    people = await people_of(request)
    language = visit_of(request).language
    summaries = await backend.rounds()
    running = [
        found for summary in summaries if summary.state != "certified" and (found := await backend.round(summary.id))
    ]
    return {
        "people": people,
        "done": request.query.get("done", ""),
        "agenda": await backend.agenda(),
        "running": running,
        "decided": [summary for summary in summaries if summary.state == "certified"],
        "kinds": {summary.rule: rule_kind(language, summary.rule) for summary in summaries},
        "stages": {found.summary.id: _STAGES[found.summary.state] for found in running},
        "turnout": {found.summary.id: _turnout(people, found) for found in running},
        "waiting": {found.summary.id: _waiting(people, found) for found in running},
        "suggested": await _suggested(backend),
    }


def _turnout(people: People, found: RoundView) -> dict[str, tuple[int, int]]:
    counts = people.by_constituency(found.voted)
    return {name: counts[name] for name in shown(counts)}


def _waiting(people: People, found: RoundView) -> list[str]:
    voted = set(found.voted)
    return [member for member in people.ids if member not in voted]


async def _suggested(backend: Backend) -> list[GroupView]:
    """Return the groups whose proposals aren't all in a topic already, those with several proposals."""
    named = {proposal for topic in await backend.topics() for proposal in topic.proposals}
    return [group for group in await backend.groups() if len(group.proposals) > 1 and not set(group.proposals) <= named]


async def _candidates(request: aioweb.Request) -> tuple[ProposalSummary, ...]:
    found = await backend_of(request).proposals(ProposalFilter(per_page=_CANDIDATES_MAX))
    return found.items


async def _from_group(request: aioweb.Request, group: GroupView | None) -> Typed[Any]:
    """Return the form filled in from a group; its minutes are those of its longest proposal."""
    if group is None:
        return blank()
    members = [item for item in await _candidates(request) if item.id in group.proposals]
    label, lang = visit_of(request).language.pick(group.label) if group.label else ("", "")
    raw = {
        "title": label,
        "lang": lang or visit_of(request).language.code,
        "minutes": str(max([1, *(item.minutes for item in members)])),
        "track": "short" if members and all(item.track == "short" for item in members) else "long",
    }
    many = {"proposals": group.proposals, "goals": tuple(str(goal) for goal in group.goals)}
    return blank(raw, many)


async def _topic_values(request: aioweb.Request, typed: Typed[Any]) -> Mapping[str, object]:
    chosen = set(typed.values("proposals"))
    candidates = sorted(await _candidates(request), key=lambda item: item.id not in chosen)
    return {
        "people": await people_of(request),
        "typed": typed,
        "candidates": candidates,
        "text_languages": TEXT_LANGUAGES,
    }


async def _round_values(request: aioweb.Request, typed: Typed[Any]) -> Mapping[str, object]:
    language = visit_of(request).language
    people = await people_of(request)
    topics: tuple[TopicView, ...] = await backend_of(request).topics()
    candidates = await _candidates(request)
    seats = people.by_constituency(people.ids)
    policies = visit_of(request).federation.policies
    return {
        "people": people,
        "typed": typed,
        "topics": topics,
        "candidates": candidates,
        "amendments": await _amendments(request, candidates),
        "rules": [(track, _rules(language, policy, len(people))) for track, policy in policies.items()],
        "procedure_choices": [
            (name, procedure_name(language, name), _tracks_with(language, policies, name))
            for name in PROCEDURES
            if any(name in policy.procedures for policy in policies.values())
        ],
        "seats": {name: seats[name] for name in shown(seats)},
    }


def _rules(language: Language, policy: TrackPolicy, entitled: int) -> list[RuleWords]:
    """Return the words of each procedure's rule, under the procedure's name."""
    found = []
    for name, procedure in policy.procedures.items():
        settings = parse_settings(procedure.rule)
        if not isinstance(settings, Fault):
            words = settings_words(language, settings, entitled, policy.capacity_minutes)
            found.append(RuleWords(f"{procedure_name(language, name)}: {words.name}", words.sentences))
    return found


def _tracks_with(language: Language, policies: Mapping[Track, TrackPolicy], name: str) -> str:
    names = {"long": language.gettext("long-term"), "short": language.gettext("short-term")}
    return language.listed([names[track] for track, policy in policies.items() if name in policy.procedures])


async def _amendments(
    request: aioweb.Request, candidates: Sequence[ProposalSummary]
) -> list[tuple[ProposalSummary, AmendmentView]]:
    """Return the amendments that enough members want to put to a vote, each with its proposal."""
    found = []
    for item in candidates:
        view = await backend_of(request).proposal(item.id) if item.ready_amendments else None
        found += [(item, each) for each in view.course.amendments if each.is_ready] if view else []
    return found


ROUTES: Final = (
    Route("GET", "/desk", desk),
    Route("POST", "/desk/agenda", draft_agenda),
    Route("GET", "/desk/topic", topic_form),
    Route("POST", "/desk/topic", name_topic),
    Route("GET", "/desk/round", round_form),
    Route("POST", "/desk/round", request_round),
)
