"""What members propose, counted: by goal, in groups, rising, and from which constituencies.

A withdrawn proposal doesn't count, as its member took it back. One whose text was erased does: the statement stands
under its goals, only its words are gone. Goals are those that its author confirmed. The voices are those of all
constituencies, whichever the filter picks: shares compare.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from node.clock import Clock
from node.facts import Facts
from node.groups import Groups
from node.storage.projections import CountedProposal
from node.terms import Terms
from protocol.roll import Roll
from topics.rising import WINDOW_WEEKS, Rise, Said, period_end, period_start, rising
from topics.voices import GOALS, Voice, is_enough, voices
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, RisingView, VoiceRow

_FILTERS_KEPT = 64
_REST_TIMES = 20
"""Counting what rises rests so many times as long as it took, and what rose before is shown meanwhile."""
_State = tuple[int, int, int, int]
_T = TypeVar("_T")
Pair = tuple[CountedProposal, Said]
Members = Mapping[str, frozenset[str]]
"""Every member's constituencies."""


class Explorer:
    """Answers what the explorer shows; a view is kept until something changes, or the day does."""

    def __init__(self, facts: Facts, groups: Groups, terms: Terms, roll: Roll, clock: Clock) -> None:
        self._facts = facts
        self._groups = groups
        self._terms = terms
        self._clock = clock
        self._members = {str(member.id): frozenset(map(str, member.constituencies)) for member in roll.members}
        self._views: dict[ExplorerFilter, ExplorerView] = {}
        self._state: _State | None = None
        self._latest: tuple[GroupView, ...] = ()
        self._said: list[Pair] = []
        self._rises = _Rises()

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        """Return what passes a filter."""
        rows = await self._facts.current()
        self._follow(rows)
        if wanted in self._views:
            return self._views[wanted]
        state, said, latest = self._state, self._said, self._latest
        rises, is_current = await self._rises.read(wanted, said, self._clock.now(), self._members)
        view = await asyncio.to_thread(_view, wanted, said, latest, rises, self._members)
        if self._state == state and is_current:
            _keep(self._views, wanted, view)
        return view

    def _follow(self, rows: Sequence[CountedProposal]) -> None:
        """Throw the views away if anything that they show has changed."""
        latest, of_proposal = self._groups.latest, self._groups.of_proposal
        state = (self._facts.version, self._terms.version, period_end(self._clock.now()), id(latest))
        if state == self._state and latest is self._latest:
            return
        self._state, self._latest = state, latest
        self._views = {}
        terms = self._terms.of_text
        self._said = [(row, _said(row, of_proposal, terms)) for row in rows if row.stage != "withdrawn"]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What rose, of which proposals, and when that was found out in how many seconds."""

    said: Sequence[Pair]
    rises: tuple[Rise, ...]
    at: float
    took: float


class _Rises:
    """What rose, by filter. It is counted anew for changed proposals, but only for a small share of the time."""

    def __init__(self) -> None:
        self._kept: dict[ExplorerFilter, _Counted] = {}

    async def read(
        self, wanted: ExplorerFilter, said: Sequence[Pair], now: int, members: Members
    ) -> tuple[tuple[Rise, ...], bool]:
        """Return what rose, and whether that is of these very proposals or still of those before."""
        key = replace(wanted, since=None)
        loop = asyncio.get_running_loop()
        began = loop.time()
        kept = self._kept.get(key)
        if kept is not None and kept.said is said:
            return kept.rises, True
        if kept is not None and began < kept.at + _REST_TIMES * kept.took:
            return kept.rises, False
        rises = await asyncio.to_thread(_risen, said, key, now, members)
        _keep(self._kept, key, _Counted(said, rises, loop.time(), loop.time() - began))
        return rises, True


def _keep(kept: dict[ExplorerFilter, _T], key: ExplorerFilter, value: _T) -> None:
    if len(kept) >= _FILTERS_KEPT:
        kept.clear()
    kept[key] = value


def _risen(said: Sequence[Pair], wanted: ExplorerFilter, now: int, members: Members) -> tuple[Rise, ...]:
    """Return what rose in the weeks up to the filter's end. Its beginning is passed over: a rise needs its before."""
    end = now if wanted.until is None else min(now, wanted.until - 1)
    start = period_start(end)
    passing = (each for row, each in said if start <= row.time <= end and _passes(row, wanted, members))
    return rising(passing, end)


