"""Turnout over time, and who is awaited."""

import re

from tests.support.web_backend import MemoryBackend
from web.i18n import Languages
from web.present import People, Roster
from web.turnout import absentees, turnout

OPENS, UNTIL = 1_000, 7_000


def people(languages: Languages) -> People:
    language = languages.find("en")
    assert language is not None
    return Roster().people(MemoryBackend().all_members, language)


def test_each_moment_counts_who_had_voted_by_then(languages: Languages) -> None:
    some = people(languages)
    members = some.ids[:3]
    found = turnout(some, list(zip(members, (1_500, 3_000, 6_900), strict=True)), OPENS, UNTIL, 100, is_rtl=False)
    assert found.moments == (2_000, 3_000, 4_000, 5_000, 6_000, 7_000)
    every = found.rows[-1]
    assert (every.name, every.voted, every.total) == ("", 3, len(some))
    assert every.at == (1, 2, 2, 2, 2, 3)
    assert sum(row.voted for row in found.rows[:-1]) == 3, "every member has one region"


def test_the_line_rises_with_each_ballot_and_mirrors(languages: Languages) -> None:
    some = people(languages)
    ballots = [(member, OPENS + at * 100) for at, member in enumerate(some.ids)]
    left = turnout(some, ballots, OPENS, UNTIL, 100, is_rtl=False).rows[-1].line
    heights = [float(y) for y in re.findall(r"V([\d.]+)", left)]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == 1.0, "all members reach the top"
    assert left.startswith("M0")
    assert left.endswith("H100.0")
    right = turnout(some, ballots, OPENS, UNTIL, 100, is_rtl=True).rows[-1].line
    assert right.startswith("M100")
    assert right.endswith("H0.0")


def test_a_round_that_has_just_opened_has_a_flat_line(languages: Languages) -> None:
    found = turnout(people(languages), [], OPENS, OPENS, 100, is_rtl=False)
    assert all(row.voted == 0 and "V" not in row.line for row in found.rows)


def test_who_was_heard_of_longest_ago_comes_first(languages: Languages) -> None:
    some = people(languages)
    first, second, third = some.ids[:3]
    found = absentees(some, some.ids[3:], {first: 50, third: 10})
    assert [each.member for each in found] == [second, third, first]
