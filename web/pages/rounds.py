"""Rounds: the list, one round in every state, frozen texts, and the stream that keeps an open page up to date."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from consensus.agreement.quorum import Quorum
from web import keys
from web.errors import NotFoundError
from web.live import live
from web.outcome_values import outcome_values
from web.pages.ballots import ballot_page, found_round, receipt_values
from web.pages.route import Route
from web.ports import RoundView
from web.readings import reading_of, reading_values, text_languages, wants_original
from web.respond import account_with, backend_of, page, part, people_of, visit_of
from web.round_words import state_sentence
from web.rule_words import rule_kind, rule_words

_ID: Final = "{round:[0-9a-f]{64}}"
_STAGES: Final = {"scheduled": 0, "open": 0, "sealing": 1, "deciding": 2, "stalled": 2, "certified": 4}
_CONCERNED: Final = frozenset({"round", "ballot", "receipt", "register"})


async def listed(request: aioweb.Request) -> aioweb.Response:
    """Answer with all rounds."""
    rounds = await backend_of(request).rounds()
    language = visit_of(request).language
    kinds = {summary.rule: rule_kind(language, summary.rule) for summary in rounds}
    is_delegate = visit_of(request).has_role("delegate")
    reminders = await backend_of(request).desk.reminders() if is_delegate else ()
    values = {"rounds": rounds, "kinds": kinds, "people": await people_of(request), "reminders": reminders}
    return page(request, "rounds.html", values)


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a round: its ballot for a delegate while it is open, its outcome once certified."""
    found = await found_round(request)
    if found.outcome is not None and found.closed is not None:
        return page(request, "outcome.html", await _outcome(request, found))
    if found.summary.state == "open" and visit_of(request).has_role("delegate"):
        return await ballot_page(request, found)
    values = {**await round_values(request, found), **_progress(request, found)}
    return page(request, "round.html", values)


async def text(request: aioweb.Request) -> aioweb.Response:
    """Answer with the frozen text of one option."""
    found = await found_round(request)
    wanted = request.match_info["option"]
    for number, option in enumerate(found.options, start=1):
        if option.id == wanted:
            digests = {asked.id: asked.text.sha256 for asked in found.spec.question.options}
            values = {
                "option": option,
                "number": number,
                "digest": digests.get(option.id, ""),
                "read_in": text_languages(
                    await reading_of(request, option.text.hash), shows_original=wants_original(request)
                ),
            }
            return page(request, "frozen_text.html", {**await round_values(request, found), **values})
    raise NotFoundError


async def events(request: aioweb.Request) -> aioweb.StreamResponse:
    """Stream the part of a page that changes, each time it has changed, until the reader leaves."""
    visit_of(request).is_fragment = True
    kind = request.query.get("part", "progress")
    if kind == "receipt":
        account_with(request, "delegate")
    await found_round(request)
    return await live(request, lambda change: change.kind in _CONCERNED, lambda: _part(request, kind))


async def _part(request: aioweb.Request, kind: str) -> str:
    """Return the part as it is now."""
    visit_of(request).now = backend_of(request).now()
    found = await found_round(request)
    values = await round_values(request, found)
    if kind == "receipt":
        return part(request, "receipt_live.html", {**values, **receipt_values(request, found)})
    return part(request, "round_live.html", {**values, **_progress(request, found)})


async def round_values(request: aioweb.Request, found: RoundView) -> dict[str, object]:
    """Return what every page of a round shows."""
    language = visit_of(request).language
    people = await people_of(request)
    return {
        **await reading_values(request, [option.text.hash for option in found.options]),
        "people": people,
        "round": found,
        "kind_words": rule_kind(language, found.summary.rule),
        "rule": rule_words(language, found.spec, found.summary.entitled, people.text_of),
    }


def _progress(request: aioweb.Request, found: RoundView) -> Mapping[str, object]:
    language = visit_of(request).language
    quorum = Quorum.of(max(1, len(found.marks)))
    sealed = sum(mark.has_sealed for mark in found.marks)
    return {
        "stage": _STAGES[found.summary.state],
        "sentence": state_sentence(language, found.summary.state),
        "seals_needed": quorum.seals,
        "votes_needed": quorum.votes,
        "stalled_for": quorum.seals if sealed < quorum.seals else quorum.votes,
    }


async def _outcome(request: aioweb.Request, found: RoundView) -> Mapping[str, object]:
    assert found.outcome is not None
    members = await backend_of(request).members()
    weighed = await request.app[keys.COMPARISONS].of(found, found.outcome, members)
    people = await people_of(request)
    names = {member: people.text_of(member) for member in people.ids}
    shown = outcome_values(visit_of(request).language, found, weighed, names)
    return {**await round_values(request, found), **shown}


ROUTES: Final = (
    Route("GET", "/rounds", listed),
    Route("GET", f"/rounds/{_ID}", one),
    Route("GET", f"/rounds/{_ID}/texts/{{option:[a-z0-9-]{{1,64}}}}", text),
    Route("GET", f"/rounds/{_ID}/events", events),
)
