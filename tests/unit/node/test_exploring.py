"""What the explorer shows, from proposals in a store: filters, voices, groups and what rises."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from node.clustering import TopicsWorker
from node.deliveries import Batch
from node.exploring import Explorer
from node.facts import Facts
from node.groups import Groups
from node.storage import texts
from node.storage.database import Database
from node.terms import Terms
from protocol.envelope import Verified
from protocol.events.consultation import Proposal
from tests.support.builders import EPOCH_MS, build_federation
from tests.support.hand_clock import HandClock
from tests.support.told_proposals import Teller, Told
from topics.rising import DAY_MS, WEEK_MS
from web.explorer_views import ExplorerFilter, GroupView

FEDERATION = build_federation(24)
MEMBERS = FEDERATION.roll.members
NOW = EPOCH_MS + 52 * WEEK_MS
SOMEWHERE = str(MEMBERS[0].constituencies[0])
THERE = [at for at, member in enumerate(MEMBERS) if SOMEWHERE in member.constituencies]
ELSEWHERE = [at for at, member in enumerate(MEMBERS) if SOMEWHERE not in member.constituencies]

TOLD = (
    Told(THERE[0], NOW - 3 * DAY_MS, "Rivers", goals=(6, 13), lang="en"),
    Told(ELSEWHERE[0], NOW - 30 * DAY_MS, "Ríos", goals=(6,), lang="es", track="short"),
    Told(ELSEWHERE[1], NOW - 90 * DAY_MS, "Nothing in particular", goals=(), lang="en"),
)


class SpelledOut:
    """A worker for which every word is a term, and that counts the texts it is asked about."""

    def __init__(self) -> None:
        self.asked = 0

    async def terms(self, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        self.asked += len(items)
        return [{"id": item["id"], "terms": item["text"].lower().split()} for item in items]


class NoGroups:
    """No groups until some are given."""

    def __init__(self) -> None:
        self.latest: tuple[GroupView, ...] = ()
        self.of_proposal: dict[str, str] = {}

    def give(self, *groups: GroupView) -> None:
        self.latest = groups
        self.of_proposal = {proposal: group.id for group in groups for proposal in group.proposals}


class Room:
    """An explorer over a store that a test writes."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.facts = Facts(database)
        self.worker = SpelledOut()
        self.groups = NoGroups()
        self.clock = clock
        self.terms = Terms(database, self.facts, cast("TopicsWorker", self.worker), clock)
        self.explorer = Explorer(self.facts, cast("Groups", self.groups), self.terms, FEDERATION.roll, clock)
        self.explore = self.explorer.explore
        self._teller = Teller(FEDERATION)

    async def tell(self, *told: Told) -> list[Verified]:
        events = await self._teller.put(self.database, told)
        self.facts.on_batch(Batch(accepted=events))
        return events

    async def erase(self, event: Verified) -> None:
        assert isinstance(event.event.body, Proposal)
        digest = event.event.body.text.sha256
        await self.database.write(lambda c: texts.erase(c, digest, event.id, event.event.time))
        self.facts.on_batch(Batch(erased=[digest]))

    async def set_stage(self, event: Verified, stage: str) -> None:
        await self.database.write(lambda c: c.execute("UPDATE proposals SET stage = $2 WHERE id = $1", event.id, stage))
        self.facts.on_folded(frozenset({event.id}))


