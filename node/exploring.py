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
_State = tuple[int, int, int]
_T = TypeVar("_T")
Members = Mapping[str, frozenset[str]]
"""Every member's constituencies."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all views of one state are made of."""

    rows: Sequence[CountedProposal]
    latest: tuple[GroupView, ...]
    groups: Mapping[str, str]
    """The group of each proposal."""
    terms: Mapping[str, tuple[str, ...]]
    """The terms of each text."""

    def said(self, row: CountedProposal) -> Said:
        terms = self.terms.get(row.text, ()) if row.is_held else ()
        return Said(row.id, row.member, row.time, row.language, row.goals, self.groups.get(row.id, ""), terms)


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
        self._ground = _Ground((), (), {}, {})
        self._rises = _Rises()

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        """Return what passes a filter."""
        self._follow(await self._facts.current())
        if wanted in self._views:
            return self._views[wanted]
        ground = self._ground
        rises, is_current = await self._rises.read(wanted, ground, self._clock.now(), self._members)
        view = await asyncio.to_thread(_view, wanted, ground, rises, self._members)
        if self._ground is ground and is_current:
            _keep(self._views, wanted, view)
        return view

    def _follow(self, rows: Sequence[CountedProposal]) -> None:
        """Throw the views away if anything that they show has changed."""
        groups, terms = self._groups, self._terms
        state = (self._facts.version, terms.version, period_end(self._clock.now()))
        if state != self._state or groups.latest is not self._ground.latest:
            counted = [row for row in rows if row.stage != "withdrawn"]
            self._state, self._views = state, {}
            self._ground = _Ground(counted, groups.latest, groups.of_proposal, terms.of_text)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What rose, of what, and when that was found out in how many seconds."""

    ground: _Ground
    rises: tuple[Rise, ...]
    at: float
    took: float


class _Rises:
    """What rose, by filter. It is counted anew when something changed, but only for a small share of the time."""

    def __init__(self) -> None:
        self._kept: dict[ExplorerFilter, _Counted] = {}

    async def read(
        self, wanted: ExplorerFilter, ground: _Ground, now: int, members: Members
    ) -> tuple[tuple[Rise, ...], bool]:
        """Return what rose, and whether that is of this very state or still of one before."""
        key = replace(wanted, since=None)
        loop = asyncio.get_running_loop()
        began = loop.time()
        kept = self._kept.get(key)
        if kept is not None and kept.ground is ground:
            return kept.rises, True
        if kept is not None and began < kept.at + _REST_TIMES * kept.took:
            return kept.rises, False
        rises = await asyncio.to_thread(_risen, ground, key, now, members)
        _keep(self._kept, key, _Counted(ground, rises, loop.time(), loop.time() - began))
        return rises, True


def _keep(kept: dict[ExplorerFilter, _T], key: ExplorerFilter, value: _T) -> None:
    if len(kept) >= _FILTERS_KEPT:
        kept.clear()
    kept[key] = value


def _risen(ground: _Ground, wanted: ExplorerFilter, now: int, members: Members) -> tuple[Rise, ...]:
    """Return what rose in the weeks up to the filter's end. Its beginning is passed over: a rise needs its before."""
    end = now if wanted.until is None else min(now, wanted.until - 1)
    start = period_start(end)
    recent = (row for row in ground.rows if start <= row.time <= end)
    return rising((ground.said(row) for row in recent if _passes(row, wanted, members)), end)


def _view(wanted: ExplorerFilter, ground: _Ground, rises: Sequence[Rise], members: Members) -> ExplorerView:
    of_anybody = replace(wanted, constituency=None)
    timely = [row for row in ground.rows if _is_timely(row, wanted) and _passes(row, of_anybody, members)]
    rows = timely if wanted.constituency is None else [row for row in timely if _is_of(row, wanted, members)]
    counts = Counter(goal for row in rows for goal in row.goals)
    times = [row.time for row in rows]
    return ExplorerView(
        total=len(rows),
        languages=tuple(sorted({row.lang for row in ground.rows if wanted.track in (None, row.track)} - {""})),
        first=min(times, default=0),
        last=max(times, default=0),
        by_goal={goal: counts[goal] for goal in GOALS},
        without_goal=sum(not row.goals for row in rows),
        groups=_groups(ground.latest, {row.id: row.lang for row in rows}),
        rising=tuple(map(_rising, rises)),
        voices=tuple(map(_row, voices(timely, members))),
        voices_enough=is_enough(timely),
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
