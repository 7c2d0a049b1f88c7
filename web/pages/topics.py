"""The topic explorer: proposals by goal, automatic groups, what is rising, whose voice is heard, and named topics."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web as aioweb

from web.cluster_map import RINGS_MAX, Spot
from web.explorer_views import ExplorerView, GroupView, RisingView
from web.explorer_words import (
    chance_words,
    goal_finding,
    ordered_voices,
    speakers_words,
    tint_of,
    voices_finding,
)
from web.goals import GOALS, NAMES
from web.i18n import Language
from web.pages.asked import page_in
from web.pages.filtered import Filtered, filtered
from web.pages.route import Route
from web.ports import Backend, ProposalFilter, ProposalSummary
from web.present import Tongue, title_of_summary
from web.readings import reading_values
from web.respond import backend_of, page, people_of, visit_of
from web.treemap import Words

_KNOWN_MAX = 500
_RISING_MAX = 12
_GROUPS_PER_GOAL = 6

Titles = Mapping[str, ProposalSummary]


async def explorer(request: aioweb.Request) -> aioweb.Response:
    """Answer with the explorer."""
    backend, language = backend_of(request), visit_of(request).language
    asked = filtered(request, visit_of(request).federation.constituencies)
    view = await backend.explore(asked.wanted)
    found = await backend.proposals(ProposalFilter(track=asked.wanted.track, per_page=_KNOWN_MAX))
    known = {item.id: item for item in found.items}
    topics = [topic for topic in await backend.topics() if asked.wanted.track in (None, topic.track)]
    values = {
        **await reading_values(request, [topic.text.hash for topic in topics]),
        "people": await people_of(request),
        "asked": asked,
        "track": asked.wanted.track,
        "view": view,
        "under_all_goals": await _under_all_goals(backend, asked, view),
        "topics": topics,
        "known": known,
        **_goal_values(language, view, known),
        **_group_values(request, view, known),
        **_voice_values(language, view),
        "rising": [_rise(language, item) for item in view.rising[:_RISING_MAX]],
        "rising_more": max(0, len(view.rising) - _RISING_MAX),
    }
    return page(request, "topics.html", values)


async def _under_all_goals(backend: Backend, asked: Filtered, view: ExplorerView) -> ExplorerView:
    """Return what there would be under every goal with the rest of the filter as it is, for choosing another one."""
    return view if asked.wanted.goal is None else await backend.explore(replace(asked.wanted, goal=None))


def _goal_values(language: Language, view: ExplorerView, known: Titles) -> Mapping[str, object]:
    largest = sorted(view.groups, key=lambda group: -len(group.proposals))
    words = {group.id: Words(*_label(language, group, known)) for group in largest}
    return {
        "marks": sum(view.by_goal.values()),
        "goal_finding": goal_finding(language, view.by_goal),
        "goal_names": {goal: Words(language.gettext(name), language.code) for goal, name in NAMES.items()},
        "goal_groups": {
            goal: [words[group.id] for group in largest if goal in group.goals][:_GROUPS_PER_GOAL] for goal in GOALS
        },
    }


def _group_values(request: aioweb.Request, view: ExplorerView, known: Titles) -> Mapping[str, object]:
    """Return one page of groups with their labels, and their spots on the map."""
    language = visit_of(request).language
    pages = max(1, -(-len(view.groups) // RINGS_MAX))
    number = min(page_in(request), pages)
    groups = view.groups[(number - 1) * RINGS_MAX : number * RINGS_MAX]
    labels = {group.id: Tongue(*_label(language, group, known)) for group in view.groups}
    return {
        "groups": groups,
        "labels": labels,
        "spots": list(_spots(groups, labels)),
        "page_number": number,
        "pages": pages,
    }


def _spots(groups: Iterable[GroupView], labels: Mapping[str, Tongue]) -> Iterable[Spot]:
    for group in groups:
        yield Spot(group.id, group.place, len(group.proposals), group.goals, labels[group.id].text, group.neighbours)


def _rise(language: Language, item: RisingView) -> tuple[RisingView, str, str]:
    return item, chance_words(language, item.chance), speakers_words(language, item)


def _label(language: Language, group: GroupView, known: Titles) -> tuple[str, str]:
    """Return what a group is called and in which language: by its label, else by its representative's title."""
    if group.label:
        return language.pick(group.label)
    if group.representative in known:
        title = title_of_summary(known[group.representative], language)
        return title.text, title.lang
    return language.gettext("Group %(id)s") % {"id": group.id}, language.code


def _voice_values(language: Language, view: ExplorerView) -> Mapping[str, object]:
    rows = ordered_voices(view.voices)
    most = max((count for row in rows for count in row.by_goal.values()), default=0)
    return {
        "voices": [(row, {goal: tint_of(row.by_goal.get(goal, 0), most) for goal in GOALS}) for row in rows],
        "voices_finding": voices_finding(language, rows, is_enough=view.voices_enough),
    }


ROUTES: Final = (Route("GET", "/topics", explorer),)