def _view(
    wanted: ExplorerFilter, said: Sequence[Pair], latest: Sequence[GroupView], rises: Sequence[Rise], members: Members
) -> ExplorerView:
    of_anybody = replace(wanted, constituency=None)
    timely = [pair for pair in said if _is_timely(pair[0], wanted) and _passes(pair[0], of_anybody, members)]
    rows = [row for row, _ in timely if _is_of(row, wanted, members)]
    counts = Counter(goal for row in rows for goal in row.goals)
    spoken = [each for _, each in timely]
    return ExplorerView(
        total=len(rows),
        languages=tuple(sorted({row.lang for row, _ in said if row.lang and wanted.track in (None, row.track)})),
        first=min((row.time for row in rows), default=0),
        last=max((row.time for row in rows), default=0),
        by_goal={goal: counts[goal] for goal in GOALS},
        without_goal=sum(not row.goals for row in rows),
        groups=_groups(latest, {row.id: row.lang for row in rows}),
        rising=tuple(map(_rising, rises)),
        voices=tuple(map(_row, voices(spoken, members))),
        voices_enough=is_enough(spoken),
    )


def _said(row: CountedProposal, groups: Mapping[str, str], terms: Mapping[str, tuple[str, ...]]) -> Said:
    return Said(
        id=row.id,
        member=row.member,
        time=row.time,
        lang=row.language,
        goals=row.goals,
        group=groups.get(row.id, ""),
        terms=terms.get(row.text, ()) if row.is_held else (),
    )


def _passes(row: CountedProposal, wanted: ExplorerFilter, members: Members) -> bool:
    """Whether a proposal passes the filter, its time aside."""
    return (
        wanted.track in (None, row.track)
        and (wanted.goal is None or wanted.goal in row.goals)
        and wanted.lang in (None, row.lang)
        and _is_of(row, wanted, members)
    )


def _is_of(row: CountedProposal, wanted: ExplorerFilter, members: Members) -> bool:
    return wanted.constituency is None or wanted.constituency in members.get(row.member, ())


def _is_timely(row: CountedProposal, wanted: ExplorerFilter) -> bool:
    return (wanted.since is None or row.time >= wanted.since) and (wanted.until is None or row.time < wanted.until)


def _groups(latest: Sequence[GroupView], passing: Mapping[str, str]) -> tuple[GroupView, ...]:
    """Return the groups with at least one proposal that passes, holding those alone."""
    kept = [(group, tuple(each for each in group.proposals if each in passing)) for group in latest]
    shown = {group.id for group, proposals in kept if proposals}
    return tuple(_narrowed(group, proposals, passing, shown) for group, proposals in kept if proposals)


def _narrowed(group: GroupView, proposals: tuple[str, ...], passing: Mapping[str, str], shown: set[str]) -> GroupView:
    return replace(
        group,
        proposals=proposals,
        representative=group.representative if group.representative in passing else proposals[0],
        languages=len({passing[each] for each in proposals}),
        neighbours=tuple(other for other in group.neighbours if other in shown),
    )


def _rising(rise: Rise) -> RisingView:
    return RisingView(
        kind=rise.kind,
        name=rise.name,
        lang=rise.lang,
        group=rise.group,
        weeks=rise.weeks,
        window=WINDOW_WEEKS,
        before=sum(rise.weeks[-2 * WINDOW_WEEKS : -WINDOW_WEEKS]),
        now=sum(rise.weeks[-WINDOW_WEEKS:]),
        chance=rise.chance,
        is_short_term=rise.is_short_term,
        voices=rise.voices.all,
        voices_now=rise.voices.now,
        others=rise.voices.others,
        others_now=rise.voices.others_now,
    )


def _row(voice: Voice) -> VoiceRow:
    return VoiceRow(
        constituency=voice.constituency,
        members=voice.members,
        proposals=voice.proposals,
        members_share=voice.members_share,
        proposals_share=voice.proposals_share,
        by_goal=voice.by_goal,
        quiet=voice.quiet,
    )
