"""What members propose, counted: by goal, in groups, rising, and from which constituencies.

A withdrawn proposal doesn't count, as its member took it back. One whose text was erased does: the statement stands
under its goals, only its words are gone. Goals are those that its author confirmed.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from node.clock import Clock
from node.facts import Facts
from node.groups import Groups
from node.storage.projections import CountedProposal
from node.terms import Terms
from protocol.roll import Roll
from topics.rising import WINDOW_WEEKS, Rise, Said, period_end, period_start, rising
from topics.voices import Voice, is_enough, voices
from web.explorer_views import ExplorerFilter, ExplorerView, GroupView, RisingView, VoiceRow

_VIEWS_KEPT = 64
_State = tuple[int, int, int, int]


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
        self._said: list[tuple[CountedProposal, Said]] = []

    async def explore(self, wanted: ExplorerFilter) -> ExplorerView:
        """Return what passes a filter."""
        rows = await self._facts.current()
        self._follow(rows)
        if wanted not in self._views:
            state, said, latest = self._state, self._said, self._latest
            view = await asyncio.to_thread(self._view, wanted, said, latest, self._clock.now())
            if self._state != state:
                return view
            if len(self._views) >= _VIEWS_KEPT:
                self._views.clear()
            self._views[wanted] = view
        return self._views[wanted]

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

    def _view(
        self, wanted: ExplorerFilter, all_of: list[tuple[CountedProposal, Said]], latest: Sequence[GroupView], now: int
    ) -> ExplorerView:
        on_track = [pair for pair in all_of if wanted.track in (None, pair[0].track)]
        of_anybody = [pair for pair in on_track if _is_about(pair[0], wanted)]
        timely = [said for row, said in of_anybody if _is_timely(row, wanted)]
        passing = [pair for pair in of_anybody if self._is_of(pair[0], wanted) and _is_timely(pair[0], wanted)]
        speaking = [said for row, said in of_anybody if self._is_of(row, wanted)]
        counts = Counter(goal for row, _ in passing for goal in row.goals)
        times = [row.time for row, _ in passing]
        return ExplorerView(
            total=len(passing),
            languages=tuple(sorted({row.lang for row, _ in on_track if row.lang})),
            first=min(times, default=0),
            last=max(times, default=0),
            by_goal={goal: counts[goal] for goal in range(1, 18)},
            without_goal=sum(not row.goals for row, _ in passing),
            groups=_groups(latest, {row.id: row.lang for row, _ in passing}),
            rising=tuple(map(_rising, _rises(speaking, wanted, now))),
            voices=tuple(map(_row, voices(timely, self._members))),
            voices_enough=is_enough(timely),
        )

    def _is_of(self, row: CountedProposal, wanted: ExplorerFilter) -> bool:
        return wanted.constituency is None or wanted.constituency in self._members.get(row.member, ())


def _said(row: CountedProposal, groups: Mapping[str, str], terms: Mapping[str, tuple[str, ...]]) -> Said:
    return Said(
        id=row.id,
        member=row.member,
        time=row.time,
        lang=row.lang.split("-")[0],
        goals=row.goals,
        group=groups.get(row.id, ""),
        terms=terms.get(row.text, ()) if row.is_held else (),
    )


def _is_about(row: CountedProposal, wanted: ExplorerFilter) -> bool:
    return (wanted.goal is None or wanted.goal in row.goals) and wanted.lang in (None, row.lang)


def _is_timely(row: CountedProposal, wanted: ExplorerFilter) -> bool:
    return (wanted.since is None or row.time >= wanted.since) and (wanted.until is None or row.time < wanted.until)


def _rises(said: Sequence[Said], wanted: ExplorerFilter, now: int) -> tuple[Rise, ...]:
    """Return what rose in the weeks up to the filter's end. Its beginning is passed over: a rise needs its before."""
    end = now if wanted.until is None else min(now, wanted.until - 1)
    start = period_start(end)
    return rising((each for each in said if start <= each.time <= end), end)


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
