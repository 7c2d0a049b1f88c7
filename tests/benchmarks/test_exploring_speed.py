"""The explorer and the search over ten thousand proposals, against reading their few facts once from the store."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from time import process_time

import pytest

from node.exploring import Explorer
from node.storage import projections
from node.wordindex import Entry, WordIndex
from tests.support.told_proposals import Told
from tests.unit.node.test_exploring import FEDERATION, NOW, NoGroups, room
from topics.rising import WEEK_MS
from topics.search import query
from topics.taxonomy.catalogue import LANGUAGES, catalogue
from web.explorer_views import ExplorerFilter

pytestmark = pytest.mark.bench

PROPOSALS = 10_000
REPEATED = 5


def body(number: int) -> tuple[str, str]:
    """Return a text of some 800 characters, and its language."""
    targets, lang = catalogue().targets, LANGUAGES[number % 7]
    return " ".join(targets[(number * 4 + k) % len(targets)].text[lang] for k in range(4)), lang


def told(number: int, rng: Random) -> Told:
    text, lang = body(number)
    goals = tuple(sorted(rng.sample(range(1, 18), rng.randrange(4))))
    time = NOW - rng.randrange(1, 52 * WEEK_MS)
    return Told(number % len(FEDERATION.roll.members), time, f"Title {number}", text, lang, goals)


async def cpu_seconds(work: Callable[[], Awaitable[object]]) -> float:
    """Return the least of several runs."""
    least = float("inf")
    for _ in range(REPEATED):
        start = process_time()
        await work()
        least = min(least, process_time() - start)
    return least


async def test_a_view_costs_less_than_reading_the_table_and_a_kept_one_nothing(tmp_path: Path) -> None:
    rng = Random(1)
    async with room(tmp_path) as here:
        await here.tell(*(told(number, rng) for number in range(PROPOSALS)))
        reading = await cpu_seconds(lambda: here.database.read(projections.counted_proposals))
        await here.explore(ExplorerFilter())
        kept = await cpu_seconds(lambda: here.explore(ExplorerFilter()))

        async def anew() -> None:
            explorer = Explorer(here.facts, NoGroups(), here.terms, FEDERATION.roll, here.clock)  # type: ignore[arg-type]
            await explorer.explore(ExplorerFilter())

        async def after_one_more() -> None:
            await here.tell(told(PROPOSALS, rng))
            await here.explore(ExplorerFilter())

        counted = await cpu_seconds(anew)
        after_one = await cpu_seconds(after_one_more)
    print(f"\nread {1000 * reading:.0f} ms, counted {1000 * counted:.0f} ms, after one more {1000 * after_one:.0f} ms")
    assert counted <= reading
    assert after_one <= reading
    assert kept <= counted / 20


async def test_finding_words_costs_a_small_part_of_indexing(tmp_path: Path) -> None:
    index = WordIndex(tmp_path / "words.sqlite3", lambda: None)
    await index.open()
    entries = [Entry(("proposal", str(n)), "h", "long", f"Title {n}", body(n)[0]) for n in range(PROPOSALS)]
    start = process_time()
    for at in range(0, PROPOSALS, 100):
        await index.put(entries[at : at + 100])
    indexing = process_time() - start
    typed = ["water", "agua potable", "水", "access to safe and affordable drinking water for all", "dev"]
    finding = [await cpu_seconds(lambda text=text: index.find(query(text), "", "", 200)) for text in typed]  # type: ignore[misc]
    await index.close()
    print(f"\nindexed {PROPOSALS / indexing:.0f} texts/s, found in {1000 * max(finding):.0f} ms at most")
    assert max(finding) <= indexing / 50
