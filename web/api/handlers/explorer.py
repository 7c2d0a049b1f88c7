"""The explorer: goals, what is rising, voices, groups and topics; the search; suggestions for a text."""

from datetime import date
from typing import Final

from web.api.endpoint import HEAVY, Call, reading, writing
from web.api.models.asked import Asked, FiguresAsked, OfGroup, OfTopic, Paged, SearchAsked, TopicsAsked
from web.api.models.basis import moment
from web.api.models.explorer import (
    Found,
    GoalFigures,
    Group,
    GroupPage,
    Rise,
    Rising,
    Suggestions,
    Topic,
    TopicPage,
    Voices,
)
from web.api.models.sent import Me, TextToSuggestFor
from web.api.paging import Anchor, number_after, number_in, part_of
from web.api.problems import Problem
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, SearchQuery
from web.forms import SUGGESTED_FROM_BYTES, query_words
from web.marking import N_
from web.ports import TopicView
from web.tokens_port import scopes_for

_EXPLORER: Final = N_("Explorer")
_FIRST: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_TOOLS: Final = N_("Your own systems")


async def get_goals(call: Call, asked: FiguresAsked) -> GoalFigures:
    """Return how many proposals stand under each goal."""
    return GoalFigures.of(await _explored(call, asked))


async def get_rising(call: Call, asked: FiguresAsked) -> Rising:
    """Return what is rising."""
    return Rising(items=tuple(map(Rise.of, (await _explored(call, asked)).rising)))


async def get_voices(call: Call, asked: FiguresAsked) -> Voices:
    """Return from which constituencies proposals come."""
    return Voices.of(await _explored(call, asked))


async def _explored(call: Call, asked: FiguresAsked) -> ExplorerView:
    return await call.backend.explore(
        ExplorerFilter(
            track=asked.track,
            goal=asked.goal,
            constituency=asked.constituency,
            lang=asked.lang,
            since=None if asked.since is None else _start(asked.since),
            until=None if asked.until is None else _start(asked.until) + _DAY_MS,
        )
    )


def _start(day: date) -> int:
    """Return when a day begins, in milliseconds."""
    return (day - _FIRST).days * _DAY_MS


async def list_groups(call: Call, asked: Paged) -> GroupPage:
    """Return one part of the automatic groups."""
    groups = await call.lists.groups()
    shown, following = part_of(groups, _by_letter, "groups", asked)
    return GroupPage(next=following, total=len(groups), items=tuple(map(Group.of, shown)))


def _by_letter(group: GroupView) -> Anchor:
    return (len(group.id), group.id)


async def get_group(call: Call, asked: OfGroup) -> Group:
    """Return one automatic group."""
    for group in await call.lists.groups():
        if group.id == asked.group:
            return Group.of(group)
    raise Problem("not-found")


async def list_topics(call: Call, asked: TopicsAsked) -> TopicPage:
    """Return one part of the topics."""
    topics = [topic for topic in await call.lists.topics() if asked.track in (None, topic.track)]
    shown, following = part_of(topics, _latest_first, "topics", asked)
    return TopicPage(next=following, total=len(topics), items=tuple(map(Topic.of, shown)))


def _latest_first(topic: TopicView) -> Anchor:
    return (-topic.time, topic.id)


async def get_topic(call: Call, asked: OfTopic) -> Topic:
    """Return one topic."""
    for topic in await call.lists.topics():
        if topic.id == asked.topic:
            return Topic.of(topic)
    raise Problem("not-found")


async def search(call: Call, asked: SearchAsked) -> Found:
    """Return one part of what is found."""
    number = number_in("search", asked)
    words = query_words(asked.q)
    query = SearchQuery(words, asked.kind, asked.track, number, asked.per_page)
    if not words:
        return Found(next=None, total=0, by_meaning=False, items=())
    found = await call.backend.search(query)
    return Found.part(found, number_after("search", asked, number, found.pages))


async def suggest(call: Call, _: Asked, sent: TextToSuggestFor) -> Suggestions:
    """Return goals and similar proposals for a text."""
    text = sent.text.strip()
    if len(text.encode()) < SUGGESTED_FROM_BYTES:
        raise Problem("text-too-short")
    found = await call.backend.suggest(text, sent.lang)
    if found is None:
        raise Problem("topics-unavailable")
    return Suggestions.of(found)


async def get_me(call: Call, _: Asked) -> Me:
    """Return whose token was sent."""
    account, token = call.account, call.sender.token
    return Me(
        account=account.id,
        name=account.name,
        member=account.member,
        token=token.name,
        scopes=token.scopes,
        usable_scopes=tuple(scope for scope in token.scopes if scope in scopes_for(account)),
        expires=moment(token.expires),
    )


ENDPOINTS: Final = (
    reading(
        "/explorer/goals",
        N_("How many proposals stand under each goal"),
        _EXPLORER,
        FiguresAsked,
        GoalFigures,
        get_goals,
        points=HEAVY,
    ),
    reading("/explorer/rising", N_("What is rising"), _EXPLORER, FiguresAsked, Rising, get_rising, points=HEAVY),
    reading(
        "/explorer/voices",
        N_("From which constituencies proposals come"),
        _EXPLORER,
        FiguresAsked,
        Voices,
        get_voices,
        points=HEAVY,
    ),
    reading(
        "/groups",
        N_("Automatic groups of proposals"),
        _EXPLORER,
        Paged,
        GroupPage,
        list_groups,
        leads_to=(("get_group", "group", "/items/0/id"),),
    ),
    reading("/groups/{group}", N_("One automatic group"), _EXPLORER, OfGroup, Group, get_group),
    reading(
        "/topics",
        N_("Topics that the secretariat has named"),
        _EXPLORER,
        TopicsAsked,
        TopicPage,
        list_topics,
        leads_to=(("get_topic", "topic", "/items/0/id"),),
    ),
    reading("/topics/{topic}", N_("One topic"), _EXPLORER, OfTopic, Topic, get_topic),
    reading(
        "/search",
        N_("Proposals, topics and agenda items by words and by meaning"),
        _EXPLORER,
        SearchAsked,
        Found,
        search,
        points=HEAVY,
    ),
    reading("/me", N_("Whose token this is, and what it may do"), _TOOLS, Asked, Me, get_me, needs_token=True),
    writing(
        "/suggestions",
        N_("Goals and similar proposals for a text"),
        _TOOLS,
        Asked,
        TextToSuggestFor,
        Suggestions,
        suggest,
        scope="propose",
        points=HEAVY,
    ),
)
