"""The figures in topics/SIGNALS.md are those that the code gives."""

import re
from pathlib import Path

import pytest

from topics import chance, engine, rising, search, terms, voices

DOCUMENT = (Path(chance.__file__).parent / "SIGNALS.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \|", re.MULTILINE)


def rows(after: str) -> list[tuple[int, int, int, int, float]]:
    part = DOCUMENT.split(after)[1].split("\n## ")[0]
    return [(int(m), int(k), int(n), int(f), float(p)) for m, k, n, f, p in ROW.findall(part)]


def test_the_examples_of_what_rises() -> None:
    found = rows("## Rising")
    assert len(found) >= 4
    for population, marked, drawn, heard, stated in found:
        assert chance.at_least(population, marked, drawn, heard) == pytest.approx(stated, rel=0.06)


def test_the_examples_of_who_is_quiet() -> None:
    found = rows("## Whose voice")
    assert len(found) >= 4
    for population, marked, drawn, heard, stated in found:
        assert chance.at_most(population, marked, drawn, heard) == pytest.approx(stated, abs=0.0006)


@pytest.mark.parametrize(
    "stated",
    [
        f"the last {rising.WEEKS} weeks; the last {rising.WINDOW_WEEKS} are the window",
        f"corrected chance of at most .{100 * rising.CHANCE_SHOWN:02.0f}, at least",
        f"a corrected chance of at most .{100 * rising.CHANCE_SHORT_TERM:02.0f} and",
        f"at least {rising.LIFT_MIN} times the share",
        f"At most {rising.RISING_MAX}.",
        f"the first {terms.WORDS_MAX} words and {terms.PAIRS_MAX} pairs",
        f"P(X ≤ o) ≤ .{100 * voices.QUIET_CHANCE:02.0f}, hypergeometric",
        f"at least {voices.PROPOSALS_ENOUGH} proposals from at least {voices.SPEAKERS_ENOUGH} members",
        f"{search.QUERY_CHARACTERS_MAX} characters and {search.QUERY_WORDS_MAX} words",
        f".{100 * engine.MEANT:02.0f} and of at least half of the best",
    ],
)
def test_the_limits_are_those_of_the_code(stated: str) -> None:
    assert stated in " ".join(DOCUMENT.split())


def test_the_half_is_one_half() -> None:
    assert engine.MEANT_SHARE == 0.5
