"""What the in-memory backend answers for the explorer and the search: counted plainly from what it holds."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tests.support.web_content import Holdings
from web import ports
from web.explorer_views import (
    ExplorerFilter,
    ExplorerView,
    GroupView,
    RisingView,
    SearchHit,
    SearchQuery,
    SearchResults,
    VoiceRow,
)

_GOLDEN = 0.618033988749895
_QUIET_FROM = 20
_PIECE = 60


def placed(holdings: Holdings) -> None:
    """Give the groups places, neighbours and languages, and lay three of them on top of one another."""
    ids = [group.id for group in holdings.all_groups]
    langs = {key: view.summary.lang for key, view in holdings.all_proposals.items()}
    groups = []
    for at, group in enumerate(holdings.all_groups):
        place = (0.5, 0.5) if at in {4, 9, 17} else (at * _GOLDEN % 1, (at * _GOLDEN * 1.7 + 0.3) % 1)
        neighbours = tuple(other for other in (ids[(at + 1) % len(ids)],) if at % 3 == 0 and other != group.id)
        languages = len({langs[proposal] for proposal in group.proposals})
        groups.append(replace(group, place=place, neighbours=neighbours, languages=languages))
    holdings.all_groups = tuple(groups)


def rising(holdings: Holdings) -> tuple[RisingView, ...]:
    """Return a group, a goal and terms that rise, one of them in Arabic."""
    group = holdings.all_groups[0].id
    return (
        RisingView(
            "group", group, "", group, (0, 0, 0, 1, 0, 0, 1, 1, 2, 3, 3, 5), 4, 2, 13, 0.0004, True, 11, 9, 31, 8
        ),
        RisingView(
            "term", "cendres volcaniques", "fr", "C", (0, 0, 0, 0, 0, 1, 0, 1, 2, 2, 3, 3), 4, 2, 10, 0.004, True
        ),
        RisingView("term", "تملح الآبار", "ar", "", (0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 2), 4, 1, 4, 0.031, False),
        RisingView("goal", "7", "", "E", (1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 2, 1), 4, 3, 5, 0.048, False),
    )


def explored(holdings: Holdings, wanted: ExplorerFilter) -> ExplorerView:
    """Return what passes the filter, counted."""
    every = [view.summary for view in holdings.all_proposals.values()]
    on_track = [item for item in every if wanted.track in (None, item.track)]
    regions = {member.id: member.constituencies for member in holdings.all_members}
    passing = [item for item in on_track if _passes(item, wanted, regions[item.member])]
    times = [item.time for item in passing]
    ids = {item.id for item in passing}
    return ExplorerView(
        total=len(passing),
        languages=tuple(sorted({item.lang for item in on_track})),
        first=min(times, default=0),
        last=max(times, default=0),
        by_goal={goal: sum(goal in item.goals for item in passing) for goal in range(1, 18)},
        without_goal=sum(not item.goals for item in passing),
        groups=tuple(_narrowed(holdings.all_groups, ids)),
        rising=holdings.all_rising if len(passing) == len(every) else (),
        voices=tuple(_voices(holdings, passing)),
        voices_enough=len(passing) >= _QUIET_FROM,
    )


def _passes(item: ports.ProposalSummary, wanted: ExplorerFilter, constituencies: Sequence[str]) -> bool:
    is_in_time = (wanted.since is None or item.time >= wanted.since) and (
        wanted.until is None or item.time < wanted.until
    )
    is_under = wanted.goal is None or wanted.goal in item.goals
    is_from = wanted.constituency is None or wanted.constituency in constituencies
    return is_in_time and is_under and is_from and wanted.lang in (None, item.lang)


def _narrowed(groups: Iterable[GroupView], ids: set[str]) -> Iterable[GroupView]:
    for group in groups:
        kept = tuple(proposal for proposal in group.proposals if proposal in ids)
        if kept:
            yield replace(group, proposals=kept)


def _voices(holdings: Holdings, passing: Sequence[ports.ProposalSummary]) -> Iterable[VoiceRow]:
    names = dict.fromkeys(name for member in holdings.all_members for name in member.constituencies)
    regions = {member.id: member.constituencies for member in holdings.all_members}
    for name in names:
        members = sum(name in member.constituencies for member in holdings.all_members)
        theirs = [item for item in passing if name in regions[item.member]]
        by_goal = Counter(goal for item in theirs for goal in item.goals)
        share = members / len(holdings.all_members)
        under = {goal: sum(goal in item.goals for item in passing) for goal in range(1, 18)}
        quiet = tuple(goal for goal in range(1, 18) if under[goal] >= 4 and by_goal[goal] < share * under[goal] / 3)
        yield VoiceRow(
            constituency=name,
            members=members,
            proposals=len(theirs),
            members_share=share,
            proposals_share=len(theirs) / len(passing) if passing else 0.0,
            by_goal=dict(by_goal),
            quiet=quiet if len(passing) >= _QUIET_FROM else (),
        )


def searched(holdings: Holdings, query: SearchQuery) -> SearchResults:
    """Return what holds all the words; what means the same is one text that holds none of them."""
    words = [word.casefold() for word in query.text.split()]
    hits = [hit for hit in _everything(holdings) if _is_found(hit, words)]
    wanted = [hit for hit in hits if query.kind in (None, hit.kind) and query.track in (None, hit.track)]
    shown = [replace(hit, excerpt=_excerpt(hit.excerpt[0][0], words)) for hit in wanted]
    meant = [replace(hit, why="meaning") for hit in _by_meaning(holdings, query) if holdings.is_comparing_meanings]
    every = [*shown, *(hit for hit in meant if shown)]
    start = (query.page - 1) * query.per_page
    return SearchResults(
        hits=tuple(every[start : start + query.per_page]),
        total=len(every),
        pages=max(1, -(-len(every) // query.per_page)),
        by_meaning=holdings.is_comparing_meanings,
    )


def _everything(holdings: Holdings) -> Iterable[SearchHit]:
    for view in holdings.all_proposals.values():
        item = view.summary
        yield SearchHit(
            "proposal", item.id, item.lang, item.title, ((view.text.body, False),), "words", item.time, item.track,
            item.member, item.goals,
        )  # fmt: skip
    for topic in holdings.all_topics.values():
        body = ((topic.text.body, False),)
        yield SearchHit(
            "topic", topic.id, topic.text.lang, topic.text.title, body, "both", topic.time, topic.track, "", topic.goals
        )
    for agenda in holdings.agendas[-1:]:
        for entry in agenda.long:
            body = ((entry.text.body, False),)
            yield SearchHit(
                "agenda", f"{agenda.version}/{entry.number}", entry.text.lang, entry.text.title, body, "words",
                agenda.published, "long", "", entry.goals,
            )  # fmt: skip


def _is_found(hit: SearchHit, words: Sequence[str]) -> bool:
    text = f"{hit.title} {hit.excerpt[0][0]}".casefold()
    return all(word in text for word in words)


def _by_meaning(holdings: Holdings, query: SearchQuery) -> Iterable[SearchHit]:
    if query.kind in (None, "proposal"):
        yield from [hit for hit in _everything(holdings) if hit.lang == "ar" and query.track in (None, hit.track)][:1]


def _excerpt(body: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Return the text around the first word that is found, the words marked."""
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    first = pattern.search(body)
    start = max(0, first.start() - _PIECE) if first else 0
    piece = body[start : start + 4 * _PIECE]
    parts, at = [("…", False)] if start else [], 0
    for match in pattern.finditer(piece):
        parts += [(piece[at : match.start()], False), (match.group(), True)]
        at = match.end()
    return tuple(part for part in [*parts, (piece[at:], False)] if part[0])
