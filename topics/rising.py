"""What has become more frequent than chance explains: goals, groups and terms. SIGNALS.md tells the method.

Every member has one voice on each matter, however much it wrote, and its date is that of the one of its proposals on
the matter with the smallest id: ids are hashes and know nothing of dates. Likewise it has one voice on everything else.
Compared are the voices on a matter with those on everything else: a month that is busier for everybody moves both.
Fisher's exact test, one-sided; then corrected for all that was looked at, Holm's way, after Westfall and Wolfinger for
tests that come out in steps. Time is passed in; nothing here reads texts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from topics.chance import at_least, attainable

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
WEEKS = 12
WINDOW_WEEKS = 4
FRESH_WEEKS = 2
VOICES_MIN = 3
"""Members that must speak of something in the window."""
LIFT_MIN = 1.5
"""By how much the share of its voices in the window must exceed that of the others."""
CHANCE_SHOWN = 0.05
CHANCE_SHORT_TERM = 0.01
RISING_MAX = 40

Kind = Literal["goal", "group", "term"]
Matter = tuple[Kind, str, str]
"""What a proposal speaks of: the kind, the name, and the language of a term."""
Places = dict[str, list[int]]
"""Places in the order of ids, by member; the first is the member's voice."""


@dataclass(frozen=True, slots=True)
class Said:
    """A proposal, as far as it is counted. Terms are those of its language; each counts once."""

    id: str
    member: str
    time: int
    """Milliseconds since 1970."""
    lang: str = ""
    goals: tuple[int, ...] = ()
    group: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Voices:
    """The table that was tested: the voices on something, one a member, and those on everything else."""

    now: int
    """Of the voices on it, how many fall into the window."""
    all: int
    others_now: int
    others: int

    @property
    def margins(self) -> tuple[int, int, int]:
        """How many voices there are, how many of them fall into the window, how many are on it."""
        return self.all + self.others, self.now + self.others_now, self.all

    @property
    def chance(self) -> float:
        """How likely so many voices in the window would be by chance, looked at alone."""
        return at_least(*self.margins, self.now)

    @property
    def has_risen(self) -> bool:
        """Whether it is loud enough to be worth a word, whatever chance says."""
        population, marked, drawn = self.margins
        return self.now >= VOICES_MIN and self.now * population >= LIFT_MIN * marked * drawn


@dataclass(frozen=True, slots=True)
class Rise:
    """Something that rises."""

    kind: Kind
    name: str
    lang: str
    group: str
    """The group that more than half of its proposals in the window belong to, or empty."""
    weeks: tuple[int, ...]
    """Proposals a week, oldest first."""
    voices: Voices
    chance: float
    """Corrected for everything that was looked at."""
    is_short_term: bool


@dataclass(frozen=True, slots=True)
class _Dated:
    said: Said
    week: int


