"""A running round from the office's side: turnout over time, who is awaited, reminders, the tellers' progress."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from consensus.agreement.quorum import Quorum
from web.desk_views import REMINDERS_MAX, Monitor
from web.errors import NotFoundError
from web.pages.ballots import found_round
from web.pages.desk import STAGES
from web.pages.rounds import round_values
from web.pages.route import Route
from web.ports import Refused, RoundView
from web.respond import account_with, backend_of, go, page, people_of, refusal, visit_of
from web.round_words import state_sentence
from web.turnout import absentees, turnout

_PATH: Final = "/desk/rounds/{round:[0-9a-f]{64}}"
_LINE_WIDTH: Final = 150


async def monitor(request: aioweb.Request) -> aioweb.Response:
    """Answer with a round as the office watches it."""
    account_with(request, "secretariat")
    return page(request, "desk_monitor.html", await _values(request))


async def remind(request: aioweb.Request) -> aioweb.StreamResponse:
    """Remind the members that haven't voted."""
    account = account_with(request, "secretariat")
    round_id = request.match_info["round"]
    try:
        await backend_of(request).desk.rounds.remind(account, round_id)
    except Refused as refused:
        return refusal(request, refused, "desk_monitor.html", await _values(request))
    return go(request, f"/desk/rounds/{round_id}?done=reminded")


async def _values(request: aioweb.Request) -> Mapping[str, object]:
    found = await found_round(request)
    watched = await backend_of(request).desk.rounds.monitor(found.summary.id)
    if watched is None:
        raise NotFoundError
    people, visit = await people_of(request), visit_of(request)
    voted = [member for member, _ in watched.first_ballots]
    until = min(visit.now, found.summary.closes)
    return {
        **await round_values(request, found),
        "watched": watched,
        "stage": STAGES[found.summary.state],
        "sentence": state_sentence(visit.language, found.summary.state),
        "turnout": turnout(
            people,
            watched.first_ballots,
            found.summary.opens,
            until,
            _LINE_WIDTH,
            is_rtl=visit.language.dir == "rtl",
        ),
        "absent": absentees(people, voted, watched.heard),
        "is_running": found.summary.opens <= visit.now < found.summary.closes,
        "reminders_left": max(0, REMINDERS_MAX - len(watched.reminders)),
        "done": request.query.get("done", ""),
        **_tellers(found, watched),
    }


def _tellers(found: RoundView, watched: Monitor) -> dict[str, object]:
    quorum = Quorum.of(max(1, len(watched.tellers)))
    sealed = sum(each.sealed is not None for each in watched.tellers)
    certified = sum(each.has_certified for each in watched.tellers)
    return {
        "seals_needed": quorum.seals,
        "votes_needed": quorum.votes,
        "sealed": sealed,
        "certified": certified,
        "missing_seals": max(0, quorum.seals - sealed),
        "is_past_voting": found.summary.state not in ("scheduled", "open"),
    }


ROUTES: Final = (
    Route("GET", _PATH, monitor),
    Route("POST", f"{_PATH}/remind", remind),
)
