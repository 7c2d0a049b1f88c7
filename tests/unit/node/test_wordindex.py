import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from node.wordindex import Entry, WordIndex, match, remove_index
from topics.search import query

ENTRIES = (
    Entry(("proposal", "en"), "h1", "long", "Clean water for all villages", "Pipes and wells."),
    Entry(("proposal", "zh"), "h2", "short", "清洁水源", "保护村庄的饮用水。"),
    Entry(("proposal", "ar"), "h3", "long", "المياه النظيفة", "حماية مصادر الْمِيَاه"),
    Entry(("topic", "ru"), "h4", "long", "Чистая вода", "Вода для всех сёл."),
    Entry(("agenda", "1/S1"), "h5", "short", "Un titre", "L'eau potable dans les villages, et les élèves."),
    Entry(("proposal", "hi"), "h6", "long", "स्वच्छ जल", "सभी गाँवों के लिए।"),
)


class Renewals:
    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        self.count += 1


@pytest_asyncio.fixture
async def index(tmp_path: Path) -> AsyncIterator[WordIndex]:
    index = WordIndex(tmp_path / "words.sqlite3", lambda: None)
    await index.open()
    await index.put(ENTRIES)
    yield index
    await index.close()


async def found(index: WordIndex, text: str, kind: str = "", track: str = "") -> list[str]:
    return [key[1] for key, _ in await index.find(query(text), kind, track, 100)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("water", {"en"}), ("vill", {"en", "1/S1"}), ("WELLS pipes", {"en"}), ("水", {"zh"}), ("饮用水", {"zh"}),
        ("مياه", {"ar"}), ("النظيفه", {"ar"}), ("ВОДА", {"ru"}), ("сел ", {"ru"}), ("eleves", {"1/S1"}),
        ("जल", {"hi"}), ("nothing ", set()), ("wat ", set()),
    ],
)  # fmt: skip
async def test_words_of_every_language_are_found(index: WordIndex, typed: str, expected: set[str]) -> None:
    assert set(await found(index, typed)) == expected


async def test_a_word_in_the_title_counts_more_and_more_words_count_more(index: WordIndex) -> None:
    await index.put([Entry(("proposal", "w"), "h7", "long", "Deep wells", "And other things.")])
    assert await found(index, "wells ") == ["w", "en"]
    assert (await found(index, "pipes deep wells "))[0] == "w"


async def test_kind_and_track_narrow(index: WordIndex) -> None:
    assert await found(index, "villages", kind="agenda") == ["1/S1"]
    assert await found(index, "villages", track="long") == ["en"]
    assert await found(index, "villages", kind="topic") == []


async def test_what_is_put_again_replaces_and_what_is_removed_is_gone(index: WordIndex) -> None:
    await index.put([Entry(("proposal", "en"), "h9", "long", "Dry land", "No rain.")])
    assert await found(index, "water") == []
    assert await index.find(query("rain"), "", "", 5) == [(("proposal", "en"), "h9")]
    await index.remove([("proposal", "en"), ("proposal", "never there")])
    assert await found(index, "rain") == []
    assert ("proposal", "en") not in await index.texts()


async def test_removed_words_leave_the_file(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite3"
    index = WordIndex(path, lambda: None)
    await index.open()
    await index.put([*ENTRIES, Entry(("proposal", "x"), "h8", "long", "zyzzyvasecret", "abracadabrasecret")])
    assert b"zyzzyvasecret" in path.read_bytes()
    await index.remove([("proposal", "x")])
    await index.purge()
    await index.close()
    assert b"zyzzyvasecret" not in path.read_bytes()
    assert b"abracadabrasecret" not in path.read_bytes()


@pytest.mark.parametrize(
    "typed",
    ['"', "water OR", "NEAR(water, 2)", "title: water", "water*", "-water", "^water", "' ; DROP TABLE words; --",
     'a" OR "b', "{water}", "(((", "🎉 water", "water\x00", "water " * 3_000, "NOT"],
)  # fmt: skip
async def test_signs_and_operators_mean_nothing(index: WordIndex, typed: str) -> None:
    names = await found(index, typed)
    assert ("en" in names) == ("water" in typed)


async def test_every_query_is_answered(index: WordIndex) -> None:
    seen: list[str] = []

    @given(st.text(max_size=60))
    def collect(typed: str) -> None:
        seen.append(typed)

    collect()
    for typed in seen:
        await found(index, typed)
    assert await found(index, "water") == ["en"], "the index is still the same"


def test_a_query_is_quoted_words_and_nothing_else() -> None:
    assert match(query('clean "water" OR vaccin')) == '"clean" OR "water" OR "or" OR "vaccin"*'


@pytest.mark.parametrize("content", [b"rubbish" * 1_000, b""])
async def test_a_damaged_index_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.sqlite3"
    path.write_bytes(content)
    index = WordIndex(path, lambda: None)
    await index.open()
    await index.put(ENTRIES)
    assert await found(index, "water") == ["en"]
    await index.close()


async def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite3"
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    index = WordIndex(path, lambda: None)
    await index.open()
    assert await index.texts() == {}
    await index.close()


async def test_damage_in_use_empties_the_index_and_is_told(tmp_path: Path) -> None:
    path, renewals = tmp_path / "words.sqlite3", Renewals()
    index = WordIndex(path, renewals.note)
    await index.open()
    await index.put(ENTRIES)
    await index.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xa5" * (size - 4_096))
    index = WordIndex(path, renewals.note)
    await index.open()
    await index.put(ENTRIES)
    await index.texts()
    await found(index, "water")
    assert renewals.count >= 1
    await index.put(ENTRIES)
    assert await found(index, "water") == ["en"]
    await index.close()


async def test_a_thrown_away_index_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite3"
    index = WordIndex(path, lambda: None)
    await index.open()
    await index.put(ENTRIES)
    await index.close()
    remove_index(path)
    remove_index(path)
    again = WordIndex(path, lambda: None)
    await again.open()
    assert await again.texts() == {}
    await again.close()
