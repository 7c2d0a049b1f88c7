"""Who was heard in an agenda: by constituency and overall, who proposed, who endorsed and whose wishes came in.

A member may belong to several constituencies and then counts in each. Exact integers only; nothing here decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consensus.ballots import Id, Listed
from protocol.model import Described, Natural


@dataclass(frozen=True, slots=True)
class ItemSource:
    """What an agenda item rests on: its minutes, proposals and votes."""

    number: str
    minutes: int
    proposals: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each proposal that led to the item, the member that made it and the members that endorse it."""
    in_favour: frozenset[str]
    """Members whose counted ballots approve the item."""
    voted: frozenset[str]
    """Members whose ballots were counted in the item's round; nobody where ballots are neither for nor against."""


class Part(Described):
    """How much of an agenda comes from some members, and how much of it they asked for."""

    members: Natural
    """How many members these are."""
    proposed: Natural
    """Proposals behind the agenda that these members made."""
    endorsed: Natural
    """Endorsements of those proposals that these members gave."""
    voted: Natural
    """How many of these members voted on any item."""
    minutes_approved: Natural
    """Minutes of the items that these members approved, added up over the members that voted on each item."""
    minutes_asked: Natural
    """Minutes of all items, added up in the same way: approved of asked is the share of the agenda that was theirs."""
    items_approved: Natural
    """The same counted in items."""
    items_asked: Natural
    """Items, added up over the members that voted on each."""


class ConstituencyPart(Described):
    """The part of one constituency."""

    constituency: Id
    """Id of the constituency."""
    part: Part
    """What its members had in the agenda."""


class AgendaReport(Described):
    """Everybody's part in an agenda, and that of each constituency, ascending by id."""

    items: Natural
    """How many items the agenda has."""
    minutes: Natural
    """Minutes of all items."""
    overall: Part
    """The part of all members."""
    constituencies: Listed[ConstituencyPart]
    """The part of each constituency."""


def agenda_report(members: Mapping[str, tuple[str, ...]], items: Iterable[ItemSource]) -> AgendaReport:
    """Return who was heard in these items. members holds the constituencies of each member of the roll.

    What members did that are no longer on the roll is left out. A proposal that led to several items counts with each.
    """
    known = tuple(items)
    by_name: dict[str, set[str]] = {}
    for member, names in members.items():
        for name in names:
            by_name.setdefault(name, set()).add(member)
    return AgendaReport(
        items=len(known),
        minutes=sum(item.minutes for item in known),
        overall=_part(frozenset(members), known),
        constituencies=tuple(
            ConstituencyPart(constituency=name, part=_part(frozenset(those), known))
            for name, those in sorted(by_name.items())
        ),
    )


def _part(those: frozenset[str], items: tuple[ItemSource, ...]) -> Part:
    favour = [len(those & item.in_favour) for item in items]
    voted = [len(those & item.voted) for item in items]
    proposals = [proposal for item in items for proposal in item.proposals]
    return Part(
        members=len(those),
        proposed=sum(author in those for author, _ in proposals),
        endorsed=sum(len(those.intersection(endorsers)) for _, endorsers in proposals),
        voted=len({member for item in items for member in item.voted if member in those}),
        minutes_approved=sum(item.minutes * count for item, count in zip(items, favour, strict=True)),
        minutes_asked=sum(item.minutes * count for item, count in zip(items, voted, strict=True)),
        items_approved=sum(favour),
        items_asked=sum(voted),
    )