@asynccontextmanager
async def room(where: Path) -> AsyncIterator[Room]:
    database = Database(where / "store.sqlite3")
    await database.open()
    try:
        yield Room(database, HandClock(NOW))
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ExplorerFilter(), {0, 1, 2}),
        (ExplorerFilter(track="short"), {1}),
        (ExplorerFilter(goal=6), {0, 1}),
        (ExplorerFilter(goal=13), {0}),
        (ExplorerFilter(lang="en"), {0, 2}),
        (ExplorerFilter(constituency=SOMEWHERE), {0}),
        (ExplorerFilter(constituency="nowhere"), set()),
        (ExplorerFilter(since=NOW - 30 * DAY_MS), {0, 1}),
        (ExplorerFilter(until=NOW - 30 * DAY_MS), {2}),
        (ExplorerFilter(lang="en", goal=6, since=NOW - 5 * DAY_MS, until=NOW), {0}),
        (ExplorerFilter(goal=17), set()),
    ],
)
async def test_all_figures_are_of_what_passes(wanted: ExplorerFilter, expected: set[int], tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        events = await here.tell(*TOLD)
        ids = [event.id for event in events]
        here.groups.give(GroupView("A", {}, tuple(ids), ids[0], 90, (6,), is_between_goals=False))
        view = await here.explore(wanted)
    passing = [TOLD[at] for at in sorted(expected)]
    assert view.total == len(passing)
    assert view.by_goal == {goal: sum(goal in told.goals for told in passing) for goal in range(1, 18)}
    assert view.without_goal == sum(not told.goals for told in passing)
    times = [told.time for told in passing]
    assert (view.first, view.last) == (min(times, default=0), max(times, default=0))
    assert [set(group.proposals) for group in view.groups] == ([{ids[at] for at in expected}] if expected else [])
    assert view.languages == (("es",) if wanted.track == "short" else ("en", "es"))


async def test_groups_are_narrowed_with_everything_that_they_say(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        first, second, third = [event.id for event in await here.tell(*TOLD)]
        here.groups.give(
            GroupView("A", {}, (first, second), second, 90, (6,), False, languages=2, neighbours=("B", "C")),
            GroupView("B", {}, (third,), third, 90, (), False, neighbours=("A",)),
        )
        (everything, other), (narrow,) = [
            (await here.explore(wanted)).groups for wanted in (ExplorerFilter(), ExplorerFilter(goal=13))
        ]
    assert (everything.representative, everything.languages, everything.neighbours) == (second, 2, ("B",))
    assert other.neighbours == ("A",)
    assert (narrow.proposals, narrow.representative, narrow.languages) == ((first,), first, 1)
    assert narrow.neighbours == ()


async def test_a_withdrawn_proposal_leaves_and_an_erased_text_leaves_its_goals(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        first, second, _ = await here.tell(*TOLD)
        await here.set_stage(first, "withdrawn")
        await here.erase(second)
        view = await here.explore(ExplorerFilter())
        assert (view.total, view.by_goal[6], view.by_goal[13]) == (2, 1, 0)
        await here.set_stage(first, "consulting")
        assert (await here.explore(ExplorerFilter())).total == 3


async def test_voices_compare_all_constituencies_whichever_the_filter_picks(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.tell(*(Told(at % 24, NOW - DAY_MS * (1 + at), f"T{at}", goals=(1 + at % 3,)) for at in range(48)))
        every = await here.explore(ExplorerFilter(goal=2))
        one = await here.explore(ExplorerFilter(goal=2, constituency=SOMEWHERE))
    assert one.total < every.total
    assert one.voices == every.voices
    row = next(row for row in every.voices if row.constituency == SOMEWHERE)
    assert row.members == len(THERE)
    assert row.members_share == len(THERE) / 24
    assert row.proposals == one.total
    assert not every.voices_enough
    assert (await here.explore(ExplorerFilter())).voices_enough


def spread(count: int) -> list[Told]:
    return [
        Told(at % 24, NOW - (1 + at * 37 % 83) * DAY_MS - at, f"about w{at % 7}", f"number{at}", goals=(1 + at % 5,))
        for at in range(count)
    ]


def outbreak(members: int, lang: str = "en") -> list[Told]:
    return [Told(at, NOW - DAY_MS - at, f"cholera {at}", "spreads", goals=(3,), lang=lang) for at in range(members)]


async def test_a_term_that_rises_is_shown_and_narrowed_by_the_filter(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.tell(*spread(160), *outbreak(18))
        assert not [rise for rise in (await here.explore(ExplorerFilter())).rising if rise.kind == "term"]
        await here.terms.refresh()
        found = {rise.name: rise for rise in (await here.explore(ExplorerFilter(lang="en"))).rising}
        rise = found["cholera"] if "cholera" in found else found["spreads"]
        assert (rise.kind, rise.lang, rise.window, rise.now, rise.before) == ("term", "en", 4, 18, 0)
        assert (rise.voices, rise.voices_now, rise.is_short_term) == (18, 18, True)
        assert 0 < rise.chance <= 0.01
        assert (await here.explore(ExplorerFilter(lang="es"))).rising == ()
        assert (await here.explore(ExplorerFilter(until=NOW - 2 * WEEK_MS))).rising == ()


async def test_the_beginning_of_the_filter_does_not_hide_what_was_before(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.tell(*spread(160), *outbreak(18))
        await here.terms.refresh()
        every, late = [
            await here.explore(wanted) for wanted in (ExplorerFilter(), ExplorerFilter(since=NOW - 2 * WEEK_MS))
        ]
    assert late.total < every.total
    assert late.rising == every.rising != ()


async def test_terms_are_asked_once_for_each_text_and_forgotten_with_it(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        events = await here.tell(*outbreak(5), replace(TOLD[2], time=NOW - 40 * WEEK_MS))
        await here.terms.refresh()
        await here.terms.refresh()
        assert here.worker.asked == 5, "what is older than the weeks isn't asked about"
        assert set().union(*here.terms.of_text.values()) == {"cholera", "spreads"}, "others have too few members"
        await here.erase(events[0])
        await here.terms.refresh()
        assert len(here.terms.of_text) == 4


async def test_a_view_is_kept_until_something_changes(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.tell(*TOLD[:2])
        first = await here.explore(ExplorerFilter())
        assert await here.explore(ExplorerFilter()) is first
        await here.tell(TOLD[2])
        assert (await here.explore(ExplorerFilter())).total == 3


async def test_without_a_proposal_there_is_an_empty_view(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        view = await here.explore(ExplorerFilter(goal=3))
    assert (view.total, view.first, view.last, view.rising, view.groups) == (0, 0, 0, (), ())
    assert {row.proposals for row in view.voices} == {0}