def period_end(now: int) -> int:
    """Return where the last week ends: with the day that `now` is in, so that figures hold for a day."""
    return (now // DAY_MS + 1) * DAY_MS


def period_start(now: int) -> int:
    """Return where the first of the weeks begins."""
    return period_end(now) - WEEKS * WEEK_MS


def rising(said: Iterable[Said], now: int) -> tuple[Rise, ...]:
    """Return what rises in the weeks up to now, surest first; proposals outside the weeks don't count.

    The same for any order of the proposals. Work grows with the number of terms in those weeks.
    """
    dated = _dated(said, now)
    spoken = {matter: places for matter, places in _places(dated) if len(places) >= VOICES_MIN}
    voices = _Voices(dated)
    tables = {matter: voices.table(matter, places) for matter, places in spoken.items()}
    sure = _distinct(_corrected(tables))
    shown = {matter: chance for matter, chance in sure.items() if tables[matter].has_risen}
    rises = [_rise(matter, chance, tables[matter], spoken[matter], dated) for matter, chance in shown.items()]
    ranked = sorted(rises, key=lambda rise: (rise.chance, -rise.voices.now, rise.kind, rise.name, rise.lang))
    return tuple(ranked[:RISING_MAX])


def _dated(said: Iterable[Said], now: int) -> list[_Dated]:
    start, end = period_start(now), period_end(now)
    recent = [each for each in said if start <= each.time < end]
    return [_Dated(each, (each.time - start) // WEEK_MS) for each in sorted(recent, key=lambda each: each.id)]


def matters(said: Said) -> Iterator[tuple[Kind, str, Iterable[str]]]:
    """Yield what a proposal speaks of, kind by kind: the kind, the language of terms, and the names."""
    yield "goal", "", map(str, said.goals)
    yield "group", "", (said.group,) if said.group else ()
    yield "term", said.lang, said.terms


def _places(dated: Sequence[_Dated]) -> Iterator[tuple[Matter, Places]]:
    """Yield each matter with the places of the proposals that speak of it, by member, ascending."""
    found: dict[tuple[Kind, str], dict[str, Places]] = {}
    for place, each in enumerate(dated):
        member = each.said.member
        for kind, lang, names in matters(each.said):
            of_kind = found.setdefault((kind, lang), {})
            for name in names:
                of_kind.setdefault(name, {}).setdefault(member, []).append(place)
    for (kind, lang), of_kind in found.items():
        for name, places in of_kind.items():
            yield (kind, name, lang), places


def _everything(dated: Sequence[_Dated]) -> dict[str, Places]:
    """Return the places of all proposals by language and member, and under no language those of all."""
    found: dict[str, Places] = {"": {}}
    for place, each in enumerate(dated):
        for lang in {"", each.said.lang}:
            found.setdefault(lang, {}).setdefault(each.said.member, []).append(place)
    return found


class _Voices:
    """Counts the voices on matters against those on everything else."""

    def __init__(self, dated: Sequence[_Dated]) -> None:
        self._is_now = [_is_now(each.week) for each in dated]
        self._everything = _everything(dated)
        self._all_now = {
            lang: sum(self._is_now[places[0]] for places in by_member.values())
            for lang, by_member in self._everything.items()
        }

    def table(self, matter: Matter, spoken: Places) -> Voices:
        """Return the table of a matter. Terms are compared among proposals of their language."""
        by_member = self._everything[matter[2]]
        others, others_now = len(by_member), self._all_now[matter[2]]
        for member, places in spoken.items():
            own = by_member[member]
            if own[0] == places[0]:
                other = _first_besides(own, places)
                others_now += (other is not None and self._is_now[other]) - self._is_now[own[0]]
                others -= other is None
        return Voices(sum(self._is_now[places[0]] for places in spoken.values()), len(spoken), others_now, others)


def _first_besides(own: Sequence[int], places: Sequence[int]) -> int | None:
    """Return the first of the places that isn't among some of them, both ascending; None if all are."""
    for at, place in enumerate(own):
        if at >= len(places) or places[at] != place:
            return place
    return None


def _is_now(week: int) -> bool:
    return week >= WEEKS - WINDOW_WEEKS


def _corrected(tables: Mapping[Matter, Voices]) -> dict[Matter, float]:
    """Return the corrected chances up to CHANCE_SHOWN, ascending.

    A step's bound is the chance that any of what is left comes out so low: the sum of what each can attain.
    """
    left = Counter(voices.margins for voices in tables.values())
    ranked = sorted((voices.chance, matter) for matter, voices in tables.items() if voices.chance <= CHANCE_SHOWN)
    found: dict[Matter, float] = {}
    highest = 0.0
    for chance, matter in ranked:
        bound = sum(count * attainable(*margins, chance) for margins, count in sorted(left.items()))
        highest = max(highest, min(1.0, bound))
        if highest > CHANCE_SHOWN:
            break
        found[matter] = highest
        left -= Counter([tables[matter].margins])
    return found


def _distinct(found: Mapping[Matter, float]) -> dict[Matter, float]:
    """Return them without the terms that share a word with a surer one of their language; of equals pairs stay."""
    taken: set[tuple[str, str]] = set()
    kept: dict[Matter, float] = {}
    for matter, chance in sorted(found.items(), key=lambda pair: (pair[1], -pair[0][1].count(" "), pair[0])):
        kind, name, lang = matter
        words = {(lang, word) for word in name.split()} if kind == "term" else set()
        if not words & taken:
            kept[matter] = chance
            taken |= words
    return kept


def _rise(matter: Matter, chance: float, voices: Voices, spoken: Places, dated: Sequence[_Dated]) -> Rise:
    about = [dated[place] for places in spoken.values() for place in places]
    counts = Counter(each.week for each in about)
    kind, name, lang = matter
    fresh = sum(dated[places[0]].week >= WEEKS - FRESH_WEEKS for places in spoken.values())
    return Rise(
        kind=kind,
        name=name,
        lang=lang,
        group=_group([each for each in about if _is_now(each.week)]),
        weeks=tuple(counts[week] for week in range(WEEKS)),
        voices=voices,
        chance=chance,
        is_short_term=chance <= CHANCE_SHORT_TERM and 2 * fresh >= voices.now,
    )


def _group(about: Sequence[_Dated]) -> str:
    counts = Counter(each.said.group for each in about if each.said.group)
    group, most = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return group if 2 * most > len(about) else ""
