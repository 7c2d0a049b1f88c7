"""The agenda in force and those before it."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web as aioweb

from web.constituencies import shown
from web.decisions import item_decision
from web.editions.forms import FORMS
from web.editions.left_words import left_words
from web.errors import NotFoundError
from web.pages.asked import goal_in
from web.pages.first_run import being_set_up
from web.pages.route import Route
from web.ports import AgendaItem, AgendaView
from web.present import counted_by_goal
from web.readings import reading_values
from web.respond import backend_of, page, visit_of


async def in_force(request: aioweb.Request) -> aioweb.Response:
    """Answer with the agenda in force, or with what will be here; while the node is being set up, with that."""
    set_up = await being_set_up(request)
    if set_up is not None:
        return set_up
    agenda = await backend_of(request).agenda()
    return await _page(request, agenda, is_in_force=True)


async def version(request: aioweb.Request) -> aioweb.Response:
    """Answer with one published version."""
    asked = request.match_info["version"]
    agenda = await backend_of(request).agenda(int(asked))
    if agenda is None:
        raise NotFoundError
    return await _page(request, agenda, is_in_force=agenda.version == max(agenda.versions, default=agenda.version))


async def _page(request: aioweb.Request, agenda: AgendaView | None, *, is_in_force: bool) -> aioweb.Response:
    language = visit_of(request).language
    goal = goal_in(request)
    items = (*agenda.long, *agenda.short) if agenda else ()
    left = await backend_of(request).editions.left(agenda.version) if agenda else ()
    values = {
        **await reading_values(request, [*(item.text.hash for item in items), *(each.text.hash for each in left)]),
        "left": left,
        "left_words": {why: left_words(language, why) for why in {each.why for each in left}},
        "forms": FORMS,
        "agenda": agenda,
        "is_in_force": is_in_force,
        "minutes": sum(item.minutes for item in agenda.long) if agenda else 0,
        "goal": goal,
        "counts": counted_by_goal(item.goals for item in items),
        "total": len(items),
        "long": _under(goal, agenda.long) if agenda else (),
        "short": _under(goal, agenda.short) if agenda else (),
        "decisions": {item.number: item_decision(language, item.outcome, item.option) for item in items},
        "bars": {item.number: _bars(item) for item in items},
    }
    return page(request, "agenda.html", values)


def _under(goal: int | None, items: Iterable[AgendaItem]) -> list[AgendaItem]:
    return [item for item in items if goal is None or goal in item.goals]


def _bars(item: AgendaItem) -> dict[str, tuple[int, int]]:
    counts = item.supporters_by_constituency
    return {name: counts[name] for name in shown(counts)}


ROUTES: Final = (
    Route("GET", "/", in_force),
    Route("GET", r"/agenda/{version:\d{1,9}}", version),
)
