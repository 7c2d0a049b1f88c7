"""Small steps from what a node knows to what a template shows. Nothing here decides or asks the node."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from web.i18n import Language, direction
from web.ports import MemberView, OptionView, ProposalSummary, TextView

_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n\s*")
_HASH_HEAD = 16
_HASH_TAIL = 4


@dataclass(frozen=True, slots=True)
class Tongue:
    """A short text with the language that it is in."""

    text: str
    lang: str

    @property
    def dir(self) -> str:
        """The direction in which it is written."""
        return direction(self.lang)


class Roster:
    """The members by id, put in order again only when a node answers with other ones."""

    def __init__(self) -> None:
        self._members: tuple[MemberView, ...] = ()
        self._by_id: Mapping[str, MemberView] = {}

    def people(self, members: tuple[MemberView, ...], language: Language) -> "People":
        """Return members for a reader's pages."""
        if members is not self._members:
            self._members, self._by_id = members, {member.id: member for member in members}
        return People(self._by_id, language)


class People:
    """Members by id, for pages that name them."""

    @classmethod
    def among(cls, members: Iterable[MemberView], language: Language) -> "People":
        """Return these members for a reader."""
        return cls({member.id: member for member in members}, language)

    def __init__(self, members: Mapping[str, MemberView], language: Language) -> None:
        self._members = members
        self._language = language

    def __len__(self) -> int:
        return len(self._members)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every member in the order of the roll."""
        return tuple(self._members)

    def find(self, member: str) -> MemberView | None:
        """Return a member, or None for a stranger."""
        return self._members.get(member)

    def name(self, member: str) -> Tongue:
        """Return a member's name as this reader sees it, or its id for a stranger."""
        found = self._members.get(member)
        return Tongue(*self._language.pick(found.names)) if found else Tongue(member, "en")

    def text_of(self, member: str) -> str:
        """Return a member's name as this reader sees it, as plain text."""
        return self.name(member).text

    def names(self, members: Iterable[str]) -> list[str]:
        """Return members' names in order."""
        return [self.name(member).text for member in members]

    def constituencies(self, member: str) -> tuple[str, ...]:
        """Return the constituencies of a member."""
        found = self._members.get(member)
        return found.constituencies if found else ()

    def by_constituency(self, some: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return, per constituency in the order of the roll, how many of some members it has, and how many in all."""
        wanted = set(some)
        counts: dict[str, tuple[int, int]] = {}
        for member in self._members.values():
            for constituency in member.constituencies:
                have, total = counts.get(constituency, (0, 0))
                counts[constituency] = (have + (member.id in wanted), total + 1)
        return counts


def paragraphs(text: str) -> list[str]:
    """Return a text's paragraphs: what stands between blank lines."""
    return [part for part in _BLANK_LINES.split(text.strip()) if part]


def shortened(digest: str) -> str:
    """Return a hash as people compare it: groups of four, its middle left out."""
    head = digest[:_HASH_HEAD]
    groups = " ".join(head[place : place + 4] for place in range(0, len(head), 4))
    return f"{groups} … {digest[-_HASH_TAIL:]}"


def iso(milliseconds: int) -> str:
    """Return a time for machines."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def log_time(milliseconds: int) -> str:
    """Return a time as a line of a log begins with it: date, time to the thousandth, in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "")


def title_of(text: TextView, language: Language) -> Tongue:
    """Return a text's title, or what is to be said where there is none."""
    if text.state == "held":
        return Tongue(text.title, text.lang)
    if text.state == "erased":
        return Tongue(language.gettext("Text erased"), language.code)
    return Tongue(language.gettext("Text not yet here"), language.code)


def title_of_summary(item: ProposalSummary, language: Language) -> Tongue:
    """Return the title of a proposal in a list, or what is to be said where there is none."""
    return title_of(TextView(item.text_state, item.lang, item.title), language)


def ordered_options(options: Iterable[OptionView]) -> dict[str, tuple[int, OptionView]]:
    """Return each option by id with its number in the order in which it was frozen."""
    return {option.id: (number, option) for number, option in enumerate(options, start=1)}


def minutes_and_seconds(minutes: Fraction, language: Language) -> str:
    """Return minutes as minutes and seconds, rounded to the second."""
    seconds = round(minutes * 60)
    if seconds < 60:
        return language.gettext("%(seconds)d s") % {"seconds": seconds}
    return language.gettext("%(minutes)d min %(seconds)02d s") % {"minutes": seconds // 60, "seconds": seconds % 60}


def counted_by_goal(goals: Iterable[Iterable[int]]) -> Mapping[int, int]:
    """Return how many things stand under each goal."""
    counts: dict[int, int] = {}
    for some in goals:
        for goal in some:
            counts[goal] = counts.get(goal, 0) + 1
    return counts
