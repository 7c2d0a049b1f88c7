import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.rising import (
    CHANCE_SHOWN,
    DAY_MS,
    WEEK_MS,
    WEEKS,
    Rise,
    Said,
    period_end,
    period_start,
    rising,
)

NOW = 1_900_000_000_000
START, END = period_start(NOW), period_end(NOW)
WINDOW = END - 4 * WEEK_MS
LANGUAGES = ("en", "fr", "zh")


def said(rng: random.Random, member: str, time: int, **rest: object) -> Said:
    return replace(Said(f"{rng.getrandbits(128):032x}", member, time), **rest)  # type: ignore[arg-type]


def world(
    rng: random.Random, proposals: int, members: int, busy_share: float = 0.0, languages: Sequence[str] = ("en",)
) -> list[Said]:
    """Members with languages and favourite goals, groups and words of their own; one may write much of everything."""
    found = []
    for _ in range(proposals):
        number = members if rng.random() < busy_share else rng.randrange(members)
        lang = languages[number % len(languages)]
        goal = 1 + (number + rng.randrange(3)) % 17
        terms = tuple({f"{lang}{int(rng.expovariate(0.05))}" for _ in range(12)} | {f"{lang}-{goal}"})
        time = rng.randrange(START, END)
        fields = {"lang": lang, "goals": (goal,), "group": "ABCDEFGH"[goal % 8], "terms": terms}
        found.append(said(rng, f"m{number}", time, **fields))
    return found


def dealt(rng: random.Random, these: Sequence[Said], dates: Sequence[int]) -> list[Said]:
    """The same proposals with dates dealt out anew."""
    return [replace(each, time=time) for each, time in zip(these, rng.sample(dates, len(these)), strict=True)]


def burst(rng: random.Random, members: int, term: str = "cholera", days: int = 25) -> list[Said]:
    return [
        said(rng, f"m{number}", END - 1 - rng.randrange(days * DAY_MS), lang="en", goals=(3,), terms=(term,))
        for number in range(members)
    ]


def names(found: Sequence[Rise]) -> set[str]:
    return {rise.name for rise in found}


@pytest.mark.parametrize(
    ("proposals", "members", "busy_share", "share_now"),
    [(60, 15, 0.0, 1 / 3), (150, 40, 0.0, 1 / 3), (150, 40, 0.35, 1 / 3), (150, 40, 0.0, 0.7)],
    ids=["few", "many", "one member writes a third", "a month twice as busy for all"],
)
def test_by_chance_anything_rises_at_most_as_often_as_stated(
    proposals: int, members: int, busy_share: float, share_now: float
) -> None:
    """A thousand times the dates are dealt out anew: the share with any false alarm stays within .05."""
    rng = random.Random(7)
    these = world(rng, proposals, members, busy_share, LANGUAGES)
    dates = [rng.randrange(WINDOW, END) if rng.random() < share_now else rng.randrange(START, WINDOW) for _ in these]
    rounds = 1_000
    alarms = sum(bool(rising(dealt(rng, these, dates), NOW)) for _ in range(rounds))
    error = (CHANCE_SHOWN * (1 - CHANCE_SHOWN) / rounds) ** 0.5
    assert alarms / rounds <= CHANCE_SHOWN + 2 * error


def test_planted_bursts_are_found_with_their_figures() -> None:
    found = 0
    for seed in range(50):
        rng = random.Random(seed)
        listed = {rise.name: rise for rise in rising([*world(rng, 200, 60), *burst(rng, 11)], NOW)}
        if "cholera" in listed:
            found += 1
            rise = listed["cholera"]
            assert (rise.kind, rise.lang, rise.voices.all, rise.voices.now) == ("term", "en", 11, 11)
            assert sum(rise.weeks) == sum(rise.weeks[-4:]) == 11
            assert rise.chance <= CHANCE_SHOWN
    assert found >= 45


def test_what_all_members_take_up_is_found_by_what_else_they_say() -> None:
    rng = random.Random(12)
    assert "cholera" in names(rising([*world(rng, 120, 20), *burst(rng, 20)], NOW))


def test_goals_and_groups_rise_too() -> None:
    rng = random.Random(5)
    quiet = [replace(each, terms=(), group="A") for each in world(rng, 200, 60) if 13 not in each.goals]
    loud = [replace(each, terms=(), goals=(13,), group="Z") for each in burst(rng, 14)]
    found = {(rise.kind, rise.name): rise for rise in rising([*quiet, *loud], NOW)}
    assert {("goal", "13"), ("group", "Z")} <= set(found)
    assert found["goal", "13"].group == "Z"


