"""What the explorer says in sentences."""

import pytest

from web.explorer_views import RisingView, VoiceRow
from web.explorer_words import TINTS, chance_words, ordered_voices, speakers_words, tint_of, voices_finding
from web.i18n import Language, Languages


@pytest.fixture
def english(languages: Languages) -> Language:
    return languages.default


def row(name: str, of_members: float, of_proposals: float, quiet: tuple[int, ...] = (), **counts: int) -> VoiceRow:
    by_goal = {int(goal[1:]): count for goal, count in counts.items()}
    return VoiceRow(name, 10, 5, of_members, of_proposals, by_goal, quiet)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "by chance less than once in 1,000 times"),
        (0.001, "by chance once in 1,000 times"),
        (0.05, "by chance once in 20 times"),
        (0.34, "by chance once in 2 times"),
        (0.9, "as likely by chance as not"),
    ],
)
def test_chances_in_plain_words(english: Language, chance: float, words: str) -> None:
    assert chance_words(english, chance) == words


def test_what_a_chance_rests_on_is_said_where_it_is_known(english: Language) -> None:
    bare = RisingView("term", "ash", "en", "", (0, 1), 1, 0, 1, 0.01, False)
    assert speakers_words(english, bare) == ""
    told = RisingView("term", "ash", "en", "", (0, 1), 1, 0, 1, 0.01, False, 9, 7, 1_200, 40)
    words = "Of 9 members that speak of it, 7 do so lately; of 1,200 others, 40."
    assert speakers_words(english, told) == words


def test_who_is_heard_least_is_named_with_the_goals_where_it_is_silent(english: Language) -> None:
    rows = [row("africa", 0.22, 0.32), row("latin-america-caribbean", 0.12, 0.05, (4, 5, 8), g8=1)]
    assert voices_finding(english, rows, is_enough=True) == (
        "Latin America and the Caribbean: 12% of members and 5% of proposals; nothing yet under goals 4 and 5."
    )


def test_a_constituency_that_is_short_everywhere_alike(english: Language) -> None:
    rows = [row("africa", 0.4, 0.3)]
    assert voices_finding(english, rows, is_enough=True) == "Africa: 40% of members and 30% of proposals."


def test_nothing_is_claimed_where_nothing_is_missing_or_too_little_is_there(english: Language) -> None:
    rows = [row("africa", 0.5, 0.47), row("arab-states", 0.5, 0.53)]
    assert voices_finding(english, rows, is_enough=True).startswith("No constituency has a much smaller share")
    assert voices_finding(english, rows, is_enough=False).startswith("There are too few proposals")
    assert voices_finding(english, [], is_enough=True).startswith("No constituency")


def test_regions_stand_first() -> None:
    rows = [row("income-low", 0.1, 0.1), row("arab-states", 0.1, 0.1), row("africa", 0.1, 0.1)]
    assert [each.constituency for each in ordered_voices(rows)] == ["africa", "arab-states", "income-low"]


def test_shades_follow_the_counts() -> None:
    assert [tint_of(count, 16) for count in (0, 1, 4, 5, 16)] == [0, 1, 1, 2, TINTS]
    assert tint_of(0, 0) == 0
