"""The secretariat's desk: running rounds, suggested topics, opening a round, drafting the agenda."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from consensus.rules.consent import ConsensusSettings
from consensus.rules.counting import PositiveShare
from consensus.rules.named import simple_majority, two_thirds_present_and_voting
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.ranked import RunoffSettings, SchulzeSettings
from consensus.rules.registry import RuleSettings
from consensus.rules.score import ScoreSettings
from consensus.rules.silence import SilenceSettings
from web.constituencies import shown
from web.forms import RoundForm, TopicForm, Typed, blank, read
from web.i18n import TEXT_LANGUAGES
from web.pages.route import Route
from web.ports import (
    Backend,
    GroupView,
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
from web.rule_words import rule_kind, settings_words

_CANDIDATES_MAX = 500
_STAGES: Final = {"scheduled": 0, "open": 0, "sealing": 1, "deciding": 2, "stalled": 2, "certified": 4}
_THIRD: Final = PositiveShare(numerator=1, denominator=3)
_HALF: Final = PositiveShare(numerator=1, denominator=2)


def _offered_rules() -> dict[str, RuleSettings]:
    return {
        "simple-majority": simple_majority(_THIRD),
        "two-thirds": two_thirds_present_and_voting(_HALF),
        "equal-shares": EqualSharesSettings(quorum=_THIRD),
        "silence": SilenceSettings(),
        "consensus": ConsensusSettings(quorum=_HALF),
        "schulze": SchulzeSettings(quorum=_THIRD),
        "instant-runoff": RunoffSettings(quorum=_THIRD),
        "score": ScoreSettings(quorum=_THIRD),
    }


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
    rule = _offered_rules().get(form.rule)
    wanted = RoundInput(
        track=form.track,
        subjects=tuple(dict.fromkeys(form.subjects)),
        closes_in_ms=form.closes_in_ms,
        rule=rule.model_dump(mode="json") if rule else None,
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
    seats = people.by_constituency(people.ids)
    rules = [settings_words(language, settings, len(people), 240) for settings in _offered_rules().values()]
    return {
        "people": people,
        "typed": typed,
        "topics": topics,
        "candidates": await _candidates(request),
        "rules": rules,
        "rule_choices": [
            ("charter", language.gettext("The charter's rule for the track"), ""),
            ("simple-majority", language.gettext("Simple majority"), language.gettext("On one text")),
            ("two-thirds", language.gettext("Two-thirds majority"), language.gettext("On one text")),
            ("equal-shares", language.gettext("Method of Equal Shares"), language.gettext("On several topics")),
            ("silence", language.gettext("Silence procedure"), language.gettext("On one text")),
            ("consensus", language.gettext("Call for consensus"), language.gettext("On one text")),
            ("schulze", language.gettext("Schulze method"), language.gettext("Between competing texts")),
            ("instant-runoff", language.gettext("Instant run-off"), language.gettext("Between competing texts")),
            ("score", language.gettext("Scores on weighted criteria"), language.gettext("On several topics")),
        ],
        "seats": {name: seats[name] for name in shown(seats)},
    }


ROUTES: Final = (
    Route("GET", "/desk", desk),
    Route("POST", "/desk/agenda", draft_agenda),
    Route("GET", "/desk/topic", topic_form),
    Route("POST", "/desk/topic", name_topic),
    Route("GET", "/desk/round", round_form),
    Route("POST", "/desk/round", request_round),
)
