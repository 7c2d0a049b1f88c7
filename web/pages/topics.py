"""The topic explorer: proposals by goal, named topics, and the automatic groups."""

from typing import Final

from aiohttp import web as aioweb

from web.goals import NAMES
from web.i18n import Language
from web.pages.asked import track_in
from web.pages.route import Route
from web.ports import ProposalFilter
from web.respond import backend_of, page, people_of, visit_of

_KNOWN_MAX = 500


async def explorer(request: aioweb.Request) -> aioweb.Response:
    """Answer with the explorer."""
    backend = backend_of(request)
    track = track_in(request)
    found = await backend.proposals(ProposalFilter(track=track, per_page=_KNOWN_MAX))
    topics = [topic for topic in await backend.topics() if track in (None, topic.track)]
    values = {
        "people": await people_of(request),
        "track": track,
        "total": found.total,
        "by_goal": found.by_goal,
        "without_goal": found.without_goal,
        "goal_finding": _finding(visit_of(request).language, found.by_goal),
        "topics": topics,
        "groups": await backend.groups(),
        "known": {item.id: item for item in found.items},
    }
    return page(request, "topics.html", values)


def _finding(language: Language, by_goal: dict[int, int]) -> str:
    """Return in one sentence which goal has most proposals."""
    if not any(by_goal.values()):
        return language.gettext("No proposal stands under a goal yet.")
    goal, count = max(by_goal.items(), key=lambda pair: (pair[1], -pair[0]))
    words = language.gettext("Most proposals stand under goal %(goal)d, %(name)s: %(count)d.")
    return words % {"goal": goal, "name": language.gettext(NAMES[goal]), "count": count}


ROUTES: Final = (Route("GET", "/topics", explorer),)