def test_one_member_makes_nothing_rise() -> None:
    rng = random.Random(3)
    loud = [said(rng, "loud", END - 1 - n, lang="en", goals=(13,), group="Z", terms=("mine",)) for n in range(500)]
    assert rising([*world(rng, 200, 60), *loud], NOW) == ()
    assert rising(loud, NOW) == ()


def test_one_member_hides_nothing_either() -> None:
    """What a member wrote before without end is one voice, too."""
    rng = random.Random(3)
    before = [said(rng, "old", START + n, lang="en", goals=(3,), terms=("cholera",)) for n in range(500)]
    assert "cholera" in names(rising([*world(rng, 200, 60), *burst(rng, 12), *before], NOW))


def test_a_busier_month_is_no_burst() -> None:
    """Everybody proposes three times as much as before, on the same matters."""
    alarms = 0
    for seed in range(200):
        rng = random.Random(seed)
        more = [replace(each, time=rng.randrange(WINDOW, END)) for each in world(rng, 200, 50)]
        alarms += bool(rising([*world(rng, 100, 50), *more], NOW))
    assert alarms <= 200 * CHANCE_SHOWN


def test_members_that_hand_in_everything_on_one_day_raise_no_more_alarms() -> None:
    alarms = 0
    for seed in range(200):
        rng = random.Random(seed)
        day = {f"m{number}": rng.randrange(START, END) for number in range(50)}
        alarms += bool(rising([replace(each, time=day[each.member]) for each in world(rng, 150, 50)], NOW))
    assert alarms <= 200 * CHANCE_SHOWN


def test_what_one_language_says_more_of_because_it_says_more_is_no_burst() -> None:
    """A language of which three times as much comes now: all its words do, and none of them has risen."""
    alarms = 0
    for seed in range(100):
        rng = random.Random(seed)
        these = [replace(each, goals=(), group="") for each in world(rng, 200, 60, languages=LANGUAGES)]
        french = [each for each in world(rng, 600, 60, languages=LANGUAGES) if each.lang == "fr"]
        more = [replace(each, goals=(), group="", time=rng.randrange(WINDOW, END)) for each in french]
        alarms += bool(rising([*these, *more], NOW))
    assert alarms <= 100 * CHANCE_SHOWN


def test_fresh_and_sure_is_suggested_for_the_short_term_track_and_what_is_older_is_watched() -> None:
    rng = random.Random(2)
    base = world(rng, 240, 60)
    fresh = {rise.name: rise for rise in rising([*base, *burst(rng, 16, days=9)], NOW)}
    assert fresh["cholera"].is_short_term
    older = [replace(each, time=each.time - 2 * WEEK_MS) for each in burst(rng, 16, days=9)]
    settled = {rise.name: rise for rise in rising([*base, *older], NOW)}
    assert not settled["cholera"].is_short_term


def test_of_terms_that_share_a_word_the_surest_stays() -> None:
    rng = random.Random(4)
    pairs = [replace(each, terms=("cholera", "cholera outbreak", "outbreak")) for each in burst(rng, 14)]
    found = [rise.name for rise in rising([*world(rng, 200, 60), *pairs], NOW) if rise.kind == "term"]
    assert found == ["cholera outbreak"]


@given(st.randoms(use_true_random=False))
def test_the_order_of_proposals_is_of_no_matter(rng: random.Random) -> None:
    these = [*world(random.Random(9), 120, 40), *burst(random.Random(9), 12)]
    expected = rising(these, NOW)
    rng.shuffle(these)
    assert rising(these, NOW) == expected
    assert expected


def test_only_the_weeks_count_and_figures_hold_for_the_day() -> None:
    rng = random.Random(6)
    these = [*world(rng, 200, 60), *burst(rng, 12)]
    beyond = [replace(each, time=START - 1) for each in burst(rng, 12)]
    ahead = [replace(each, time=END) for each in burst(rng, 12)]
    midnight = NOW - NOW % DAY_MS
    assert rising([*these, *beyond, *ahead], NOW) == rising(these, NOW) == rising(these, midnight)
    assert {len(rise.weeks) for rise in rising(these, NOW)} == {WEEKS}


def test_from_nothing_and_from_little_nothing_rises() -> None:
    rng = random.Random(8)
    assert rising([], NOW) == ()
    assert rising(burst(rng, 2), NOW) == ()
    assert rising(burst(rng, 30), NOW) == (), "where nobody speaks of anything else there is nothing to compare with"
