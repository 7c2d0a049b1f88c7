"""What would this rule have given? The secretariat tries rules on rounds of the past. Nothing here is a decision."""

from typing import Any, Final, get_args

from aiohttp import web as aioweb

from consensus.ballots import Fault
from consensus.comparison import Compared
from consensus.rules.registry import RULES, RuleSettings, draft_faults
from consensus.ties import TieOrder
from web import keys
from web.compared import ballotage, rule_of
from web.constituencies import shown
from web.decisions import decision, reason_words
from web.errors import NotFoundError
from web.fairness_values import finding_rows, kept, taken_by
from web.forms import Typed, blank, read
from web.i18n import Language
from web.pages.ballots import found_round
from web.pages.rounds import round_values
from web.pages.route import Route
from web.ports import MemberView, RoundView
from web.present import People, ordered_options, title_of
from web.respond import account_with, backend_of, page, people_of, visit_of
from web.rule_words import rule_kind, rule_name, settings_words
from web.try_rules import COMPLETIONS, TryForm, typed_as

_ID: Final = "{round:[0-9a-f]{64}}"


async def rounds(request: aioweb.Request) -> aioweb.Response:
    """Answer with the rounds on which a rule can be tried."""
    account_with(request, "secretariat")
    language = visit_of(request).language
    decided = [summary for summary in await backend_of(request).rounds() if summary.state == "certified"]
    kinds = {summary.rule: rule_kind(language, summary.rule) for summary in decided}
    return page(request, "desk_tries.html", {"rounds": decided, "kinds": kinds, "people": await people_of(request)})


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with the form for one round and, once a rule is chosen, with what it would have given."""
    account_with(request, "secretariat")
    found = await found_round(request)
    actual = rule_of(found)
    if found.outcome is None or actual is None:
        raise NotFoundError
    members = await backend_of(request).members()
    typed: Typed[Any] = read(TryForm, request.query) if "rule" in request.query else blank(*typed_as(actual))
    values = {
        **await round_values(request, found),
        "typed": typed,
        "form": RULES[actual.rule].ballot_form,
        "actual": decision(visit_of(request).language, found.outcome),
        **_choices(visit_of(request).language, await people_of(request), actual),
        **await _tried(request, found, typed, members),
    }
    return page(request, "desk_try.html", values, status=422 if values["objection"] or typed.faults else 200)


def _choices(language: Language, people: People, actual: RuleSettings) -> dict[str, object]:
    form = RULES[actual.rule].ballot_form
    tie_words = {
        "oldest": language.gettext("the oldest first"),
        "id": language.gettext("by identifier"),
        "lot": language.gettext("by the round's public lot"),
        "chair": language.gettext("by the ballot of the chair's member"),
    }
    completion_words = {
        "raised-shares": language.gettext("raise all shares alike"),
        "phragmen": language.gettext("by waiting (Phragmén's rule)"),
        "most-approved": language.gettext("the most approved that fit"),
    }
    return {
        "rule_choices": [
            (name, rule_name(language, name), "") for name, rule in RULES.items() if rule.ballot_form == form
        ],
        "tie_choices": [(order, tie_words.get(order, order)) for order in get_args(TieOrder)],
        "chair_choices": [
            ("", language.gettext("nobody")),
            *((member, people.name(member).text) for member in people.ids),
        ],
        "completion_choices": [(name, completion_words[name]) for name in COMPLETIONS],
    }


async def _tried(
    request: aioweb.Request, found: RoundView, typed: Typed[Any], members: tuple[MemberView, ...]
) -> dict[str, object]:
    """Return what the typed settings would have given, or why they can't be held."""
    nothing: dict[str, object] = {"objection": "", "tried": None}
    if typed.form is None:
        return nothing
    language = visit_of(request).language
    names = shown(dict.fromkeys(name for member in members for name in member.constituencies))
    settings = typed.form.settings(names)
    objection = settings if isinstance(settings, Fault) else _objection(found, settings, members)
    if isinstance(settings, Fault) or objection is not None:
        return {**nothing, "objection": objection.detail if objection else ""}
    try:
        tried = await request.app[keys.COMPARISONS].tried(found, settings, members)
    except ValueError:
        return {**nothing, "objection": language.gettext("This round holds nothing by which such ties could break.")}
    return {**nothing, "tried": tried, **await _outcome_values(request, found, settings, tried)}


def _objection(found: RoundView, settings: RuleSettings, members: tuple[MemberView, ...]) -> Fault | None:
    """Return why these settings can't be held on this round's question and ballots, or None."""
    actual = rule_of(found)
    if actual is None or RULES[settings.rule].ballot_form != RULES[actual.rule].ballot_form:
        return Fault("wrong_form", "This rule counts another form of ballot.")
    asked = ballotage(found, members)
    return next(iter(draft_faults(asked.question, settings, asked.electorate)), None)


async def _outcome_values(
    request: aioweb.Request, found: RoundView, settings: RuleSettings, tried: Compared
) -> dict[str, object]:
    people = await people_of(request)
    names = {member: people.text_of(member) for member in people.ids}
    language = visit_of(request).language
    titles = {option.id: title_of(option.text, language).text for option in found.options}
    assert found.outcome is not None
    return {
        "outcome": tried.outcome,
        "decision": decision(language, tried.outcome),
        "reasons": [reason_words(language, reason, titles, names) for reason in tried.outcome.reasons],
        "tried_rule": settings_words(
            language, settings, len(people), found.spec.question.capacity_minutes, people.text_of
        ),
        "findings": finding_rows(language, tried.certificate, settings.rule, titles) if tried.certificate else (),
        "kept": kept(tried.certificate),
        "numbered": list(ordered_options(found.options).values()),
        "taken_then": taken_by(found.outcome),
        "taken_now": taken_by(tried.outcome),
    }


ROUTES: Final = (
    Route("GET", "/desk/try", rounds),
    Route("GET", f"/desk/try/{_ID}", one),
)
