"""What the explorer and the search show, as the backend answers it."""

from dataclasses import dataclass
from typing import Literal

from protocol.events.consultation import Track


@dataclass(frozen=True, slots=True)
class GroupView:
    """An automatic group of proposals: a suggestion, never a decision."""

    id: str
    label: dict[str, str]
    proposals: tuple[str, ...]
    representative: str
    sureness: int
    """0 to 100."""
    goals: tuple[int, ...]
    is_between_goals: bool
    languages: int = 1
    """In how many languages its proposals were written."""
    place: tuple[float, float] = (0.5, 0.5)
    """Where it lies on the map, each from 0 to 1; it stays there when other proposals come."""
    neighbours: tuple[str, ...] = ()
    """Groups that are close to it in meaning, nearest first."""


@dataclass(frozen=True, slots=True)
class ExplorerFilter:
    """What the explorer looks at; nothing stands for everything."""

    track: Track | None = None
    goal: int | None = None
    constituency: str | None = None
    lang: str | None = None
    since: int | None = None
    """Milliseconds; only what was submitted at or after."""
    until: int | None = None
    """Milliseconds; only what was submitted before."""


@dataclass(frozen=True, slots=True)
class RisingView:
    """A goal, a group or a term that has become more frequent than chance explains."""

    kind: Literal["goal", "group", "term"]
    name: str
    """The goal's number, the group's letter, or the term itself."""
    lang: str
    """Language of a term, else empty."""
    group: str
    """Letter of the group that holds most of it, or empty."""
    weeks: tuple[int, ...]
    """Proposals a week, oldest first; the last `window` of them are the window."""
    window: int
    before: int
    """Proposals in as many weeks just before the window."""
    now: int
    """Proposals in the window."""
    chance: float
    """How likely so much would be by chance somewhere among all that was looked at, from 0 to 1."""
    is_short_term: bool
    """Whether it is suggested for the short-term track; else it is worth watching."""
    voices: int = 0
    """Members that speak of it in all the weeks; each has one voice on it, dated by one of its proposals."""
    voices_now: int = 0
    """How many of these voices fall into the window."""
    others: int = 0
    """Members that speak of anything else in these weeks, each with one voice on that."""
    others_now: int = 0
    """How many of the others' voices fall into the window."""


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One constituency's proposals by goal, beside its share of the members."""

    constituency: str
    members: int
    proposals: int
    members_share: float
    """0 to 1, of the members."""
    proposals_share: float
    """0 to 1, of the proposals."""
    by_goal: dict[int, int]
    quiet: tuple[int, ...]
    """Goals under which it has less than a third of its share, where there are enough proposals to tell."""


@dataclass(frozen=True, slots=True)
class ExplorerView:
    """What members propose, as far as the filter lets it through."""

    total: int
    languages: tuple[str, ...]
    """Languages of all proposals on the track, for the filter."""
    first: int
    last: int
    """When the first and the latest of them came, in milliseconds; 0 if there is none."""
    by_goal: dict[int, int]
    without_goal: int
    groups: tuple[GroupView, ...]
    """Groups with at least one proposal that passes, holding those alone, in the order of all groups."""
    rising: tuple[RisingView, ...]
    """Surest first."""
    voices: tuple[VoiceRow, ...]
    voices_enough: bool
    """Whether there are enough proposals for shares to say something."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for, and where."""

    text: str
    kind: Literal["proposal", "topic", "agenda", "translation"] | None = None
    track: Track | None = None
    page: int = 1
    per_page: int = 20


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing found."""

    kind: Literal["proposal", "topic", "agenda", "translation"]
    id: str
    """Id of the proposal or topic, the version of the agenda and the number of its item (`3/S1`), or the hash of the
    translation."""
    lang: str
    title: str
    excerpt: tuple[tuple[str, bool], ...]
    """Pieces of the text, and whether each is one of the words looked for."""
    why: Literal["words", "meaning", "both"]
    time: int
    track: Track | None = None
    member: str = ""
    goals: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of what was found, best first."""

    hits: tuple[SearchHit, ...]
    total: int
    pages: int
    by_meaning: bool
    """Whether meanings were compared too; only words where the topics module isn't there."""
