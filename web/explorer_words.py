"""What the explorer says in sentences: which goal leads, how likely a rise is by chance, whose voice is missing."""

from collections.abc import Mapping, Sequence
from typing import Final

from web.constituencies import constituency_name, ordered
from web.explorer_views import RisingView, VoiceRow
from web.goals import NAMES
from web.i18n import Language

TINTS: Final = 4
"""Shades of a table's cells, beside none."""
_SHORTFALL_SHARE = 0.05
"""A constituency is said to be short of proposals when its shares differ by more than this."""
_CHANCE_SAID_MIN = 0.001


def goal_finding(language: Language, by_goal: Mapping[int, int]) -> str:
    """Return in one sentence which goal has most proposals."""
    if not any(by_goal.values()):
        return language.gettext("No proposal stands under a goal yet.")
    goal, count = max(by_goal.items(), key=lambda pair: (pair[1], -pair[0]))
    words = language.gettext("Most proposals stand under goal %(goal)d, %(name)s: %(count)d.")
    return words % {"goal": goal, "name": language.gettext(NAMES[goal]), "count": count}


def chance_words(language: Language, chance: float) -> str:
    """Return in plain words how likely a rise is by chance alone."""
    if chance < _CHANCE_SAID_MIN:
        return language.gettext("by chance less than once in 1,000 times")
    if chance > 0.5:
        return language.gettext("as likely by chance as not")
    times = language.number(max(2, int(1 / chance + 1e-9)))
    return language.gettext("by chance once in %(times)s times") % {"times": times}


def speakers_words(language: Language, item: RisingView) -> str:
    """Return what the chance rests on: who speaks of it lately, beside who speaks of other things; or nothing."""
    if not item.voices:
        return ""
    words = language.gettext(
        "Of %(voices)s members that speak of it, %(voices_now)s do so lately; of %(others)s others, %(others_now)s."
    )
    counts = {name: language.number(getattr(item, name)) for name in ("voices", "voices_now", "others", "others_now")}
    return words % counts


def ordered_voices(rows: Sequence[VoiceRow]) -> list[VoiceRow]:
    """Return constituencies in the order in which they stand everywhere, the regions first."""
    places = {name: place for place, name in enumerate(ordered(row.constituency for row in rows))}
    return sorted(rows, key=lambda row: places[row.constituency])


def tint_of(count: int, most: int) -> int:
    """Return the shade of a cell from 0 to TINTS, by its count beside the largest."""
    return -(-TINTS * count // most) if most else 0


def voices_finding(language: Language, rows: Sequence[VoiceRow], *, is_enough: bool) -> str:
    """Return in one sentence who is heard least, or that nothing can be said yet."""
    if not is_enough:
        return language.gettext("There are too few proposals to say whose voice is missing.")
    short = [row for row in rows if row.members_share - row.proposals_share > _SHORTFALL_SHARE]
    if not short:
        return language.gettext("No constituency has a much smaller share of proposals than of members.")
    least = min(short, key=lambda row: (row.proposals_share / row.members_share, -row.members_share))
    silent = [goal for goal in least.quiet if not least.by_goal.get(goal)]
    shares = {
        "constituency": constituency_name(language, least.constituency),
        "members": language.percent(least.members_share),
        "proposals": language.percent(least.proposals_share),
    }
    if not silent:
        return language.gettext("%(constituency)s: %(members)s of members and %(proposals)s of proposals.") % shares
    words = language.ngettext(
        "%(constituency)s: %(members)s of members and %(proposals)s of proposals; nothing yet under goal %(goals)s.",
        "%(constituency)s: %(members)s of members and %(proposals)s of proposals; nothing yet under goals %(goals)s.",
        len(silent),
    )
    return words % {**shares, "goals": language.listed(str(goal) for goal in silent)}
